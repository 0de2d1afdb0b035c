"""Parts of the generator of the invented sample county."""
