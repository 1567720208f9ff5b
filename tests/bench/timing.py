"""What measures: CPU seconds, memory, the yardstick of a machine and its name."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.model.world.draws import mix_array


class Figure(NamedTuple):
    """Something measured, as the history keeps it."""

    name: str
    value: float
    unit: str


def yardstick() -> float:
    """Return nanoseconds per SplitMix64 draw in chunks of 8,192, the best of nine: machines differ, ratios hardly."""
    words = np.arange(8192, dtype=np.uint64)
    best = []
    for _ in range(9):
        begun = time.perf_counter()
        for _ in range(50):
            mix_array(words)
        best.append((time.perf_counter() - begun) / 50 / words.size * 1e9)
    return min(best)


def machine() -> str:
    """Return what the machine is called: processor, cores, system, Python."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    cores = os.cpu_count() or 1
    return (
        f"{processor} with {cores} core{'s' * (cores > 1)}, {platform.system()}, Python {platform.python_version()}, "
        f"NumPy {np.__version__}"
    )


def mebibytes() -> float:
    """Return the peak resident memory of this process."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / (1024 if sys.platform == "darwin" else 1)
    # What getrusage says begins, in Linux, with the peak of the process that started this one.
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def cpu(work: Callable[[], Any]) -> float:
    """Return the CPU seconds that some work takes."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def apart(function: Callable[..., dict[str, Any]], **arguments: Any) -> dict[str, Any]:
    """Call a function of a module of this folder in a process of its own; add its peak memory (``mib``).

    Args:
        function: What to call; it returns what JSON can say.
        arguments: Its arguments, likewise.
    """
    call = json.dumps([function.__module__, function.__name__, arguments])
    done = subprocess.run([sys.executable, "-m", __name__, call], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    """Make one call and print what it returns."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("call")
    module, name, arguments = json.loads(parser.parse_args().call)
    result = getattr(import_module(module), name)(**arguments)
    result["mib"] = mebibytes()
    print(json.dumps(result, default=int))


if __name__ == "__main__":
    main()
