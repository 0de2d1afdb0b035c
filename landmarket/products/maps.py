"""The pages of a county (地图): its townships, all parcels on one, two scenarios on one."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from landmarket.audience import OFFICE, Audience, require_audience
from landmarket.checks import require_projected
from landmarket.county import read_context
from landmarket.errors import BadValueError
from landmarket.maps import compare_maps, county_map, save_maps, save_page, township_maps
from landmarket.pricing.worksheet import worksheets
from landmarket.products.work import Work

MAPS = "maps"
COUNTY_PAGE = "全县宗地图.html"
COMPARISON = "对比图.html"
_SHOWN = "unit_price"


def write_maps(work: Work, folder: Path, audience: Audience = OFFICE) -> None:
    """Write one map page per township, the county's index page, and one page of all parcels.

    Parameters
    ----------
    work : Work
        The county's results.
    folder : Path
        Where the pages go.
    audience : Audience, default OFFICE
        For whom; see `landmarket.audience.public_audience`.

    Raises
    ------
    BadValueError
        If the pages are for the public and an input is not.
    """
    require_audience(audience, work.county.classified)
    outcome, county = work.outcome, work.county
    ground = _context(work)
    maps = township_maps(
        outcome.table,
        _SHOWN,
        worksheets=worksheets(outcome.prices),
        set_aside=work.screening.set_aside,
        context=ground,
        notice=county.notice,
        counts=work.screening.counts,
        county=county.name,
        on=county.on,
        audience=audience,
    )
    save_maps(maps, folder)
    page = county_map(
        outcome.table,
        _SHOWN,
        set_aside=work.screening.set_aside,
        context=ground,
        notice=county.notice,
        counts=work.screening.counts,
        county=county.name,
        on=county.on,
        audience=audience,
    )
    save_page(page, folder / COUNTY_PAGE)


def write_comparison(first: Work, second: Work, path: Path, audience: Audience = OFFICE) -> None:
    """Write two scenarios of a county on one page (情景对比图).

    Parameters
    ----------
    first, second : Work
        The results; parcels that only one of them accepted are left out, and counted on the page.
    path : Path
        The ``.html`` file.
    audience : Audience, default OFFICE
        For whom.

    Raises
    ------
    BadValueError
        If they share no parcel, or the page is for the public and an input is not.
    """
    for work in (first, second):
        require_audience(audience, work.county.classified)
    one, other = first.outcome.table, second.outcome.table.to_crs(require_projected(first.outcome.table, "对比图"))
    codes = one.index[one.index.isin(other.index)]
    if codes.empty:
        raise BadValueError(f"{second.county.path}：与 {first.county.path} 没有相同的宗地。办法：用同一县的配置。")
    alone = [len(one) - len(codes), len(other) - len(codes)]
    left = f"只在一方的宗地未画：{alone[0]} 宗、{alone[1]} 宗" if any(alone) else ""
    page = compare_maps(
        one.loc[codes],
        other.loc[codes],
        _SHOWN,
        names=_names(first, second),
        context=_context(first),
        notice="；".join(filter(None, (first.county.notice, left))),
        county=first.county.name,
        on=first.county.on,
        audience=audience,
    )
    save_page(page, path)


def _names(first: Work, second: Work) -> tuple[str, str]:
    """Call two scenarios by their notices, or by their files where the notices are of one name."""
    named = [work.scenario.price_table.name for work in (first, second)]
    if named[0] == named[1]:
        named = [f"{work.county.path.parent.name}/{work.county.files['prices'].name}" for work in (first, second)]
    return (named[0], named[1]) if named[0] != named[1] else (f"{named[0]}（一）", f"{named[1]}（二）")


def _context(work: Work) -> dict[str, gpd.GeoDataFrame]:
    ground = read_context(work.county, require_projected(work.outcome.parcels, "write_maps"))
    return {"村界": work.scenario.villages, **ground}
