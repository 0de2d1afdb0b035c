"""Figures as files (图件输出): PNG, PDF and SVG, whole or not at all, the same bytes for the same figure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path

from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.text import Text

from landmarket.errors import OutputError
from landmarket.figures.fonts import pdf_font_type
from landmarket.io.file_names import file_names
from landmarket.io.whole import output_errors, write_whole

DPI = 300
"""Resolution of PNG files [dots per inch]."""


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


def save_figures(figures: Mapping[str, Figure], folder: Path, created: datetime) -> dict[str, str]:
    """Save figures (图件) as PNG and PDF, each under its title.

    Parameters
    ----------
    figures : mapping of str to matplotlib.figure.Figure
        By title.
    folder : Path
        Where they go; it is made.
    created : datetime
        When they were made, as the files themselves say.

    Returns
    -------
    dict of str to str
        Title and name of the PNG.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    stems = file_names(list(figures))
    for title, figure in figures.items():
        for ending in ("png", "pdf"):
            save_figure(figure, folder / f"{stems[title]}.{ending}", created)
    return {title: f"{stems[title]}.png" for title in figures}


def _pdf_font_type(figure: Figure) -> int:
    return pdf_font_type(text.get_fontproperties() for text in figure.findobj(Text) if text.get_text())


def _metadata(form: str, created: datetime) -> dict[str, str | datetime | None]:
    if form == "pdf":
        return {"CreationDate": created, "Creator": "landmarket"}
    if form == "svg":
        return {"Date": created.isoformat(), "Creator": "landmarket"}
    return {"Creation Time": created.isoformat(), "Software": "landmarket"}
