"""Keyed words: published vectors, frozen purposes, scalar against array."""

from __future__ import annotations

import numpy as np
import pytest

from sim.model.world.draws import _PURPOSES, MASK, Draws, Purpose, mix, mix_array, pick_four

GOLDEN = 0x9E3779B97F4A7C15

PURPOSES = {
    "N_VISITS": 1, "VISITOR": 2, "SESSION": 3, "TOLERANCE": 4, "OFFENCE": 5, "N_INTENTS": 6, "INTENT_SECOND": 7,
    "INTENT_CLASS": 8, "CANDIDATE": 9, "WALK": 10, "RETRY": 11, "N_FALSE_REPORTS": 12, "FALSE_ACCUSED": 13,
    "FALSE_SECOND": 14, "FALSE_GRAVITY": 15, "FALSE_READY": 16, "ALARM_RECOGNISE": 17, "ALARM_FADE": 18,
    "ALARM_LEAVE": 19, "ALARM_GO_ON": 20, "FOUND_AGAIN": 21, "MEETING": 22, "LAPSE": 23, "MEETING_LENGTH": 24,
    "REPORT_CONSTANT": 25, "REPORT_TRAIT": 26, "REPORT_FRESH": 27, "COMPLAIN": 28, "COMPLAIN_AT_ONCE": 29,
    "COMPLAIN_DELAY": 30, "DOSSIER_ORDER": 31, "FINDING": 32, "DEVICE_CONSTANT": 33, "DEVICE_TRAIT": 34,
    "DEVICE_FRESH": 35, "RETURN_CONSTANT": 36, "RETURN_TRAIT": 37, "RETURN_FRESH": 38, "RETURN_DELAY": 39,
    "WARNED": 40, "SEEK": 41, "FLAG": 42, "DETERRED": 43, "BLOCK": 44, "STAY": 45, "MEMBERS": 46, "DEVICE_KNOWN": 47,
    "REFER": 48, "OTHER_EVIDENCE": 49, "DECOY": 50, "DECOY_CASE": 51, "DECOY_EVIDENCE": 52, "FILE_ORDER": 53,
    "REQUEST_DELAY": 54, "ANSWERED": 55, "ARREST_DELAY": 56, "IDENTITY": 57, "PAYING": 58, "RISK_CLASS": 59,
    "FELT_RISK": 60, "N_EARLIER": 61, "EARLIER": 62, "SECOND_SITE": 63, "MOVE_DELAY": 64, "WHOSE_HOME": 65,
    "SEIZED": 66, "CANDOUR": 67,
    "DETECTOR_READS": 70, "DETECT": 71, "N_FALSE_ALARMS": 72, "FALSE_ALARM_ACCUSED": 73, "FALSE_ALARM_SECOND": 74,
    "FALSE_ALARM_GRAVITY": 75, "FALSE_ALARM_RAISED": 76,
}  # fmt: skip
"""Add new ones at the end; never change or reuse a number: it would move every draw of that purpose."""

SPLITMIX = (
    6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
)  # fmt: skip
"""Output of SplitMix64 seeded with 1234567, as published with its reference implementation."""


def test_published_vectors() -> None:
    states = [(1234567 + n * GOLDEN) & MASK for n in range(1, 6)]
    assert tuple(mix(state) for state in states) == SPLITMIX
    assert tuple(mix_array(np.array(states, np.uint64)).tolist()) == SPLITMIX


def test_arrays_longer_than_a_chunk_are_finalised_throughout() -> None:
    states = np.arange(20_001, dtype=np.uint64)
    assert mix_array(states.copy()).tolist() == [mix(state) for state in range(20_001)]
    square = np.arange(6, dtype=np.uint64).reshape(2, 3)
    assert mix_array(square).tolist() == [[mix(0), mix(1), mix(2)], [mix(3), mix(4), mix(5)]]


def test_purposes_are_frozen() -> None:
    found = {purpose.name: purpose.value for purpose in Purpose}
    assert PURPOSES.items() <= found.items()
    assert len(set(found.values())) == len(Purpose.__members__)
    assert max(found.values()) < _PURPOSES  # the table of keys ends there
    assert sorted(set(found) - set(PURPOSES)) == []  # a new one: write it down above


SEEDS = (0, 1, 2**32, 2**63 - 1, MASK)


@pytest.mark.parametrize("seeds", [SEEDS, SEEDS[1:2]])
def test_scalar_words_equal_array_words(seeds: tuple[int, ...]) -> None:
    draws = Draws(seeds)
    luck = np.random.default_rng(1)
    seed, n = luck.integers(0, len(seeds), 50), 50
    entity, occurrence = luck.integers(0, 2**62, n), luck.integers(0, 2**46, n)
    for purpose in Purpose:
        found = draws.words(purpose, seed, entity, occurrence).tolist()
        keys = zip(seed.tolist(), entity.tolist(), occurrence.tolist(), strict=True)
        assert found == [draws.word(purpose, *key) for key in keys]
    table = draws.words(Purpose.CANDIDATE, 0, entity[:, None], np.arange(3)[None, :])
    assert table.tolist() == [[draws.word(Purpose.CANDIDATE, 0, e, k) for k in range(3)] for e in entity.tolist()]
    assert draws.words(Purpose.WALK, 0, entity).tolist() == draws.words(Purpose.WALK, 0, entity, 0).tolist()


def test_several_purposes_or_occurrences_at_once_are_the_same_words() -> None:
    draws, seed, entity = Draws(SEEDS), np.array([0, 3, 4]), np.array([9, 9, 77])
    purposes = (Purpose.ALARM_FADE, Purpose.ALARM_LEAVE)
    assert draws.words(purposes, seed, entity, 2).tolist() == [
        draws.words(p, seed, entity, 2).tolist() for p in purposes
    ]
    first, n = np.array([0, 1 << 16, 5 << 16]), np.array([2, 0, 3])
    cell, slot = np.array([0, 0, 2, 2, 2]), np.array([0, 1, 0, 1, 2])
    runs = draws.words_of_runs(Purpose.VISITOR, seed, entity, first, n)
    assert runs.tolist() == draws.words(Purpose.VISITOR, seed[cell], entity[cell], first[cell] + slot).tolist()


def test_a_word_picks_four_entries_from_its_lowest_bits_on() -> None:
    word = 0x123_4_567_8_9AB_C_DEF_0
    assert pick_four(np.array([word, 0], np.uint64), np.arange(4096)).tolist() == [
        0xDEF,
        0x9AB,
        0x567,
        0x123,
        0,
        0,
        0,
        0,
    ]


def test_a_seed_draws_the_same_whatever_the_others() -> None:
    entity = np.arange(100)
    for index, seed in enumerate(SEEDS):
        alone = Draws([seed]).words(Purpose.VISITOR, np.zeros(100, np.int64), entity)
        among = Draws(SEEDS).words(Purpose.VISITOR, np.full(100, index), entity)
        assert alone.tolist() == among.tolist()
