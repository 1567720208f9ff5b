"""Results as text that a person can read in a terminal: the headline sentence, tables, and what to know of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from sim.outcomes import (
    HEADLINE,
    NO_MONTH,
    OUTCOMES,
    SECOND,
    Counts,
    by_seed,
    outcomes_of,
    quarters_of,
    reasons,
    sums_of,
)
from sim.parameters import CLASSES
from sim.records import COUNTS, DAYS_PER_WINDOW_YEAR, KINDS
from sim.rules import RULES
from sim.scenario import BASELINE, Scenario
from sim.statistics import FEWEST_EVENTS, seeds_to_halve, t_interval
from sim.text import ETHICS, caveat, counted, grid, number, percents, short, title, window, wrap

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
) -> str:
    """Return a comparison as text.

    Args:
        scenario: What was run.
        policies: The arms, in the order in which to show them.
        n_seeds: Number of seeds.
        effects: The table of effects.
        counts: The counts of every run.
        interactions: The table of interactions.
    """
    cells = Cells(scenario, effects, policies)
    parts = (
        _title(scenario, policies, n_seeds),
        _headline(cells, counts),
        _harm(cells, _over_time(policies, counts)),
        _together(interactions),
        _for_whom(cells),
        _by_severity(cells),
        _costs(cells),
        _process(cells),
        _notes(scenario, cells, inert(policies, counts)),
    )
    return "\n\n".join(part for part in parts if part)


def summary(scenario: Scenario, policy: str, seed: int, daily: pd.DataFrame) -> str:
    """Return the outcomes of one run as text: one run, not an estimate."""
    sums = sums_of(scenario, daily)
    found = [o for o in outcomes_of(scenario, policy == BASELINE) if o.over_time]
    rows = [[o.label, number(float(o.formula(sums).iloc[0])), o.unit] for o in found]
    head = (
        f"{scenario.title or scenario.site}: policy {policy}, seed {seed}, {window(scenario)}\n"
        "One run, not an estimate; on this site only. Levels of true harm are not identified, only changes are."
    )
    notes = "".join(f"\n{wrap(f'- {note}')}" for note in _short_window(scenario))
    return f"{head}\n\n{grid(['outcome', 'value', 'unit'], rows, left=(0, 2))}{notes}"


def inert(policies: Sequence[str], counts: Counts) -> dict[str, str]:
    """Return the arms in which everything happened as in the baseline, with what they lack, in words."""
    happened = [name for name in (*(f"n_{kind.name}" for kind in KINDS), *COUNTS) if name not in _OWN_ACCOUNTS]
    hashes = counts.hashes[happened]
    daily = counts.records.daily
    totals = daily[daily["policy"] == BASELINE].sum(numeric_only=True)
    same = {arm for arm in policies if (hashes.loc[[arm]].to_numpy() == hashes.loc[[BASELINE]].to_numpy()).all()}
    return {arm: _lack(counts.scenario, arm, totals) for arm in policies if arm in same}


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

    def relative(self, policy: str, outcome: str) -> str:
        """Return a change in percent with its interval: ``-18% (-31 to -4)``, or what stands in its place."""
        verdict = self.verdict(policy, outcome)
        change = [self.number(policy, outcome, name) for name in ("relative", "relative_low", "relative_high")]
        if verdict in ("identical", "too few", "not counted"):
            return verdict
        if change[0] != change[0]:
            return "no percentage"
        value, low, high = percents(change, "+")
        return f"{value}% ({low} to {high})"

    def change(self, policy: str, outcome: str) -> str:
        """Return a difference in the outcome's unit with its interval: ``+671 (640 to 702)``; 0 where all are zero."""
        value, low, high = (self.number(policy, outcome, name) for name in ("difference", "low", "high"))
        if value != value or value == low == high:
            return number(value)
        return f"{'+' * (value > 0)}{number(value)} ({number(low)} to {number(high)})"

    def visitors_not_counted(self) -> str:
        """Return sentences on the policies whose visitors turned away are not counted, with the reason, if any are."""
        sentences = [
            f"Visitors turned away are not counted for {', '.join(arms)}: {reason}."
            for reason, arms in reasons(self._table, "visitors_turned_away", self.policies).items()
        ]
        return " ".join(sentences)

    def if_any(self, policy: str, outcome: str) -> str:
        """Return `relative`, or that there was nothing under either."""
        nothing = self.number(policy, outcome, "baseline") == self.number(policy, outcome, "value") == 0
        return "no harm" if nothing else self.relative(policy, outcome)

    def size(self, policy: str, outcome: str) -> str:
        """Return a change without its sign: ``18% (4 to 31)``."""
        change = [self.number(policy, outcome, name) for name in ("relative", "relative_low", "relative_high")]
        if change[0] < 0:
            change = [-change[0], -change[2], -change[1]]
        value, low, high = percents(change, "")
        return f"{value}% ({low} to {high})"

    def levels(self, outcome: str, factor: float = 1) -> list[str]:
        """Return the means of the baseline and of each policy."""
        means = [self.number(self.policies[0], outcome, "baseline")]
        means += [self.number(policy, outcome, "value") for policy in self.policies]
        return [number(factor * mean) for mean in means]

    def grid(self, head: Sequence[str], columns: Sequence[list[str]], note: str) -> str:
        """Return a table with a row for the baseline and one for each policy, and a line under it."""
        rows = zip([BASELINE, *map(short, self.policies)], *columns, strict=True)
        return f"{grid(head, [list(row) for row in rows])}\n{wrap(note)}"


