"""Check every public docstring of the package against the numpydoc checks in pyproject.toml; run by `make lint`."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from numpydoc.hooks.validate_docstrings import parse_config, process_file

ROOT = Path(__file__).parent.parent


def exempt_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Line and check that do not apply: properties return what they are, overloads and inner functions say nothing."""
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, functions):
            continue
        decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
        lines = range(min([node.lineno, *(d.lineno for d in node.decorator_list)]), node.lineno + 1)
        if "property" in decorators or "cached_property" in decorators:
            yield from ((line, "RT01") for line in lines)
        if "overload" in decorators:
            yield from ((line, "GL08") for line in lines)
        yield from (
            (inner.lineno, "GL08") for inner in ast.walk(node) if inner is not node and isinstance(inner, functions)
        )


def main() -> int:
    """Print each problem as file:line: code, name and message; return 1 where there is any."""
    config = parse_config(ROOT)
    problems = 0
    for path in sorted((ROOT / "landmarket").rglob("*.py")):
        exempt = set(exempt_lines(path))
        for location, name, check, message in process_file(path, config):
            if (int(location.rpartition(":")[2]), check) not in exempt:
                problems += 1
                print(f"{location}: {check} {name}: {message}")  # noqa: T201
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
