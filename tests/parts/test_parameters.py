import datetime as dt
from typing import get_args

import numpy as np
import pytest

from sim.outcomes.sets import values
from sim.rules.declare import Parameter, Shape, declared
from sim.rules.errors import Problem, ScenarioError, dotted, shown, written
from sim.rules.offences import OFFENCES, Offence
from sim.rules.parameters import CLASSES, Population
from sim.rules.registration import Registration
from sim.rules.rulebook import RULES, WEEKDAYS, Moderation, Weekday
from sim.rules.sentences import spoken
from sim.rules.settings import SECTIONS
from sim.rules.words import days_in_words
from sim.scenario.scenario import Scenario

PARAMETERS = {p.key: p for p in declared(SECTIONS)}
NUMBERS = [p for p in PARAMETERS.values() if isinstance(p.default, int | float) and not isinstance(p.default, bool)]


def test_every_key_is_declared_once() -> None:
    assert len(PARAMETERS) == len(list(declared(SECTIONS)))
    assert {key.split(".")[0] for key in PARAMETERS} == set(SECTIONS)


@pytest.mark.parametrize("parameter", PARAMETERS.values(), ids=PARAMETERS)
def test_everything_says_what_it_is(parameter: Parameter) -> None:
    assert parameter.unit
    assert parameter.meaning[0].isupper() or parameter.meaning.startswith(("none,", "hourly"))
    assert parameter.meaning.endswith(".")


@pytest.mark.parametrize("parameter", NUMBERS, ids=lambda p: p.key)
def test_default_lies_in_the_plausible_range_and_that_in_the_accepted_one(parameter: Parameter) -> None:
    assert parameter.allows(parameter.default)
    if parameter.low is None:  # a number of the case, which a scenario states
        assert parameter.key in ("police.investigators", "police.home_days")
        return
    assert parameter.low <= parameter.default <= parameter.high
    assert parameter.allows(parameter.low) and parameter.allows(parameter.high)


@pytest.mark.parametrize("parameter", [p for p in {**PARAMETERS, **RULES}.values() if p.has_range], ids=lambda p: p.key)
def test_every_plausible_range_has_a_shape_that_fits_it(parameter: Parameter) -> None:
    assert parameter.shape in get_args(Shape)
    assert parameter.shape not in ("log-uniform", "lognormal") or parameter.low > 0
    assert parameter.shape != "logit-normal" or 0 < parameter.low < parameter.high < 1
    drawn = values(parameter, np.linspace(0, 1, 11))
    assert all(parameter.allows(parameter.type(value)) for value in drawn)


def test_only_what_a_platform_sets_is_chosen() -> None:
    chosen = {key for key, parameter in PARAMETERS.items() if parameter.chosen}
    assert chosen < {*RULES}
    assert all(PARAMETERS[key].has_range for key in chosen)


def test_defaults_of_sections_are_what_is_declared() -> None:
    scenario = Scenario()
    for key, parameter in PARAMETERS.items():
        value = scenario
        for part in key.split("."):
            value = getattr(value, part)
        assert value == parameter.default


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("reporting.friction", [0, 0.5, 1], [-0.1, 1.1, True, "0.5", float("nan"), float("inf"), None]),
        ("population.growth_days", [1, 100_000], [0, 100_001, 1.0, True, "1"]),
        ("registration.email.accounts_persist", [True, False], [0, 1, "true", 1.0]),
        ("moderation.triage", ["oldest", "newest"], ["best", 1, True, None]),
        ("contacts.lapse_per_hour", [0, 1, 3600], [-1, 3601]),
        ("sanctions.ladder_hours", [(), (0, 0, 24)], [(24, 0), (-1,), (1.5,), (True,), 24, None, (0,) * 21]),
        (
            "population.hourly_weights",
            [(1,) * 24, (3, *(0,) * 23)],
            [(1,) * 23, (-1,) * 24, (10_001,) * 24, (1.0,) * 24],
        ),
    ],
)
def test_allows(key: str, good: list[object], bad: list[object]) -> None:
    assert all(PARAMETERS[key].allows(value) for value in good)
    assert not any(PARAMETERS[key].allows(value) for value in bad)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("reporting.friction", "a number from 0 to 1"),
        ("contacts.private_harm_per_hour", "a number from 0 to 3600"),
        ("population.max_session_hours", "a whole number from 1 to 24"),
        ("registration.level", "one of none, email, phone, document"),
        ("registration.none.accounts_persist", "true or false"),
        ("population.hourly_weights", "a list of 24 whole numbers from 0 to 10000"),
        (
            "sanctions.ladder_hours",
            "a list of up to 20 whole numbers from 0 to 100000, none smaller than the one before",
        ),
    ],
)
def test_accepts_says_it_in_words(key: str, words: str) -> None:
    assert spoken(PARAMETERS[key].accepts) == words


