"""Reading a `Day` in tests: every array in it, by name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from sim.model.world.day import Day


def arrays(record: Any) -> Iterator[tuple[str, np.ndarray]]:
    """Yield every array of a dataclass and of those within it."""
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray):
            yield field.name, value
        elif is_dataclass(value):
            for name, array in arrays(value):
                yield f"{field.name}.{name}", array


def hashed(day: Day) -> str:
    """Return a SHA-256 over all arrays of a day."""
    sha = hashlib.sha256()
    for name, array in arrays(day):
        sha.update(f"{name} {array.dtype} {array.shape}".encode())
        sha.update(np.ascontiguousarray(array).tobytes())
    return sha.hexdigest()
