"""Plant faults, all or some, each in a copy of its own: ``python -m tests.faults [--jobs N] [--turn N] [NAME...]``."""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.harness import ROOT, TURNS, Fault, FaultError, Run, copy, faults, plant_and_run, run, share


def verdict(fault: Fault, found: Run) -> str:
    """Say in a cell of the table which tests caught a fault, or what they did instead."""
    missed = [test for test in fault.tests if not found.caught_by(test)]
    return f"MISSED by {', '.join(missed)}: {found.failed or 'passed'}" if missed else "caught by " + fault.tests[0]


def planted(clean: Path, folder: Path, fault: Fault) -> tuple[Fault, Run | None, str]:
    """Plant a fault; return it, what its tests did and the verdict."""
    try:
        found = plant_and_run(clean, fault, folder / fault.name.replace("/", "-"))
    except FaultError as error:
        return fault, None, f"ERROR: {error}"
    return fault, found, verdict(fault, found)


def main() -> int:
    """Plant the faults, print the table; return 1 if any was missed or a test fails without a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="faults to plant (all)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time")
    parser.add_argument("--turn", type=int, metavar="N", help=f"those that the tests plant in turn N of {TURNS}")
    options = parser.parse_args()
    candidates = faults() if options.turn is None else share(options.turn)
    chosen = [fault for fault in candidates if not options.names or fault.name in options.names]
    bad = not chosen
    with TemporaryDirectory() as temporary, ThreadPoolExecutor(options.jobs) as pool:
        folder = Path(temporary)
        clean = copy(ROOT, folder / "clean")
        print(f"{'fault':42}{'where':32}{'kind':12}{'shared':8}{'seconds':>7}  found", flush=True)
        for fault, found, words in pool.map(partial(planted, clean, folder), chosen):
            shared, seconds = "both" if fault.shared else "one", found.seconds if found else 0
            print(f"{fault.name:42}{fault.file:32}{fault.kind:12}{shared:8}{seconds:7.1f}  {words}", flush=True)
            bad |= not words.startswith("caught")
        sound = run(clean, sorted({test for fault in chosen for test in fault.tests}))
        print(
            f"without a fault: {len(sound.passed)} tests passed in {sound.seconds:.0f} s, failed: {sound.failed or 0}"
        )
    return int(bad or bool(sound.failed))


if __name__ == "__main__":
    sys.exit(main())