def test_classes_add_up() -> None:
    assert sum(Population().p_classes) == pytest.approx(1)
    assert len(Population().p_classes) == len(CLASSES) == len(Scenario().responses.rel_report)
    with pytest.raises(ValueError, match="add up to more than 1"):
        Population(p_under_15=0.5, p_15_17=0.6)


def test_hourly_weights() -> None:
    for weights in [(1,) * 23, (0,) * 24, (-1, *(1,) * 23), (10**9,) * 24]:
        with pytest.raises(ValueError, match="hourly_weights"):
            Population(hourly_weights=weights)


def test_a_shift_may_pass_midnight() -> None:
    assert Moderation(shift_start_hour=22, shift_hours=24).shift_hours == 24


def test_days_of_shifts_are_days_of_the_week_in_order() -> None:
    assert Moderation().shift_days == WEEKDAYS
    assert Moderation.model_validate({"shift_days": ["mon", "sun"]}).shift_days == ("mon", "sun")
    for days in [(), ("tue", "mon"), ("mon", "mon"), ("sun", "mon")]:
        with pytest.raises(ValueError, match="one or more of mon, tue, wed, thu, fri, sat, sun, in this order"):
            Moderation(shift_days=days)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (WEEKDAYS, "every day"),
        (WEEKDAYS[:5], "from mon to fri"),
        (WEEKDAYS[5:], "on sat, sun"),
        (("mon", "wed", "thu"), "on mon, wed, thu"),
        (("tue",), "on tue"),
    ],
)
def test_days_in_words(days: tuple[Weekday, ...], words: str) -> None:
    assert spoken(days_in_words(days)) == words


def test_offences_are_rows_of_data() -> None:
    assert {o.name for o in OFFENCES} >= {"grooming_of_minors", "ambush_of_minorities"}
    with pytest.raises(ValueError, match="four whole numbers"):
        Offence(name="nobody", target_weights=(0, 0, 0, 0))


def test_the_level_in_force_is_its_entry() -> None:
    registration = Registration(level="phone")
    assert dict(registration.admission).items() >= dict(registration.phone).items()
    assert registration.admission.p_device_recognised == registration.p_device_recognised
    assert not Registration().admission.accounts_persist


def test_values_are_shown_as_a_file_has_them() -> None:
    given = (True, "a", 0.5, 2, dt.date(2021, 1, 2), [1, 2], {}, [{}], 10**400, float("nan"))
    assert [spoken(shown(value)) for value in given] == [
        "true", '"a"', "0.5", "2", "2021-01-02", "[1, 2]", "a table", "a list", "a number of more than 30 digits",
        "nan",
    ]  # fmt: skip
    assert [written(value) for value in given[:6]] == [shown(value) for value in given[:5]] + ["[1, 2]"]
    assert dotted(("offences", 1, "weight")) == "offences[row 2].weight"


def test_an_error_has_one_line_for_each_problem() -> None:
    assert str(ScenarioError(Problem(("days",), "one"), "two")) == "one\ntwo"
