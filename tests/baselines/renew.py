"""Stored small runs, and the one command that renews them: ``python -m tests.baselines.renew`` (``make baselines``).

A baseline says that numbers moved, never that they are right. The tests of theory, of the two engines and of the
direction of effects say that; see the folders beside this one.

For every case there is ``<case>.csv``, one line a quantity and one column a run (``policy/seed``): counts over the
window as whole numbers (``n_...``), then the outcomes. ``digests.json`` has a SHA-256 over the fingerprints
of the scenario and of its arms, and those of the tables of counts, the same on every Python and machine.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import sim
from sim.outcomes.counts import sums_of
from sim.outcomes.outcomes import outcomes_of
from sim.scenario.scenario import Scenario
from sim.study.identity import digest
from tests.baselines import shipped

FOLDER = Path(__file__).parent
SCENARIOS = FOLDER.parents[1] / "scenarios"
DIGESTS = FOLDER / "digests.json"
COMMAND = "python -m tests.baselines.renew   (or: make baselines)"


@dataclass(frozen=True)
class Case:
    """A scenario file, what is changed in it to make it small, and the seeds."""

    file: str
    changes: dict[str, object]
    seeds: tuple[int, ...]

    @property
    def scenario(self) -> Scenario:
        """The scenario as run."""
        return sim.load(SCENARIOS / self.file).replace(**self.changes)


CASES = {
    "classroom": Case("classroom.toml", {"days": 40}, (0, 1, 2)),
    "generic_chat": Case(
        "generic_chat.toml",
        {"start": dt.date(2024, 2, 20), "days": 30, "warmup_days": 20, "scale": 0.1, "predators.p_of_adults": 0.02},
        (0, 5),
    ),
    "coco": Case("coco.toml", {"days": 20, "warmup_days": 20, "scale": 0.01, "predators.p_of_adults": 0.02}, (0, 7)),
}
"""Small on purpose; the more predators, so that something happens."""


@dataclass(frozen=True)
class Stored:
    """What is kept of a case: a table of quantities by run, and digests."""

    table: pd.DataFrame
    digests: dict[str, str]


def simulated(case: Case) -> Stored:
    """Run a case."""
    scenario = case.scenario
    comparison = sim.compare(scenario, seeds=case.seeds)
    sums = sums_of(scenario, comparison.daily, comparison.breakdown, durations=comparison.durations)
    counts = [column for column in sums.table.columns if column.startswith("n_")]
    rows = {column: sums.table[column].map("{:.0f}".format) for column in counts}
    rows |= {outcome.name: outcome.formula(sums).map(repr) for outcome in outcomes_of(scenario)}
    table = pd.DataFrame(rows).T.rename_axis(index="quantity")
    table.columns = table.columns.map("{0[0]}/{0[1]}".format)
    counted = comparison.daily.drop(columns="date")
    tables = {"daily": counted} | {name: getattr(comparison, name) for name in ("breakdown", "durations", "persons")}
    digests = {"scenario": _fingerprint(scenario)} | {name: digest(frame) for name, frame in tables.items()}
    return Stored(table, digests)


def _fingerprint(scenario: Scenario) -> str:
    """Return a SHA-256 over what all arms share and over the rules of each by its name."""
    arms = "".join(f"{arm} {scenario.fingerprint(arm)}\n" for arm in sorted(scenario.policies))
    return hashlib.sha256(f"{scenario.fingerprint()}\n{arms}".encode()).hexdigest()


def stored(name: str) -> Stored:
    """Read what is stored of a case."""
    table = pd.read_csv(FOLDER / f"{name}.csv", index_col="quantity", dtype=str, keep_default_na=False)
    return Stored(table, json.loads(DIGESTS.read_text(encoding="utf-8"))[name])


def moved(old: Stored, new: Stored) -> Iterator[str]:
    """Yield in words what is not as stored: counts to the last one, outcomes to nine digits."""
    for what in ("index", "columns"):
        before, now = (list(getattr(s.table, what)) for s in (old, new))
        yield from (f"{name} is gone" for name in before if name not in now)
        yield from (f"{name} is new" for name in now if name not in before)
    for quantity in new.table.index.intersection(old.table.index):
        for run in new.table.columns.intersection(old.table.columns):
            before, now = str(old.table.loc[quantity, run]), str(new.table.loc[quantity, run])
            if not _same(before, now):
                yield f"{quantity} of {run}: {before}, now {now}"


def _same(before: str, now: str) -> bool:
    if before == now or "." not in before + now:
        return before == now
    a, b = float(before), float(now)
    return abs(a - b) <= 1e-9 * max(abs(a), abs(b))


def renew() -> None:
    """Run every case, store it, and say what moved."""
    digests = {}
    for name, case in CASES.items():
        new = simulated(case)
        try:
            changes = list(moved(stored(name), new))
        except (OSError, KeyError, ValueError):  # nothing stored, or nothing that can be read
            changes = ["all of it is new"]
        new.table.to_csv(FOLDER / f"{name}.csv", lineterminator="\n")
        digests[name] = new.digests
        print(f"{name}: {len(changes) or 'no'} changes", *changes[:5], sep="\n  ")
    DIGESTS.write_text(json.dumps(digests, indent=2) + "\n", encoding="utf-8")
    shipped.renew()


if __name__ == "__main__":
    renew()
