"""Decisions are coupled monotonely: the same person at the same opportunity, under a milder and a stricter rule."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.model.decisions import sanctions
from sim.model.decisions.approach import deterred
from sim.model.decisions.codes import BLOCK, CONTACT, NEVER, RECOGNISE, STAY
from sim.model.decisions.contacts import ALARMS, alarm_seconds, first_alarm, seeks, warning_reaches
from sim.model.decisions.entry import doors_of, lets_in, may_write
from sim.model.decisions.moderation import finds, kept_since
from sim.model.decisions.numbers import Numbers, hazards, numbers_of
from sim.model.decisions.responses import flags, on_recognition, p_report, reports_falsely, would_report
from sim.model.decisions.sanctions import AS_BEFORE
from sim.model.world.ages import Ages
from sim.model.world.draws import Draws, Purpose
from sim.model.world.keys import alarm_key
from sim.model.world.world import World
from sim.policies.moderation import ModerationPolicy
from sim.scenario.scenario import Scenario

RULES = Scenario().platform.rules
NO_AGES = Ages(Scenario())
NUMBERS = numbers_of(World(Scenario(scale=0.001), [0]))
SHARES = st.floats(0, 1)
BINDS = ("device", "identity")
once = settings(max_examples=50, deadline=None, derandomize=True)
contacts = np.arange(500) + (1 << 30)


def low_and_high(a: float, b: float) -> tuple[float, float]:
    return min(a, b), max(a, b)


@once
@given(a=SHARES, b=SHARES)
def test_who_passes_a_strict_door_passes_a_mild_one(a: float, b: float) -> None:
    low, high = low_and_high(a, b)
    tolerance = np.arange(1000)
    mild, strict = (
        lets_in(tolerance, doors_of(RULES.having({"registration.friction_user": f}), NO_AGES)[0]) for f in (low, high)
    )
    assert (mild | ~strict).all()
    assert abs(strict.mean() - (1 - high)) <= 0.0005 + 1e-9


@once
@given(a=SHARES, b=SHARES, ready=SHARES, p_constant=SHARES, seed=st.integers(0, 2**64 - 1))
def test_who_reports_when_it_is_hard_reports_when_it_is_easy(
    a: float, b: float, ready: float, p_constant: float, seed: int
) -> None:
    low, high = low_and_high(a, b)
    draws = Draws([seed])
    constant, fresh = draws.words((Purpose.REPORT_CONSTANT, Purpose.REPORT_FRESH), 0, contacts)
    trait = draws.words(Purpose.REPORT_TRAIT, 0, contacts % 50)
    easy, hard = (
        would_report(constant, trait, fresh, p_report(ready, 1.2, friction), p_constant) for friction in (low, high)
    )
    assert (easy | ~hard).all()


@once
@given(a=SHARES, b=SHARES)
def test_a_lawful_conversation_reported_when_it_is_hard_is_reported_when_it_is_easy(a: float, b: float) -> None:
    low, high = low_and_high(a, b)
    effort = np.linspace(0, 1, 1000, endpoint=False)
    assert (reports_falsely(effort, low, 0.7) | ~reports_falsely(effort, high, 0.7)).all()


def bar(seed: int, person: int, session: int, p_constant: float, **rules: Any) -> tuple[int, int]:
    return sanctioned(seed, person, session, NEVER, p_constant, **rules)


def sanctioned(seed: int, person: int, session: int, length: int, p_constant: float, **rules: Any) -> tuple[int, int]:
    draws, there = Draws([seed]), RULES.having(rules)
    known = sanctions.known_until(draws, 0, person, 64 * 100 + 3, 100, session, there, p_constant)
    return sanctions.sanction(draws, 0, person, 64 * 100 + 3, 100, 104, known, length, there, p_constant)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(a=SHARES, b=SHARES, p_constant=SHARES, seed=st.integers(0, 2**64 - 1), person=st.integers(0, 10**6))
def test_who_returns_where_few_do_returns_where_many_do_at_the_same_hour(
    a: float, b: float, p_constant: float, seed: int, person: int
) -> None:
    low, high = low_and_high(a, b)
    few, many = (bar(seed, person, -1, p_constant, **{"registration.p_return": p}) for p in (low, high))
    assert few in (many, (NEVER, AS_BEFORE))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(a=SHARES, b=SHARES, seed=st.integers(0, 2**64 - 1), person=st.integers(0, 10**6))
def test_a_device_recognised_where_few_are_is_recognised_where_many_are(
    a: float, b: float, seed: int, person: int
) -> None:
    low, high = low_and_high(a, b)
    few, many = (bar(seed, person, 97, 0.5, **{"registration.p_device_recognised": p}) for p in (low, high))
    rest_of_the_visit = (104, AS_BEFORE)
    assert few in (many, rest_of_the_visit)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(a=st.floats(0.01, 1000), b=st.floats(0.01, 1000), seed=st.integers(0, 2**64 - 1), person=st.integers(0, 10**6))
def test_a_device_known_for_longer_never_lets_anybody_back_sooner(a: float, b: float, seed: int, person: int) -> None:
    low, high = low_and_high(a, b)
    rules = {"registration.p_device_recognised": 1.0, "registration.p_return": 0.0}
    short, long = (bar(seed, person, 97, 0.5, **rules, **{"registration.device_known_days": d})[0] for d in (low, high))
    assert 104 <= short <= long


@once
@given(a=SHARES, b=SHARES, seed=st.integers(0, 2**64 - 1))
def test_who_blocks_or_ends_a_contact_where_few_do_does_so_where_many_do(a: float, b: float, seed: int) -> None:
    low, high = low_and_high(a, b)
    block, stay = Draws([seed]).words((Purpose.BLOCK, Purpose.STAY), 0, contacts, 0)
    few, many = (on_recognition(block, stay, replace(NUMBERS, p_block=p, p_stay=0.5)) for p in (low, high))
    assert ((many == BLOCK) | (few != BLOCK)).all()
    assert ((many != STAY) | (few == STAY)).all()
    rarely, often = (on_recognition(block, stay, replace(NUMBERS, p_block=0.5, p_stay=p)) for p in (low, high))
    assert ((often == STAY) | (rarely != STAY)).all()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(a=st.floats(0.001, 1000), b=st.floats(0.001, 1000), seed=st.integers(0, 2**64 - 1))
def test_a_longer_mean_delay_never_brings_anybody_back_sooner(a: float, b: float, seed: int) -> None:
    low, high = low_and_high(a, b)
    soon, late = (
        bar(seed, 7, -1, 0.5, **{"registration.p_return": 1.0}, **{"registration.return_delay_hours": d})[0]
        for d in (low, high)
    )
    assert 102 <= soon <= late


@settings(max_examples=200, deadline=None, derandomize=True)
@given(a=SHARES, b=SHARES, word=st.integers(0, 2**64 - 1), predator=st.booleans(), evidence=st.booleans())
def test_what_a_dull_review_finds_a_sharp_one_finds(
    a: float, b: float, word: int, predator: bool, evidence: bool
) -> None:
    low, high = low_and_high(a, b)
    name = ("find" if predator else "clear") + ("_with_evidence" if evidence else "_without_evidence")
    dull, sharp = (finds(word, predator, evidence, RULES.having({f"moderation.p_{name}": p})) for p in (low, high))
    # Of an innocent, the sharper review clears more.
    assert dull <= sharp if predator else sharp <= dull


@settings(max_examples=200, deadline=None, derandomize=True)
@given(a=SHARES, b=SHARES, p_constant=SHARES, seed=st.integers(0, 2**64 - 1), binds=st.sampled_from(BINDS))
def test_who_returns_although_a_ban_binds_much_returns_at_the_same_hour_where_it_binds_little(
    a: float, b: float, p_constant: float, seed: int, binds: str
) -> None:
    low, high = low_and_high(a, b)
    rules = {"sanctions.binds": binds, "registration.accounts_persist": True, "registration.p_return": 0.9}
    rel = f"sanctions.rel_return_{binds}"
    much, little = (bar(seed, 7, -1, p_constant, **rules, **{rel: f}) for f in (low, high))
    account = bar(seed, 7, -1, p_constant, **rules | {"sanctions.binds": "account"})
    assert much in (little, (NEVER, AS_BEFORE))
    assert little in (account, (NEVER, AS_BEFORE))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(a=st.floats(1, 20), b=st.floats(1, 20), seed=st.integers(0, 2**64 - 1), person=st.integers(0, 10**6))
def test_a_device_recognised_by_a_ban_on_the_account_is_recognised_by_one_on_the_device(
    a: float, b: float, seed: int, person: int
) -> None:
    low, high = low_and_high(a, b)
    rest_of_the_visit = (104, AS_BEFORE)
    never = {"registration.p_return": 0.0, "registration.p_device_recognised": 0.1}
    account = bar(seed, person, 97, 0.5, **never)
    few, many = (
        bar(seed, person, 97, 0.5, **never, **{"sanctions.binds": "device"}, **{"sanctions.rel_recognised_device": f})
        for f in (low, high)
    )
    assert account in (few, rest_of_the_visit)
    assert few in (many, rest_of_the_visit)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(a=st.integers(0, 500), b=st.integers(0, 500), session=st.sampled_from([-1, 97]), seed=st.integers(0, 2**64 - 1))
def test_a_longer_sanction_keeps_nobody_out_for_less_and_a_warning_nobody_at_all(
    a: int, b: int, session: int, seed: int
) -> None:
    def until(length: int) -> int:
        return sanctioned(seed, 7, session, length, 0.5)[0]

    low, high = min(a, b), max(a, b)
    assert until(0) == 101
    assert until(low) <= until(high) <= until(NEVER)
    assert until(high) <= 101 + high


@once
@given(a=SHARES, b=SHARES)
def test_the_more_training_the_more_is_found_and_the_more_innocents_are_cleared(a: float, b: float) -> None:
    low, high = low_and_high(a, b)
    platform = Scenario().platform
    little, much, everything = (
        {change.rule: change.value for change in ModerationPolicy(training=t).changes(platform)}
        for t in (low, high, 1.0)
    )
    assert len(everything) == 4
    for rule, skill in everything.items():
        assert RULES.value_of(rule) <= little[rule] <= much[rule] <= skill == 1


WORDS = np.random.Generator(np.random.PCG64(1)).integers(0, 2**64, 2000, np.uint64)


def numbers(**changes: float) -> Numbers:
    scenario = Scenario().replace(**{f"predators.{name}": value for name, value in changes.items()})
    return numbers_of(World(scenario.replace(scale=0.01), [1]))


SEEKERS = numbers(p_seek_after_block=0.9)
DETERRED = numbers(p_deterred_by_retention=0.5)


@once
@given(a=SHARES, b=SHARES, rest=SHARES)
def test_who_is_reached_flags_or_seeks_where_few_do_does_so_where_many_do(a: float, b: float, rest: float) -> None:
    low, high = low_and_high(a, b)
    for decide in (
        warning_reaches,
        flags,
        lambda word, p: seeks(word, SEEKERS, p, rest),
        lambda word, p: seeks(word, SEEKERS, rest, p),
    ):
        few, many = (decide(WORDS, p) for p in (low, high))
        assert (many | ~few).all()
    assert not seeks(WORDS, SEEKERS, rest, 0.0).any()


@once
@given(a=st.integers(0, 1000), b=st.integers(0, 1000))
def test_what_short_retention_deters_longer_does_until_a_month_and_no_retention_deters_nothing(a: int, b: int) -> None:
    low, high = min(a, b), max(a, b)
    short, long = (deterred(WORDS, DETERRED, hours) for hours in (low, high))
    assert (long | ~short).all()
    assert not deterred(WORDS, DETERRED, 0).any()
    assert (deterred(WORDS, DETERRED, 720) == deterred(WORDS, DETERRED, 10**6)).all()


@once
@given(a=st.integers(0, 200), b=st.integers(0, 200))
def test_an_account_that_may_write_after_a_long_wait_may_after_a_short_one(a: int, b: int) -> None:
    low, high = min(a, b), max(a, b)
    age = np.arange(300)
    short, long = (may_write(age, hours) for hours in (low, high))
    assert (short | ~long).all()
    assert short.argmax() == low and may_write(age, 0).all()


@once
@given(a=st.integers(100, 10_000), b=st.integers(100, 10_000), seed=st.integers(0, 2**64 - 1))
def test_the_warned_end_a_stage_no_later_and_what_recognition_ended_without_a_warning_it_ends_with_one(
    a: int, b: int, seed: int
) -> None:
    words = Draws([seed]).words(ALARMS, 0, contacts, alarm_key(CONTACT))
    hazard = np.repeat(hazards(Scenario())[:1, CONTACT], contacts.size, axis=0)
    (little, late), (much, soon) = (
        first_alarm(words, hazard.copy(), recognise_milli=np.full(contacts.size, milli))
        for milli in (min(a, b), max(a, b))
    )
    assert (soon <= late).all()
    assert (much[little == RECOGNISE] == RECOGNISE).all()


@once
@given(a=st.integers(0, 10**7), b=st.integers(0, 10**7), units=st.integers(0, 2 * 10**10))
def test_a_higher_hazard_rings_no_later(a: int, b: int, units: int) -> None:
    low, high = min(a, b), max(a, b)
    assert 1 <= alarm_seconds(units, high) <= alarm_seconds(units, low)


@pytest.mark.parametrize("hours", [0, 1, 2, 24])
def test_a_message_is_kept_for_as_many_hours_as_the_rule_says_the_hour_of_writing_being_the_first(hours: int) -> None:
    written = 100
    kept = [hour for hour in range(written, 200) if kept_since(0, hour, hours) <= written]
    assert kept == list(range(written, written + hours))


def test_what_was_deleted_stays_deleted_when_messages_are_kept_for_longer() -> None:
    since = 0
    for hour in range(300):
        since = int(kept_since(since, hour, 3 if hour < 200 else 1000))
    assert since == 199 - 3 + 1
