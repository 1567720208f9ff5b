"""Compare: what was found of policies, and how it reads: headline, tables, and what to know of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim.model.engines import Engine
from sim.model.records import COUNTS, KINDS, Records, Runs, write_csv
from sim.outcomes import transparency
from sim.outcomes.counts import HEADLINE, Counts, by_seed, dated
from sim.outcomes.outcomes import BY_NAME, SECOND, outcomes_of
from sim.outcomes.statistics import t_interval
from sim.outcomes.verdicts import Verdict
from sim.report import tables
from sim.report.blocks import Block, Note, Prose
from sim.report.cells import Cells
from sim.report.remarks import ETHICS, caveat, of_seeds, of_short_window, of_staff, title
from sim.report.result import Result
from sim.report.sentences import Amount, Counted, Listed, Sentence, Term, Words
from sim.report.text import number
from sim.rules.errors import ScenarioError
from sim.rules.rulebook import RULES
from sim.scenario.arguments import instance_of
from sim.scenario.scenario import BASELINE, Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_OWN_ACCOUNTS = {"n_history_hours", "n_review_evidence", "n_capacity", "n_moderator_milli_hours"}
"""Counts that only account for a lever: an arm that moves nothing else is inert."""

_LACKS: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("registration.friction", lambda n: True, "nobody who came would have been turned away"),
    ("registration", lambda n: n.n_bar + n.n_find + n.n_lose == 0, "nobody was barred and no pair was parted"),
    ("registration", lambda n: True, "no bar and no parting of a pair ended otherwise"),
    ("reporting", lambda n: n.n_recognise + n.n_false_report == 0, "there was nothing to report"),
    ("reporting", lambda n: n.n_report + n.n_false_report == 0, "nothing was reported"),
    ("reporting", lambda n: True, "nobody's decision to report turned on it"),
    ("moderation", lambda n: n.n_report + n.n_false_report == 0, "nothing was reported"),
    ("retention", lambda n: n.n_report + n.n_false_report == 0, "nothing was reported"),
    ("moderation.dossier_expiry", lambda n: n.n_expire == 0, "no dossier expired unread"),
    ("moderation", lambda n: n.n_review + n.n_expire == 0, "no dossier was reviewed and none expired"),
    ("retention", lambda n: n.n_review + n.n_expire == 0, "no dossier was reviewed and none expired"),
    ("retention", lambda n: n.n_review_evidence == n.n_review, "no review lacked evidence"),
    ("retention", lambda n: True, "evidence never changed what a review ended in"),
    ("moderation.p_", lambda n: True, "no review ended otherwise"),
    ("moderation", lambda n: n.n_waiting_hours + n.n_expire == 0, "no dossier waited"),
    ("moderation", lambda n: True, "no dossier was read at another time"),
    ("sanctions", lambda n: n.n_warn + n.n_suspend + n.n_bar == 0, "nobody was sanctioned"),
    ("sanctions.binds", lambda n: True, "no return turned on it (an identity is bound only where there are accounts)"),
    ("sanctions", lambda n: True, "no sanction came out otherwise"),
    ("warnings", lambda n: True, "nobody who was reached recognised anything sooner"),
    ("limits", lambda n: True, "nobody would have written to a stranger too soon"),
    ("", lambda n: True, "nothing turned on it"),
)
"""What an inert arm lacks: rules it changes (start of the name), test on the baseline's totals, words. First fit."""


