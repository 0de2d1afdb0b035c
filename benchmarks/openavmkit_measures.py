"""Shapes and distances by OpenAVMKit 0.7, in an environment of its own; not to be run by itself.

::

    OPENAVMKIT_PYTHON=/path/to/other/bin/python python -m benchmarks.shapes FOLDER
    OPENAVMKIT_PYTHON=/path/to/other/bin/python python -m benchmarks.distances FOLDER

It keeps what it found in files of the folder it runs in, which must be empty, or nothing is computed.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import warnings

import geopandas as gpd
from openavmkit import data

SETTINGS = {"locality": {"units": "metric"}}


def main() -> None:
    """Write basic geometry of a file, or its distances to a layer; print CPU seconds of the call and the peak [GB]."""
    warnings.simplefilter("ignore")
    parcels = gpd.read_parquet(sys.argv[1])
    asked = sys.argv[3]
    layer = gpd.read_parquet(asked) if asked.endswith(".parquet") else None
    begin = os.times()
    if layer is None:
        answer = data._basic_geo_enrichment(parcels, json.loads(asked), SETTINGS)
    else:
        answer = data._do_perform_distance_calculations(parcels, layer, "layer", unit="m")
    end = os.times()
    spent = end.user + end.system - begin.user - begin.system
    answer.drop(columns="geometry").to_parquet(sys.argv[2])
    print(json.dumps([spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9]))


if __name__ == "__main__":
    main()
