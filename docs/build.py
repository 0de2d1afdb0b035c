"""Build the documentation without a network: `make docs`. Warnings are errors, and every internal link is followed.

The gallery shows the notebooks with what they gave, as ``notebooks/run.py --into docs/_build/executed`` left them; one
that was not executed is shown without.
"""

from __future__ import annotations

import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sphinx.cmd.build import build_main

DOCS = Path(__file__).parent
OUTPUT = DOCS / "_build" / "html"
NOTEBOOKS = DOCS.parent / "notebooks"
EXECUTED = DOCS / "_build" / "executed"
GALLERY = DOCS / "gallery"


class _Page(HTMLParser):
    """What a page links to, what it loads, and which places in it can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the attributes that matter."""
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in ("link", "script", "img", "iframe", "source"):
            self.loads += [given[name] for name in ("href", "src") if name in given]


def broken_links(folder: Path) -> list[str]:
    """Follow every link between the pages of a folder, and find what they load from outside.

    Parameters
    ----------
    folder : Path
        Folder of HTML pages.

    Returns
    -------
    list of str
        One line a fault: page, and what is wrong.
    """
    pages = {path.resolve(): _Page(path) for path in sorted(folder.rglob("*.html"))}
    faults = []
    for path, page in pages.items():
        name = path.relative_to(folder.resolve())
        faults += [f"{name}：载入外部资源 {url}" for url in page.loads if urlsplit(url).netloc]
        for url in page.links + page.loads:
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                faults.append(f"{name}：没有 {url}")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].places:
                faults.append(f"{name}：{target.name} 中没有 #{unquote(parts.fragment)}")
    return faults


def hang_gallery() -> None:
    """Put every notebook beside the page of the gallery, executed where it was."""
    for hung in GALLERY.glob("*.ipynb"):
        hung.unlink()
    for notebook in sorted(NOTEBOOKS.glob("*.ipynb")):
        executed = EXECUTED / notebook.name
        shutil.copyfile(executed if executed.is_file() else notebook, GALLERY / notebook.name)


def build(output: Path) -> int:
    """Build the pages.

    Parameters
    ----------
    output : Path
        Where they go; what was there, and Sphinx's notes beside it, is removed.

    Returns
    -------
    int
        0 if there was no warning and no broken link.
    """
    hang_gallery()
    notes = output.with_name(f"{output.name}.doctrees")
    for folder in (output, notes):
        shutil.rmtree(folder, ignore_errors=True)
    options = ["-q", "-W", "--keep-going", "-b", "html", "-d", str(notes)]
    code = build_main([*options, str(DOCS), str(output)])
    faults = broken_links(output)
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    return code or int(bool(faults))


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    result = build(chosen)
    if not result:
        sys.stdout.write(f"{chosen / 'index.html'}\n")
    sys.exit(result)
