"""What moderators have to do and can do, estimated without a run, beside what a run finds."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.model.arrays.model import simulate
from sim.outcomes import workload
from sim.outcomes.counts import sums_of
from sim.outcomes.outcomes import OUTCOMES
from sim.outcomes.workload import busy_share, paid_hours, reports_an_hour, staffing
from sim.policies.moderation import ModerationPolicy
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.rules.rulebook import WEEKDAYS
from sim.rules.sentences import spoken
from sim.scenario.scenario import BASELINE, Scenario

SCENARIOS = Path(__file__).parents[2] / "scenarios"

LOW, HIGH = 0.8, 2.5
"""The estimate lies between so many times what is opened in a run: seldom below, and above where bars bite, which it
leaves out."""

SHORT = {
    "classroom": {},
    "coco": {"scale": 0.02, "days": 40, "warmup_days": 40},
    "generic_chat": {"scale": 0.1, "days": 90, "start": dt.date(2024, 3, 1)},
    **{name: {"days": 60} for name in ("moderators", "police", "registration", "reporting", "retention")},
    **{name: {"days": 60} for name in ("sanctions", "sites", "detection", "ages", "omegle_like", "large_platform")},
    "coco_history": {"scale": 0.02, "days": 40, "warmup_days": 40},
}
"""Each shipped scenario made short; of its policies, the first and the last that hold throughout are looked at."""


def test_every_shipped_scenario_is_looked_at() -> None:
    assert set(SHORT) == {path.stem for path in SCENARIOS.glob("*.toml")}


@pytest.mark.parametrize("name", SHORT)
@pytest.mark.slow
def test_the_estimate_is_near_what_a_run_finds(name: str) -> None:
    whole = sim.load(SCENARIOS / f"{name}.toml")
    undated = [arm for arm, found in whole.policies.items() if not any(p.start for p in found)]
    two = {arm: whole.policies[arm] for arm in (*undated[:1], *undated[-1:])}
    scenario = whole.replace(**SHORT[name], policies=two)
    arms = [BASELINE, *scenario.policies]
    daily = simulate(scenario, [0, 1, 2, 3], arms).daily
    counts = daily[daily["site"] == scenario.site].groupby("policy")[["n_open", "n_capacity"]].sum()
    for arm in arms:
        estimate = busy_share(scenario, arm)
        if counts["n_capacity"][arm] == 0:
            assert np.isnan(estimate)
        else:
            assert LOW < estimate / (counts["n_open"] / counts["n_capacity"])[arm] < HIGH, arm


def test_the_estimate_counts_what_it_says() -> None:
    scenario = sim.load(SCENARIOS / "retention.toml")
    rules, visitors = scenario.platform.rules, scenario.population.monthly_visitors
    true, false = reports_an_hour(scenario, rules, visitors)
    assert true > 0 < false

    def changed(arm: tuple[sim.policies.policy.Policy, ...] = (), **changes: object) -> tuple[float, float]:
        other = scenario.replace(policies={"a": arm} if arm else {}, **changes)
        return reports_an_hour(other, other.rules_on(0, "a" if arm else BASELINE), visitors)

    twice = changed(**{"predators.approaches_per_hour": 2 * scenario.predators.approaches_per_hour})
    assert twice == pytest.approx((2 * true, false))
    assert changed(**{"predators.p_of_adults": 0.0})[0] == 0
    assert changed((ReportingPolicy(friction=0.7, rel_false=0.5),)) == pytest.approx((true / 2, false / 4))
    assert changed((ReportingPolicy(p_flagged=1.0),))[0] > 2 * true
    never = {f"contacts.{stage}_recognise_per_hour": 0.0 for stage in ("contact", "engaged", "private")}
    assert changed(**never) == pytest.approx((0, false))
    away = changed((RegistrationPolicy(level="document"),))
    assert away[0] < true
    assert away[1] == pytest.approx(false * 0.4 / 0.85)


def test_a_dated_policy_counts_for_its_days() -> None:
    half = ModerationPolicy(staff=1.0, start=dt.date(2024, 1, 31))
    scenario = sim.load(SCENARIOS / "retention.toml").replace(days=60, policies={"half": (half,)})
    assert busy_share(scenario, "half") == pytest.approx(busy_share(scenario, BASELINE) / 1.5)


def test_the_estimate_does_not_depend_on_scale() -> None:
    scenario = sim.load(SCENARIOS / "coco.toml")
    assert busy_share(scenario.replace(scale=0.1), BASELINE) == pytest.approx(busy_share(scenario, BASELINE), rel=1e-3)


# -- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "hours", "words"),
    [
        (
            {"staff": 3.0, "shift_start_hour": 9, "shift_days": WEEKDAYS[:5]},
            120,
            "3 moderators on shift from mon to fri, 9:00 to 17:00: 120 paid hours a week, about 3.4 full-time "
            "employees of 35 hours",
        ),
        ({}, 56, "1 moderator on shift every day, 14:00 to 22:00: 56 paid hours a week, about 1.6 full-time"),
        ({"shift_start_hour": 22, "staff": 0.1}, 5.6, "every day, 22:00 to 6:00 the next day: 5.6 paid hours a week"),
        ({"shift_start_hour": 16}, 56, "every day, 16:00 to 24:00: 56 paid"),
        ({"shift_hours": 24, "staff": 10.0}, 1680, "10 moderators on shift at all hours, every day: 1,680 paid hours"),
        ({"shift_hours": 24, "shift_days": ("sun",)}, 24, "on sun, 14:00 to 14:00 the next day: 24 paid hours"),
        ({"staff": 0.0}, 0, "nobody is ever on shift"),
        ({"shift_hours": 0}, 0, "nobody is ever on shift"),
    ],
)
def test_what_shifts_come_to(settings: dict[str, object], hours: float, words: str) -> None:
    scenario = Scenario().replace(**{f"moderation.{name}": value for name, value in settings.items()})
    assert paid_hours(scenario.platform.rules) == pytest.approx(hours)
    assert words in spoken(staffing(scenario.platform.rules))


def test_paid_hours_are_those_that_a_run_counts() -> None:
    scenario = sim.load(SCENARIOS / "classroom.toml").replace(
        **{"days": 28, "warmup_days": 3, "moderation.shift_days": WEEKDAYS[:5], "moderation.shift_start_hour": 22}
    )
    daily = simulate(scenario, [0], [BASELINE]).daily
    (outcome,) = (o for o in OUTCOMES if o.name == "moderator_hours")
    # A window that begins on a Monday lacks no hour of a week without a shift on Sundays.
    a_week = paid_hours(scenario.platform.rules)
    assert float(daily["n_moderator_milli_hours"].sum()) / 1000 == pytest.approx(4 * a_week)
    assert float(outcome.formula(sums_of(scenario, daily)).iloc[0]) == pytest.approx(a_week * 730.5 / 168)


def test_the_hours_of_a_full_time_week_are_said_once() -> None:
    assert workload.FULL_TIME_HOURS == 35


def test_where_nobody_lawful_is_let_in_nobody_is_reported() -> None:
    scenario = sim.load(SCENARIOS / "classroom.toml").replace(
        policies={"shut": (RegistrationPolicy(level="email"),)}, **{"registration.email.friction_user": 1.0}
    ).replace(**{"predators.p_retry_absent": 1.0})  # fmt: skip
    assert busy_share(scenario, "shut") == 0
