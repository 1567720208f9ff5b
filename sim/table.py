"""A comparison as a person reads it: the headline sentence, tables of one kind of number each, and what to know."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from sim import headings, workload
from sim.outcomes import (
    BY_NAME,
    HEADLINE,
    NO_MONTH,
    SECOND,
    Counts,
    by_seed,
    outcomes_of,
    quarters_of,
    reasons,
    sums_of,
)
from sim.records import COUNTS, DAYS_PER_WINDOW_YEAR, KINDS
from sim.rules import RULES
from sim.scenario import BASELINE, Scenario
from sim.statistics import FEWEST_EVENTS, NONE, Interval, interval_of, paired_change, seeds_to_halve, t_interval
from sim.text import (
    ETHICS,
    NO_PERCENTAGE,
    Block,
    Column,
    Prose,
    Table,
    caveat,
    change,
    counted,
    in_percent,
    means_of_all_days,
    number,
    numbers,
    partly_in_force,
    percents,
    short,
    throughout,
    title,
    window,
)

CHANGES = "change from the baseline, in brackets its 95% interval"
LEVELS = "levels, means over the seeds"

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
    arms = counted(len(policies), "policy", "policies")
    blocks: list[Block | None] = [
        title(scenario, f"{arms} against the baseline, {n_seeds} seeds each"),
        _headline(cells, counts, idle),
        _harm(cells),
        _over_time(cells, counts),
        _together(interactions),
        _for_whom(cells),
        _by_severity(cells),
        _costs(cells),
        _process(cells, busy),
        _notes(scenario, cells, idle, busy),
    ]
    return [block for block in blocks if block]


def summary(scenario: Scenario, policy: str, seed: int, daily: pd.DataFrame) -> list[Block]:
    """Return the outcomes of one run as blocks: one run, not an estimate."""
    sums = sums_of(scenario, daily)
    found = [o for o in outcomes_of(scenario, policy == BASELINE) if o.over_time]
    values = [number(float(o.formula(sums).iloc[0])) for o in found]
    said = (
        f"{scenario.title or scenario.site}: policy {policy}, seed {seed}, {window(scenario)}",
        "One run, not an estimate; on this site only. Levels of true harm are not identified, only changes are.",
    )
    names = Column("outcome", [o.label for o in found], left=True, breaks=40)
    units = Column("unit", [o.unit for o in found], left=True, breaks=26)
    notes = tuple(f"- {note}" for note in _short_window(scenario))
    table = Table("RUN", "levels", [names], [Column("value", values), units])
    return [Prose(said), table, *([Prose(notes)] if notes else [])]


def inert(policies: Sequence[str], counts: Counts) -> dict[str, str]:
    """Return the arms in which everything happened as in the baseline, with what they lack, in words."""
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


def _lack(scenario: Scenario, arm: str, totals: pd.Series[Any]) -> str:
    changed = scenario.changed_rules(arm)
    if not changed:
        return "it changes no rule within the window"
    found = (next(words for prefix, fits, words in _LACKS if r.startswith(prefix) and fits(totals)) for r in changed)
    return "; ".join(dict.fromkeys(found))


class Cells:
    """The effects by policy and outcome, and the cells made of them.

    Args:
        scenario: What was run.
        effects: The table of effects.
        policies: The arms to show.
    """

    def __init__(self, scenario: Scenario, effects: pd.DataFrame, policies: Sequence[str]) -> None:
        self.scenario = scenario
        self.policies = tuple(policies)
        self._table = effects
        self._effects = {(row["policy"], row["outcome"]): row for row in effects.to_dict("records")}

    def number(self, policy: str, outcome: str, column: str = "difference") -> float:
        """Return a number of the table of effects."""
        return float(self._effects[policy, outcome][column])

    def verdict(self, policy: str, outcome: str) -> str:
        """Return the verdict."""
        return str(self._effects[policy, outcome]["verdict"])

    def resolved(self, policy: str, outcome: str) -> bool:
        """Tell whether the direction of the effect is known, Monte Carlo error considered."""
        return self.verdict(policy, outcome) in ("lowers", "raises")

    def unit(self, outcome: str) -> str:
        """Return the unit of an outcome."""
        return str(self._effects[self.policies[0], outcome]["unit"])

    def interval(self, policy: str, outcome: str, column: str = "") -> Interval:
        """Return the change, with column ``relative`` as a share of the baseline."""
        return interval_of(self._effects[policy, outcome], column or "difference")

    def relative(self, policy: str, outcome: str) -> str:
        """Return a change in percent with its interval: ``-18% (-31 to -4)``, or what stands in its place."""
        return in_percent(self.verdict(policy, outcome), self.interval(policy, outcome, "relative"))

    def change(self, policy: str, outcome: str) -> str:
        """Return a difference in the outcome's unit with its interval: ``+671 (640 to 702)``; 0 where all are zero."""
        return numbers(self.interval(policy, outcome), "+")

    def visitors_not_counted(self, names: Mapping[str, str] = MappingProxyType({})) -> str:
        """Return sentences on the policies whose visitors turned away are not counted, with the reason, if any are.

        Args:
            names: What to call policies, if not by their own names.
        """
        sentences = [
            f"Visitors turned away are not counted for {', '.join(names.get(arm, arm) for arm in arms)}: {reason}."
            for reason, arms in reasons(self._table, "visitors_turned_away", self.policies).items()
        ]
        return " ".join(sentences)

    def if_any(self, policy: str, outcome: str) -> str:
        """Return `relative`, or that there was nothing under either."""
        nothing = self.number(policy, outcome, "baseline") == self.number(policy, outcome, "value") == 0
        return "no harm" if nothing else self.relative(policy, outcome)

    def size(self, policy: str, outcome: str) -> str:
        """Return a change without its sign: ``18% (4 to 31)``, in the outcome's unit where there is no percentage."""
        relative = _unsigned(self.interval(policy, outcome, "relative"))
        if relative.value == relative.value:
            value, low, high = percents(relative, "")
            return f"{value}% ({low} to {high})"
        return f"{numbers(_unsigned(self.interval(policy, outcome)))} {self.unit(outcome)}"

    def signed(self, policy: str, outcome: str) -> str:
        """Return a change with its sign: ``-18% (-31 to -4)``, in the outcome's unit where there is no percentage."""
        relative = self.relative(policy, outcome)
        return f"{self.change(policy, outcome)} {self.unit(outcome)}" if relative == NO_PERCENTAGE else relative

    def baseline(self, outcome: str) -> float:
        """Return the mean of the baseline, taken from a policy that could be compared with it in most seeds."""
        policy = max(self.policies, key=lambda p: self.number(p, outcome, "seeds"))
        return self.number(policy, outcome, "baseline")

    def levels(self, outcome: str, factor: float = 1) -> list[str]:
        """Return the means of the baseline and of each policy."""
        means = [self.baseline(outcome)]
        means += [self.number(policy, outcome, "value") for policy in self.policies]
        return [number(factor * mean) for mean in means]

    def names(self, baseline: bool = False) -> Column:
        """Return the column of the policies, the baseline before them in a table of levels."""
        return Column("policy", [*([BASELINE] if baseline else ()), *map(short, self.policies)], left=True)