@dataclass(frozen=True)
class Comparison(Result):
    """Policies compared with the baseline, seed by seed.

    Attributes:
        scenario: What was run.
        policies: The arms, without the baseline, in the scenario's order.
        seeds: The seeds, each run under every arm.
        engine: ``array`` or ``agents``.
        effects: One row per policy and outcome; ``relative`` is a share, ``low`` and ``high`` end 95% intervals. Where
            an outcome cannot be counted, ``reason`` says why.
        interactions: One row per outcome and policy that is exactly two others together: what they do beyond the sum.
        counts: The counts of every run, added up over stretches of days.
        runs: The runs themselves.
    """

    scenario: Scenario = field(repr=False)
    policies: tuple[str, ...]
    seeds: tuple[int, ...]
    engine: Engine
    effects: pd.DataFrame = field(repr=False)
    interactions: pd.DataFrame = field(repr=False)
    counts: Counts = field(repr=False)
    runs: Runs = field(repr=False)

    @property
    def daily(self) -> pd.DataFrame:
        """Daily counts of every run, the date beside the number of the day."""
        return dated(self.scenario, self._records.daily)

    @property
    def breakdown(self) -> pd.DataFrame:
        """Counts by year, offence and class of every run."""
        return self._records.breakdown

    @property
    def waits(self) -> pd.DataFrame:
        """How many of the reviewed dossiers had waited how long, of every run."""
        return self._records.waits

    @cached_property
    def _records(self) -> Records:
        return Records.joined(self.runs.parts())

    def blocks(self) -> list[Block]:
        """Return the headline sentence, tables, and what to know of them."""
        return comparison(self.scenario, self.policies, len(self.seeds), self.effects, self.counts, self.interactions)

    def transparency(self) -> pd.DataFrame:
        """Return what the platform itself could publish of every policy: `sim.outcomes.transparency.COLUMNS`."""
        return transparency.record(self.counts)

    def plot(self, what: str = HEADLINE) -> Figure:
        """Draw the difference of an outcome from the baseline over time, or one of the figures that have a name.

        A notebook shows the figure by itself; in a script ``plot().show()`` opens it and ``plot().savefig("a.png")``
        keeps it.

        Args:
            what: An outcome that has a course over time; ``overview`` (change in percent by policy), ``price`` (harm
                spared against visitors turned away) or ``staff`` (how busy moderators are).

        Raises:
            ScenarioError: If there is no such outcome or figure, or the outcome has no course over time.
        """
        from sim.report import figures

        instance_of(str, what, "what", "the name of a figure or outcome")
        named = self._named_figures()
        if what in named:
            return named[what]()
        found = {o.name: o for o in outcomes_of(self.scenario) if o.over_time}
        if what not in found:
            there = ", ".join((*named, *found))
            raise ScenarioError(f"no figure and no outcome over time is called {what!r}; there are: {there}")
        return figures.differences(self.scenario, self.policies, self.counts, self.effects, found[what])

    def fill(self, folder: Path) -> None:
        """Write the tables."""
        write_csv(self.effects, folder / "effects.csv")
        write_csv(self.interactions, folder / "interactions.csv")
        write_csv(self.transparency(), folder / "transparency.csv")

    def figures(self) -> dict[str, Callable[[], Figure]]:
        """Return what draws its figures: the course over time, all at a glance, harm against its price, busy staff."""
        return {"difference": self.plot} | self._named_figures()

    def _named_figures(self) -> dict[str, Callable[[], Figure]]:
        from sim.report import figures

        of_effects = {name: partial(draw, self.policies, self.effects) for name, draw in figures.OF_EFFECTS.items()}
        return {**of_effects, "staff": partial(figures.staff, self.policies, self.counts)}


def comparison(
    scenario: Scenario,
    policies: Sequence[str],
    n_seeds: int,
    effects: pd.DataFrame,
    counts: Counts,
    interactions: pd.DataFrame,
) -> list[Block]:
    """Return a comparison as blocks.

    Args:
        scenario: What was run.
        policies: The arms, in the order in which to show them.
        n_seeds: Number of seeds.
        effects: The table of effects.
        counts: The counts of every run.
        interactions: The table of interactions.
    """
    cells = Cells(scenario, effects, policies)
    busy, idle = _busy_shares(policies, counts), inert(policies, counts)
    done = Counted(
        len(policies),
        Sentence("1 policy against the baseline, {seeds} seeds each", seeds=n_seeds),
        Sentence("{policies} policies against the baseline, {seeds} seeds each", policies=len(policies), seeds=n_seeds),
    )
    blocks: list[Block | None] = [
        title(scenario, done),
        _headline(cells, counts, idle),
        tables.harm(cells),
        tables.over_time(cells, counts),
        tables.together(interactions),
        tables.for_whom(cells),
        tables.by_severity(cells),
        tables.costs(cells),
        tables.process(cells, busy),
        _notes(scenario, cells, idle, busy),
    ]
    return [block for block in blocks if block]


