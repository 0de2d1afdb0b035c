"""The words around a map: title, notice, counts, coordinate system, internal use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from landmarket.html_page import escaped
from landmarket.maps.county import County
from landmarket.maps.offline_map import PageText
from landmarket.maps.sketch import inset


def page_text(township: str, county: County) -> PageText:
    """Write what stands around the map of a township.

    Parameters
    ----------
    township : str
        Official name.
    county : County
        What its pages share.

    Returns
    -------
    PageText
        Escaped HTML.
    """
    title = f"{county.name}{township}集体经营性建设用地宗地图"
    return PageText(
        title=title,
        head=f"<h1>{escaped(title)}</h1>{subtitle(county)}{notice_badge(county)}",
        over=_inset(township, county),
        panel=_counts(township, county),
        foot=foot(county),
    )


def county_text(county: County) -> PageText:
    """Write what stands around the map of a whole county.

    Parameters
    ----------
    county : County
        The county.

    Returns
    -------
    PageText
        Escaped HTML.
    """
    title = f"{county.name}集体经营性建设用地全县宗地图"
    here = {"采用": len(county.places.of_parcel), "暂不处理": len(county.places.of_set_aside)}
    return PageText(
        title=title,
        head=f"<h1>{escaped(title)}</h1>{subtitle(county)}{notice_badge(county)}",
        over="",
        panel=_tally([("全县", dict(county.counts) or here)]),
        foot=foot(county),
    )


def comparison_text(county: County, names: tuple[str, str]) -> PageText:
    """Write what stands around the map of two scenarios.

    Parameters
    ----------
    county : County
        The county.
    names : tuple of str
        What the two scenarios are called.

    Returns
    -------
    PageText
        Escaped HTML.
    """
    title = f"{county.name}集体经营性建设用地情景对比：{names[0]} → {names[1]}"
    return PageText(
        title=title,
        head=f"<h1>{escaped(title)}</h1>{subtitle(county)}{notice_badge(county)}",
        over="",
        panel="",
        foot=foot(county),
    )


def subtitle(county: County) -> str:
    """Write the date the values stand for.

    Parameters
    ----------
    county : County
        What its pages share.

    Returns
    -------
    str
        HTML, empty where there is no date.
    """
    return f"<p>期日 {county.on:%Y-%m-%d}</p>" if county.on else ""


def notice_badge(county: County) -> str:
    """Write the notice, and what looks shifted, as badges of the head line.

    Parameters
    ----------
    county : County
        What its pages share.

    Returns
    -------
    str
        HTML, empty where there is none.
    """
    badges = [text for text in (county.notice, county.shifted) if text]
    return "".join(f'<strong class="lm-notice">{escaped(text)}</strong>' for text in badges)


def foot(county: County) -> str:
    """Write the foot line: internal use, notice, coordinate system.

    Parameters
    ----------
    county : County
        What its pages share.

    Returns
    -------
    str
        HTML.
    """
    notice = f"<span>{escaped(county.notice)}</span>" if county.notice else ""
    grid = f"<span>数据坐标系：{escaped(county.crs)}；屏幕显示为网络墨卡托投影</span>"
    return f"<strong>{escaped(county.audience.foot)}</strong>{notice}{_accuracy(county)}{grid}"


def _accuracy(county: County) -> str:
    if county.audience.exact:
        return ""
    return f"<span>图上位置为示意，精度不高于 {county.audience.accuracy:g} m</span>"


def count_rows(counts: Mapping[str, int], unit: str) -> str:
    """Write counts as rows of a list.

    Parameters
    ----------
    counts : mapping of str to int
        Numbers of parcels by what they are.
    unit : str
        Written after each number.

    Returns
    -------
    str
        HTML of ``dt`` and ``dd``.
    """
    return "".join(f"<dt>{escaped(name)}</dt><dd>{int(count):,}{unit}</dd>" for name, count in counts.items())


def _counts(township: str, county: County) -> str:
    here = {"采用": len(county.places.parcels(township)), "暂不处理": len(county.places.set_aside(township))}
    lists = [("本乡镇", here)] + ([("全县", dict(county.counts))] if county.counts else [])
    return _tally(lists)


def _tally(lists: Sequence[tuple[str, Mapping[str, int]]]) -> str:
    columns = "".join(
        f'<div><h2>{title}（宗）</h2><dl class="lm-counts">{count_rows(rows, "")}</dl></div>' for title, rows in lists
    )
    return f'<section class="lm-tally">{columns}</section>'


def _inset(township: str, county: County) -> str:
    if len(county.sketch.paths) < 2:
        return ""
    return f'<section class="lm-inset"><h2>位置</h2>{inset(county.sketch, township)}</section>'
