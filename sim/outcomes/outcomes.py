"""Outcomes: each reported quantity declared once, with name, words, unit, better direction and formula.

A formula sees `Sums`: the daily and breakdown counts of every run added up over the measured window (or a part of it),
one row per run. True harm (what happened in the model) and recorded harm (what reached the police) are kept apart.
Levels of true harm are not identified; only changes between policies mean anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from sim.outcomes.counts import DAYS_PER_YEAR, HEADLINE, HERE, Sums
from sim.outcomes.of_the_police import OF_THE_POLICE
from sim.outcomes.outcome import Outcome
from sim.outcomes.verdicts import Reason
from sim.rules.parameters import CLASSES
from sim.rules.prices import Prices
from sim.scenario.scenario import Scenario

SECOND = "harm_per_100k_user_days"
"""Name of the second: the risk of those who remain, whom neither the door nor a bar keeps out that day."""

MINORS = "total_minors_harmed"
"""Name of the minors among the first."""

IDLE, OVERLOADED = 0.2, 0.9
"""Shares of capacity (`staff_busy_share`) below which more staff can change next to nothing, and above which a queue
grows: at random arrivals waits rise without limit as the share nears 1."""

_PER_VISITORS = "persons a year per 1,000 baseline monthly visitors"
_PER_DECLARED = "persons a year per 1,000 declared monthly visitors"

OUTCOMES: tuple[Outcome, ...] = (
    Outcome(
        HERE, "Persons seriously harmed, here", _PER_VISITORS, "lower",
        lambda s: s.a_year("n_persons_harmed") * (1000 / s.visitors), ("n_persons_harmed",), harm=True,
        course="Each person counts once in a year of the window: as it goes on, fewer are left to be counted anew, "
        "under the policy as under the baseline, and a difference fades.",
    ),
    Outcome(
        HEADLINE, "Persons seriously harmed, here and elsewhere", _PER_VISITORS, "lower",
        lambda s: s.total_harmed * (DAYS_PER_YEAR / s.days) * (1000 / s.visitors),
        ("n_persons_harmed",), harm=True, over_time=False,
    ),
    Outcome(
        MINORS, "Persons under 18 seriously harmed, here and elsewhere", _PER_VISITORS, "lower",
        lambda s: s.total_minors_harmed * (DAYS_PER_YEAR / s.days) * (1000 / s.visitors),
        ("n_minors_harmed",), harm=True, over_time=False,
    ),
    Outcome(
        SECOND, "Serious harm per day of use, of those neither turned away nor barred",
        "serious harms per 100,000 user-days", "lower",
        lambda s: s.share("n_harm_serious", "n_user_days") * 100_000, ("n_harm_serious",),
    ),
    Outcome(
        "harms", "Harms, of every offence", "harms a year", "lower",
        lambda s: s.a_year("n_harm"), ("n_harm",), harm=True,
    ),
    Outcome(
        "harms_off_platform", "Harms off the platform", "harms a year", "lower",
        lambda s: s.a_year("n_harm_off_platform"), ("n_harm_off_platform",), harm=True,
    ),
    Outcome(
        "harms_redirected", "Harms of persons approached instead of somebody absent or protected", "harms a year",
        "lower",
        lambda s: s.a_year("n_harm_redirected"), ("n_harm_redirected",), harm=True,
    ),
    Outcome(
        "approaches", "Approaches by predators", "approaches a month", "lower",
        lambda s: s.a_month("n_approach"), ("n_approach",),
    ),
    Outcome(
        "private_contacts", "Contacts that turned private", "contacts a month", "lower",
        lambda s: s.a_month("n_private"), ("n_private",),
    ),
    Outcome(
        "predator_hours", "Predators online", "hours online a month", "lower",
        lambda s: s.a_month("n_predator_hours"), ("n_predator_hours",),
    ),
    Outcome(
        "reported_share", "Recognised contacts that are reported to the site",
        "share of recognitions on the platform", "higher",
        lambda s: s.share("n_report", "n_recognise_on_platform"), ("n_report",),
    ),
    Outcome(
        "stayed_share", "Recognised contacts that targets go on with", "share of recognitions", "lower",
        lambda s: s.share("n_stay", "n_recognise"), ("n_stay",),
    ),
    Outcome(
        "flagged", "Contacts that trusted flaggers report", "reports a month", "neither",
        lambda s: s.a_month("n_flag"), ("n_flag",),
    ),
    Outcome(
        "sought_again", "Blocked predators who come upon the same target once more",
        "share of blocks on the platform", "lower",
        lambda s: s.share("n_seek", "n_block_on_platform"), ("n_seek",),
    ),
    Outcome(
        "false_reports", "Reports of lawful users", "reports a month", "lower",
        lambda s: s.a_month("n_false_report"), ("n_false_report",),
    ),
    Outcome(
        "reviews", "Dossiers reviewed", "reviews a month", "neither",
        lambda s: s.a_month("n_review"), ("n_review",),
    ),
    Outcome(
        "staff_busy_share", "Staff busy: reviews done of those it could do", "share of capacity",
        "neither",
        lambda s: s.share("n_review", "n_capacity"), ("n_review",),
    ),
    Outcome(
        "evidence_share", "Reviews with evidence still there", "share of reviews", "higher",
        lambda s: s.share("n_review_evidence", "n_review"), ("n_review",),
    ),
    Outcome(
        "waiting_hours", "Wait of a dossier until its review", "hours, mean", "lower",
        lambda s: s.share("n_wait_hours", "n_review"), ("n_review",),
    ),
    Outcome(
        "backlog", "Dossiers waiting", "dossiers, mean over the hours", "lower",
        lambda s: s["n_waiting_hours"] / (24 * s.days), ("n_open",),
    ),
    Outcome(
        "expired", "Dossiers that expired unread", "dossiers a month", "lower",
        lambda s: s.a_month("n_expire"), ("n_expire",),
    ),
    Outcome(
        "predators_warned", "Warnings of predators", "warnings a year", "neither",
        lambda s: s.a_year("n_warn") - s.a_year("n_warn_user"), ("n_warn",),
    ),
    Outcome(
        "predators_barred", "Suspensions of and bans on predators", "sanctions a year", "neither",
        lambda s: s.a_year("n_bar") - s.a_year("n_bar_user") + s.a_year("n_suspend") - s.a_year("n_suspend_user"),
        ("n_bar", "n_suspend"),
    ),
    Outcome(
        "innocents_sanctioned", "Warnings, suspensions and bans of lawful users", "sanctions a year", "lower",
        lambda s: s.a_year("n_warn_user") + s.a_year("n_suspend_user") + s.a_year("n_bar_user"),
        ("n_warn_user", "n_suspend_user", "n_bar_user"),
    ),
    Outcome(
        "returns", "Persons out who came back as strangers", "returns a year", "neither",
        lambda s: s.a_year("n_return"), ("n_return",),
    ),
    Outcome(
        "recorded_harm", "Recorded harm: complaints to the police", "complaints a year", "neither",
        lambda s: s.a_year("n_complain") + s.a_year("n_complain_earlier"), ("n_complain", "n_complain_earlier"),
    ),
    Outcome(
        "recorded_per_harm", "Recorded harm relative to true harm", "complaints per harm", "neither",
        lambda s: s.share("n_complain", "n_harm"), ("n_complain",),
    ),
    Outcome(
        "visitors_turned_away", "Lawful visitors never let in", "visitors a month", "lower",
        lambda s: s.monthly("n_monthly_turned_away") - s.monthly("n_monthly_moved"), ("n_monthly_turned_away",),
        by_month=True,
        course="Each step is a month of the window, in which a policy may start or end.",
    ),
    Outcome(
        "adults_misjudged", "Adults kept out because an age check takes them for minors", "visitors a month", "lower",
        lambda s: s.monthly("n_monthly_misjudged"), ("n_monthly_misjudged",), by_month=True,
    ),
    Outcome(
        "user_days_lost", "Days of lawful use lost at the door", "user-days a month", "lower",
        lambda s: s.a_month("n_user_days_turned_away") - s.a_month("n_user_days_moved_in"),
        ("n_user_days_turned_away",),
    ),
    Outcome(
        "user_hours", "Lawful users online", "user-hours a month", "higher",
        lambda s: s.a_month("n_user_hours"), ("n_user_hours",),
    ),
    Outcome(
        "conversations_lost", "Lawful conversations lost (an input times hours lost)", "conversations a month", "lower",
        lambda s: s.conversations_per_hour * _hours_lost(s), ("n_user_hours_turned_away", "n_user_hours_barred"),
    ),
    Outcome(
        "user_days_barred", "Days of lawful use lost to suspensions and bans", "user-days a month", "lower",
        lambda s: s.a_month("n_user_days_barred"), ("n_user_days_barred",),
    ),
    Outcome(
        "hours_barred", "Lawful use lost to suspensions and bans", "user-hours a month", "lower",
        lambda s: s.a_month("n_user_hours_barred"), ("n_user_hours_barred",),
    ),
    Outcome(
        "hours_limited", "Lawful use with an account too new to write to strangers", "user-hours a month", "lower",
        lambda s: s.a_month("n_user_hours_limited"), ("n_user_hours_limited",),
    ),
    Outcome(
        "conversations_barred",
        "Lawful conversations between adults and minors that a limit bars (an input times hours)",
        "conversations a month", "lower",
        lambda s: (
            2 * s.conversations_per_hour * s.a_month("n_user_hours_protected")
            * (1 - s.share("n_user_hours_protected", "n_user_hours"))
        ), ("n_user_hours_protected",),
    ),
    Outcome(
        "history_kept", "Message history in store (a copy counts as one hour)",
        "user-hours of messages, mean over the hours", "lower",
        lambda s: (s["n_history_hours"] + s["n_snapshot_hours"]) / (24 * s.days),
        ("n_history_hours", "n_snapshot_hours"),
    ),
    Outcome(
        "snapshots_kept", "Dossiers with a copy of a conversation", "dossiers, mean over the hours", "lower",
        lambda s: s["n_snapshot_hours"] / (24 * s.days), ("n_snapshot_hours",),
    ),
    Outcome(
        "moderator_hours", "Moderators on shift", "hours a month", "lower",
        lambda s: s.a_month("n_moderator_milli_hours") / 1000, ("n_moderator_milli_hours",),
    ),
)  # fmt: skip
"""Every quantity reported for every scenario, harm here and the headline first. The police: `OF_THE_POLICE`. A
detector: `OF_THE_DETECTOR`. Harm by class and offence: `outcomes_of`."""

OF_THE_DETECTOR: tuple[Outcome, ...] = (
    Outcome(
        "detector_flags", "Flags of the detector, right or wrong", "flags a month", "neither",
        lambda s: s.a_month("n_detect") + s.a_month("n_false_alarm"), ("n_detect", "n_false_alarm"),
    ),
    Outcome(
        "detector_precision", "Flags of the detector that are on predators", "share of flags", "higher",
        lambda s: s["n_detect"] / (s["n_detect"] + s["n_false_alarm"]).where(s["n_detect"] + s["n_false_alarm"] > 0),
        ("n_detect", "n_false_alarm"),
    ),
    Outcome(
        "false_alarms", "False alarms: flags of the detector on lawful users", "flags a month", "lower",
        lambda s: s.a_month("n_false_alarm"), ("n_false_alarm",),
    ),
)  # fmt: skip
"""Quantities reported where some arm has a detector."""

BY_NAME = {outcome.name: outcome for outcome in (*OUTCOMES, *OF_THE_POLICE, *OF_THE_DETECTOR)}
"""All of them by their names."""


def _harmed(offence: str, victim_class: str, name: str, label: str, unit: str) -> Outcome:
    column = f"persons_harmed/{offence}/{victim_class}"
    return Outcome(
        f"{HERE}_{name}",
        f"Persons seriously harmed: {label}",
        unit,
        "lower",
        lambda s: s.persons_harmed(offence, victim_class),
        (column,),
        harm=True,
        over_time=False,
    )


def _harm_index(scenario: Scenario, weight: str, name: str, label: str) -> Outcome:
    weights = {f"harm/{o.name}": float(getattr(o, f"severity_{weight}")) for o in scenario.offences}
    return Outcome(
        name,
        label,
        "weighted harms a year",
        "lower",
        lambda s: sum((w * s.a_year(column) for column, w in weights.items()), start=0 * s["n_harm"]),
        tuple(weights),
        harm=True,
        over_time=False,
    )


def _wait(name: str, label: str) -> Outcome:
    return Outcome(
        f"waiting_hours_{name}", f"Wait of a dossier until its review, {label}", "hours", "lower",
        lambda s: s[f"wait_{name}_hours"], ("n_review",), over_time=False,
    )  # fmt: skip


MONEY = "money"
"""Name of the outcome that a scenario has which states prices."""


def _hours_lost(sums: Sums) -> pd.Series[float]:
    """Return hours a month that doors or bars take from lawful users, without those spent on another simulated site."""
    lost = sums.a_month("n_user_hours_turned_away") + sums.a_month("n_user_hours_barred")
    return lost - sums.a_month("n_user_hours_moved_in")


def _money(prices: Prices) -> Outcome:
    """Return what is paid and lost, by prices: staff, and use and conversations that lawful users lose."""
    priced = {
        "moderator_hours": prices.moderator_hour,
        "user_days_lost": prices.user_day_lost,
        "user_days_barred": prices.user_day_lost,
        "conversations_lost": prices.conversation_lost,
    }
    there = {BY_NAME[name]: price for name, price in priced.items() if price}
    return Outcome(
        MONEY,
        "Money, by the prices that the scenario states",
        f"{prices.currency} a month",
        "lower",
        lambda s: sum((price * outcome.formula(s) for outcome, price in there.items()), start=0 * s["n_harm"]),
        tuple(column for outcome in there for column in outcome.behind),
    )


def outcomes_of(scenario: Scenario, baseline: bool = True) -> tuple[Outcome, ...]:
    """Return every outcome of a scenario: `OUTCOMES`, police, detector, weighted harm, by class and offence, and money.

    Results by offence illustrate: the shares of offences are assumptions. Outside victims belong to no class.

    Args:
        scenario: What is run.
        baseline: Whether the baseline is among the runs, whose visitors are then what harm is related to.
    """
    unit = _PER_VISITORS if baseline and scenario.months else _PER_DECLARED
    weighted = (
        _harm_index(scenario, "sentence", "harm_by_sentence", "Harm weighted by the longest sentence, in years"),
        _harm_index(scenario, "own", "harm_by_own_weights", "Harm weighted as the scenario says"),
    )
    words = ("under 15", "15 to 17", "adults", "adults of a targeted minority")
    classes = (_harmed("all", name, name, label, unit) for name, label in zip(CLASSES, words, strict=True))
    offences = (_harmed(o.name, "all", o.name, o.label or o.name, unit) for o in scenario.offences if o.serious)
    waiting = (_wait("median", "median"), _wait("p95", "95th percentile"))
    money = [_money(scenario.prices)] if scenario.prices.stated else []
    police = OF_THE_POLICE if scenario.police.investigators else ()
    detector = OF_THE_DETECTOR if scenario.detects else ()
    persons = (replace(outcome, unit=unit) for outcome in OUTCOMES[:2])
    return (*persons, *OUTCOMES[2:], *police, *detector, *waiting, *weighted, *classes, *offences, *money)


def not_counted(scenario: Scenario, outcome: Outcome, policy: str) -> Reason | None:
    """Return why an outcome cannot be counted under a policy, if it cannot."""
    if not outcome.by_month:
        return None
    if not scenario.months:
        return Reason.NO_MONTH
    only_before = 0 <= scenario.last_day_of_door(policy) < scenario.months[0]
    return Reason.ONLY_BEFORE if only_before else None


def reasons(effects: pd.DataFrame, outcome: str, policies: Sequence[str]) -> dict[Reason, list[str]]:
    """Return the policies under which an outcome is not counted, by the reason.

    Args:
        effects: The table of effects.
        outcome: Name of the outcome.
        policies: The arms to look at.
    """
    why = effects[effects["outcome"] == outcome].set_index("policy")["reason"]
    found: dict[Reason, list[str]] = {}
    for policy in policies:
        if why[policy]:
            found.setdefault(Reason(why[policy]), []).append(policy)
    return found