def inert(policies: Sequence[str], counts: Counts) -> dict[str, Words]:
    """Return the arms in which everything happened as in the baseline, with what they lack."""
    happened = [name for name in (*(f"n_{kind.name}" for kind in KINDS), *COUNTS) if name not in _OWN_ACCOUNTS]
    hashes = counts.hashes[happened]
    daily = counts.records.daily
    totals = daily[daily["policy"] == BASELINE].sum(numeric_only=True)
    same = {arm for arm in policies if (hashes.loc[[arm]].to_numpy() == hashes.loc[[BASELINE]].to_numpy()).all()}
    return {arm: _lack(counts.scenario, arm, totals) for arm in policies if arm in same}


def _busy_shares(policies: Sequence[str], counts: Counts) -> dict[str, float]:
    """Return the share of its capacity that staff uses, mean over the seeds, by arm; missing where nobody is on shift.

    Unlike in the table of effects, an arm has it though the other one that it is compared with has nobody on shift.
    """
    means = BY_NAME["staff_busy_share"].formula(counts.sums()).groupby("policy").mean()
    return {arm: float(means[arm]) for arm in (BASELINE, *policies)}


def _lack(scenario: Scenario, arm: str, totals: pd.Series[Any]) -> Words:
    changed = scenario.changed_rules(arm)
    if not changed:
        return Term("it changes no rule within the window")
    found = (next(words for prefix, fits, words in _LACKS if r.startswith(prefix) and fits(totals)) for r in changed)
    return Listed(tuple(map(Term, dict.fromkeys(found))), "; ")


def _headline(cells: Cells, counts: Counts, idle: Collection[str]) -> Block:
    """Return sentences on the policy that lowers harm most, the others that do, each that raises it, and the rest."""
    resolved = [p for p in cells.policies if cells.resolved(p, HEADLINE)]
    lowering = [p for p in resolved if cells.verdict(p, HEADLINE) is Verdict.LOWERS]
    best = min(lowering, key=lambda p: cells.number(p, HEADLINE), default=None)
    finding = _sentence(cells, best) if best else Sentence("no policy was seen to lower serious harm.")
    sentences: list[Words] = [
        Sentence(
            "In this model, with these assumptions, {finding} {caveat}", finding=finding, caveat=caveat(cells.scenario)
        )
    ]
    others = [p for p in lowering if p != best]
    if best and (same := _not_told_apart(best, others, counts)):
        policies = Listed(tuple(same))
        sentences.append(Sentence("Not told apart from {best} in serious harm: {same}.", best=best, same=policies))
    sentences += [Sentence("Also, {finding}", finding=_sentence(cells, p)) for p in others if _signs_differ(cells, p)]
    if plain := [p for p in others if not _signs_differ(cells, p)]:
        sizes = [Sentence("{policy} by {size}", policy=p, size=cells.size(p, HEADLINE)) for p in plain]
        sentences.append(Sentence("Serious harm is also lowered by these: {sizes}.", sizes=Listed(tuple(sizes))))
    sentences += [
        Sentence("On the other hand, {finding}", finding=_sentence(cells, p)) for p in resolved if p not in lowering
    ]
    if rest := [_unresolved(cells, p, idle) for p in cells.policies if p not in resolved]:
        policies = Listed(tuple(rest))
        sentences.append(Sentence("Not told apart from the baseline in serious harm: {policies}.", policies=policies))
    return Prose(tuple(sentences))


def _unresolved(cells: Cells, policy: str, idle: Collection[str]) -> Words:
    """Return the name of a policy whose effect is not resolved, with why if it is not for the width of the interval."""
    if policy in idle:
        return Sentence("{policy} (inert)", policy=policy)
    match cells.verdict(policy, HEADLINE):
        case Verdict.IDENTICAL:
            return Sentence("{policy} (as many in every seed)", policy=policy)
        case Verdict.TOO_FEW:
            return Sentence("{policy} (too few harms to say)", policy=policy)
        case _:
            return policy


