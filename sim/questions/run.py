"""One run: one policy, one seed. An example, not an estimate."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, field

import pandas as pd

from sim.model.engines import Engine, engine_of
from sim.model.records import KINDS, Records
from sim.outcomes.counts import dated
from sim.report import advice
from sim.report.blocks import WIDTH, Block, render, terminal_width
from sim.report.run import summary
from sim.rules.errors import ScenarioError
from sim.rules.sentences import Sentence, Term
from sim.scenario.arguments import instance_of, scenario_of, seed_of, whole
from sim.scenario.scenario import BASELINE, Scenario
from sim.study.command import Command, add_engine, add_set, literal, scenario_given
from sim.study.terminal import warn


@dataclass(frozen=True)
class Run:
    """One run: one policy, one seed. Not an estimate.

    Attributes:
        scenario: What was run.
        policy: The arm, or ``baseline``.
        seed: The seed.
        engine: ``array`` or ``agents``.
        daily: Daily counts, the date beside the number of the day.
        breakdown: Counts by year, offence and class.
        events: Every event, warm-up included, or ``None`` if they were not asked for.
    """

    scenario: Scenario = field(repr=False)
    policy: str
    seed: int
    engine: Engine
    daily: pd.DataFrame = field(repr=False)
    breakdown: pd.DataFrame = field(repr=False)
    events: pd.DataFrame | None = field(repr=False)

    def summary(self, width: int = WIDTH) -> str:
        """Return the outcomes of this run as text for a terminal whose lines have so many characters."""
        return render(self._blocks(), width)

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return "".join(block.html() for block in self._blocks())

    def _blocks(self) -> list[Block]:
        return summary(self.scenario, self.policy, self.seed, self.daily)

    def trace(self, contact: int) -> pd.DataFrame:
        """Return the events of one contact, with the time of the clock and in words.

        Raises:
            ScenarioError: If the run kept no events, or none of this contact.
        """
        events = _events_of(self)
        number = whole(contact)
        found = events[events["contact"] == number]
        if number is None or number < 0 or found.empty:
            raise ScenarioError(
                Sentence("the run has no contact {contact}; see the column contact of its events", contact=str(contact))
            )
        zero = dt.datetime.combine(self.scenario.start, dt.time()) - dt.timedelta(days=self.scenario.warmup_days)
        seconds = (found["hour"] * 3600 + found["second"]).tolist()
        kinds = {kind.name: kind for kind in KINDS}
        words = [kinds[e].told(d) for e, d in zip(found["event"], found["detail"], strict=True)]
        times = pd.Series([zero + dt.timedelta(seconds=s) for s in seconds], found.index)
        traced = found.drop(columns=["policy", "seed", "step", "contact"]).assign(time=times, words=words)
        front = ["time", "event", "words"]
        return traced[[*front, *traced.columns.drop(front)]].reset_index(drop=True)


def run(
    scenario: Scenario, policy: str = BASELINE, seed: int = 0, engine: Engine = "array", events: bool = False
) -> Run:
    """Run one policy with one seed.

    Args:
        scenario: What to run.
        policy: An arm of the scenario, or ``baseline``.
        seed: A whole number of at least 0.
        engine: ``array`` (fast) or ``agents`` (to be read; small chats only).
        events: Keep every event, for `Run.trace` and `first_difference`.

    Raises:
        ScenarioError: If the policy is unknown or the seed not allowed.
    """
    arm, number = scenario_of(scenario).arm(policy), seed_of(seed)
    kept = instance_of(bool, events, "events", Term("True or False"))
    records = Records.joined([engine_of(engine)(scenario, [number], [arm], events=kept)])
    return Run(scenario, arm, number, engine, dated(scenario, records.daily), records.breakdown, records.events)


def first_difference(one: Run, other: Run) -> pd.DataFrame | None:
    """Return the first event at which two runs part: of two engines, two policies, two versions of the code.

    The names of the policies do not count. Beside the first event that only one run has stands the first that only the
    other has of the same contact, if there is one.

    Returns:
        One or two events, the column ``run`` saying whose each is, or ``None`` if all events are the same.

    Raises:
        ScenarioError: If a run kept no events.
    """
    tables = [_events_of(r).drop(columns="policy") for r in (one, other)]
    columns = list(tables[0].columns)
    both = tables[0].merge(tables[1], how="outer", on=columns, indicator="run")
    alone = both[both["run"] != "both"].sort_values(columns, ignore_index=True)
    if alone.empty:
        return None
    alone["run"] = alone["run"].map({"left_only": "one", "right_only": "other"}).astype("str")
    first = alone.iloc[0]
    same = alone[(alone["run"] != first["run"]) & (alone["contact"] == first["contact"]) & (first["contact"] >= 0)]
    found: pd.DataFrame = pd.concat([alone.iloc[:1], same.iloc[:1]], ignore_index=True)[["run", *columns]]
    return found


def _events_of(run: Run) -> pd.DataFrame:
    events = instance_of(Run, run, "run", Term("what sim.run returns")).events
    if events is None:
        raise ScenarioError(Sentence("this run kept no events; run it again with events=True"))
    return events


# -- the command -------------------------------------------------------------------------------------------------------


def _take(command: ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE")
    command.add_argument("--policy", default=BASELINE, help="a policy of the file (the baseline)")
    command.add_argument("--seed", type=literal, default=0, metavar="N", help="which run (0)")
    add_set(command)
    add_engine(command)


def _ask(given: Namespace) -> str:
    scenario = scenario_given(given, [given.policy])
    warn(advice.of_small_queue(scenario))
    return run(scenario, given.policy, given.seed, given.engine).summary(terminal_width())


COMMAND = Command(
    "Run one policy once, with one seed: an example, not an estimate.", "scenarios/classroom.toml --policy email",
    _take, _ask, after="schema",
)  # fmt: skip
