import datetime as dt

import pytest

from sim import advice
from sim.policies.retention import RetentionPolicy
from sim.rules import Policy
from sim.scenario import Scenario

LONG = {"a": (RetentionPolicy(message_hours=720),)}


def dated(start: int, end: int | None = None) -> dict[str, tuple[Policy, ...]]:
    """Return an arm with a policy from one day of the window until another."""
    first = dt.date(2021, 1, 1)
    days = {"start": start, "end": end}
    return {"a": (RetentionPolicy(message_hours=9, **{k: first + dt.timedelta(d) for k, d in days.items() if d}),)}


def test_a_scenario_that_says_all_has_no_warning() -> None:
    assert list(advice.of_scenario(Scenario(policies=LONG))) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"policies": {}}, "there are no policies"),
        ({"seeds": 1}, "no interval"),
        ({"warmup_days": 0}, "warmup_days = 0"),
        ({"population.monthly_visitors": 2000.0}, "the audience shrinks over 1222 days"),
        ({"policies": {"a": (RetentionPolicy(message_hours=3),)}}, "policy 'a' is inert"),
        ({"policies": dated(352)}, "only 13 measured days show it"),
        ({"policies": dated(364)}, "only 1 measured day shows it"),
        ({"policies": dated(0, 365)}, "ends on 2022-01-01, after the last measured day (2021-12-31)"),
        ({"scale": 0.1}, "the staff reviews 2 dossiers an hour"),
    ],
)
def test_what_is_left_unsaid(changes: dict, words: str) -> None:
    (warning,) = advice.of_scenario(Scenario(policies=LONG).replace(**changes))
    assert words in warning


@pytest.mark.parametrize("changes", [{"policies": dated(351)}, {"policies": dated(0, 364)}, {"days": 5}, {"seeds": 2}])
def test_what_is_no_reason_to_warn(changes: dict) -> None:
    assert list(advice.of_scenario(Scenario(policies=LONG).replace(**changes))) == []