def _unsigned(interval: Interval) -> Interval:
    value, low, high = interval
    return Interval(-value, -high, -low) if value < 0 else interval


def _headline(cells: Cells, counts: Counts, idle: Collection[str]) -> Block:
    """Return sentences on the policy that lowers harm most, the others that do, each that raises it, and the rest."""
    resolved = [p for p in cells.policies if cells.resolved(p, HEADLINE)]
    lowering = [p for p in resolved if cells.verdict(p, HEADLINE) == "lowers"]
    best = min(lowering, key=lambda p: cells.number(p, HEADLINE), default=None)
    finding = _sentence(cells, best) if best else "no policy was seen to lower serious harm."
    sentences = [f"In this model, with these assumptions, {finding} {caveat(cells.scenario)}"]
    others = [p for p in lowering if p != best]
    if best and (same := _not_told_apart(best, others, counts)):
        sentences.append(f"Not told apart from {best} in serious harm: {', '.join(same)}.")
    sentences += [f"Also, {_sentence(cells, p)}" for p in others if _signs_differ(cells, p)]
    if plain := [p for p in others if not _signs_differ(cells, p)]:
        sizes = ", ".join(f"{p} by {cells.size(p, HEADLINE)}" for p in plain)
        sentences.append(f"Serious harm is also lowered by these: {sizes}.")
    sentences += [f"On the other hand, {_sentence(cells, p)}" for p in resolved if p not in lowering]
    if rest := [_unresolved(cells, p, idle) for p in cells.policies if p not in resolved]:
        sentences.append(f"Not told apart from the baseline in serious harm: {', '.join(rest)}.")
    return Prose(tuple(sentences))


