"""The atlas of a county (图集): sheets of the county, then one of each township, in one PDF."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import geopandas as gpd
from matplotlib.figure import Figure

from landmarket.checks import require_projected
from landmarket.county import read_context
from landmarket.figures import (
    Ground,
    Imprint,
    deal_sheet,
    entry_sheet,
    grade_sheet,
    ground_of,
    index_sheet,
    price_sheet,
    township_sheets,
    use_sheet,
    write_atlas,
)
from landmarket.figures.atlas import INDEX
from landmarket.figures.county_sheets import ENTRY
from landmarket.products.work import Work

_ROADS = "道路"


def write_county_atlas(work: Work, path: Path, created: datetime) -> None:
    """Write the atlas of a county (图集), for work inside the office.

    Parameters
    ----------
    work : Work
        The county's results.
    path : Path
        The ``.pdf`` file.
    created : datetime
        Time on the sheets and of the file.
    """
    county, table = work.county, work.outcome.table
    imprint = Imprint(
        place=county.name,
        source=f"{work.scenario.price_table.name}；县配置 {county.path.name} 所列图层",
        maker=county.maker,
        on=county.on,
        made_on=created.date(),
        remark=county.notice,
    )
    layers = read_context(county, require_projected(table, "write_county_atlas"))
    ground = ground_of(work.scenario.villages, roads=layers.get(_ROADS))
    sheets = dict(_county_sheets(table, imprint, ground))
    sheets |= township_sheets(table, "allowed", ENTRY, imprint, ground)
    write_atlas(path, {INDEX: index_sheet(list(sheets), imprint, ground), **sheets}, created)


def _county_sheets(table: gpd.GeoDataFrame, imprint: Imprint, ground: Ground) -> Iterator[tuple[str, Figure]]:
    """Draw the sheets of the whole county; one of prices and one of grades for each use, for uses are not compared."""
    yield "规划用途图", use_sheet(table, imprint, ground=ground)
    yield "入市资格图", entry_sheet(table, imprint, ground=ground)
    for use in sorted(table["price_use"].dropna().unique()):
        own = table[table["price_use"].eq(use)]
        if own["unit_price"].notna().any():
            yield f"地价图（{use}）", price_sheet(own, imprint, part=use, ground=ground)
        if own["grade"].notna().any():
            yield f"级别图（{use}）", grade_sheet(own, imprint, part=use, ground=ground)
    yield "成交图", deal_sheet(table, imprint, ground=ground)
