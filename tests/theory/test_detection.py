"""A detector against theory: what it flags is binomial, its false alarms are Poisson counts, and Bayes rules both."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from sim.model.arrays.model import simulate
from sim.model.decisions.detection import p_detect, watched, watched_milli
from sim.model.records import DAILY_COLUMNS, Records
from sim.outcomes.counts import sums_of
from sim.outcomes.outcomes import BY_NAME
from sim.policies.detection import DetectionPolicy
from sim.rules.offences import Offence
from sim.rules.rulebook import Rules
from sim.scenario.scenario import BASELINE
from tests.theory.laboratory import ERRORS, laboratory, share_z
from tests.theory.test_responses import QUICK

PLAIN = Offence(name="plain", target_weights=(1, 1, 1, 1))
HARD = Offence(name="hard_to_see", target_weights=(1, 1, 1, 1), rel_detect=0.5)
GLARING = Offence(name="glaring", target_weights=(1, 1, 1, 1), rel_detect=3.0)
LEVELS = {"contact": 0.2, "engaged": 0.35, "private": 0.6}
COVERAGES = {"some": 0.3, "more": 0.8}
P_FALSE = {"some": 0.05, "more": 0.02}
ARMS = {
    arm: (DetectionPolicy(coverage=c, p_false=P_FALSE[arm], **{f"p_{s}": p for s, p in LEVELS.items()}),)
    for arm, c in COVERAGES.items()
}
CHAT = laboratory(**QUICK, **{
    "days": 7, "offences": (PLAIN, HARD, GLARING), "policies": ARMS, "predators.p_of_adults": 0.2,
    "predators.rel_leave_detector": 1.0, "population.conversations_per_hour": 4.0, "population.p_under_15": 0.2,
    "population.p_15_17": 0.2, "population.p_minority": 0.2,
})  # fmt: skip
BEGINS = {"approach": 0, "engage": 1, "private": 2}


@cache
def records() -> Records:
    return simulate(CHAT, [1], [*ARMS], events=True)


def stages(arm: str) -> pd.DataFrame:
    """Return every stage begun on the platform under an arm, and whether it was flagged."""
    found = records().events
    assert found is not None
    events = found[found["policy"] == arm]
    begun = events[events["event"].isin(BEGINS)]
    begun = begun.assign(stage=begun["event"].map(BEGINS)).set_index(["contact", "stage"])
    assert begun.index.is_unique
    flags = events[events["event"] == "detect"].rename(columns={"detail": "stage"}).set_index(["contact", "stage"])
    assert flags.index.is_unique and flags.index.isin(begun.index).all()
    assert (begun["second"].loc[flags.index] == flags["second"]).all()
    return begun.assign(flagged=begun.index.isin(flags.index))


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("offence", [PLAIN, HARD, GLARING], ids=lambda o: o.name)
def test_stages_of_contacts_are_flagged_with_the_share_of_coverage_stage_and_offence(
    arm: str, offence: Offence
) -> None:
    table = stages(arm).reset_index()
    for stage, p in enumerate(LEVELS.values()):
        chosen = table[(table["stage"] == stage) & (table["offence"] == offence.name)]["flagged"]
        expected = COVERAGES[arm] * min(1.0, p * offence.rel_detect)
        assert chosen.size > 1000
        assert abs(share_z(chosen.sum(), chosen.size, expected)) < ERRORS, stage


def test_a_contact_is_read_as_a_whole_or_not_at_all_and_flags_of_its_stages_are_independent() -> None:
    plain = stages("some").query("offence == 'plain'")["flagged"]
    first, last = (plain.xs(stage, level="stage") for stage in (0, 2))
    both = first.index.intersection(last.index)
    # Of those flagged once, which are read, another stage has the sensitivity itself, and not that of all contacts.
    for once, other, p in ((first, last, LEVELS["private"]), (last, first, LEVELS["contact"])):
        chosen = other.loc[both][once.loc[both]]
        assert chosen.size > 150
        assert abs(share_z(chosen.sum(), chosen.size, p)) < ERRORS


def test_who_is_read_by_a_detector_that_reads_little_is_read_by_one_that_reads_more() -> None:
    few, many = (stages(arm) for arm in ("some", "more"))
    both = few.index.intersection(many.index)
    assert few["flagged"].loc[both].sum() > 1000
    assert (many["flagged"].loc[both] >= few["flagged"].loc[both]).all()


@pytest.mark.parametrize("arm", ARMS)
def test_false_alarms_are_poisson_counts_per_lawful_hour(arm: str) -> None:
    daily = records().daily[records().daily["policy"] == arm]
    mean = daily["n_user_hours"].to_numpy() * 4.0 * COVERAGES[arm] * P_FALSE[arm]
    drawn = daily["n_false_alarm"].to_numpy()
    assert drawn.sum() > 1000
    assert abs((drawn - mean).sum()) < ERRORS * np.sqrt(mean.sum())
    assert abs((((drawn - mean) ** 2 / mean) - 1).sum() / np.sqrt((2 + 1 / mean).sum())) < ERRORS
    events = records().events
    assert events is not None
    gravity = events[(events["event"] == "false_alarm") & (events["policy"] == arm)]["detail"]
    for level, p in enumerate((0.6, 0.3, 0.1)):  # defaults of responses.p_false_*
        assert abs(share_z((gravity == level).sum(), gravity.size, p)) < ERRORS


def test_the_chance_of_a_flag_is_never_above_one() -> None:
    assert p_detect(0.79, 3.0) == 1
    assert p_detect(np.array([0.05, 0.3]), np.array([2.0, 0.5])).tolist() == [0.1, 0.15]


def test_a_platform_that_is_watched_is_left_in_proportion_to_what_is_read() -> None:
    rules = [Rules().having({"detection.coverage": c}) for c in (0.0, 0.25, 1.0)]
    assert [watched_milli(r, 1.2) for r in rules] == [1000, 1050, 1200]
    assert [watched_milli(r, 1.0) for r in rules] == [1000] * 3
    assert watched(250_000_000, 1050) == 262_500_000


def precision_of(n_right: float, n_wrong: float) -> float:
    """Return the outcome `detector_precision` of so many flags, by its own formula."""
    row = dict.fromkeys(DAILY_COLUMNS[4:], 0) | {"n_detect": n_right, "n_false_alarm": n_wrong}
    daily = pd.DataFrame([{"policy": BASELINE, "seed": 0, "site": CHAT.site, "day": 0} | row])
    return float(BY_NAME["detector_precision"].formula(sums_of(CHAT, daily)).iloc[0])


def test_nine_in_ten_flags_are_wrong_where_one_in_seven_hundred_is_a_predator() -> None:
    """The arithmetic of MOD-12: it comes of prevalence, whatever the detector."""
    n, prevalence = 10_000_000, 0.00145
    for specificity, precision in ((0.95, 0.02), (0.99, 0.10), (0.999, 0.53)):
        right, wrong = n * prevalence * 0.79, n * (1 - prevalence) * (1 - specificity)
        assert precision_of(right, wrong) == pytest.approx(precision, abs=0.005)
    assert np.isnan(precision_of(0, 0))


def test_precision_falls_with_prevalence_and_is_that_of_bayes() -> None:
    """A tenth of the predators, a tenth of the contacts, and as many lawful conversations: precision follows."""
    found = {}
    for p_of_adults in (0.1, 0.01):
        arm = {"all": (DetectionPolicy(coverage=1.0, p_contact=0.0, p_engaged=0.0, p_private=0.79),)}
        chat = CHAT.replace(policies=arm, offences=(PLAIN,), **{"predators.p_of_adults": p_of_adults})
        daily = simulate(chat, [1, 2], ["all"]).daily
        n = daily[["n_private", "n_detect", "n_false_alarm", "n_user_hours"]].sum()
        q = n["n_private"] / (n["n_private"] + 4.0 * n["n_user_hours"])
        found[p_of_adults] = n["n_detect"] / (n["n_detect"] + n["n_false_alarm"])
        bayes = q * 0.79 / (q * 0.79 + (1 - q) * 0.01)
        # Each flag is right with the chance of Bayes; right and wrong ones are Poisson counts.
        error = np.sqrt(bayes * (1 - bayes) / (n["n_detect"] + n["n_false_alarm"]))
        assert abs(found[p_of_adults] - bayes) < ERRORS * error
    assert found[0.01] < 0.8 * found[0.1]
