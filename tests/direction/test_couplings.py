"""Decisions are coupled monotonely: the same person at the same opportunity, under a milder and a stricter rule."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import decisions
from sim.decisions import NEVER
from sim.draws import Draws
from sim.scenario import Scenario

RULES = Scenario().platform.rules
SHARES = st.floats(0, 1)
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
        decisions.lets_in(tolerance, decisions.door(replace(RULES, registration_friction_user=f))[0])
        for f in (low, high)
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
    easy, hard = (
        decisions.reports(draws, 0, contacts, 0, contacts % 50, decisions.p_report(ready, 1.2, friction), p_constant)
        for friction in (low, high)
    )
    assert (easy | ~hard).all()


@once
@given(a=SHARES, b=SHARES)
def test_a_lawful_conversation_reported_when_it_is_hard_is_reported_when_it_is_easy(a: float, b: float) -> None:
    low, high = low_and_high(a, b)
    effort = np.linspace(0, 1, 1000, endpoint=False)
    assert (decisions.reports_falsely(effort, low, 0.7) | ~decisions.reports_falsely(effort, high, 0.7)).all()


def bar(seed: int, person: int, session: int, p_constant: float, **rules: Any) -> tuple[int, bool]:
    banned = decisions.sanction(
        Draws([seed]), 0, person, 64 * 100 + 3, 100, session, 104, NEVER, replace(RULES, **rules), p_constant
    )
    return banned.until, banned.as_new


@settings(max_examples=200, deadline=None, derandomize=True)
@given(a=SHARES, b=SHARES, p_constant=SHARES, seed=st.integers(0, 2**64 - 1), person=st.integers(0, 10**6))
def test_who_returns_where_few_do_returns_where_many_do_at_the_same_hour(
    a: float, b: float, p_constant: float, seed: int, person: int
) -> None:
    low, high = low_and_high(a, b)
    few, many = (bar(seed, person, -1, p_constant, registration_p_return=p) for p in (low, high))
    assert few in (many, (NEVER, False))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(a=SHARES, b=SHARES, seed=st.integers(0, 2**64 - 1), person=st.integers(0, 10**6))
def test_a_device_recognised_where_few_are_is_recognised_where_many_are(
    a: float, b: float, seed: int, person: int
) -> None:
    low, high = low_and_high(a, b)
    few, many = (bar(seed, person, 97, 0.5, registration_p_device_recognised=p) for p in (low, high))
    rest_of_the_visit = (104, False)
    assert few in (many, rest_of_the_visit)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(a=st.floats(0.001, 1000), b=st.floats(0.001, 1000), seed=st.integers(0, 2**64 - 1))
def test_a_longer_mean_delay_never_brings_anybody_back_sooner(a: float, b: float, seed: int) -> None:
    low, high = low_and_high(a, b)
    soon, late = (
        bar(seed, 7, -1, 0.5, registration_p_return=1.0, registration_return_delay_hours=d)[0] for d in (low, high)
    )
    assert 102 <= soon <= late


@settings(max_examples=200, deadline=None, derandomize=True)
@given(a=SHARES, b=SHARES, word=st.integers(0, 2**64 - 1), predator=st.booleans(), evidence=st.booleans())
def test_what_a_dull_review_finds_a_sharp_one_finds(
    a: float, b: float, word: int, predator: bool, evidence: bool
) -> None:
    low, high = low_and_high(a, b)
    name = ("find" if predator else "clear") + ("_with_evidence" if evidence else "_without_evidence")
    dull, sharp = (
        decisions.finds(word, predator, evidence, replace(RULES, **{f"moderation_p_{name}": p})) for p in (low, high)
    )
    # Of an innocent, the sharper review clears more.
    assert dull <= sharp if predator else sharp <= dull


@once
@given(a=st.integers(0, 10**7), b=st.integers(0, 10**7), units=st.integers(0, 2 * 10**10))
def test_a_higher_hazard_rings_no_later(a: int, b: int, units: int) -> None:
    low, high = min(a, b), max(a, b)
    assert 1 <= decisions.alarm_seconds(units, high) <= decisions.alarm_seconds(units, low)


@pytest.mark.parametrize("hours", [0, 1, 2, 24])
def test_a_message_is_kept_for_as_many_hours_as_the_rule_says_the_hour_of_writing_being_the_first(hours: int) -> None:
    written = 100
    kept = [hour for hour in range(written, 200) if decisions.kept_since(0, hour, hours) <= written]
    assert kept == list(range(written, written + hours))


def test_what_was_deleted_stays_deleted_when_messages_are_kept_for_longer() -> None:
    kept_since = 0
    for hour in range(300):
        kept_since = int(decisions.kept_since(kept_since, hour, 3 if hour < 200 else 1000))
    assert kept_since == 199 - 3 + 1
