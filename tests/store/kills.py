"""Kill a study at random moments and see that nothing is lost: ``python -m tests.store.kills [--kills N]``.

A study is begun, its process or one of its workers is killed with SIGKILL at a random moment, and the same command is
given again until it ends. Then every file must have the bytes of a study that nobody disturbed, but for the manifest,
which says when and how it was made.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]

SMALL = (
    "import sys; from sim.study import price; price.SECONDS_OF_A_LOOP = 0; "
    "from sim.__main__ import main; sys.exit(main(sys.argv[1:]))"
)
"""The command line with a step loop for each unit, so that there are many moments at which one has just been kept."""

ARGUMENTS = ("compare", "scenarios/classroom.toml", "--policies", "email,phone", "--seeds", "8", "--days", "40")


def command(out: Path, workers: int = 2) -> list[str]:
    """Return the command of the study."""
    return [sys.executable, "-c", SMALL, *ARGUMENTS, "--workers", str(workers), "--out", str(out)]


def start(out: Path, workers: int = 2) -> subprocess.Popen[str]:
    """Start the study in a process group of its own."""
    return subprocess.Popen(
        command(out, workers), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def workers_of(parent: int) -> list[int]:
    """Return the worker processes of a process."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    return [int(pid) for pid, above, args in rows if int(above) == parent and "popen_loky" in args]


def disturbed(out: Path, kills: int, luck: random.Random, longest: float) -> Counter[str]:
    """Run the study to its end with so many kills on the way, or fewer if it ends before; return whom they hit."""
    hit: Counter[str] = Counter()
    while sum(hit.values()) < kills:
        running = start(out)
        whom = luck.choice(["parent", "worker"])
        time.sleep(luck.uniform(0.2, longest))
        if running.poll() is not None:
            running.communicate()
            return hit
        victims = [running.pid] if whom == "parent" else workers_of(running.pid)
        if victims:
            os.kill(luck.choice(victims), signal.SIGKILL)
            hit[whom] += 1
        if whom == "parent":
            running.communicate()
        else:
            said, _ = running.communicate()
            assert running.returncode == 0, said
            return hit
    last = start(out)
    said, _ = last.communicate()
    assert last.returncode == 0, said
    return hit


def files(out: Path) -> dict[str, bytes]:
    """Return every file of a result that must not depend on how it came about: units too, but no manifest."""
    left_out = {"manifest.json", "units/lock", "units/store.json"}
    found = {path.relative_to(out).as_posix(): path for path in out.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in sorted(found.items()) if name not in left_out}


def unlike(out: Path, undisturbed: Path) -> list[str]:
    """Return what is not the same in two results: files, and hashes in their manifests."""
    one, other = files(out), files(undisturbed)
    found = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    manifests = [json.loads((folder / "manifest.json").read_text(encoding="utf-8")) for folder in (out, undisturbed)]
    return found + [key for key in ("units", "tables", "files") if manifests[0][key] != manifests[1][key]]


def main(argv: Sequence[str] | None = None) -> int:
    """Kill until so many kills have hit, print what came of it; return 1 if a byte was another."""
    parser = argparse.ArgumentParser(prog="python -m tests.store.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, metavar="N", help="(20)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the moments (0)")
    options = parser.parse_args(argv)
    luck = random.Random(options.seed)
    hit: Counter[str] = Counter()
    equal = studies = 0
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        subprocess.run(command(Path(folder) / "undisturbed"), cwd=ROOT, check=True, capture_output=True)
        longest = time.monotonic() - begun
        while (n := sum(hit.values())) < options.kills:
            out = Path(folder) / f"study-{studies}"
            hit += disturbed(out, min(options.kills - n, luck.randint(1, 4)), luck, longest)
            studies += 1
            differ = unlike(out, Path(folder) / "undisturbed")
            equal += not differ
            print(
                f"study {studies}: {sum(hit.values())} kills so far; {', '.join(differ) or 'equal bytes'}", flush=True
            )
    who = f"{hit['parent']} of parents, {hit['worker']} of workers"
    print(f"{sum(hit.values())} kills ({who}), {equal} of {studies} studies with equal bytes")
    return int(equal < studies)


if __name__ == "__main__":
    sys.exit(main())
