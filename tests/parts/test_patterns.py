"""Patterns: their data are whole and honest, their measures know what they measure, and mechanisms make them."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.__main__ import main
from sim.model.arrays.model import simulate
from sim.model.world import keys
from sim.outcomes import patterns
from sim.outcomes.outcomes import BY_NAME
from sim.outcomes.patterns import KINDS, MEASURES, Pattern, Quantity, Simulated
from sim.outcomes.statistics import Interval, t_quantile
from sim.questions import validate
from sim.report.blocks import WIDTH
from sim.report.validate import Finding, Validation
from sim.rules.declare import declared
from sim.rules.errors import ScenarioError
from sim.rules.evidence import evidence
from sim.rules.settings import SECTIONS
from sim.scenario.scenario import BASELINE

PATTERNS = patterns.patterns()
MADE = [p for p in PATTERNS if {q.kind for q in p.quantity} != {"A"}]
FED = {row for parameter in declared(SECTIONS) for row in parameter.sources}


NOTHING = pd.DataFrame()


def named_pattern(name: str) -> Pattern:
    (pattern,) = patterns.chosen([name])
    return pattern


def named(patterns_: list[Pattern] | tuple[Pattern, ...]) -> list[object]:
    return [pytest.param(p, id=p.name) for p in patterns_]


# -- the data ---------------------------------------------------------------------------------------------------------


def test_the_patterns_that_the_platform_can_show_are_all_there() -> None:
    assert [p.number for p in PATTERNS] == [*range(1, 23)]
    assert len({p.name for p in PATTERNS}) == len(PATTERNS)
    assert {q.kind for p in PATTERNS for q in p.quantity} == set(KINDS)
    assert {q.measure for p in PATTERNS for q in p.quantity} == set(MEASURES)


@pytest.mark.parametrize("pattern", named(PATTERNS))
def test_a_pattern_says_all_that_is_needed_to_judge_it(pattern: Pattern) -> None:
    assert pattern.title and pattern.mechanism and pattern.quantity
    assert pattern.seeds >= 2
    assert bool(pattern.off) == bool(pattern.off_words) == (pattern in MADE)
    for quantity in pattern.quantity:
        assert quantity.label and quantity.observed
        assert quantity.kind in KINDS
        assert quantity.low <= quantity.high
        assert np.isfinite([quantity.low, quantity.high]).any()
        assert set(quantity.evidence) <= set(evidence())
        assert quantity.measure in MEASURES
        scenario = pattern.scenario(quantity.preset)
        arms = {quantity.of.get(key, BASELINE) for key in ("arm", "most", "against", "against_most")}
        assert arms <= {BASELINE, *scenario.policies}


@pytest.mark.parametrize("pattern", named(MADE))
def test_what_switches_the_mechanism_off_changes_something(pattern: Pattern) -> None:
    assert pattern.scenario(pattern.off) != pattern.scenario()


def test_what_must_emerge_was_not_put_in() -> None:
    emerge = {row for p in PATTERNS for q in p.quantity if q.kind == "E" for row in q.evidence}
    assert emerge
    assert {"REP-18", "REP-29"} <= FED  # all rows on which a setting rests, not only the first
    assert not emerge & FED
    calibrates = {row for p in PATTERNS for q in p.quantity if q.kind == "C" for row in q.evidence}
    assert calibrates & FED


# -- the measures -----------------------------------------------------------------------------------------------------


def test_gini() -> None:
    assert patterns.gini(np.array([3, 3, 3])) == pytest.approx(0)
    assert patterns.gini(np.array([0, 0, 0, 8])) == pytest.approx(0.75)
    assert patterns.gini(np.zeros(4)) == 0
    x = np.array([1, 5, 2, 0, 9])
    by_pairs = np.abs(x[:, None] - x).sum() / (2 * len(x) ** 2 * x.mean())
    assert patterns.gini(x) == pytest.approx(by_pairs)


def dealt(null: str, predators: bool, seeds: int = 8, harms: int = 500) -> Simulated:
    """Return made-up runs in which chance alone deals out the harms."""
    scenario = next(p for p in PATTERNS if p.name == "repeats").scenario()
    daily = pd.DataFrame({"seed": range(seeds)})
    column = "actor" if predators else "target"
    events = pd.concat(
        pd.DataFrame({column: np.random.default_rng(s).choice(chances.index, harms, p=chances), "seed": s})
        for s, chances in enumerate(Simulated(scenario, daily, NOTHING, None).chances(predators, null))
    ).assign(policy=BASELINE, event="harm")
    return Simulated(scenario, daily, NOTHING, events)


@pytest.mark.parametrize("null", ["equal", "visit rates"])
def test_chance_alone_makes_neither_concentration_nor_repeats(null: str) -> None:
    seeds = 8
    gini = patterns.concentration(dealt(null, True, seeds), BASELINE, null)
    ratio = patterns.repeats(dealt(null, False, seeds), BASELINE, null)
    for found, nothing, widest in ((gini, 0, 0.04), (ratio, 1, 0.4)):
        error = (found.high - found.low) / 2 / t_quantile(seeds - 1)
        assert abs(found.value - nothing) < 4 * error
        assert found.high - found.low < widest


def test_visit_rates_make_both_where_all_are_held_to_be_equal() -> None:
    assert patterns.concentration(dealt("visit rates", True), BASELINE, "equal").low > 0.05
    assert patterns.repeats(dealt("visit rates", False), BASELINE, "equal").low > 1.3


def test_only_those_sought_or_offending_have_a_chance() -> None:
    runs = dealt("equal", True, seeds=1, harms=1)
    (users,), (predators,) = (runs.chances(who, "equal") for who in (False, True))
    assert not set(users.index) & set(predators.index)
    assert users.sum() == pytest.approx(1) and predators.sum() == pytest.approx(1)


def test_kinds_of_events_can_be_kept_alone() -> None:
    scenario = named_pattern("responses").scenario({"days": 20})
    whole, some = (simulate(scenario, [1], [BASELINE], events=e).events for e in (True, {"harm", "private"}))
    assert whole is not None and some is not None
    pd.testing.assert_frame_equal(some, whole[whole["event"].isin(["harm", "private"])].reset_index(drop=True))
    assert some["event"].nunique() == 2


def test_approaches_count_in_the_weeks_after_a_first_suspension() -> None:
    scenario = named_pattern("responses").scenario({"days": 60, "warmup_days": 0})
    rows = [
        ("suspend", 10, -1, "predator", 7), ("suspend", 20, -1, "predator", 7), ("suspend", 5, -1, "user", 8),
        ("suspend", 1430, -1, "predator", 9),  # too late to be followed for a week
        ("approach", 10, 7, "user", 1), ("approach", 11, 7, "user", 1), ("approach", 178, 7, "user", 1),
        ("approach", 179, 7, "user", 1), ("approach", 12, 8, "user", 1), ("approach", 1435, 9, "user", 1),
    ]  # fmt: skip
    events = pd.DataFrame(rows, columns=["event", "hour", "actor", "target_kind", "target"])
    runs = Simulated(scenario, pd.DataFrame({"seed": [0]}), NOTHING, events.assign(policy="day", seed=0))
    assert patterns._approaches_after(runs, "day", 168).tolist() == [2]
    assert np.isnan(patterns._approaches_after(runs, "hour", 168)).all()


def test_a_share_under_some_offences_leaves_the_others_out() -> None:
    rows = [
        (seed, offence, quantity, n)
        for seed in (0, 1)
        for offence, counted in (
            ("a", {"complain": 1, "harm": 10}),
            ("b", {"complain": 9, "harm": 9}),
            ("c", {"harm": 10}),
        )
        for quantity, n in counted.items()
    ]
    breakdown = pd.DataFrame(rows, columns=["seed", "offence", "quantity", "count"]).assign(policy=BASELINE)
    runs = Simulated(named_pattern("responses").scenario(), pd.DataFrame({"seed": [0, 1]}), breakdown, None)
    share = patterns.share_under(runs, BASELINE, "complain", "harm", ["a", "c"])
    assert tuple(share) == pytest.approx((0.05, 0.05, 0.05))


def test_proceedings_are_those_of_all_kinds_by_visitor_and_month() -> None:
    scenario = named_pattern("responses").scenario()
    counts = dict(zip(BY_NAME["recorded_proceedings"].behind, (3, 4, 5, 6, 2), strict=True))
    rows = [counts | {"seed": seed, "day": 0} for seed in (0, 1)]
    daily = pd.DataFrame(rows).assign(policy=BASELINE, n_monthly_visitors=500 * len(scenario.months))
    months = scenario.days / (365.25 / 12)
    found = patterns.proceedings(Simulated(scenario, daily, NOTHING, None), BASELINE)
    assert found.value == pytest.approx(20 / scenario.police.p_modelled / months * 1000 / 500)


def test_shares_of_gain_and_of_loss() -> None:
    harms = {BASELINE: 100, "half": 80, "full": 40, "four": 20}
    rows = [
        {"policy": arm, "seed": seed, "day": 0, "n_harm": n + seed, "n_user_hours": 9 * n, "n_predator_hours": n}
        for arm, n in harms.items()
        for seed in (0, 1, 2)
    ]
    runs = Simulated(named_pattern("responses").scenario(), pd.DataFrame(rows), NOTHING, None)
    assert patterns.share_of_gain(runs, "half", "four").value == pytest.approx(0.25)
    assert patterns.share_of_gain(runs, "full", "four", "half").value == pytest.approx(0.5)
    assert patterns.gentler(runs, "full", "four", "half", "four").value == pytest.approx(0.5)
    assert patterns.share_of_loss(runs, "half", "n_user_hours", "n_predator_hours").value == pytest.approx(0.9)
    assert patterns.change(runs, "four", "n_user_hours").value == pytest.approx(-0.8)
    of_both = patterns.share(runs, "four", "n_predator_hours", ["n_user_hours", "n_predator_hours"])
    assert of_both.value == pytest.approx(0.1)


def test_a_change_is_of_all_sites_and_days_or_of_some() -> None:
    counts = {
        (BASELINE, "home"): (10, 10),
        (BASELINE, "rival"): (4, 4),
        ("gate", "home"): (10, 5),
        ("gate", "rival"): (4, 6),
    }
    rows = [
        {"policy": arm, "seed": seed, "site": site, "day": day, "n_visits": n}
        for (arm, site), of_days in counts.items()
        for seed in (0, 1)
        for day, n in enumerate(of_days)
    ]
    runs = Simulated(named_pattern("gate").scenario(), pd.DataFrame(rows), NOTHING, None)
    assert patterns.change(runs, "gate", "n_visits").value == pytest.approx(25 / 28 - 1)
    assert patterns.change(runs, "gate", "n_visits", site="home").value == pytest.approx(-0.25)
    assert patterns.change(runs, "gate", "n_visits", days=[1, 2], site="rival").value == pytest.approx(0.5)


def test_half_of_what_is_missing_comes_back_in_a_half_life() -> None:
    month = 365.25 / 12
    back = [1000 * (1 - 0.5 ** (day / (2 * month))) for day in range(2000)]
    daily = pd.DataFrame(
        {"policy": "closure", "seed": day % 2, "day": day // 2, "n": back[day // 2]} for day in range(4000)
    )
    runs = Simulated(named_pattern("closure").scenario(), daily, NOTHING, None)
    found = patterns.half_life(runs, "closure", "n", [0, 28], [56, 84], [1900, 2000])
    assert found.value == pytest.approx(2, rel=0.01)
    level = Simulated(runs.scenario, daily.assign(n=1.0), NOTHING, None)
    assert np.isnan(patterns.half_life(level, "closure", "n", [0, 28], [56, 84], [1900, 2000]).value)


def test_minors_met_are_counted_once_and_those_who_visit_as_a_run_has_them() -> None:
    scenario = named_pattern("pairing").scenario({"days": 60, "warmup_days": 0, "scale": 0.004})
    daily = pd.DataFrame({"seed": [0, 1]})
    visiting = Simulated(scenario, daily, NOTHING, None).minors_who_visit()
    minor, adult, elsewhere = (keys.person_of(7, stratum, home) for stratum, home in ((0, 0), (10, 0), (0, 1)))
    rows = [(minor, "a"), (minor, "a"), (adult, "a"), (elsewhere, "a"), (keys.person_of(8, 5), "b")]
    events = pd.concat(pd.DataFrame(rows, columns=["target", "offence"]).assign(seed=seed) for seed in (0, 1))
    runs = Simulated(scenario, daily, NOTHING, events.assign(policy=BASELINE, event="private"))
    assert patterns.minors_met(runs, BASELINE, "private", ["a"]).value == pytest.approx(2 / visiting.sum())
    people = scenario.population
    a_month = people.monthly_visitors * scenario.scale * (people.p_under_15 + people.p_15_17)
    assert (a_month < visiting).all() and (visiting < 2 * a_month).all()


# -- verdicts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [((0.5, 0.4, 0.6), "passed"), ((0.5, 0.3, 0.6), "not resolved"), ((0.2, 0.1, 0.3), "not passed"),
     ((0.9, 0.7, 1.1), "not passed"), ((np.nan,) * 3, "not resolved")],
)  # fmt: skip
def test_what_passes_lies_in_the_tolerance_with_its_whole_interval(
    interval: tuple[float, float, float], verdict: str
) -> None:
    quantity = Quantity("x", "I", "half", (), "share", 0.4, 0.6)
    assert Finding(PATTERNS[0], quantity, 2, 30, Interval(*interval)).verdict == verdict


def findings() -> tuple[Finding, ...]:
    """Return a finding for every quantity of every pattern, each in the middle of its tolerance or just inside it."""
    found = []
    for pattern in PATTERNS:
        for q in pattern.quantity:
            value = q.low if np.isfinite(q.low) else q.high
            interval = Interval(value, value, value)
            found.append(Finding(pattern, q, 2, 30, interval))
    return tuple(found)


def test_where_only_a_sign_was_asked_for_the_result_says_so() -> None:
    """A magnitude that is missed is not called passed beside the one observed."""
    found = findings()
    sign = next(r for r in found if r.quantity.observed == "-8.1%")
    assert sign.verdict == "sign passed"
    assert replace(sign, simulated=Interval(0.0, -0.1, 0.1)).verdict == "sign not resolved"
    assert replace(sign, simulated=Interval(0.2, 0.1, 0.3)).verdict == "sign not passed"
    for result in found:
        one_sided = np.isinf([result.quantity.low, result.quantity.high]).any()
        figure = any(character.isdigit() for character in result.quantity.observed)
        if one_sided and figure:
            assert result.quantity.sign_only, f"{result.quantity.label}: any size passes, whatever was observed"
        if result.quantity.sign_only:
            assert one_sided


def test_how_many_passed_stands_above_the_table_by_kind_and_signs_apart() -> None:
    text = Validation(findings()).table()
    signs = {kind: sum(q.sign_only for p in PATTERNS for q in p.quantity if q.kind == kind) for kind in "EI"}
    first = text.splitlines()[0]
    calibrating, emerging = (sum(q.kind == kind for p in PATTERNS for q in p.quantity) for kind in "CE")
    assert first.startswith(
        f"PATTERNS passed: C {calibrating} of {calibrating}, E {emerging} of {emerging} (sign only: "
    )
    for kind, n in signs.items():
        assert f"{kind} " in first and f"(sign only: {n} of {n})" in first
    assert first.endswith(", A 10 of 10")
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "continued" not in text
    assert "Kinds: C calibrates; E must emerge; I echo of an input; A arithmetic." in text


@pytest.mark.parametrize("pattern", named([p for p in MADE if p.name != "repeats"]))
@pytest.mark.slow
def test_without_its_mechanism_a_pattern_lies_outside_its_tolerance(pattern: Pattern) -> None:
    judged = [q for q in pattern.quantity if q.kind == "E"] or [*pattern.quantity]
    results = validate.run(replace(pattern, quantity=tuple(judged)), seeds=6, off=True)
    assert any("not passed" in r.verdict for r in results), "the mechanism named is not the one that makes it"


@pytest.mark.slow
def test_repeats_need_people_that_can_be_found_again() -> None:
    """Chance alone makes few of them: six times the people, and both ends of the comparison."""
    pattern = next(p for p in PATTERNS if p.name == "repeats")
    judged = tuple(q for q in pattern.quantity if q.kind == "E")
    many = {f"population.{rule}": 24_000.0 for rule in ("monthly_visitors", "monthly_visitors_start")}
    (on,), (off,) = (validate.run(replace(pattern, quantity=judged), seeds=6, off=off, **many) for off in (False, True))
    assert on.passed and not off.passed
    assert off.simulated.high < on.simulated.low


# -- the command ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_it_prints_and_writes_all_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "patterns"
    assert main(["validate", "responses", "18", "--seeds", "2", "--workers", "2", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    asked = [p for p in PATTERNS if p.number in (3, 18)]
    for quantity in (q for p in asked for q in p.quantity):
        assert quantity.label in printed and quantity.observed in printed
    assert (out / "table.txt").read_text(encoding="utf-8") in printed
    with (out / "patterns.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["quantity"] for row in rows] == [q.label for p in asked for q in p.quantity]
    assert {row["result"] for row in rows} >= {"passed", "not passed"}
    assert {row["seeds"] for row in rows} == {"2"}


@pytest.mark.slow
def test_workers_change_nothing() -> None:
    one, two = (validate.validate(["3", "18"], 2, workers) for workers in (1, 2))
    assert repr(one) == repr(two)


@pytest.mark.parametrize(
    ("words", "error"),
    [(["warning"], "no pattern is called 'warning'. Did you mean warnings? There are: 1 (proceedings)"),
     (["3", "44"], "no pattern is called '44'. Did you mean 4? There are: 1 (proceedings)"),
     (["--seeds", "1"], "seeds = 1 is not allowed. It takes a whole number from 2 to 100000."),
     (["--out", __file__], "is a file; a result is a folder")],
)  # fmt: skip
def test_bad_input_is_refused_in_words(words: list[str], error: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", *words]) == 2
    assert error in capsys.readouterr().err


def test_an_unknown_name_is_refused_before_anything_runs() -> None:
    with pytest.raises(ScenarioError, match="no pattern"):
        validate.validate(["3", "nothing"])
