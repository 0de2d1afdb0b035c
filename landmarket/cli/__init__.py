"""The command ``landmarket``: the whole job, or one step of it, from a county file.

Exit codes: 0 done; 1 warnings found by ``check``; 2 wrong usage; 3 errors found by ``check``; 4 the work was refused.
"""

from landmarket.cli.check_command import ERRORS_FOUND, WARNINGS_FOUND
from landmarket.cli.main_command import REFUSED, WRONG_USAGE, app, main

__all__ = ["ERRORS_FOUND", "REFUSED", "WARNINGS_FOUND", "WRONG_USAGE", "app", "main"]
