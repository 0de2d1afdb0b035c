"""Uniform numbers that depend on the seed and the parcel code alone."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from landmarket.units import Floats

_PER_BLOCK = 8
_BITS = 53


def uniforms(parcel_codes: Sequence[str], count: int, *, seed: int) -> Floats:
    """Draw numbers evenly from [0, 1) for each parcel.

    Parameters
    ----------
    parcel_codes : sequence of str
        Parcel codes.
    count : int
        Numbers per parcel.
    seed : int
        Seed.

    Returns
    -------
    ndarray of float64, shape (parcels, count)
        Multiples of 2⁻⁵³. A parcel's first numbers stay the same whichever other parcels are drawn, in
        whatever order, and however many numbers follow.

    Notes
    -----
    Each block of eight numbers is the BLAKE2b digest (RFC 7693) of seed, parcel code and block number.
    """
    blocks = -(-count // _PER_BLOCK)
    digests = b"".join(
        blake2b(f"{seed}|{code}|{block}".encode()).digest() for code in parcel_codes for block in range(blocks)
    )
    words = np.frombuffer(digests, dtype="<u8").reshape(len(parcel_codes), blocks * _PER_BLOCK)[:, :count]
    numbers: Floats = (words >> np.uint64(64 - _BITS)).astype(np.float64) * 2.0**-_BITS
    return numbers
