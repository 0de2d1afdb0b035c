"""Data of a page read again, without the package."""

from __future__ import annotations

import base64
import json
import re
import zlib

import numpy as np


def page_data(html: str, kind: str) -> dict:
    """What one layer of a page holds; columns come back as lists."""
    found = re.search(rf'<script type="application/zlib;base64" id="{kind}_\w+">([A-Za-z0-9+/=]*)</script>', html)
    assert found, f"the page has no {kind}"
    return unpacked_bytes(zlib.decompress(base64.b64decode(found[1], validate=True)))


def unpacked_bytes(raw: bytes) -> dict:
    """Read an outline and put its columns in their places."""
    size = int.from_bytes(raw[:4], "little")
    place = 4 + size

    def filled(value: object) -> object:
        nonlocal place
        if isinstance(value, list):
            return [filled(one) for one in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"column", "count"} and isinstance(value["column"], int):
            planes = np.frombuffer(raw, np.uint8, 4 * value["count"], place).reshape(4, -1)
            place += 4 * value["count"]
            return planes.T.copy().view("<i4").ravel().tolist()
        return {key: filled(one) for key, one in value.items()}

    data = filled(json.loads(raw[4:place].decode("utf-8")))
    assert isinstance(data, dict)
    assert place == len(raw), "nothing is left over"
    return data
