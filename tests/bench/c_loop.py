"""The core model in C (``core.c``), compiled when it is asked for: the yardstick of a plain loop over everybody."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from dataclasses import fields
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.core import COUNTS, Core

SOURCE = Path(__file__).with_name("core.c")
COMPILER = shutil.which("gcc") or shutil.which("cc")

_WHOLE = ("n_users", "n_predators", "longest", "places", "message_hours")


def numbers_of(core: Core) -> ctypes.Array[Any]:
    """Return the numbers as ``struct numbers`` has them: each takes eight bytes, whole or not."""
    packed = []
    for field in fields(core):
        kind = ctypes.c_int64 if field.name in _WHOLE else ctypes.c_double
        packed += [bytes(kind(number)) for number in _flat(getattr(core, field.name))]
    return ctypes.create_string_buffer(b"".join(packed))


def _flat(value: Any) -> list[float]:
    return [number for part in value for number in _flat(part)] if isinstance(value, tuple) else [value]


@cache
def library() -> ctypes.CDLL:
    """Compile the source into a temporary folder and load it."""
    assert COMPILER
    with TemporaryDirectory() as folder:
        made = Path(folder) / "core.so"
        options = ["-O3", "-march=native", "-Wall", "-Werror", "-shared", "-fPIC"]
        subprocess.run([COMPILER, *options, str(SOURCE), "-o", str(made), "-lm"], check=True)
        loaded = ctypes.CDLL(str(made))
    loaded.chat_new.argtypes = [ctypes.c_void_p, ctypes.c_uint64]
    loaded.chat_new.restype = ctypes.c_void_p
    loaded.chat_run.argtypes = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p]
    loaded.chat_run.restype = loaded.chat_free.restype = None
    loaded.chat_free.argtypes = [ctypes.c_void_p]
    return loaded


class LoopChat:
    """The site as a struct in C."""

    def __init__(self, core: Core, seed: int) -> None:
        self.counts = dict.fromkeys(COUNTS, 0)
        self._library = library()
        self._chat = self._library.chat_new(numbers_of(core), seed)

    def run(self, hours: int) -> None:
        """Simulate so many more hours."""
        counts = (ctypes.c_int64 * len(COUNTS))()
        self._library.chat_run(self._chat, hours, counts)
        self.counts = dict(zip(COUNTS, counts, strict=True))

    def __del__(self) -> None:
        """Give the memory back."""
        self._library.chat_free(self._chat)