def _unresolved(cells: Cells, policy: str, idle: Collection[str]) -> str:
    """Return the name of a policy whose effect is not resolved, with why if it is not for the width of the interval."""
    reasons_why = {"identical": "as many in every seed", "too few": "too few harms to say"}
    why = "inert" if policy in idle else reasons_why.get(cells.verdict(policy, HEADLINE), "")
    return f"{policy} ({why})" if why else policy


def _not_told_apart(best: str, others: Sequence[str], counts: Counts) -> list[str]:
    """Return the policies whose paired difference from the best one has an interval that holds zero."""
    harmed = counts.sums()["n_persons_harmed"]
    return [p for p in others if not t_interval(by_seed(harmed, p) - by_seed(harmed, best), step=1).sign]


def _signs_differ(cells: Cells, policy: str) -> bool:
    compared = cells.verdict(policy, SECOND) not in ("identical", "too few")
    return compared and cells.number(policy, HEADLINE) * cells.number(policy, SECOND) < 0


def _sentence(cells: Cells, policy: str) -> str:
    """Return what a policy does to serious harm, whose sign is known, and at what price."""
    text = f"{policy} {cells.verdict(policy, HEADLINE)} serious harm by {cells.size(policy, HEADLINE)}"
    if _signs_differ(cells, policy) and cells.resolved(policy, SECOND):
        size = cells.size(policy, SECOND)
        text += f" but {cells.verdict(policy, SECOND)} the risk per day of use of those who remain by {size}"
    elif _signs_differ(cells, policy):
        risk = cells.signed(policy, SECOND)
        text += f" while the risk per day of use of those who remain changes by {risk}, its sign not resolved"
    if _assumed_inputs(cells.scenario, policy):
        text += ", a size and sign that rest on assumed inputs (below)"
    for outcome, words in (
        ("visitors_turned_away", "turns away {} lawful visitors a month"),
        ("user_days_lost", "costs lawful users {} days of use a month"),
    ):
        if cells.verdict(policy, outcome) == "raises":
            return f"{text}; it {words.format(number(cells.number(policy, outcome)))}."
    return f"{text}."


def _harm(cells: Cells) -> Block:
    columns = []
    for head in headings.HARM:
        columns.append(Column(head.words, [cells.relative(p, head.outcome) for p in cells.policies]))
        columns.append(Column("verdict", [cells.verdict(p, head.outcome) for p in cells.policies]))
    levels = " and ".join(f"{cells.levels(outcome)[0]} {cells.unit(outcome)}" for outcome in (HEADLINE, SECOND))
    note = (
        f"Under the baseline the model has {levels}. Such levels of harm are not identified, only changes are. "
        "Those who remain: lawful users whom neither the door nor a bar kept out that day; the days of the others are "
        f"among the costs and not in the risk. Too few: under {FEWEST_EVENTS} events in both."
    )
    if any(NO_PERCENTAGE in column.cells for column in columns):
        note += (
            " No percentage: the baseline is not told apart from zero, so nothing is said in percent of it; the "
            "differences stand in effects.csv."
        )
    note = f"{partly_in_force(cells.scenario, cells.policies)} {note}".strip()
    return Table("HARM", CHANGES, [cells.names()], columns, note)


