"""What results say of themselves: on which days policies are in force, and how busy staff is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest

import sim
from sim.policies.policy import Policy
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.policies.set import SetPolicy
from sim.report.remarks import of_investigators, of_short_window, of_staff, partly_in_force
from sim.rules.sentences import spoken
from tests.parts import synthetic


def days(first: int = 0, end: int | None = None) -> dict[str, dt.date]:
    start = synthetic.SCENARIO.start
    return {"start": start + dt.timedelta(first)} | ({"end": start + dt.timedelta(end)} if end else {})


@pytest.mark.parametrize(
    ("arm", "words"),
    [
        ((ReportingPolicy(friction=0.2),), ""),
        ((ReportingPolicy(friction=0.2, **days(60)),), "arm on 60."),
        ((ReportingPolicy(friction=0.2, **days(10, 50)),), "arm on 40."),
        (
            (ReportingPolicy(friction=0.2, **days(0, 70)), RegistrationPolicy(level="email")),
            "arm (reporting on 70).",
        ),
        (
            (ReportingPolicy(friction=0.2, **days(0, 70)), RegistrationPolicy(level="email", **days(70))),
            "arm (reporting on 70, registration on 50).",
        ),
        (
            (ReportingPolicy(friction=0.2, **days(0, 60)), RegistrationPolicy(level="email", **days(60))),
            "arm (reporting on 60, registration on 60).",
        ),
        (
            (ReportingPolicy(friction=0.2, **days(9)), RegistrationPolicy(level="email", **days(9))),
            "arm on 111.",
        ),
        ((RegistrationPolicy(level="email", **days(0, 70)), RegistrationPolicy(level="phone", **days(70))), ""),
        (
            (
                SetPolicy(rule="reporting.rel_ready", value=1.2),
                SetPolicy(rule="reporting.friction", value=0.2, **days(119)),
            ),
            "arm (reporting.friction on 1).",
        ),
    ],
)  # fmt: skip
def test_policies_that_are_in_force_on_some_days_are_named_with_how_many(arm: tuple[Policy, ...], words: str) -> None:
    said = spoken(partly_in_force(synthetic.SCENARIO.replace(policies={"arm": arm}), ["arm"]))
    assert said.startswith(f"In force on only some of the 120 days that are counted: {words} The" if words else "")
    assert bool(said) == bool(words)


def test_a_comparison_warns_under_its_first_table_of_policies_in_force_on_some_days() -> None:
    arms = {"late": (ReportingPolicy(friction=0.2, **days(90)),), "whole": (ReportingPolicy(friction=0.2),)}
    with synthetic.in_place():
        scenario = synthetic.SCENARIO.replace(policies=arms)
        said = [sim.compare(scenario, seeds=2).table(), sim.ranges(scenario, seeds=2).table()]
    for text in said:
        words = " ".join(text.split())
        assert (
            words.count("the 120 days that are counted: late on 30. The changes are those of all the days, so do") == 1
        )
    assert said[0].index("In force on only some") < said[0].index("OVER TIME")
    means = (
        "The numbers of late are means over the whole window, the days without the policy, or a part of it, included."
    )
    costs, happens = (" ".join(said[0].split(title)[-1].split()) for title in ("COSTS", "WHAT HAPPENS"))
    assert costs.count(means) == 2 and happens.count(means) == 1
    with synthetic.in_place():
        assert "means over the whole window" not in sim.compare(scenario, ["whole"], seeds=2).table()


@pytest.mark.parametrize(
    ("arms", "words"),
    [
        ({"late": 30, "whole": 0}, "so do not rank these with policies that are in force on every one."),
        (
            {"late": 30, "later": 60},
            "and these are not in force on the same ones, so do not rank them with each other.",
        ),
        ({"late": 30, "too": 30}, ""),
        ({"late": 30}, ""),
    ],
)
def test_only_what_is_in_force_on_other_days_is_not_to_be_ranked(arms: dict[str, int], words: str) -> None:
    policies = {name: (ReportingPolicy(friction=0.2, **days(first)),) for name, first in arms.items()}
    said = spoken(partly_in_force(synthetic.SCENARIO.replace(policies=policies), arms))
    assert said.endswith(f"those of all the days, {words}" if words else "those of all the days.")


def staff(shares: Mapping[str, float], estimated: bool = False) -> list[str]:
    return [*map(spoken, of_staff(shares, estimated))]


def test_remarks_name_who_is_idle_and_who_is_overloaded() -> None:
    assert staff({"baseline": 0.2, "a": 0.9}) == []
    assert staff({"baseline": float("nan")}) == []
    idle, overloaded = staff({"baseline": 0.07, "a": 0.071, "b": 0.002, "c": 0.5, "d": 0.98})
    assert idle.startswith("staff is mostly idle: busy 7% under baseline and a, 0.2% under b. There, more staff")
    assert idle.endswith("If that cannot be, look at moderation.reviews_per_hour and at how many report.")
    assert overloaded.startswith("staff is overloaded: busy 98% under d. There, the queue grows")
    (everywhere,) = staff({"baseline": 0.03, "a": 0.04, "b": 0.15}, estimated=True)
    assert "any run, as if nobody were barred): busy about 3% to 15% under the baseline and every policy." in everywhere
    (alike,) = staff({"baseline": 2.18, "a": 2.18, "b": 2.18}, estimated=True)
    assert "busy about 218% under the baseline and every policy" in alike


def test_a_window_of_one_day_is_called_so() -> None:
    for days, words in ((1, "once in this one day. Scaled up"), (20, "once in these 20 days. Scaled up")):
        _, said = map(spoken, of_short_window(synthetic.SCENARIO.replace(days=days)))
        assert words in said


def test_overloaded_investigators_are_named_where_somebody_investigates() -> None:
    policed = synthetic.SCENARIO.replace(**{"police.investigators": 1.0, "days": 400})
    shares = {"baseline": 0.5, "referrals": 0.97}
    (said,) = map(spoken, of_investigators(policed, shares))
    assert said.startswith("investigators are overloaded: busy 97% under referrals.")
    assert [*of_investigators(policed, {"baseline": 0.5})] == []
    assert [*of_investigators(synthetic.SCENARIO, shares)] == []
