"""A detector as it is asked for, reckoned with before a run, and told of after it."""

from pathlib import Path

import numpy as np
import pytest

import sim
from sim.outcomes.workload import reports_an_hour
from sim.policies.detection import DetectionPolicy
from sim.policies.moderation import ModerationPolicy
from sim.questions import why as questions_why
from sim.report.advice import of_scenario
from sim.report.compare import Comparison
from sim.rules.errors import ScenarioError
from sim.rules.sentences import spoken
from sim.scenario.scenario import BASELINE, Scenario
from sim.scenario.uncertain import bears_on, no_bearing

CLASSROOM = sim.load(Path(__file__).parents[2] / "scenarios" / "classroom.toml")
CHAT = CLASSROOM.replace(
    days=30,
    policies={
        "detection": (DetectionPolicy(coverage=0.5),),
        "staff": (ModerationPolicy(staff=3.0),),
        "both": (DetectionPolicy(coverage=0.5), ModerationPolicy(staff=3.0)),
    },
    **{"contacts.private_harm_per_hour": 0.1, "registration.level": "email"},
)


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return sim.compare(CHAT, seeds=3)


# -- what is asked ----------------------------------------------------------------------------------------------------


def test_a_policy_needs_a_coverage_and_takes_no_more_false_alarms_than_are_drawn() -> None:
    for levels in ({}, {"coverage": 1.5}, {"coverage": 0.5, "p_false": 0.051}, {"coverage": 0.5, "precision": 0.9}):
        with pytest.raises(ValueError):
            DetectionPolicy.model_validate(levels)
    assert DetectionPolicy(coverage=1, p_false=0.05).p_false == 0.05


def test_it_says_what_it_changes() -> None:
    said = spoken(DetectionPolicy(coverage=0.25, p_contact=0.1, p_engaged=0.2, p_private=0.8, p_false=0.005).words())
    assert said == (
        "a detector reads 25% of conversations, flags 10% of first contacts, flags 20% of engaged conversations, flags "
        "80% of private contacts, raises an alarm of 0.5% of lawful conversations"
    )


def test_more_false_alarms_than_an_hour_can_hold_are_refused_where_somebody_detects() -> None:
    huge = {
        "population.monthly_visitors": 2_000_000.0, "population.monthly_visitors_start": 2_000_000.0,
        "population.conversations_per_hour": 20.0, "responses.p_ready_false_report": 0.0001,
    }  # fmt: skip
    assert not Scenario().replace(**huge).detects
    with pytest.raises(ScenarioError, match="false alarms in the busiest hour"):
        Scenario().replace(**huge, policies={"a": (DetectionPolicy(coverage=0.1),)})


def test_parameters_of_a_detector_bear_on_nothing_where_there_is_none() -> None:
    keys = ("detection.p_contact", "detection.p_private", "detection.p_false", "predators.rel_leave_detector")
    without = CHAT.replace(policies={"staff": (ModerationPolicy(staff=3.0),)})
    for key in keys:
        assert bears_on(CHAT, "detection", key)
        assert not bears_on(without, "staff", key)
        why = no_bearing(without, ["staff"], key)
        assert why is not None and spoken(why) == "no detector reads anything here"


def test_it_works_through_a_mechanism_of_its_own_that_can_be_held() -> None:
    def names(policy: str) -> list[str]:
        return [mechanism.name for mechanism in questions_why.mechanisms_of(CHAT, policy)]

    assert names("detection") == ["detection"]
    assert names("both") == ["detection", "the queue"]
    found = sim.why(CHAT, "both", seeds=3)
    parts = found.parts.set_index("mechanism")
    alone = sim.why(CHAT, "staff", seeds=3).effect.value
    assert parts.loc["detection", "without"] == pytest.approx(alone)


# -- before a run -----------------------------------------------------------------------------------------------------


def test_the_estimate_counts_flags_and_false_alarms() -> None:
    visitors = CHAT.population.monthly_visitors

    def reports(**levels: float) -> np.ndarray:
        chat = CHAT.replace(policies={"a": (DetectionPolicy(**levels),)}, **{"predators.rel_leave_detector": 1.0})
        return np.array(reports_an_hour(chat, chat.rules_on(0, "a"), visitors))

    none, half, whole = (reports(coverage=c) for c in (0.0, 0.5, 1.0))
    assert (half > none).all()
    assert whole - none == pytest.approx(2 * (half - none))
    # False reports are 0.4% of conversations times what friction leaves of them, and false alarms 1%.
    responses, reporting = CHAT.responses, CHAT.reporting
    a_share = responses.p_ready_false_report * (1 - reporting.friction) * reporting.rel_false
    assert whole[1] / none[1] == pytest.approx(1 + CHAT.detection.p_false / a_share)
    assert reports(coverage=1.0, p_false=0.0)[1] == pytest.approx(none[1])
    blind = reports(coverage=1.0, p_contact=0.0, p_engaged=0.0, p_private=0.0)
    assert blind[0] == pytest.approx(none[0])


def test_check_warns_where_a_detector_overloads_the_staff() -> None:
    few = CHAT.replace(**{"moderation.staff": 0.1, "population.conversations_per_hour": 2.0})
    warned = [said for words in of_scenario(few) if "overloaded" in (said := spoken(words))]
    assert len(warned) == 1
    assert "under detection" in warned[0] and "under baseline" not in warned[0]


# -- after it ---------------------------------------------------------------------------------------------------------


def test_its_outcomes_are_told_where_somebody_detects(compared: Comparison) -> None:
    names = {"detector_flags", "detector_precision", "false_alarms"}
    assert names <= {*compared.effects["outcome"]}
    without = sim.compare(CHAT.replace(policies={"staff": (ModerationPolicy(staff=3.0),)}, days=20), seeds=2)
    assert not names & {*without.effects["outcome"]}
    assert "THE DETECTOR" not in without.table()


def test_the_table_has_precision_under_a_policy_though_the_baseline_has_none(compared: Comparison) -> None:
    daily = compared.daily
    flags = daily[daily["policy"] == "detection"].groupby("seed")[["n_detect", "n_false_alarm"]].sum()
    right = flags["n_detect"] / flags.sum(axis=1)
    assert compared.precision["detection"] == pytest.approx(right.mean())
    assert np.isnan(compared.precision[BASELINE]) and np.isnan(compared.precision["staff"])
    table = compared.table()
    rows = table[table.index("THE DETECTOR") :].split("\n\n")[0].splitlines()
    (row,) = (row.split() for row in rows if row.startswith("detection "))
    assert float(row[2]) == pytest.approx(100 * right.mean(), rel=0.01)
    assert next(row for row in rows if row.startswith(BASELINE)).split()[1:] == ["0", "-", "0"]


def test_a_transparency_record_counts_its_flags_apart_from_notices(compared: Comparison) -> None:
    record = compared.transparency().set_index(["policy", "item"])["mean"]
    assert record[BASELINE, "flags by its own detection"] == 0
    assert record["detection", "flags by its own detection"] > 10
    notices = record[BASELINE, "notices by users"]
    assert record["detection", "notices by users"] == pytest.approx(notices, rel=0.3)
    assert record["detection", "dossiers opened"] > record[BASELINE, "dossiers opened"]
