"""How do time and memory grow? One thing is varied at a time, all else as in the reference case."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.model.arrays.model import ChatModel
from sim.model.world.keys import N_USER_STRATA
from sim.report.text import number
from sim.scenario.scenario import BASELINE
from tests.bench.core import coco
from tests.bench.timing import Figure, apart, cpu, machine


def run(
    settings: Mapping[str, Any], days: int = 10, warmup_days: int = 2, lanes: int = 1, seeds: int = 1
) -> dict[str, Any]:
    """Run the reference case with other settings.

    Returns:
        CPU seconds of the step loop, hours, and what there was in the baseline: dossiers waiting, visits and false
        reports an hour, millions of lawful persons, predators.
    """
    scenario = coco().replace(days=days, warmup_days=warmup_days).replace(**settings)
    model = ChatModel(scenario, range(seeds), [BASELINE, *scenario.policies][:lanes], collect=False)
    spent = cpu(model.run)
    daily = model.record.records().daily
    daily = daily[daily["policy"] == BASELINE]
    measured, members = 24 * days * seeds, model.world.membership.n_members(0)[0]
    return {
        "seconds": spent,
        "hours": scenario.hours,
        "backlog": daily["n_waiting_hours"].sum() / measured,
        "visits": daily["n_visits"].sum() / measured,
        "false_reports": daily["n_false_report"].sum() / measured,
        "users": float(members[:N_USER_STRATA].sum() / 1e6),
        "predators": int(members[N_USER_STRATA:].sum()),
    }


@dataclass(frozen=True)
class Axis:
    """Something that is varied.

    Attributes:
        name: What it is.
        points: Arguments of `run`, in ascending order.
        at: What stands on the axis: a result of `run`, or one number a point.
        whole: Whether the time is that of the whole run, else that of an hour.
        why: Why time and memory grow as they do, for the table.
    """

    name: str
    points: tuple[dict[str, Any], ...]
    at: str | tuple[float, ...]
    whole: bool
    why: str


def _persons(millions: float) -> dict[str, Any]:
    """About so many lawful persons, and as many predators as ever.

    They come less often than in the reference case: an hour takes 30,000 visits of a class at most, which is what two
    and a half million who come five times a month make of its busiest.
    """
    visitors = millions * 0.387e6
    return {"settings": {
        "population.monthly_visitors": visitors,
        "population.monthly_visitors_start": visitors,
        "population.visits_per_month": 0.6,
        "predators.p_of_adults": 0.005 * 0.827 / millions,
    }, "days": 4, "warmup_days": 1}  # fmt: skip


def _visitors(millions: float) -> dict[str, Any]:
    """So many monthly visitors who come as often as in the reference case, and as many predators as ever."""
    visitors = dict.fromkeys(("population.monthly_visitors", "population.monthly_visitors_start"), millions * 1000000.0)
    return {"settings": visitors | {"predators.p_of_adults": 0.005 * 0.778 / millions}}


_QUEUE = {
    "population.monthly_visitors": 20_000.0,
    "population.monthly_visitors_start": 20_000.0,
    "responses.p_ready_false_report": 0.1,
    "moderation.staff": 0.1,
}
"""A small chat with more reports than its staff can read, so that what is not read waits until it expires."""

_MILLIONS = (0.1, 0.4, 1.6, 6.4, 20)
_VISITORS = (0.1, 0.35, 0.778, 2.4)
_LANES = (1, 2, 4, 8, 15)
_SEEDS = (1, 2, 4, 8)
_DAYS = (6, 24, 96)

AXES = (
    Axis(
        "million lawful persons", tuple(map(_persons, _MILLIONS)), "users", False,
        "only visits are drawn (0.6 a month and person here), and each costs the same; for few persons the calls of an "
        "hour cost more than its visits. Memory: some bytes for everybody who is ever a member, two days of visits",
    ),
    Axis(
        "visits an hour", tuple(map(_visitors, _VISITORS)), "visits", False,
        "each visit of a day is drawn, lined up and counted once; up to ten thousand an hour the calls cost more",
    ),
    Axis(
        "predators", tuple({"settings": {"predators.p_of_adults": p}} for p in (0.0003, 0.001, 0.005, 0.02, 0.05)),
        "predators", False,
        "approaches and contacts are rows of arrays; the visits of lawful users and the calls cost the same however "
        "many predators there are",
    ),
    Axis(
        "lanes", tuple({"settings": {}, "lanes": n} for n in _LANES), _LANES, False,
        "the world is drawn once for all lanes, and a call serves all of them; only rows and desks are each lane's own",
    ),
    Axis(
        "seeds in a loop", tuple({"settings": {}, "seeds": n} for n in _SEEDS), _SEEDS, False,
        "each seed has a world of its own, calls are shared; memory is the worlds'",
    ),
    Axis(
        "hours", tuple({"settings": {}, "days": n} for n in _DAYS), tuple(24 * (n + 2) for n in _DAYS), True,
        "an hour costs the same early and late, once contacts off the platform have come to their number. Memory: who "
        "joins in the meantime, and daily counts",
    ),
    Axis(
        "dossiers waiting",
        tuple(
            {"settings": _QUEUE | {"moderation.dossier_expiry_hours": hours}, "days": 60}
            for hours in (12, 48, 192, 768)
        ),
        "backlog", False,
        "an hour looks at what comes in and what is read, never at what waits",
    ),
    Axis(
        "false reports an hour",
        tuple(
            {"settings": {"responses.p_ready_false_report": p, "moderation.staff": 20.0}}
            for p in (0.0005, 0.005, 0.05, 0.5)
        ),
        "false_reports", False,
        "each report is filed and read one by one, in plain Python; few cost nothing beside the rest",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Curve:
    """What was measured along an axis.

    Attributes:
        axis: The axis.
        x: Values on it.
        microseconds: CPU time of an hour, or of the whole run where the axis says so, in millionths of a second.
        mebibytes: Peak resident memory.
    """

    axis: Axis
    x: Any
    microseconds: Any
    mebibytes: Any

    @property
    def slopes(self) -> tuple[float, float, float]:
        """By what power time grows over the whole axis and over its last step, and memory over its last step.

        1 is in proportion, 0 not at all.
        """
        x, y, z = np.log(self.x), np.log(self.microseconds), np.log(self.mebibytes)
        last = x[-1] - x[-2]
        return float(np.polyfit(x, y, 1)[0]), float((y[-1] - y[-2]) / last), float((z[-1] - z[-2]) / last)


def measured(repeats: int) -> list[Curve]:
    """Run every point in turn, so many times, each in a process of its own; the least time is the least disturbed."""
    found: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for _ in range(repeats):
        for i, axis in enumerate(AXES):
            for k, point in enumerate(axis.points):
                found.setdefault((i, k), []).append(apart(run, **point))
    return [_curve(axis, [found[i, k] for k in range(len(axis.points))]) for i, axis in enumerate(AXES)]


def _curve(axis: Axis, points: list[list[dict[str, Any]]]) -> Curve:
    at = [runs[0][axis.at] for runs in points] if isinstance(axis.at, str) else axis.at
    hours = [1 if axis.whole else runs[0]["hours"] for runs in points]
    seconds = [min(run["seconds"] for run in runs) for runs in points]
    memory = [min(run["mib"] for run in runs) for runs in points]
    return Curve(axis, np.array(at, float), 1e6 * np.array(seconds) / np.array(hours), np.array(memory))


def figures(curves: list[Curve]) -> Iterator[Figure]:
    """Yield what the history keeps."""
    for curve in curves:
        yield Figure(f"slope of time over {curve.axis.name}", curve.slopes[0], "power")


STEEPEST = 1.1
"""A slope above this is more than in proportion, whatever the noise of a measurement."""


def table(curves: list[Curve]) -> str:
    """Return slopes and reasons as text."""
    head = f"{'':34}{'from':>9}{'to':>9}{'time':>8}{'at the end':>12}{'memory':>8}"
    lines = ["GROWTH: by what power time and memory grow (1: in proportion, 0: not at all)", head, "-" * len(head)]
    for curve in curves:
        time, last, memory = curve.slopes
        ends = f"{number(curve.x[0]):>9}{number(curve.x[-1]):>9}"
        lines.append(f"{curve.axis.name:34}{ends}{time:8.2f}{last:12.2f}{memory:8.2f}")
    steep = [curve.axis.name for curve in curves if max(curve.slopes) > STEEPEST]
    notes = [
        f"More than in proportion: {', '.join(steep) or 'nothing'}. Time over the whole axis and over its last step, "
        "memory over its last step. All else as in Coco at full size, one lane; the dossiers wait in a small chat.",
        f"{machine()}.",
        *(f"* {curve.axis.name}: {curve.axis.why}." for curve in curves),
    ]
    lines += [textwrap.fill(note, 100, subsequent_indent="  " * note.startswith("*")) for note in notes]
    return "\n".join(lines)
