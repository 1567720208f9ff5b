import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.policies.moderation import ModerationPolicy
from sim.policies.policy import Change, Policy
from sim.policies.retention import RetentionPolicy
from sim.policies.set import SetPolicy
from sim.rules.errors import ScenarioError
from sim.rules.parameters import Predators
from sim.rules.rulebook import Platform
from sim.scenario.reading import load
from sim.scenario.scenario import BASELINE, Scenario, of_content

SCENARIOS = sorted(Path(__file__).parents[2].glob("scenarios/*.toml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.stem)
def test_shipped_scenarios_are_right_and_no_policy_of_theirs_is_inert(path: Path) -> None:
    scenario = load(path)
    assert scenario.title
    assert scenario.seeds >= 2
    assert len(scenario.policies) >= 4
    assert not [arm for arm in scenario.policies if scenario.inert(arm)]
    assert sum("#" in line for line in path.read_text().splitlines()) >= 5
    assert "ASSUM" in path.read_text() or "INVENTED" in path.read_text()


def test_the_scenarios_that_are_shipped() -> None:
    names = {"coco", "generic_chat", "classroom", "registration", "retention", "reporting", "moderators", "sanctions",
             "police", "sites", "detection", "ages", "coco_history", "omegle_like", "large_platform"}  # fmt: skip
    assert {path.stem for path in SCENARIOS} == names


def test_coco_is_the_whole_window_and_can_be_shortened() -> None:
    coco = load(next(path for path in SCENARIOS if path.stem == "coco"))
    assert coco.start + dt.timedelta(coco.days) == dt.date(2024, 5, 7)
    assert len(coco.policies) >= 8
    assert coco.replace(days=365).hours == 24 * (365 + 365)


def test_replace_is_checked_and_leaves_the_original_alone() -> None:
    scenario = Scenario(policies={"a": (RetentionPolicy(message_hours=720),)})
    other = scenario.replace(days=60, scale=0.1, **{"reporting.friction": 0.2, "registration.email.p_return": 0.5})
    assert (other.days, other.scale, other.reporting.friction, other.registration.email.p_return) == (60, 0.1, 0.2, 0.5)
    assert other.policies == scenario.policies
    assert scenario == Scenario(policies=scenario.policies)
    more = scenario.replace(**{"policies.b": (ModerationPolicy(staff=5.0),)})
    assert [*more.policies] == ["a", "b"]
    assert [*scenario.policies] == ["a"]


def test_a_table_changes_the_settings_that_it_names_and_no_other() -> None:
    own = {"predators.p_of_adults": 0.05, "registration.phone.findability": 0.4, "moderation.staff": 1.0}
    scenario = Scenario(policies={"a": (RetentionPolicy(message_hours=720),)}).replace(**own)
    for whole, alike in (
        ({"predators": {"visits_per_month": 10.0}}, {"predators.visits_per_month": 10.0}),
        ({"moderation": {"triage": "gravest", "shift_hours": 4}},
         {"moderation.triage": "gravest", "moderation.shift_hours": 4}),
        ({"registration": {"level": "phone"}}, {"registration.level": "phone"}),
        ({"registration": {"phone": {"p_return": 0.1}}}, {"registration.phone.p_return": 0.1}),
        ({"registration.phone": {"p_return": 0.1}}, {"registration.phone.p_return": 0.1}),
        ({"registration": {"phone.p_return": 0.1}}, {"registration.phone.p_return": 0.1}),
        ({"moderation": {"staff": 2.0}, "moderation.triage": "newest"},
         {"moderation.staff": 2.0, "moderation.triage": "newest"}),
        ({"predators": {}}, {}),
    ):  # fmt: skip
        changed = scenario.replace(**whole)
        assert changed == scenario.replace(**alike)
        unsaid = own.keys() - alike.keys()
        assert {key: changed.value_of(key) for key in unsaid} == {key: own[key] for key in unsaid}


def test_sections_policies_and_offences_take_the_place_of_what_was_there() -> None:
    scenario = Scenario(policies={"a": (RetentionPolicy(message_hours=720),)}).replace(
        **{"predators.p_of_adults": 0.05}
    )
    assert scenario.replace(predators=Predators(visits_per_month=10.0)).predators == Predators(visits_per_month=10.0)
    both = scenario.replace(predators=Predators(visits_per_month=10.0), **{"predators.p_of_adults": 0.02})
    assert both.predators == Predators(visits_per_month=10.0, p_of_adults=0.02)
    assert [*scenario.replace(policies={"b": (ModerationPolicy(staff=5.0),)}).policies] == ["b"]
    (only,) = scenario.replace(offences=[{"name": "one", "target_weights": (1, 1, 1, 1)}]).offences
    assert only.weight == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reporting.frction": 0.2}, "reporting.frction is not a setting. Did you mean reporting.friction?"),
        ({"days": "long"}, 'days = "long" is not allowed. It takes a whole number from 1 to 10000.'),
        ({"days.x": 1}, "days.x is not a setting: days has no settings of its own."),
        ({"friction": 1}, "friction is not a setting. Did you mean reporting.friction?"),
        ({"policies.a.start": 1}, "a has no settings of its own"),
        ({"scale": 0.0001}, "leaves 50 visitors a month; the model needs at least 100"),
        ({"days": 3}, "retention starts on 2021-03-01, outside the measured days"),
        ({"policies": {"b c": ()}}, "a name takes up to 60 letters, digits, - and _"),
        ({"policies": {BASELINE: ()}}, "no policy may be called baseline"),
        ({"reporting": {"frction": 0.2}}, "reporting.frction is not a setting. Did you mean reporting.friction?"),
        ({"registration": {"phone": {"x.y": 1}}}, "registration.phone.x is not a setting"),
        (
            {"registration": {"phone": {"p_return.y": 1}}},
            "registration.phone.p_return.y is not a setting: p_return has",
        ),
        ({"moderation": {1: 2}}, "moderation.1 is not a setting"),
        ({"days": {}}, "days = a table is not allowed"),
        ({"reporting": 3}, "reporting = 3 is not allowed. It takes a section [reporting]."),
    ],
)
def test_what_replace_refuses(changes: dict, words: str) -> None:
    scenario = Scenario(policies={"a": (RetentionPolicy(message_hours=720, start=dt.date(2021, 3, 1)),)})
    with pytest.raises(ScenarioError) as error:
        scenario.replace(**changes)
    assert words in str(error.value)


