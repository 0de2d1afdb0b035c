"""Execute every notebook from beginning to end; the files here stay as they are, without outputs.

::

    python notebooks/run.py            # all
    python notebooks/run.py 02 04      # those whose names begin so
    python notebooks/run.py ../docs/accuracy.ipynb    # one elsewhere, from this folder
    python notebooks/run.py --into docs/gallery       # and keep them with their outputs there
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

HERE = Path(__file__).parent
SECONDS_PER_CELL = 300
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def execute(path: Path, into: Path | None = None) -> str:
    """Execute one notebook in an empty folder, keep its outputs if asked; give what went wrong, or nothing."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=SECONDS_PER_CELL,
            kernel_name="python3",
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            resources={"metadata": {"path": folder}},
        )
        try:
            client.execute()
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            return COLOUR.sub("", str(error))
    if into is not None:
        into.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, into / path.name)
    return ""


def main(arguments: list[str]) -> int:
    """Execute the notebooks and say how long each took; give the number that failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("beginnings", nargs="*")
    parser.add_argument("--into", type=Path)
    asked = parser.parse_args(arguments)
    failed = 0
    named = [HERE / name for name in asked.beginnings if name.endswith(".ipynb")]
    own = [path for path in sorted(HERE.glob("*.ipynb")) if path.name.startswith(tuple(asked.beginnings) or "")]
    for path in named or own:
        begin = time.monotonic()
        problem = execute(path, asked.into)
        print(f"{'错误' if problem else '完成'}  {path.name}  {time.monotonic() - begin:.1f} 秒", flush=True)
        if problem:
            failed += 1
            print(problem, file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