def _not_told_apart(best: str, others: Sequence[str], counts: Counts) -> list[str]:
    """Return the policies whose paired difference from the best one has an interval that holds zero."""
    harmed = counts.sums()["n_persons_harmed"]
    return [p for p in others if not t_interval(by_seed(harmed, p) - by_seed(harmed, best), step=1).sign]


def _signs_differ(cells: Cells, policy: str) -> bool:
    compared = cells.verdict(policy, SECOND) not in (Verdict.IDENTICAL, Verdict.TOO_FEW)
    return compared and cells.number(policy, HEADLINE) * cells.number(policy, SECOND) < 0


def _sentence(cells: Cells, policy: str) -> Sentence:
    """Return what a policy does to serious harm, whose sign is known, and at what price."""
    resting = Sentence(", a size and sign that rest on assumed inputs (below)")
    return Sentence(
        "{finding}{resting}{price}.",
        finding=_finding(cells, policy),
        resting=resting if _assumed_inputs(cells.scenario, policy) else None,
        price=_price(cells, policy),
    )


def _finding(cells: Cells, policy: str) -> Sentence:
    """Return what a policy does to serious harm, and to the risk of those who remain if that has the other sign."""
    size, lowers = cells.size(policy, HEADLINE), cells.verdict(policy, HEADLINE) is Verdict.LOWERS
    if not _signs_differ(cells, policy):
        if lowers:
            return Sentence("{policy} lowers serious harm by {size}", policy=policy, size=size)
        return Sentence("{policy} raises serious harm by {size}", policy=policy, size=size)
    if not cells.resolved(policy, SECOND):
        risk = cells.signed(policy, SECOND)
        if lowers:
            return Sentence(
                "{policy} lowers serious harm by {size} while the risk per day of use of those who remain changes by "
                "{risk}, its sign not resolved",
                policy=policy, size=size, risk=risk,
            )  # fmt: skip
        return Sentence(
            "{policy} raises serious harm by {size} while the risk per day of use of those who remain changes by "
            "{risk}, its sign not resolved",
            policy=policy, size=size, risk=risk,
        )  # fmt: skip
    risk = cells.size(policy, SECOND)
    if lowers:
        return Sentence(
            "{policy} lowers serious harm by {size} but raises the risk per day of use of those who remain by {risk}",
            policy=policy, size=size, risk=risk,
        )  # fmt: skip
    return Sentence(
        "{policy} raises serious harm by {size} but lowers the risk per day of use of those who remain by {risk}",
        policy=policy, size=size, risk=risk,
    )  # fmt: skip


def _price(cells: Cells, policy: str) -> Sentence | None:
    """Return what a policy costs lawful users at the door, if it does."""
    if cells.verdict(policy, "visitors_turned_away") is Verdict.RAISES:
        visitors = Amount(cells.number(policy, "visitors_turned_away"), number)
        return Sentence("; it turns away {visitors} lawful visitors a month", visitors=visitors)
    if cells.verdict(policy, "user_days_lost") is Verdict.RAISES:
        days = Amount(cells.number(policy, "user_days_lost"), number)
        return Sentence("; it costs lawful users {days} days of use a month", days=days)
    return None