def _title(scenario: Scenario, policies: Sequence[str], n_seeds: int) -> str:
    arms = counted(len(policies), "policy", "policies")
    return title(scenario, f"{arms} against the baseline, {n_seeds} seeds each")


def _headline(cells: Cells, counts: Counts) -> str:
    """Return sentences on the policy that lowers harm most, on the others that do, and on each that raises it."""
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
    return "\n".join(wrap(text) for text in sentences)


def _not_told_apart(best: str, others: Sequence[str], counts: Counts) -> list[str]:
    """Return the policies whose paired difference from the best one has an interval that holds zero."""
    values = OUTCOMES[0].formula(counts.sums())
    apart = {p: t_interval(by_seed(values, p) - by_seed(values, best)) for p in others}
    return [p for p, difference in apart.items() if difference.low <= 0 <= difference.high]


def _over_time(policies: Sequence[str], counts: Counts) -> list[str]:
    """Return the change of serious harms in the first and the last quarter of the window, by policy, in words."""
    quarters = quarters_of(counts.scenario)
    if quarters is None:
        return ["-" for _ in policies]
    tables = [counts.sums(days).table["n_harm_serious"].groupby("policy").sum() for days in quarters]
    if min(table[BASELINE] for table in tables) < FEWEST_EVENTS:
        return ["too few" for _ in policies]
    return [" / ".join(f"{100 * (t[p] / t[BASELINE] - 1):+.0f}%" for t in tables) for p in policies]


def _signs_differ(cells: Cells, policy: str) -> bool:
    compared = cells.verdict(policy, SECOND) not in ("identical", "too few")
    return compared and cells.number(policy, HEADLINE) * cells.number(policy, SECOND) < 0


def _sentence(cells: Cells, policy: str) -> str:
    def moves(outcome: str) -> str:
        return "lowers" if cells.number(policy, outcome) < 0 else "raises"

    text = f"{policy} {moves(HEADLINE)} serious harm by {cells.size(policy, HEADLINE)}"
    if _signs_differ(cells, policy) and cells.resolved(policy, SECOND):
        text += f" but {moves(SECOND)} the risk per day of use of those who remain by {cells.size(policy, SECOND)}"
    elif _signs_differ(cells, policy):
        risk = cells.relative(policy, SECOND)
        text += f" while the risk per day of use of those who remain changes by {risk}, its sign not resolved"
    if _assumed_inputs(cells.scenario, policy):
        text += ", a size and sign that rest on assumed inputs (below)"
    for outcome, words in (
        ("visitors_turned_away", "turns away {} lawful visitors a month"),
        ("user_days_lost", "costs lawful users {} days of use a month"),
    ):
        if cells.number(policy, outcome) > 0:
            return f"{text}; it {words.format(number(cells.number(policy, outcome)))}."
    return f"{text}."


def _harm(cells: Cells, over_time: list[str]) -> str:
    whose = "baseline" if cells.scenario.months else "declared"
    head = [
        "HARM\nchange from the baseline",
        f"persons seriously\nharmed a year per\n1,000 {whose}\nmonthly visitors",
        "\nverdict",
        "serious harms per\n100,000 user-days\nof those who\nremain",
        "\nverdict",
        "serious harms in\nthe first / last\nquarter of the\nwindow",
    ]
    columns = []
    for outcome in (HEADLINE, SECOND):
        columns.append([cells.levels(outcome)[0], *(cells.relative(p, outcome) for p in cells.policies)])
        columns.append(["", *(cells.verdict(p, outcome) for p in cells.policies)])
    note = (
        "95% intervals in brackets. The levels of harm are not identified, only changes are. Too few: under "
        f"{FEWEST_EVENTS} events in both."
    )
    return cells.grid(head, [*columns, ["", *over_time]], note)