def _over_time(cells: Cells, counts: Counts) -> Block | None:
    """Return the changes of serious harms in the first and the last quarter of the window, if it is long enough."""
    quarters = quarters_of(counts.scenario)
    if quarters is None:
        return None
    columns = []
    for days, head in zip(quarters, headings.QUARTERS, strict=True):
        harms = counts.sums(days)["n_harm_serious"]
        base = by_seed(harms, BASELINE)
        found = []
        for policy in cells.policies:
            value = by_seed(harms, policy)
            made = paired_change(base, value, (float(base.sum()), float(value.sum())))
            whole = throughout(counts.scenario, policy, range(*days))
            found.append(in_percent(made.verdict, made.relative) if whole else "-")
        columns.append(Column(head.words, found))
    there = {cell for column in columns for cell in column.cells}
    if there <= {"identical", "too few", "-"}:
        return None
    note = (
        "A dash: the policy is not in force on every day of that quarter, so that the first and the last quarter do "
        "not show whether its effect grows or fades."
    )
    return Table("OVER TIME", CHANGES, [cells.names()], columns, note if "-" in there else "")


def _together(interactions: pd.DataFrame) -> Block | None:
    """Return the table of what two policies do together beyond the sum of what each does, if there are any."""
    rows = interactions[interactions["outcome"] == HEADLINE].to_dict("records")
    if not rows:
        return None
    shares = [interval_of(row, "relative") for row in rows]
    known = [row["verdict"] not in ("identical", "too few") for row in rows]
    cells = [change(share if so else NONE, "", "-") for share, so in zip(shares, known, strict=True)]
    keys = [Column("policy", [short(row["policy"]) for row in rows], left=True)]
    keys += [
        Column(head.words, [short(row[head.column.partition(".")[2]]) for row in rows], left=True)
        for head in headings.TOGETHER_WITH
    ]
    columns = [
        Column(headings.TOGETHER.words, cells),
        Column("verdict", [row["verdict"] for row in rows]),
    ]
    note = (
        "Both less one less the other plus the baseline, seed by seed. Below the sum: together they lower harm by "
        "more, or raise it by less, than the two changes add up to. Identical: they add up exactly."
    )
    kind = "change beyond the sum of both changes, in brackets its 95% interval"
    return Table("TOGETHER", kind, keys, columns, note)


def _for_whom(cells: Cells) -> Block | None:
    columns = [
        Column(head.words, [cells.if_any(p, head.outcome) for p in cells.policies]) for head in headings.FOR_WHOM
    ]
    if {cell for column in columns for cell in column.cells} <= {"identical", "too few", "no harm"}:
        return None
    return Table("FOR WHOM, persons seriously harmed", CHANGES, [cells.names()], columns)


def _by_severity(cells: Cells) -> Block | None:
    """Return changes of all harms under each way of weighing them, with the order of the policies."""
    own = (
        len({offence.severity_own for offence in cells.scenario.offences}) > 1
    )  # else each harm counts alike there too
    heads = [head for head in headings.SEVERITY if own or head != headings.BY_OWN_WEIGHTS]
    moved = [p for p in cells.policies if any(cells.resolved(p, head.outcome) for head in heads)]
    if len(moved) < 2:
        return None
    columns = [Column(head.words, [cells.relative(p, head.outcome) for p in moved]) for head in heads]
    orders = {}
    for head in heads:
        falls = {policy: cells.number(policy, head.outcome) for policy in moved}
        orders[head.words] = ", ".join(sorted(falls, key=falls.__getitem__))
    if len({*orders.values()}) == 1:
        order = f"is the same under {'all three' if own else 'both'}: {next(iter(orders.values()))}."
    else:
        order = f"depends on the weights. {' '.join(f'{words.capitalize()}: {o}.' for words, o in orders.items())}"
    note = f"The order of the policies by their means, the largest fall first, {order}"
    names = Column("policy", [short(p) for p in moved], left=True)
    return Table("BY SEVERITY, harms of every offence", CHANGES, [names], columns, note)


def _columns(cells: Cells, of: Sequence[headings.Heading]) -> list[Column]:
    return [Column(head.words, cells.levels(head.outcome, head.factor)) for head in of]


