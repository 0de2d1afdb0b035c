"""The atlas of a county (图集): an index page, all sheets in one PDF, with page numbers and bookmarks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text

from landmarket.checks import require_projected
from landmarket.errors import BadValueError
from landmarket.figures.fonts import chinese_font, pdf_font_type
from landmarket.figures.map_features import draw_labels
from landmarket.figures.map_frame import draw_frame, draw_texts, map_axes, paper_axes
from landmarket.figures.map_ground import AREAS, COUNTY, SCOPE, Ground, draw_lines, paths_of
from landmarket.figures.map_imprint import Imprint, require_true_scale
from landmarket.figures.map_paper import Box, Paper, paper_of, window_of
from landmarket.figures.map_sheets import name_labels
from landmarket.figures.pdf_outline import with_bookmarks
from landmarket.figures.sheet import A4_LANDSCAPE, PLAIN, SMALL, Size, finished, plain_style, sheet, shortened
from landmarket.io.whole import write_whole

INDEX = "目录"
"""Name of the index page."""

_MM_PER_POINT = 25.4 / 72
_TALLEST_LINE, _LEAST_LINE = 5.6, 2.9


def index_sheet(
    names: Sequence[str],
    imprint: Imprint,
    ground: Ground,
    *,
    title: str = "农村集体经营性建设用地图集",
    font: FontProperties | None = None,
    size: Size = A4_LANDSCAPE,
) -> Figure:
    """Draw the index page of an atlas (图集目录): the list of sheets, and where the townships are.

    Parameters
    ----------
    names : sequence of str
        Names of the sheets that follow, in order; the first is on page 2. A name that is that of a township stands
        on the map with its page.
    imprint : Imprint
        What stands around the map.
    ground : Ground
        From `ground_of`.
    title : str, default "农村集体经营性建设用地图集"
        Title, after the place.
    font : matplotlib.font_manager.FontProperties, optional
        Default: the one `chinese_font` finds.
    size : tuple of float, optional
        Width and height [mm].

    Returns
    -------
    matplotlib.figure.Figure
        The page.

    Raises
    ------
    BadValueError
        If there is no name, or more than a page can list.
    """
    paper = paper_of(size, "index_sheet")
    crs = require_projected(ground.townships, "index_sheet")
    window, u = window_of(np.asarray(ground.townships.total_bounds), paper.body), paper.enlarged
    require_true_scale(crs, window.centre, "index_sheet")
    pages = {name: page for page, name in enumerate(names, 2)}
    with plain_style():
        figure = sheet("", "", "", size)
        figure.set_layout_engine("none")
        axes, page = map_axes(figure, paper, window), paper_axes(figure, paper)
        shapes = np.asarray(ground.townships.geometry.array)
        towns = PathCollection(paths_of(shapes), facecolor="#f4f4ee", edgecolor="#555555", linewidth=0.5, zorder=AREAS)
        towns.set_gid("townships")
        axes.add_collection(towns)
        draw_lines(axes, np.array([ground.county.boundary], dtype=object), COUNTY, u, SCOPE)
        texts = [f"{name} {pages[name]}" if name in pages else name for name in ground.townships.index]
        draw_labels(axes, name_labels(texts, ground.townships, (SMALL - 1) * u), window)
        draw_frame(page, paper)
        draw_texts(page, paper, f"{imprint.place}{title}", imprint, "示意图，不表示比例")
        _draw_list(page, paper, names)
        return finished(figure, font)


def write_atlas(path: Path, figures: Mapping[str, Figure], created: datetime) -> None:
    """Write sheets into one PDF (图集), each on its page, with page numbers and bookmarks.

    Parameters
    ----------
    path : Path
        The ``.pdf`` file; an older one is replaced in one step.
    figures : mapping of str to matplotlib.figure.Figure
        Sheets by the name of their bookmark, in order, the index page first; they may have several sizes.
    created : datetime
        When it was made, as the file itself says.

    Raises
    ------
    BadValueError
        If there is no sheet.
    OutputError
        If the file cannot be written.

    Notes
    -----
    Fonts are embedded once for all pages, as `save_figure` does; the same figures give the same bytes.
    """
    if not figures:
        raise BadValueError("write_atlas：没有图。办法：至少给出一幅，如 index_sheet() 和 township_sheets() 的结果。")
    content, font = BytesIO(), _font_of(figures)
    settings = {"pdf.fonttype": pdf_font_type([font])}
    pages = PdfPages(content, metadata={"CreationDate": created, "Creator": "landmarket"})
    with style.context(["default", settings]), pages as pdf:
        for number, figure in enumerate(figures.values(), 1):
            with _numbered(figure, number, font):
                pdf.savefig(figure)
    write_whole(path, with_bookmarks(content.getvalue(), list(figures)))


def _font_of(figures: Mapping[str, Figure]) -> FontProperties:
    """Take the font that the sheets are written in."""
    texts = (text for figure in figures.values() for text in figure.findobj(Text) if text.get_text())
    fonts = (text.get_fontproperties() for text in texts)
    return next((font for font in fonts if font.get_file()), None) or chinese_font()


@contextmanager
def _numbered(figure: Figure, number: int, font: FontProperties) -> Iterator[None]:
    """Print a page number while a sheet is written, and take it away again."""
    low = 3.5 / 25.4 / figure.get_figheight()
    sized = font.copy()
    sized.set_size(SMALL)
    engine = figure.get_layout_engine()
    figure.set_layout_engine(None)  # even one that does nothing has each sheet drawn twice
    text = figure.text(0.5, low, f"- {number} -", fontproperties=sized, ha="center", va="bottom", gid="page")
    try:
        yield
    finally:
        text.remove()
        figure.set_layout_engine(engine)


def _draw_list(axes: Axes, paper: Paper, names: Sequence[str]) -> None:
    """List the sheets in the panel, each with its page."""
    u, panel = paper.enlarged, paper.panel
    room = Box(panel.left + 3 * u, panel.bottom + 3 * u, panel.width - 6 * u, panel.height - 13 * u)
    tall = min(_TALLEST_LINE * u, room.height / max(len(names), 1))
    if not names or tall < _LEAST_LINE:
        raise BadValueError(f"index_sheet：{len(names)} 幅图，一页目录列不下，或没有图。办法：换大图幅，或分册。")
    points = min(SMALL * u, tall / _MM_PER_POINT / 1.2)
    axes.text(panel.left + panel.width / 2, panel.top - 3 * u, "目  录", fontsize=PLAIN * u, ha="center", va="top")
    wide = room.width / (points * _MM_PER_POINT) - 3
    for at, name in enumerate(names):
        y = room.top - (at + 0.5) * tall
        axes.text(room.left, y, shortened(name, wide), fontsize=points, va="center", gid="entry")
        axes.text(room.right, y, f"{at + 2}", fontsize=points, ha="right", va="center")
