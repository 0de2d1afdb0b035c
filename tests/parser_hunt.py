"""The small parsers under a coverage-guided fuzzer.

::

    python -m tests.parser_hunt far_range 200000

It needs atheris, which has wheels for Linux alone; ``make hunt`` installs it.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

WATCHED = ["landmarket.io.values", "landmarket.zoning", "landmarket.rules"]


def main(name: str, runs: str) -> None:
    """Fuzz one parser with coverage as the guide; texts that lead somewhere new are kept in ``output/corpus``."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=WATCHED):  # before anything of the package is imported
        fuzz = importlib.import_module("tests.parser_fuzz")
    corpus = Path("output") / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    for place, seed in enumerate(fuzz.SEEDS[name]):
        (corpus / f"seed{place}").write_text(seed, encoding="utf-8")

    def once(data: bytes) -> None:
        fuzz.PROMISES[name](data.decode("utf-8", "replace"))

    atheris.Setup([sys.argv[0], f"-runs={runs}", "-max_len=4000", str(corpus)], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