def _costs(cells: Cells) -> Block:
    note = (
        "Echo: an assumed input, conversations an hour, times the hours lost; no finding. So is who is turned away. "
        "Sanctions: warnings, suspensions and bans. Intervals of all of this stand in effects.csv."
    )
    note = " ".join(
        filter(None, (note, means_of_all_days(cells.scenario, cells.policies), cells.visitors_not_counted()))
    )
    return Table("COSTS", LEVELS, [cells.names(baseline=True)], _columns(cells, headings.COSTS), note)


def _process(cells: Cells, busy: Mapping[str, float]) -> Block:
    note = (
        "Complaints to the police are recorded harm: another thing than the true harm above. Out: suspended or banned."
    )
    columns = _columns(cells, headings.PROCESS)
    shares = [number(headings.STAFF_BUSY.factor * share) for share in busy.values()]
    columns[headings.PROCESS.index(headings.STAFF_BUSY)] = Column(headings.STAFF_BUSY.words, shares)
    if any("-" in column.cells for column in columns):
        note += " A dash: in no seed have both the policy and the baseline something to take a share or a mean of."
    note = f"{note} {means_of_all_days(cells.scenario, cells.policies)}".strip()
    return Table("WHAT HAPPENS", LEVELS, [cells.names(baseline=True)], columns, note)


def _notes(scenario: Scenario, cells: Cells, idle: Mapping[str, str], busy: Mapping[str, float]) -> Block:
    notes = [f"{arm} is inert, everything happened as in the baseline: {lack}." for arm, lack in idle.items()]
    notes += workload.remarks(busy)
    unmoved = [p for p in cells.policies if p not in idle and cells.verdict(p, "harms") == "identical"]
    for arm in unmoved:
        before, after = (number(cells.number(arm, "predators_barred", column)) for column in ("baseline", "value"))
        notes.append(
            f"{arm}: as many harms as the baseline in every seed (bars on predators: {before} a year, now {after})."
        )
    assumed: dict[str, list[str]] = {}
    for arm in cells.policies:
        if arm not in idle:
            assumed.setdefault(_assumed_inputs(scenario, arm), []).append(arm)
    assumed.pop("", None)
    for inputs, arms in assumed.items():
        notes.append(f"What is shown for {', '.join(arms)} rests on assumed inputs: {inputs}.")
    if assumed:
        notes.append(
            "Vary these before believing it: python -m sim ranges does so one at a time, python -m sim why --policy "
            "takes an effect apart, and --set gives any setting another value, such as registration.email.findability "
            "or contacts.rel_meeting."
        )
    notes += _short_window(scenario)
    if set(cells.policies) - set(idle):
        n = int(max(cells.number(p, HEADLINE, "seeds") for p in cells.policies))
        notes.append(f"Each interval would be about half as wide with {seeds_to_halve(n)} seeds in all instead of {n}.")
    notes.append(
        "Each interval misses with a chance of 5%, so one in twenty does. More outcomes, with intervals, stand in "
        "effects.csv; those by offence illustrate, for the shares of offences are assumed."
    )
    return Prose(tuple(f"- {note}" for note in (*notes, ETHICS)))


def _short_window(scenario: Scenario) -> list[str]:
    """Return what a short window keeps from being counted or compared."""
    notes = []
    if not scenario.months:
        notes.append(
            "Persons harmed are related to the monthly visitors that the scenario declares, for none are counted: "
            f"{NO_MONTH}."
        )
    if scenario.days < DAYS_PER_WINDOW_YEAR:
        notes.append(
            f"A person harmed counts once in these {counted(scenario.days, 'day', 'days')}. Scaled up to a year, that "
            "may be more than a whole year would count, where the same persons are harmed again: compare such rates "
            "between windows of one length only."
        )
    return notes


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
    return ", ".join(said)


_INPUTS = {
    "registration.friction_user": "the share of lawful users turned away",
    "registration.friction_predator": "the share of predators turned away",
    "registration.findability": "the chance that a parted pair can find each other again",
    "registration.p_return": "the chance of coming back under a new identity after a bar",
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
