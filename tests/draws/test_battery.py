"""A statistical battery over the key layout.

Every p-value is two-sided: too good is as bad as too far. A sound generator fails one of the about 150 below with a
probability under 150 x 1e-5, and as draws are fixed, the outcome is the same in every run.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scipy import stats

from sim.model.world.draws import MASK, Draws, Purpose, Words, unit
from sim.model.world.keys import N_STRATA
from sim.model.world.world import World
from sim.scenario.scenario import Scenario

ERROR_RATE = 1e-5
GOLDEN = 0x9E3779B97F4A7C15
NEIGHBOURS = range(200)
POWERS = [0, *(2**k for k in range(64))]
MULTIPLES = [k * GOLDEN & MASK for k in range(200)]
"""Seeds that the increment of SplitMix64 itself separates: unhashed, their streams would overlap."""


def of_seeds(seeds: list[int] | range, purpose: Purpose = Purpose.VISITOR, n: int = 500) -> Words:
    """Return the words of entities 0 to n - 1, one row a seed."""
    seed = np.repeat(np.arange(len(seeds)), n)
    return Draws(seeds).words(purpose, seed, np.tile(np.arange(n), len(seeds))).reshape(len(seeds), n)


def real_ids() -> tuple[np.ndarray, np.ndarray]:
    """Return ids of persons and of contacts as the world makes them, in order."""
    world = World(Scenario(days=3, warmup_days=0, scale=0.1).replace(**{"predators.approaches_per_hour": 20.0}), [0])
    days = list(world.days())
    persons = np.unique(np.concatenate([day.people.person for day in days]))
    contacts = np.concatenate([day.intents.contact for day in days])
    assert persons.size > 10_000 and contacts.size > 10_000
    return persons, contacts


def streams() -> Iterator[tuple[str, Words]]:
    """Yield words in an order in which neighbours have neighbouring keys."""
    draws = Draws([7])
    one = np.arange(1 << 16)
    persons, contacts = real_ids()
    yield "entities", draws.words(Purpose.TOLERANCE, 0, one)
    yield "occurrences", draws.words(Purpose.REPORT_FRESH, 0, 11, one)
    yield "hours of a person", draws.words(Purpose.N_INTENTS, 0, np.arange(64)[:, None], one[:1024] * 64)
    yield "bits of a count", draws.words(Purpose.N_VISITS, 0, np.arange(N_STRATA)[:, None], one[:3200])
    slots = (np.arange(48)[:, None] << 16) + np.arange(50)
    yield "visits of an hour", draws.words(Purpose.VISITOR, 0, np.arange(N_STRATA)[:, None], slots.reshape(1, -1))
    yield "neighbouring seeds", of_seeds(NEIGHBOURS).T
    yield "powers of two as seeds", of_seeds(POWERS).T
    yield "multiples of the increment as seeds", of_seeds(MULTIPLES).T
    yield "purposes", np.stack([draws.words(purpose, 0, one[:2000]) for purpose in Purpose]).T
    yield "persons", draws.words(Purpose.TOLERANCE, 0, persons)
    yield "dossiers", draws.words(Purpose.FINDING, 0, persons[:500, None], np.arange(60) * 64 + 63)
    yield "contacts", draws.words(Purpose.ALARM_GO_ON, 0, contacts, 1)
    yield "attempts", draws.words(Purpose.CANDIDATE, 0, contacts[:8000, None], np.arange(8))


def two_sided(statistic: float, df: float) -> float:
    """Return the p-value of a chi-square statistic, small for too large and for too small."""
    return 2 * min(stats.chi2.sf(statistic, df), stats.chi2.cdf(statistic, df))


def even(values: Words, n: int) -> float:
    """Return the p-value of values 0 to n - 1 being equally likely."""
    counts = np.bincount(values.astype(np.int64), minlength=n)
    expected = values.size / n
    return two_sided(((counts - expected) ** 2).sum() / expected, n - 1)


def balanced_bits(words: Words) -> float:
    """Return the p-value of each of 64 bits being set half of the time: squared z of the bits add up."""
    ones = np.array([int((words >> np.uint64(bit) & np.uint64(1)).sum()) for bit in range(64)])
    return two_sided(((ones - words.size / 2) ** 2).sum() / (words.size / 4), 64)


def uncorrelated(one: np.ndarray, other: np.ndarray) -> float:
    """Return the p-value of a correlation of 0; its standard error is 1 / sqrt(n)."""
    return two_sided(np.corrcoef(one, other)[0, 1] ** 2 * one.size, 1)


def collisions(words: Words, bits: int) -> float:
    """Return the p-value of the number of pairs that share their first bits (about Poisson)."""
    counts = np.unique(words >> np.uint64(64 - bits), return_counts=True)[1]
    pairs, expected = int((counts * (counts - 1) // 2).sum()), words.size**2 / 2.0 ** (bits + 1)
    return 2 * min(stats.poisson.sf(pairs - 1, expected), stats.poisson.cdf(pairs, expected))


def p_values(words: Words) -> dict[str, float]:
    """Return the p-values of all tests of one stream."""
    numbers = unit(words)
    return {
        "first bits": even(words >> np.uint64(56), 256),
        "middle bits": even(words >> np.uint64(20) & np.uint64(255), 256),
        "last bits": even(words & np.uint64(255), 256),
        "bits": balanced_bits(words),
        "bits against the neighbour": balanced_bits(words[1:] ^ words[:-1]),
        "bits against the next but one": balanced_bits(words[2:] ^ words[:-2]),
        "pairs": even((words[:-1:2] >> np.uint64(60)) * np.uint64(16) + (words[1::2] >> np.uint64(60)), 256),
        "neighbours": uncorrelated(numbers[1:], numbers[:-1]),
        "collisions": collisions(words, 24),
        "collisions of the low half": collisions(words << np.uint64(32), 24),
    }


def test_words_of_neighbouring_keys_are_uniform_and_independent() -> None:
    found = {(name, test): p for name, words in streams() for test, p in p_values(words.reshape(-1)).items()}
    print("\n", len(found), "p-values, the smallest", min(found.values()))
    assert {which: p for which, p in found.items() if p < ERROR_RATE} == {}


def cross_correlations(rows: np.ndarray) -> float:
    """Return the p-value of all pairs of rows being uncorrelated: squared z of the pairs add up."""
    r = np.corrcoef(rows)[np.triu_indices(len(rows), 1)]
    return two_sided(float((r**2).sum()) * (rows.shape[1] - 1), r.size)


@pytest.mark.parametrize("seeds", [NEIGHBOURS, POWERS, MULTIPLES], ids=["neighbours", "powers", "multiples"])
def test_seeds_are_uncorrelated(seeds: list[int] | range) -> None:
    assert cross_correlations(unit(of_seeds(seeds, n=2000))) > ERROR_RATE


def test_purposes_are_uncorrelated() -> None:
    entities = np.arange(10_000)
    rows = np.stack([unit(Draws([3]).words(purpose, 0, entities)) for purpose in Purpose])
    assert cross_correlations(rows) > ERROR_RATE


def test_no_two_keys_share_a_word() -> None:
    # A sound generator repeats one of 2 million words with probability (2e6)**2 / 2**65, about 1e-7.
    seeds = [*NEIGHBOURS, *POWERS[9:], *MULTIPLES[1:]]
    every = np.concatenate([of_seeds(seeds, purpose, 100).reshape(-1) for purpose in Purpose])
    assert np.unique(every).size == every.size
    grid = Draws([0]).words(Purpose.RETRY, 0, np.arange(1400)[:, None], np.arange(1400)).reshape(-1)
    assert np.unique(grid).size == grid.size
