"""Check every public docstring of the package against the numpydoc checks in pyproject.toml; run by `make lint`."""

from __future__ import annotations

import sys
from pathlib import Path

from numpydoc.hooks.validate_docstrings import parse_config, process_file

ROOT = Path(__file__).parent.parent


def main() -> int:
    """Print each problem as file:line: code, name and message; return 1 where there is any."""
    config = parse_config(ROOT)
    problems = [row for path in sorted((ROOT / "landmarket").rglob("*.py")) for row in process_file(path, config)]
    for name, code, message, location in problems:
        print(f"{location}: {code} {name}: {message}")  # noqa: T201
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