def test_fingerprint_is_of_what_the_runs_of_all_arms_depend_on() -> None:
    scenario = Scenario(policies={"a": (RetentionPolicy(message_hours=720),)})
    same = [
        scenario.replace(title="another"),
        scenario.replace(seeds=3),
        scenario.replace(prefer=["privacy"]),
        scenario.replace(policies={"b": (ModerationPolicy(staff=5.0),)}),
    ]
    assert {s.fingerprint() for s in same} == {scenario.fingerprint()}
    others = [
        scenario.replace(days=364),
        scenario.replace(start=dt.date(2021, 1, 2)),
        scenario.replace(**{"contacts.private_harm_per_hour": 0.02}),
        scenario.replace(**{"retention.message_hours": 4}),
    ]
    assert len({s.fingerprint() for s in [scenario, *others]}) == 5


def test_fingerprint_of_an_arm_is_of_its_rules_day_by_day_whatever_its_name() -> None:
    date = dt.date(2021, 3, 1)
    scenario = Scenario(
        policies={
            "a": (RetentionPolicy(message_hours=720),),
            "b": (SetPolicy(rule="retention.message_hours", value=720),),
            "other": (RetentionPolicy(message_hours=721),),
            "later": (RetentionPolicy(message_hours=720, start=date),),
            "until": (RetentionPolicy(message_hours=720, end=date),),
            "more": (RetentionPolicy(message_hours=720), ModerationPolicy(staff=5.0)),
            "same": (RetentionPolicy(message_hours=3),),
        }
    )
    found = {arm: scenario.fingerprint(arm) for arm in (BASELINE, *scenario.policies)}
    assert found["a"] == found["b"]
    assert found["same"] == found[BASELINE]
    assert len(set(found.values())) == 6


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.stem)
def test_a_scenario_is_the_same_when_json_has_held_it(path: Path) -> None:
    scenario = load(path)
    again = of_content(json.loads(json.dumps(scenario.content())))
    assert again == scenario
    assert [*again.policies] == [*scenario.policies]
    assert again.fingerprint() == scenario.fingerprint()
    assert {a: again.fingerprint(a) for a in again.policies} == {a: scenario.fingerprint(a) for a in again.policies}


def test_a_policy_written_in_python_cannot_be_made_again() -> None:
    class Curfew(Policy):
        def changes(self, platform: Platform) -> list[Change]:
            return [Change("moderation.staff", "set", 1.0)]

    content = Scenario(policies={"night": (Curfew(),)}).content()
    with pytest.raises(ScenarioError, match="policy 'night' was written in Python; its lever is not known here"):
        of_content(json.loads(json.dumps(content)))


@given(st.integers(-400, 800), st.one_of(st.none(), st.integers(-400, 800)))
def test_dates_are_refused_exactly_when_nothing_would_be_measured(start: int, length: int | None) -> None:
    zero = dt.date(2021, 1, 1)
    first = zero + dt.timedelta(start)
    end = None if length is None else first + dt.timedelta(length)
    arms = {"a": (RetentionPolicy(message_hours=720, start=first, end=end),)}
    if 0 <= start < 365 and (length is None or length > 0):
        assert Scenario(policies=arms).changes_of("a")
    else:
        with pytest.raises(ValueError, match=r"starts on|ends on"):
            Scenario(policies=arms)
