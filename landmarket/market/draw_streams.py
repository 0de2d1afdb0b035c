"""Random numbers of many draws: a number depends on its stream's name, the seed and the number of the draw alone.

A stream is a SplitMix64 sequence whose seed is a hash of its name; the number of draw *k* is its *k*-th. Any draws
can be asked for in any order, and nothing that is drawn for one parcel moves the numbers of another.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from landmarket.units import Floats

Words = npt.NDArray[np.uint64]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SHIFTS = tuple(map(np.uint64, (30, 27, 31)))
_PER_DIGEST = 8
_DROPPED = np.uint64(11)
_SCALE = 2.0**-53


def stream_keys(name: str, count: int, *, seed: int) -> list[np.uint64]:
    """Give the keys of a numbered family of streams, such as those of a parcel's bidders.

    Parameters
    ----------
    name : str
        Name of the family.
    count : int
        Streams wanted.
    seed : int
        Seed.

    Returns
    -------
    list of uint64
        One key per stream; the first ones stay the same however many are asked for.

    Notes
    -----
    Each eight keys are a BLAKE2b digest (RFC 7693) of seed, name and their number.
    """
    digests = b"".join(blake2b(f"{seed}|{name}|{at}".encode()).digest() for at in range(-(-count // _PER_DIGEST)))
    return list(np.frombuffer(digests, dtype="<u8")[:count].astype(np.uint64))


def positions(draws: int) -> Words:
    """Give the positions of draws in any stream.

    Parameters
    ----------
    draws : int
        How many.

    Returns
    -------
    ndarray of uint64
        One for each draw, in order.
    """
    return np.arange(1, draws + 1, dtype=np.uint64) * _GAMMA


def words(key: np.uint64, at: Words) -> Words:
    """Read a stream.

    Parameters
    ----------
    key : uint64
        Key of the stream.
    at : ndarray of uint64
        Positions of the draws wanted, some of `positions`.

    Returns
    -------
    ndarray of uint64
        Evenly distributed words.

    Notes
    -----
    SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).

    Examples
    --------
    The published sequence of seed 1234567:

    >>> [int(word) for word in words(np.uint64(1234567), positions(2))]
    [6457827717110365317, 3203168211198807973]
    """
    first, second, third = _SHIFTS
    z: Words = at + key
    z ^= z >> first
    z *= _FIRST
    z ^= z >> second
    z *= _SECOND
    z ^= z >> third
    return z


def uniforms_at(key: np.uint64, at: Words) -> Floats:
    """Read a stream as numbers spread evenly over [0, 1).

    Parameters
    ----------
    key : uint64
        Key of the stream.
    at : ndarray of uint64
        Positions of the draws wanted.

    Returns
    -------
    ndarray of float64
        Multiples of 2⁻⁵³.
    """
    drawn = words(key, at)
    drawn >>= _DROPPED
    numbers: Floats = drawn.astype(np.float64)
    numbers *= _SCALE
    return numbers
