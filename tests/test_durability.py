"""Every writer, whatever the disk does: the older file or the new one, our own words, and nothing left lying about."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from shapely import box

from landmarket.errors import LandMarketError, OutputError
from landmarket.figures import save_figure
from landmarket.io.boundary_writing import write_boundary_text
from landmarket.io.geoparquet import write_geoparquet
from landmarket.io.locks import acquire, release
from landmarket.io.tables import csv_bytes
from landmarket.io.whole import write_whole
from landmarket.land_book import exchange_rows, make_book, write_exchange
from landmarket.maps.table_page import write_table_page
from landmarket.pricing import write_price_table
from landmarket.report.file_geodatabase import write_file_geodatabase
from landmarket.report.geopackage import write_geopackage
from landmarket.report.paper import Paper, Part
from landmarket.report.paper_document import write_paper_docx
from landmarket.report.paper_page import write_paper_page
from landmarket.report.shapefile import write_shapefile
from landmarket.report.table_book import write_table_book
from landmarket.tiles import write_ordered
from tests.compiled_county import edition
from tests.disk_faults import FULL, HELD, READ_ONLY, contents, failing, fails_at_each_call, require_helpful
from tests.test_exchange import deals, form

CREATED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOME = "成果"
Write = Callable[[Path, str], object]


def layer(text: str) -> gpd.GeoDataFrame:
    """Two parcels that say a text."""
    squares = [box(437_000 + 200 * n, 3_780_000, 437_100 + 200 * n, 3_780_100) for n in range(2)]
    codes = ["411081004002JB00001", "411081004002JB00002"]
    return gpd.GeoDataFrame({"parcel_code": codes, "village": [text] * 2}, geometry=squares, crs=4547)


def table(text: str) -> pd.DataFrame:
    """A table of one cell."""
    return pd.DataFrame({"文字": [text]})


def paper(text: str) -> Paper:
    """A paper of one line."""
    return Paper("公告", text, "", (Part("一", (text,)),))


def drawn(path: Path, text: str) -> None:
    """A figure of hardly anything."""
    figure = Figure(figsize=(0.3, 0.3))
    figure.add_artist(Line2D([0, 1], [0, len(text) + (text == "新")]))
    save_figure(figure, path, CREATED)


def ordered(path: Path, text: str) -> None:
    """Parcels put in order, as `landmarket sort` does; their file lies elsewhere."""
    home = next(folder for folder in path.parents if folder.name == HOME)
    write_ordered(home.with_name(f"{text}.parquet"), path)


REPLACING: dict[str, tuple[str, Write]] = {
    "--to": ("备选.csv", lambda path, text: write_whole(path, csv_bytes(table(text)))),
    "sort": ("有序.parquet", ordered),
    "工作簿": (
        "表.xlsx",
        lambda path, text: write_table_book(path, {"表": table(text)}, title="表", line="", created=CREATED),
    ),
    "网页": ("页.html", lambda path, text: write_table_page(path, {"表": table(text)}, title="页", links={})),
    "文书": ("公告.docx", lambda path, text: write_paper_docx(path, paper(text), created=CREATED)),
    "文书网页": ("公告.html", lambda path, text: write_paper_page(path, paper(text))),
    "图件": ("图.svg", drawn),
    "图层": ("图层.gpkg", lambda path, text: write_geopackage(path, {"宗地": layer(text)}, {}, created=CREATED)),
    "Shapefile": ("宗地.shp", lambda path, text: write_shapefile(path, layer(text))),
    "FileGDB": ("图层.gdb", lambda path, text: write_file_geodatabase(path, {"宗地": layer(text)})),
    "GeoParquet": ("宗地.parquet", lambda path, text: write_geoparquet(layer(text), path)),
    "界址点": (
        "界址点.txt",
        lambda path, text: write_boundary_text(layer(text).rename(columns={"village": "地块名称"}), path),
    ),
}
"""Writers that replace an older file, by what hands their file over."""


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Parcels in the working format, old and new."""
    folder = tmp_path_factory.mktemp("sources")
    for text in ("旧", "新"):
        write_geoparquet(layer(text), folder / f"{text}.parquet")
    return sorted(folder.iterdir())


@pytest.fixture
def home(tmp_path: Path, sources: list[Path]) -> Path:
    """The folder that is written into, beside the parcels."""
    folder = tmp_path / HOME
    folder.mkdir()
    for path in sources:
        shutil.copy(path, tmp_path)
    return folder