def _together(interactions: pd.DataFrame) -> str:
    """Return the table of what two policies do together beyond the sum of what each does; empty without any."""
    rows = []
    for row in interactions[interactions["outcome"] == HEADLINE].to_dict("records"):
        shares = [row[name] for name in ("relative", "relative_low", "relative_high")]
        known = row["verdict"] not in ("identical", "too few") and shares[0] == shares[0]
        value, low, high = percents(shares, "+") if known else ("", "", "")
        cell = f"{value} ({low} to {high})" if known else "-"
        rows.append([short(row["policy"]), short(row["one"]), short(row["other"]), cell, row["verdict"]])
    if not rows:
        return ""
    head = [
        "TOGETHER\npolicy",
        "\nis one",
        "\nwith the other",
        "persons seriously harmed beyond\nthe sum of both changes,\n% of the baseline",
        "\nverdict",
    ]
    note = (
        "Both less one less the other plus the baseline, seed by seed, with its 95% interval. Below the sum: together "
        "they lower harm by more, or raise it by less, than the two changes add up to. Identical: they add up exactly."
    )
    return f"{grid(head, rows, left=(0, 1, 2))}\n{wrap(note)}"


def _for_whom(cells: Cells) -> str:
    head = ["FOR WHOM\npersons seriously harmed", "under 15", "15 to 17", "adults", "adults of a\ntargeted minority"]
    rows = [[short(p), *(cells.if_any(p, f"{HEADLINE}_{c}") for c in CLASSES)] for p in cells.policies]
    if {cell for row in rows for cell in row[1:]} <= {"identical", "too few", "no harm"}:
        return ""
    return grid(head, rows)


_WEIGHTS = {
    "harms": "each harm counts alike",
    "harm_by_sentence": "by the longest sentence",
    "harm_by_own_weights": "by the scenario's own weights",
}


def _by_severity(cells: Cells) -> str:
    """Return changes of all harms under each way of weighing them, with the rank of each policy."""
    moved = [p for p in cells.policies if any(cells.resolved(p, outcome) for outcome in _WEIGHTS)]
    if len(moved) < 2:
        return ""
    columns = []
    for outcome in _WEIGHTS:
        ranked = sorted(moved, key=lambda p: cells.number(p, outcome, "relative"))
        columns.append([f"{cells.relative(p, outcome)}, {ranked.index(p) + 1}." for p in moved])
    head = ["BY SEVERITY\nharms of every offence", *(words.replace(" ", "\n", 1) for words in _WEIGHTS.values())]
    rows = [[short(p), *cells_of] for p, *cells_of in zip(moved, *columns, strict=True)]
    orders = {tuple(sorted(moved, key=lambda p: cells.number(p, outcome, "relative"))) for outcome in _WEIGHTS}
    same = (
        "The order of policies is the same under all three."
        if len(orders) == 1
        else "The order depends on the weights."
    )
    return f"{grid(head, rows)}\n{wrap(f'Behind the change the rank, the largest fall first. {same}')}"


def _costs(cells: Cells) -> str:
    head = [
        "COSTS\nmeans over the seeds",
        "lawful\nvisitors\nturned away\na month",
        "lawful\nuser-days\nlost a month",
        "lawful talks\nlost a month\n(echo)",
        "lawful users\nsanctioned\na year",
        "lawful\nhours lost\nto that\na month",
        "messages in\nstore,\nuser-hours",
        "moderators\non shift,\nhours a month",
    ]
    names = (
        "visitors_turned_away", "user_days_lost", "conversations_lost", "innocents_sanctioned", "hours_barred",
        "history_kept", "moderator_hours",
    )  # fmt: skip
    note = (
        "Echo: an assumed input, conversations an hour, times the hours lost; no finding. So is who is turned away. "
        "Sanctions: warnings, suspensions and bans. Intervals of all of this stand in effects.csv."
    )
    return cells.grid(head, [cells.levels(name) for name in names], f"{note} {cells.visitors_not_counted()}")


def _process(cells: Cells) -> str:
    head = [
        "WHAT HAPPENS\nmeans over the seeds",
        "recognised\ncontacts\nreported, %",
        "false\nreports\na month",
        "reviews\na month",
        "of these\nwith\nevidence, %",
        "wait for\nreview,\nhours",
        "expired\nunread\na month",
        "predators\nout\na year",
        "back under\na new name\na year",
        "recorded:\ncomplaints\na year",
    ]
    columns = [
        cells.levels("reported_share", 100),
        cells.levels("false_reports"),
        cells.levels("reviews"),
        cells.levels("evidence_share", 100),
        *(cells.levels(name) for name in ("waiting_hours", "expired", "predators_barred", "returns", "recorded_harm")),
    ]
    note = (
        "Complaints to the police are recorded harm: another thing than the true harm above. Out: suspended or banned."
    )
    return cells.grid(head, columns, note)


def _notes(scenario: Scenario, cells: Cells, idle: dict[str, str]) -> str:
    notes = [f"{arm} is inert, everything happened as in the baseline: {lack}." for arm, lack in idle.items()]
    unmoved = [p for p in cells.policies if p not in idle and cells.verdict(p, "harms") == "identical"]
    for arm in unmoved:
        before, after = (number(cells.number(arm, "predators_barred", column)) for column in ("baseline", "value"))
        notes.append(f"{arm} changed not one harm (bars on predators: {before} a year, now {after}).")
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
    return "\n".join(wrap(f"- {note}") for note in (*notes, ETHICS))


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
