"""The shares of `benchmarks.shares` by SedonaDB, in an environment of its own; not to be run by itself.

::

    SEDONADB_PYTHON=/path/to/other/bin/python python -m benchmarks.shares FOLDER
"""

from __future__ import annotations

import json
import os
import resource
import sys

import pandas as pd
import sedonadb

QUERY = """
SELECT parcel_code, area_row, ST_Area(piece) AS area, ST_Area(piece) / whole AS share
FROM (
    SELECT p.parcel_code, a.area_row, ST_Area(p.geometry) AS whole, ST_Intersection(p.geometry, a.geometry) AS piece
    FROM parcels AS p JOIN areas AS a ON ST_Intersects(p.geometry, a.geometry)
)
"""


def main() -> None:
    """Read parcels and plan areas, join, write the shares; print the CPU seconds of the join and the peak [GB]."""
    parcels, target, areas = sys.argv[1:]
    engine = sedonadb.connect()
    land, plan = engine.read_parquet(parcels).to_pandas(), engine.read_parquet(areas).to_pandas()
    engine.create_data_frame(land[["parcel_code", "geometry"]]).to_view("parcels")
    engine.create_data_frame(plan[["geometry"]].assign(area_row=range(len(plan)))).to_view("areas")
    begin = os.times()
    table = engine.sql(QUERY).to_pandas()
    end = os.times()
    spent = end.user + end.system - begin.user - begin.system
    pd.DataFrame(table).to_parquet(target)
    print(json.dumps([spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9]))


if __name__ == "__main__":
    main()
