"""Random numbers that are looked up, not drawn: a hash of (seed, counters).

Number 7 of image 12345 is the same whether it is asked for alone or with a million others, on
any machine: only uint64 arithmetic, which wraps everywhere alike.
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def _mix(state: Array) -> Array:
    """One step of splitmix64 (Steele, Lea and Flood 2014), uint64 to uint64."""
    state = state + np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def hashed(seed: int, *counters: Array | int) -> Array:
    """uint64 hash of a seed and any counters ≥ 0, which are broadcast against each other."""
    state = _mix(np.array([seed % 2**64], dtype=np.uint64))
    for counter in counters:
        state = _mix(state ^ np.asarray(counter).astype(np.uint64))
    return state


def unit(numbers: Array) -> Array:
    """Hashes as float64, uniform in [0, 1)."""
    return (numbers >> np.uint64(11)).astype(np.float64) * 2.0**-53


def below(limit: Array | int, numbers: Array) -> Array:
    """Hashes as whole float64 numbers, uniform from 0 to `limit` - 1."""
    return np.floor(unit(numbers) * limit)
