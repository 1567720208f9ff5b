"""Measure the speed: ``python -m tests.bench [PART...]``; without a part all of them, in about ten minutes."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from sim.report.canvas import rendered
from tests.bench import alternatives, growth, history, hour, pictures, prices, runs, studies
from tests.bench.timing import Figure, apart, machine, yardstick

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "results" / "bench"


def beside_the_alternatives(repeats: int) -> Iterable[Figure]:
    """Hold the alternatives together, time them, and keep table and picture; the README shows both."""
    agreed = apart(alternatives.agreed)["text"]
    print(agreed, flush=True)
    times = alternatives.timed(repeats)
    table = alternatives.table(times)
    _keep("alternatives.txt", f"{table}\n\n{agreed}")
    _show(table)
    (RESULTS / "alternatives.png").write_bytes(rendered(lambda: pictures.alternatives(times), "alternatives")[".png"])
    return times.figures()


def how_it_grows(repeats: int) -> Iterable[Figure]:
    """Measure along every axis, and keep slopes and picture."""
    curves = growth.measured(max(1, repeats // 2))
    _keep("growth.txt", growth.table(curves))
    (RESULTS / "growth.png").write_bytes(rendered(lambda: pictures.growth(curves), "growth")[".png"])
    return growth.figures(curves)


def of_the_platform(repeats: int) -> Iterable[Figure]:
    """Keep what whole runs, studies, step loops and the parts of an hour take."""
    told = [f"{machine()}."]
    for lines in (runs.report(min(3, repeats)), studies.report(min(3, repeats)), hour.report(), prices.report()):
        for line in lines:
            print(line, flush=True)  # as it comes: all of it takes minutes
            told.append(line)
    large = prices.past_one_machine()
    print(large)
    (RESULTS / "platform.txt").write_text("\n".join((*told, "", large, "")), encoding="utf-8")
    _show(large)
    return ()


PARTS = {"alternatives": beside_the_alternatives, "growth": how_it_grows, "platform": of_the_platform}


def _keep(name: str, text: str) -> None:
    print(text, flush=True)
    (RESULTS / name).write_text(f"{text}\n", encoding="utf-8")


def _show(table: str) -> None:
    """Put a table into the README in place of the one that begins with the same words."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    title = re.escape(table.partition("\n")[0].partition(":")[0])
    shown = re.compile(rf"```text\n{title}\b.*?```", re.S)
    (ROOT / "README.md").write_text(shown.sub(lambda _: f"```text\n{table}\n```", readme), encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print, and renew what ``results/bench`` holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (all)")
    parser.add_argument("--repeats", type=int, default=5, help="rounds of which the median is told")
    arguments = parser.parse_args(argv)
    if unknown := [
        name for name in arguments.parts if name not in PARTS
    ]:  # Python 3.11 takes no choices and none given
        parser.error(f"there is no part {unknown[0]}; there are {', '.join(PARTS)}")
    RESULTS.mkdir(parents=True, exist_ok=True)
    code = history.commit(ROOT)  # before results are written
    print(
        f"{machine()}; yardstick {yardstick():.2f} ns a draw (figures scale with it; compare ratios only)", flush=True
    )
    for name in arguments.parts or PARTS:
        history.renew(RESULTS / "history.csv", PARTS[name](arguments.repeats), code)


if __name__ == "__main__":
    main()