@pytest.mark.parametrize("name", REPLACING)
def test_a_full_disk_leaves_the_older_file(home: Path, name: str) -> None:
    file, write = REPLACING[name]
    write(home / file, "旧")
    before = contents(home)
    every = {"FileGDB": 9, "Shapefile": 3}.get(name, 1)  # of many files, each brought to the disk
    assert fails_at_each_call(lambda: write(home / file, "新"), home, FULL, every=every) >= 2
    after = contents(home)
    assert after.keys() == before.keys(), "nothing was left beside it"
    assert after != before, "in the end it was written"


OWN_WAY = ("--to", "sort", "图层", "Shapefile", "FileGDB", "GeoParquet")
"""Those with a way of their own of putting files in place; the others go the way of the first."""


@pytest.mark.parametrize("name", OWN_WAY)
def test_a_file_that_is_open_elsewhere_is_named_and_left(home: Path, name: str) -> None:
    """As on Windows, where a file that another program holds cannot be replaced."""
    file, write = REPLACING[name]
    write(home / file, "旧")
    assert fails_at_each_call(lambda: write(home / file, "新"), home, HELD, ("replace", "rename")) >= 1


@pytest.mark.parametrize("name", OWN_WAY)
def test_a_folder_that_cannot_be_written_into_says_so(home: Path, name: str) -> None:
    file, write = REPLACING[name]
    (home / "文件").write_text("", encoding="utf-8")
    before = contents(home)
    with pytest.raises(LandMarketError, match="办法：") as caught:
        write(home / "文件" / file, "新")
    assert str(home / "文件") in str(caught.value)
    with failing(home, READ_ONLY, 1), pytest.raises(LandMarketError) as refused:
        write(home / file, "新")
    require_helpful(str(refused.value), READ_ONLY, home)
    assert contents(home) == before


# --- writers that never replace


def test_a_price_table_is_whole_or_not_there(home: Path) -> None:
    assert fails_at_each_call(lambda: write_price_table(edition(), home / "price_table"), home, FULL, every=4) > 10
    assert (home / "price_table" / "notice.toml").is_file()


def test_a_sending_is_listed_or_not_there(home: Path, tmp_path: Path) -> None:
    field_map = form(tmp_path)
    rows = exchange_rows(deals(), field_map)
    write_exchange(rows, home / "一.csv", field_map, sent_by="甲", sent_at=CREATED)
    send = lambda: write_exchange(rows, home / "二.csv", field_map, sent_by="甲", sent_at=CREATED)  # noqa: E731
    assert fails_at_each_call(send, home, FULL) >= 6
    assert len(contents(home)) == 3


def test_a_land_book_is_made_whole_or_not_at_all(home: Path) -> None:
    path = home / "台账.gpkg"
    assert fails_at_each_call(lambda: make_book(str(path), layer("甲").set_index("parcel_code")), home, FULL) >= 2
    assert list(contents(home)) == [path.name]
    before = contents(home)
    with pytest.raises(OutputError, match="台账不覆盖"):
        make_book(str(path), layer("乙").set_index("parcel_code"))
    assert contents(home) == before


def test_two_cannot_make_one_land_book(home: Path) -> None:
    path, lock = home / "台账.gpkg", home / ".台账.gpkg.lock"
    held = acquire(lock)
    assert held is not None
    with pytest.raises(OutputError, match=r"台账\.gpkg：另一个人正在建立.*办法："):
        make_book(str(path), layer("甲").set_index("parcel_code"))
    release(held, lock)
    assert contents(home) == {}


def test_the_faults_are_faults(home: Path) -> None:
    """Seen to fail: a writer that is not whole, one that swallows, one that speaks as the system does."""

    def half() -> None:
        for name in ("甲.txt", "乙.txt"):
            try:
                (home / name).write_text("新", encoding="utf-8")
            except OSError as error:
                raise OutputError(f"{home}：写不成，磁盘已满。办法：清理。") from error

    with pytest.raises(AssertionError, match="call 2: open"):
        fails_at_each_call(half, home, FULL)

    def swallowing() -> None:
        with suppress(OSError):
            (home / "丙.txt").write_text("新", encoding="utf-8")

    with pytest.raises(AssertionError, match="nothing was said"):
        fails_at_each_call(swallowing, home, FULL)
    with pytest.raises(OSError, match="No space left") as caught:
        fails_at_each_call(lambda: (home / "丁.txt").write_text("新", encoding="utf-8"), home, FULL)
    assert caught.value.errno == errno.ENOSPC


def test_two_cannot_send_at_once(home: Path, tmp_path: Path) -> None:
    field_map = form(tmp_path)
    lock = home / ".发送清单.lock"
    held = acquire(lock)
    assert held is not None
    with pytest.raises(OutputError, match=r"另一个人正在写发送清单.*办法："):
        write_exchange(exchange_rows(deals(), field_map), home / "一.csv", field_map, sent_by="甲", sent_at=CREATED)
    release(held, lock)
    assert contents(home) == {}
