"""The styles of our documents (公文样式): a Chinese face for each, and an empty document that has them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import lru_cache
from typing import cast

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Pt, RGBColor
from docx.styles.style import ParagraphStyle

BODY, CAPTION, CELL, MARK = "Normal", "表题", "表格", "内部"
GRID = "Table Grid"
SIZES = {"Title": 22, "Heading 1": 16, BODY: 16, CAPTION: 12, CELL: 10, MARK: 10}
_LATIN = "Times New Roman"
_FACES = {"Title": "黑体", "Heading 1": "黑体", BODY: "仿宋", CAPTION: "黑体", CELL: "宋体", MARK: "宋体"}


@lru_cache(maxsize=1)
def blank_document() -> tuple[bytes, Mapping[str, str | None]]:
    """Make an empty document with our styles (空白公文), once for all documents.

    Returns
    -------
    bytes
        The ``.docx`` file.
    mapping of str to str or None
        Identifier of each style by its name: looking one up takes long. None for that of plain paragraphs.
    """
    document, file = Document(), io.BytesIO()
    _set_styles(document)
    document.save(file)
    plain = document.styles.default(WD_STYLE_TYPE.PARAGRAPH)
    styles = {name: document.styles[name] for name in (*_FACES, GRID)}
    return file.getvalue(), {name: None if style == plain else style.style_id for name, style in styles.items()}


def _set_styles(document: DocumentObject) -> None:
    """Give every style a Chinese face; the fonts of the library's theme go."""
    defaults = document.styles.element.find(qn("w:docDefaults"))
    for fonts in defaults.iter(qn("w:rFonts")):
        _set_fonts(fonts, _FACES[BODY])
    for language in defaults.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")
    own = {style.name: style for style in document.styles if isinstance(style, ParagraphStyle)}
    for name, face in _FACES.items():
        made = own.get(name) or document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style = cast("ParagraphStyle", made)
        _set_fonts(style.element.get_or_add_rPr().get_or_add_rFonts(), face)
        style.font.size, style.font.bold = Pt(SIZES[name]), False
        style.font.color.rgb = RGBColor(0, 0, 0)
        form = style.paragraph_format
        form.space_before = form.space_after = Pt(0 if name in (BODY, CELL) else 6)
        form.keep_with_next = name in (CAPTION, "Heading 1")
    own["Title"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for border in list(own["Title"].element.iter(qn("w:pBdr"))):
        border.getparent().remove(border)


def _set_fonts(fonts: BaseOxmlElement, face: str) -> None:
    for attribute in [name for name in fonts.attrib if name.endswith("Theme")]:
        del fonts.attrib[attribute]
    for kind, name in (("ascii", _LATIN), ("hAnsi", _LATIN), ("cs", _LATIN), ("eastAsia", face)):
        fonts.set(qn(f"w:{kind}"), name)
