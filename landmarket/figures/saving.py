"""Figures as files (图件输出): PNG, PDF and SVG, whole or not at all, the same bytes for the same figure."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from pathlib import Path

from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.text import Text

from landmarket.errors import OutputError
from landmarket.figures.fonts import has_cubic_outlines
from landmarket.io.whole import write_whole

DPI = 300
"""Resolution of PNG files [dots per inch]."""

_TRUETYPE, _DRAWN = 42, 3


def save_figure(figure: Figure, path: Path, created: datetime) -> None:
    """Save a figure (图件) as PNG, PDF or SVG, by the end of the file's name.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        From a chart function.
    path : Path
        The file; an older one is replaced in one step.
    created : datetime
        When it was made, as the file itself says.

    Raises
    ------
    OutputError
        If the name has another end, or the file cannot be written.

    Notes
    -----
    PNG has 300 dpi. PDF embeds the fonts: TrueType ones as such, those with PostScript outlines as drawn glyphs, since
    embedded as TrueType they would break the file; text stays text in both. SVG has text as paths and needs no font.
    Settings of matplotlib are the defaults while a file is written and come back afterwards; as with anything that
    touches them, figures are saved by one thread at a time.
    """
    form = path.suffix.lower().removeprefix(".")
    if form not in {"png", "pdf", "svg"}:
        raise OutputError(f"{path}：不能存成这种文件。办法：文件名以 .png、.pdf 或 .svg 结尾。")
    settings = {"svg.fonttype": "path", "svg.hashsalt": "landmarket", "pdf.fonttype": _pdf_font_type(figure)}
    content = BytesIO()
    with style.context(["default", settings]):
        figure.savefig(content, format=form, dpi=DPI, metadata=_metadata(form, created))
    write_whole(path, content.getvalue())


def _pdf_font_type(figure: Figure) -> int:
    texts = [text for text in figure.findobj(Text) if text.get_text()]
    cubic = any(has_cubic_outlines(text.get_fontproperties()) for text in texts)
    return _DRAWN if cubic else _TRUETYPE


def _metadata(form: str, created: datetime) -> dict[str, str | datetime | None]:
    if form == "pdf":
        return {"CreationDate": created, "Creator": "landmarket"}
    if form == "svg":
        return {"Date": created.isoformat(), "Creator": "landmarket"}
    return {"Creation Time": created.isoformat(), "Software": "landmarket"}