def _notes(scenario: Scenario, cells: Cells, idle: Mapping[str, Words], busy: Mapping[str, float]) -> Block:
    notes: list[Words] = [
        Sentence("{policy} is inert, everything happened as in the baseline: {lack}.", policy=arm, lack=lack)
        for arm, lack in idle.items()
    ]
    notes += of_staff(busy)
    for arm in cells.policies:
        if arm not in idle and cells.verdict(arm, "harms") is Verdict.IDENTICAL:
            before, after = (cells.number(arm, "predators_barred", column) for column in ("baseline", "value"))
            notes.append(
                Sentence(
                    "{policy}: as many harms as the baseline in every seed (bars on predators: {before} a year, now "
                    "{after}).",
                    policy=arm, before=Amount(before, number), after=Amount(after, number),
                )
            )  # fmt: skip
    assumed: dict[str, list[str]] = {}
    for arm in cells.policies:
        if arm not in idle:
            assumed.setdefault(_assumed_inputs(scenario, arm), []).append(arm)
    assumed.pop("", None)
    for inputs, arms in assumed.items():
        notes.append(
            Sentence(
                "What is shown for {policies} rests on assumed inputs: {inputs}.",
                policies=Listed(tuple(arms)), inputs=Term(inputs),
            )
        )  # fmt: skip
    if assumed:
        notes.append(
            Sentence(
                "Vary these before believing it: python -m sim ranges does so one at a time, python -m sim why "
                "--policy takes an effect apart, and --set gives any setting another value, such as "
                "registration.email.findability or contacts.rel_meeting."
            )
        )
    notes += of_short_window(scenario)
    if set(cells.policies) - set(idle):
        notes.append(of_seeds(int(max(cells.number(p, HEADLINE, "seeds") for p in cells.policies))))
    notes.append(
        Sentence(
            "Each interval misses with a chance of 5%, so one in twenty does. More outcomes, with intervals, stand in "
            "effects.csv; those by offence illustrate, for the shares of offences are assumed."
        )
    )
    return Prose(tuple(Note(note) for note in (*notes, ETHICS)))


def _assumed_inputs(scenario: Scenario, arm: str) -> str:
    """Return the inputs that an arm's effect mainly follows from, in words; empty if it moves none of them."""
    changed = scenario.changed_rules(arm)
    said = [f"{text} ({_said(rule, changed[rule])})" for rule, text in _INPUTS.items() if rule in changed]
    rules = scenario.rules_on(scenario.days - 1, arm)
    if "sanctions.binds" in changed:
        rel = {"device": rules.sanctions_rel_return_device, "identity": rules.sanctions_rel_return_identity}
        said.append(f"what binding it does to returns (times {rel.get(rules.sanctions_binds, 1):g})")
    if "sanctions.ladder_hours" in changed:
        said.append("that nobody learns from a warning or a suspension")
    if {"retention.message_hours", "reporting.snapshot"} & changed.keys():
        found = (rules.moderation_p_find_without_evidence, rules.moderation_p_find_with_evidence)
        said.append(f"what evidence does for a review (finds {found[0]:.0%} of offenders without, {found[1]:.0%} with)")
    if _BY_BARS & {rule.partition(".")[0] for rule in changed} and not rules.registration_accounts_persist:
        p = rules.registration_p_device_recognised
        said.append(
            f"how long a bar holds without accounts (beyond the visit only if the device is recognised, {p:.0%})"
        )
    return ", ".join(said)


_BY_BARS = {"reporting", "retention", "moderation"}
"""Sections whose rules act by leading to sanctions."""

_INPUTS = {
    "registration.friction_user": "the share of lawful users turned away",
    "registration.friction_predator": "the share of predators turned away",
    "registration.findability": "the chance that a parted pair can find each other again",
    "registration.p_return": "the chance of coming back under a new identity after a bar",
    "reporting.friction": "how much effort keeps people from reporting",
    "reporting.rel_ready": "what an answer does to the readiness to report",
    "reporting.rel_false": "what guidance does to false reports",
    "reporting.p_flagged": "the share that trusted flaggers report",
    "moderation.p_find_with_evidence": "what training does to reviews",
    "warnings.p_reached": "the share whom warnings reach",
    "warnings.rel_recognise": "what warnings do to recognition at first",
    "limits.cooling_off_hours": "that nobody gets round a limit",
}
"""Rules that carry an assumption about the world: what an arm that moves them puts in."""


def _said(rule: str, values: tuple[Any, Any]) -> str:
    """Return what a rule was and becomes, shares in percent."""
    return " to ".join(f"{value:.0%}" if RULES[rule].unit == "share" else f"{value:g}" for value in values)
