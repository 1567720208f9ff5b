"""What two policies do together beyond the sum of what each does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sim.outcomes.counts import Counts, counts_of
from sim.outcomes.effects import INTERACTION_COLUMNS, effects_of, interactions_of
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.policies.retention import RetentionPolicy
from sim.report.blocks import WIDTH
from sim.report.compare import Comparison
from sim.scenario.scenario import BASELINE, Scenario
from tests.parts import synthetic

PHONE, EASY, KEEP = RegistrationPolicy(level="phone"), ReportingPolicy(friction=0.2), RetentionPolicy(message_hours=720)
LATER = EASY.model_copy(update={"start": synthetic.SCENARIO.start.replace(month=2)})
HARMED = {
    BASELINE: (100, 120, 80, 100),
    "phone": (60, 70, 50, 60),
    "easy": (90, 110, 70, 95),
    "both": (40, 55, 30, 45),
}  # fmt: skip
BEYOND = np.array([-10, -5, -10, -10])
"""Both less phone less easy plus the baseline, by hand."""


def counts(scenario: Scenario, harmed: dict[str, tuple[int, ...]]) -> Counts:
    """Return invented counts with so many persons harmed by policy and seed, all on the first day."""
    made = synthetic.simulate(scenario, range(len(harmed[BASELINE])), list(harmed))
    persons = pd.Series({(p, seed): n for p, by_seed in harmed.items() for seed, n in enumerate(by_seed)})
    keys = pd.MultiIndex.from_frame(made.daily[["policy", "seed"]])
    made.daily["n_persons_harmed"] = np.where(made.daily["day"] == 0, persons.reindex(keys).to_numpy(), 0)
    return counts_of(scenario, made)


def scenario(**arms: tuple) -> Scenario:
    return synthetic.SCENARIO.replace(policies=arms)


THREE = scenario(phone=(PHONE,), easy=(EASY,), both=(EASY, PHONE))


def test_the_interaction_of_known_numbers() -> None:
    found = interactions_of(counts(THREE, HARMED), tuple(THREE.policies))
    assert tuple(found.columns) == INTERACTION_COLUMNS
    row = found.set_index("outcome").loc["persons_harmed"]
    assert (row["policy"], row["one"], row["other"]) == ("both", "phone", "easy")
    assert row["relative"] == pytest.approx(BEYOND.sum() / 400)
    a_year = 365.25 / THREE.days * 1000 / (20_000)
    assert row["interaction"] == pytest.approx(BEYOND.mean() * a_year, rel=0.01)
    assert row["low"] < row["interaction"] < row["high"] < 0
    assert row["verdict"] == "below the sum"
    assert row["seeds"] == 4


def test_what_adds_up_exactly_is_identical_and_few_harms_are_too_few() -> None:
    def verdict(harmed: dict[str, tuple[int, ...]]) -> str:
        found = interactions_of(counts(THREE, harmed), tuple(THREE.policies))
        return found.set_index("outcome").loc["persons_harmed", "verdict"]

    assert verdict(HARMED | {"both": (50, 60, 40, 55)}) == "identical"
    assert verdict(HARMED | {"both": (70, 90, 60, 75)}) == "above the sum"
    assert verdict(HARMED | {"both": (70, 30, 60, 45)}) == "not resolved"
    assert verdict(dict.fromkeys(HARMED, (1, 2, 1, 0)) | {"both": (0, 0, 0, 0)}) == "too few"


def test_one_harm_beyond_the_sum_in_each_of_three_seeds_is_not_told_apart_and_in_each_of_four_is() -> None:
    def verdict(seeds: int) -> str:
        harmed = {"baseline": (90,) * 4, "phone": (70, 72, 71, 73), "easy": (80,) * 4, "both": (61, 63, 62, 64)}
        made = counts(THREE, {arm: of_seeds[:seeds] for arm, of_seeds in harmed.items()})
        return interactions_of(made, tuple(THREE.policies)).set_index("outcome").loc["persons_harmed", "verdict"]

    assert (verdict(3), verdict(4)) == ("not resolved", "above the sum")


@pytest.mark.parametrize(
    ("arms", "found"),
    [
        ({"a": (PHONE,), "b": (EASY,)}, []),
        ({"a": (PHONE,), "ab": (PHONE, EASY)}, []),
        ({"a": (PHONE,), "b": (EASY,), "ab": (PHONE, LATER)}, []),
        ({"a": (PHONE,), "b": (EASY,), "c": (KEEP,), "abc": (PHONE, EASY, KEEP)}, []),
        ({"abc": (PHONE, EASY, KEEP), "c": (KEEP,), "ab": (PHONE, EASY)}, [("abc", "c", "ab")]),
        ({"a": (PHONE,), "b": (EASY,), "ab": (PHONE, EASY), "ba": (EASY, PHONE)}, [("ab", "a", "b"), ("ba", "a", "b")]),
    ],
)
def test_only_a_policy_that_is_exactly_two_others_has_one(arms: dict, found: list) -> None:
    made = scenario(**arms)
    table_ = interactions_of(counts_of(made, synthetic.simulate(made, range(3), [BASELINE, *arms])), tuple(arms))
    triples = table_[["policy", "one", "other"]].drop_duplicates()
    assert list(triples.itertuples(index=False, name=None)) == found


def test_the_table_is_printed_only_where_there_is_one() -> None:
    made = counts(THREE, HARMED)
    arms = tuple(THREE.policies)
    effects, found = effects_of(made, arms), interactions_of(made, arms)
    shown = Comparison(
        THREE, arms, (0, 1, 2, 3), "array", effects, found, made, synthetic.simulate(THREE, [0], [BASELINE])
    )
    text = shown.table()
    assert "TOGETHER" in text
    row = next(line for line in text.splitlines() if line.startswith("both  ") and "sum" in line)
    assert row.split()[:3] == ["both", "phone", "easy"]
    assert "-9 (" in row or "-8.8 (" in row
    assert row.endswith("below the sum")
    assert max(map(len, text.splitlines())) <= WIDTH
    without = replace(shown, interactions=found.iloc[:0]).table()
    assert "TOGETHER" not in without
