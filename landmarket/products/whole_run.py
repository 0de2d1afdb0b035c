"""Everything a county hands over, and the page that links it (成果首页)."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from landmarket.audience import strictest
from landmarket.io.writing import RunFolder
from landmarket.maps.table_page import write_table_page
from landmarket.products.book import WORKBOOK, write_report
from landmarket.products.documents import TOWNSHIPS, write_townships
from landmarket.products.layers import LAYERS, write_layers
from landmarket.products.maps import COUNTY_PAGE, MAPS, write_maps
from landmarket.products.run_folder import ATLAS, TABLES, record, write_reserves, write_results
from landmarket.products.work import Say, Work

FIRST_PAGE = "index.html"


def write_all(work: Work, run: RunFolder, created: datetime, say: Say) -> None:
    """Write everything a county hands over into a run folder.

    Parameters
    ----------
    work : Work
        The county's results.
    run : RunFolder
        The run folder.
    created : datetime
        Time of the run.
    say : callable
        Told of each step, in Chinese, as it begins.
    """
    from landmarket.products.sheets import write_county_atlas  # matplotlib is slow to import

    say("写乡镇地图与全县宗地图")
    write_maps(work, run.folder / MAPS)
    say("写图集")
    write_county_atlas(work, run.folder / ATLAS, created)
    say("写工作簿与乡镇汇总")
    write_report(work, run.folder / WORKBOOK, created)
    write_townships(work, run.folder / TOWNSHIPS, created)
    say("写图层、数据表与内部底价")
    write_layers(work, run.folder / LAYERS, created)
    write_results(work, run.folder / TABLES)
    write_reserves(work, run)
    _write_first_page(work, run)
    record(work, run)


def _write_first_page(work: Work, run: RunFolder) -> None:
    links = {
        "乡镇地图": f"{MAPS}/index.html",
        "全县宗地图": f"{MAPS}/{COUNTY_PAGE}",
        "图集（PDF）": ATLAS,
        "工作簿": WORKBOOK,
        "乡镇汇总": f"{TOWNSHIPS}/{FIRST_PAGE}",
        "图层（GeoPackage，QGIS 打开即有颜色）": LAYERS,
    }
    counts = work.screening.counts
    classification, because = strictest(work.county.classified)
    grades = [{"资料": name, "密级": str(one)} for name, one in work.county.classified.items()]
    write_table_page(
        run.folder / FIRST_PAGE,
        {
            "宗地": pd.DataFrame({"项": list(counts), "宗": list(counts.values())}),
            "资料密级": pd.DataFrame(grades, dtype="str"),
        },
        title=f"{work.county.name}农村集体经营性建设用地",
        links=links,
        notice=work.county.notice,
        foot=f"资料密级：{classification}（依 {'、'.join(because)}）",
    )
