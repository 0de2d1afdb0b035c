"""The parcels while defects are planted, and the record of what was planted."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely


class DefectTable:
    """The parcels while defects are planted: rows are used once, appended rows go to the end."""

    def __init__(self, parcels: gpd.GeoDataFrame, rng: np.random.Generator) -> None:
        self.rows = parcels.reset_index(drop=True)
        self.rng = rng
        self.planted: list[tuple[int, str, str]] = []
        single = shapely.get_num_geometries(self.rows.geometry) == 1
        plain = single & (shapely.get_num_coordinates(self.rows.geometry.to_numpy()) == 5)
        self._free = set(map(int, self.rows.index[plain]))
        self._appended: list[pd.Series] = []
        self._tree = shapely.STRtree(self.rows.geometry.to_numpy())

    def take(self, wanted: Callable[[int], bool] | None = None) -> int | None:
        """A row that no defect has touched yet."""
        for row in self.rng.permutation(sorted(self._free)):
            if wanted is None or wanted(int(row)):
                self._free.discard(int(row))
                return int(row)
        return None

    def neighbours(self, row: int) -> list[int]:
        """Untouched rows that share an edge with a row."""
        shape = self.rows.geometry[row]
        found = [int(i) for i in self._tree.query(shape, predicate="touches") if int(i) in self._free]
        return [i for i in found if shapely.intersection(shape, self.rows.geometry[i]).length > 5]

    def query(self, shape: shapely.Geometry) -> list[int]:
        """Rows that a shape meets."""
        return [int(i) for i in self._tree.query(shape, predicate="intersects")]

    def reserve(self, row: int) -> None:
        """Keep a row free of further defects."""
        self._free.discard(row)

    def set(self, row: int, column: str, value: object) -> None:
        """Change one cell."""
        self.rows.loc[row, column] = value

    def shape(self, row: int, shape: shapely.Geometry | None) -> None:
        """Change one geometry."""
        geometry = self.rows.geometry.to_numpy().copy()
        geometry[row] = shape
        self.rows = self.rows.set_geometry(gpd.GeoSeries(geometry, index=self.rows.index, crs=self.rows.crs))

    def append(self, row: pd.Series) -> int:
        """Add a row at the end; the position it will have."""
        self._appended.append(row)
        return len(self.rows) + len(self._appended) - 1

    def note(self, row: int, kind: str, detail: str) -> None:
        """Remember what was planted; rows are counted from 1."""
        self.planted.append((row + 1, kind, detail))

    def result(self) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
        """All rows, and the list of what was planted."""
        rows = self.rows
        if self._appended:
            added = gpd.GeoDataFrame(self._appended, geometry="geometry", crs=rows.crs).astype(
                {name: kind for name, kind in rows.dtypes.items() if name != "geometry"}
            )
            rows = pd.concat([rows, added], ignore_index=True)
        planted = pd.DataFrame(self.planted, columns=["source_row", "kind", "detail"])
        return rows, planted.sort_values(["source_row", "kind"], kind="stable", ignore_index=True)
