"""Join the lines of a Chinese paragraph: a browser shows a line break between two characters as a space."""

from __future__ import annotations

import re

from sphinx.application import Sphinx

_CHINESE = "\u3001-\u301f\u4e00-\u9fff\uff01-\uff5e\u201c\u201d"
_BREAK = re.compile(rf"(?<=[{_CHINESE}])\n *(?=[{_CHINESE}\[`*])|(?<=[)`*])\n *(?=[{_CHINESE}])")
_CODE = re.compile(r"(^```.*?^```$)", re.M | re.S)


def _join(app: Sphinx, page: str, source: list[str]) -> None:
    """Join lines of Markdown pages, code blocks left as they are."""
    del app, page
    parts = _CODE.split(source[0])
    source[0] = "".join(part if number % 2 else _BREAK.sub("", part) for number, part in enumerate(parts))


def setup(app: Sphinx) -> dict[str, bool]:
    """Join lines as pages are read."""
    app.connect("source-read", _join)
    return {"parallel_read_safe": True}
