"""Writing the files: as stable in bytes as the formats allow."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import rasterio
from rasterio.features import geometry_mask

from sample_data.county import facts, terrain

_STAMP = "2026-01-01T00:00:00.000Z"
_LANGUAGE_BYTE = 29


@contextmanager
def fixed_dates() -> Iterator[None]:
    """Have GDAL write one fixed date into GeoPackages, and put the setting back afterwards."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _STAMP})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def write_geopackage(path: Path, layers: dict[str, gpd.GeoDataFrame], note: str = "") -> None:
    """Write layers into a new GeoPackage, each saying that it is invented."""
    path.unlink(missing_ok=True)
    with fixed_dates():
        for name, table in layers.items():
            pyogrio.write_dataframe(
                table, path, layer=name, driver="GPKG", append=path.exists(), DESCRIPTION=note or facts.NOTICE
            )


def write_shapefile(path: Path, parcels: gpd.GeoDataFrame) -> None:
    """Write a shapefile as an old desktop program does: GB18030 text, nothing that says so."""
    table = parcels.copy()
    empty = table.geometry.is_empty | table.geometry.isna()
    table.loc[empty, "geometry"] = None
    pyogrio.write_dataframe(
        table, path, driver="ESRI Shapefile", encoding="GB18030", RESIZE="YES", geometry_type="Polygon",
        DBF_DATE_LAST_UPDATE="2026-01-01",
    )  # fmt: skip
    path.with_suffix(".cpg").unlink(missing_ok=True)
    dbf = path.with_suffix(".dbf")
    content = bytearray(dbf.read_bytes())
    content[_LANGUAGE_BYTE] = 0
    dbf.write_bytes(bytes(content))
    note = f"<abstract>{facts.NOTICE}。{facts.NAMES_NOTICE}。</abstract>"
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<metadata>{note}</metadata>\n'
    path.with_suffix(".shp.xml").write_text(text, encoding="utf-8", newline="\n")


def write_geodatabase(path: Path, layer: str, table: gpd.GeoDataFrame) -> None:
    """Write one layer into a new FileGDB."""
    if path.exists():
        shutil.rmtree(path)
    note = f"<metadata><idAbs>{facts.NOTICE}</idAbs></metadata>"
    pyogrio.write_dataframe(
        table, path, layer=layer, driver="OpenFileGDB", geometry_type="MultiPolygon", DOCUMENTATION=note
    )


def write_elevation(path: Path, seed: int, county: gpd.GeoDataFrame) -> None:
    """Write the elevation model; cells outside the county have no data."""
    values, (west, north, cell) = terrain.raster(seed)
    transform = rasterio.Affine(cell, 0.0, west, 0.0, -cell, north)
    inside = geometry_mask(county.geometry, values.shape, transform, invert=True, all_touched=True)
    profile = {
        "driver": "GTiff",
        "dtype": "int16",
        "count": 1,
        "nodata": -32768,
        "crs": facts.CRS,
        "transform": transform,
    }
    shape = {"height": values.shape[0], "width": values.shape[1], "compress": "deflate", "predictor": 2}
    with rasterio.open(path, "w", **profile, **shape) as target:
        target.write(np.where(inside, np.round(values), -32768).astype("int16"), 1)
        target.update_tags(TIFFTAG_IMAGEDESCRIPTION=f"{facts.NOTICE} (invented)", AREA_OR_POINT="Area")


def save_workbook(workbook: openpyxl.Workbook, path: Path) -> None:
    """Save a workbook without the hour of the clock in it."""
    workbook.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    core = parts["docProps/core.xml"].decode("utf-8")
    core = re.sub(r"(<dcterms:(created|modified)[^>]*>)[^<]*", r"\g<1>2026-01-01T00:00:00Z", core)
    parts["docProps/core.xml"] = core.encode("utf-8")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, its first line saying that it is invented."""
    with path.open("w", encoding="utf-8-sig", newline="") as target:
        target.write(f"# {facts.NOTICE}\n")
        table.to_csv(target, index=False, lineterminator="\n")
