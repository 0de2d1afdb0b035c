"""Doing a run again (复算): what it was made from, and whether two runs are equal."""

from landmarket.rerun.comparison import SAME_BYTES, SAME_CONTENT, compare_runs
from landmarket.rerun.recorded import RecordedRun, changed_inputs, changed_versions, moved, read_run

__all__ = [
    "SAME_BYTES",
    "SAME_CONTENT",
    "RecordedRun",
    "changed_inputs",
    "changed_versions",
    "compare_runs",
    "moved",
    "read_run",
]
