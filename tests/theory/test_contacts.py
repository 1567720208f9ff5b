"""Contacts of the engine against the same hazards thrown as coins (`coins`, which shares no code with the engine)."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from sim.model.arrays.model import simulate
from sim.model.decisions import numbers as decisions_numbers
from sim.model.decisions.contacts import ALARMS, first_alarm, lapse_hour, meeting_hour
from sim.model.decisions.numbers import numbers_of
from sim.model.world.draws import Draws, Purpose, exponential
from sim.model.world.keys import alarm_key
from sim.model.world.world import World
from tests.theory.coins import HOUR, WEEK, Lives, Setting
from tests.theory.laboratory import ERRORS, laboratory, ratio, share_z

EVENING = (6, 4, 3, 2, 1, 1, 1, 2, 3, 4, 5, 5, 6, 7, 7, 7, 8, 9, 10, 11, 13, 14, 13, 9)
SLOW = Setting(
    hazard=((0.15, 0.25, 0, 0.5), (0.15, 0.15, 0, 0.5), (0.1, 0.1, 0.25, 0.15), (0.01, 0.02, 0, 0.02)),
    visits=(60, 12),  # often enough that a visit carries on where another ends
    stay=(0.5, 0.75),
    findability=0.5,
    lapse=0.02,
    rel_meeting=6,
    weights=EVENING,
    rel_weekend=1.5,
    p_report=(0.15, 0.3, 0.45),
    p_block=0.4,
    p_stay=0.7,
)
# Several stages an hour.
FAST = replace(
    SLOW,
    visits=(5, 4),
    rel_meeting=200,
    hazard=((1.5, 2, 0, 6), (1.5, 1, 0, 5), (1, 1, 2, 3), (0.05, 0.05, 0, 0.1)),
    weights=(1,) * 24,
    rel_weekend=1,
    p_report=(0, 0, 0),
)
# Alarms within seconds, so that many ring in the same one: here a step of the coins is the second of the model.
HASTY = replace(FAST, hazard=((150, 200, 0, 400), (100, 150, 0, 400), (50, 100, 150, 100), (0.05, 0.05, 0, 0.1)))
EVENING_WEEK = replace(SLOW, rel_weekend=1.2).profile  # the defaults
HORIZON = 168
WARM = 48  # hours after which the first visits are forgotten; then a week of approaches, and their fates
DAYS = (WARM + WEEK + HORIZON) // 24


@cache
def engine(setting: Setting, seed: int) -> pd.DataFrame:
    hazards = {
        "contact_recognise": (0, 0), "contact_fade": (0, 1), "contact_engage": (0, 3),
        "engaged_recognise": (1, 0), "engaged_fade": (1, 1), "engaged_private": (1, 3),
        "private_recognise": (2, 0), "private_fade": (2, 1), "private_leave": (2, 2), "private_harm": (2, 3),
        "off_recognise": (3, 0), "off_fade": (3, 1), "off_harm": (3, 3),
    }  # fmt: skip
    scenario = laboratory(
        days=DAYS,
        **{f"contacts.{name}_per_hour": float(setting.hazard[stage][k]) for name, (stage, k) in hazards.items()},
        **{
            "population.visits_per_month": float(setting.visits[0]),
            "predators.visits_per_month": float(setting.visits[1]),
            "population.mean_session_hours": 1 / (1 - setting.stay[0]),
            "predators.mean_session_hours": 1 / (1 - setting.stay[1]),
            "predators.p_of_adults": 3 / setting.visits[1],
            "predators.approaches_per_hour": 1.0,
            "registration.none.findability": setting.findability,
            "contacts.lapse_per_hour": setting.lapse,
            "contacts.rel_meeting": float(setting.rel_meeting),
            "population.hourly_weights": setting.weights,
            "population.rel_weekend": float(setting.rel_weekend),
            "responses.p_ready_to_report": setting.p_report[0],
            "responses.p_constant": 0.0,
            "responses.p_block": setting.p_block,
            "responses.p_stay": setting.p_stay,
            "reporting.friction": 0.0,
        },
    )
    return simulate(scenario, [seed], ["baseline"], events=True).events


def table(events: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Return counts and seconds by contact and name as `Lives` has them, and each contact's predator."""
    approaches = events[events.event == "approach"].set_index("contact")
    approaches = approaches[(approaches.hour >= WARM) & (approaches.hour < WARM + WEEK)]
    stage = events.detail.astype(str)
    name = events.event.replace({"engage": "on0", "private": "on1", "leave": "leave2"})
    answers = ["recognise", "report", "block", "withdraw", "stay"]
    of_stage = events.event.isin(["fade", *answers, "lose", "find", "meet", "lapse"])
    name = name.where(~of_stage, events.event + stage)
    harm = events.event == "harm"
    name = name.where(~harm, "harm" + (events.detail + 1).astype(str))
    rows = events.assign(name=name)[events.contact.isin(approaches.index) & (events.event != "complain")]
    begun = approaches.loc[rows.contact]
    rows = rows.assign(
        since=rows.hour * HOUR + rows.second - (begun.hour * HOUR + begun.second).to_numpy(),
        age=rows.hour - begun.hour.to_numpy(),
    )
    rows = rows[rows.age < HORIZON]
    wide = rows.pivot_table(index="contact", columns="name", values="since", aggfunc=["size", "sum"], fill_value=0)
    quick = rows[(rows["name"] == "harm2") & (rows.age == 0)].contact
    counts = wide["size"].assign(within_the_hour=wide.index.isin(quick).astype(int))
    return counts, wide["sum"], approaches.actor


def compare(setting: Setting, *, n: int, step: int, seed: int) -> dict[str, float]:
    """Return the z-score of every metric that happens at least 30 times in both."""
    lives = Lives(setting, n, horizon=HORIZON, step=step, seed=seed)
    harmed = lives.counts["harm2"] > 0
    quick = harmed & ((lives.first + lives.seconds["harm2"] - 1) // HOUR == lives.first // HOUR)
    lives.counts["within_the_hour"] = quick.astype(float)
    counts, seconds, predator = table(engine(setting, seed))
    cluster, alone = predator.loc[counts.index], np.arange(n)
    z = {}
    for name in sorted(set(lives.counts) | (set(counts) - {"approach"})):
        ours, theirs = counts.get(name, pd.Series(0, counts.index)), lives.counts[name]
        if min(ours.sum(), theirs.sum()) < 30:
            assert max(ours.sum(), theirs.sum()) < 90, f"{name}: {ours.sum()} against {theirs.sum()}"
            continue
        pairs = {name: (ratio(ours, np.ones(len(ours)), cluster), ratio(theirs, np.ones(n), alone))}
        if name in seconds:
            pairs[f"seconds until {name}"] = (
                ratio(seconds[name], ours, cluster),
                ratio(lives.seconds[name], theirs, alone),
            )
        for metric, ((a, error_a), (b, error_b)) in pairs.items():
            z[metric] = (a - b) / np.hypot(error_a, error_b)
    return z


@pytest.mark.parametrize(
    ("setting", "n", "step"),
    [(SLOW, 80_000, 10), (FAST, 80_000, 1), (HASTY, 80_000, 1)],
    ids=["slow", "fast", "hasty"],
)
@pytest.mark.slow
def test_contacts_live_as_coins_say(setting: Setting, n: int, step: int) -> None:
    z = compare(setting, n=n, step=step, seed=1)
    assert len(z) >= 20
    # Fewer than 90 metrics a setting: one of them beyond 4 in 1 of 175 right models.
    assert {name: round(value, 1) for name, value in z.items() if abs(value) > ERRORS} == {}
    # The root mean square of 20 independent z-scores is 1 +- 0.16; these depend on each other.
    assert 0.5 < np.sqrt(np.mean(np.square(list(z.values())))) < 1.5


def test_an_alarm_in_the_last_second_of_an_hour_rings_in_that_hour() -> None:
    events = engine(HASTY, 1)
    alarms = events[events.event.isin(["engage", "private", "leave", "harm", "fade", "recognise"])]
    by_second = np.bincount(alarms.second, minlength=3601)
    assert by_second[0] == 0
    # As many as in the second before it: the difference of two Poisson counts.
    assert by_second[3599] > 20
    assert abs(by_second[3600] - by_second[3599]) < ERRORS * np.sqrt(by_second[3600] + by_second[3599])


def test_off_the_platform_the_clock_runs_from_the_next_full_hour_on() -> None:
    events = engine(FAST, 1)
    left = events[events.event == "leave"].set_index("contact").hour
    off = (events.event == "harm") & (events.detail == 2) | events.event.isin(["fade", "recognise"]) & (
        events.detail == 3
    )
    ends = events[off].drop_duplicates("contact")  # the first alarm of each; events are in order of time
    age = (ends.hour - left.loc[ends.contact].to_numpy()).to_numpy()
    assert age.min() == 1
    # Hazards of 0.2 an hour in all: of those that left in good time, so many end in the first hour.
    in_time = left[left < 24 * DAYS - 100]
    n_first = (age[ends.contact.isin(in_time.index)] == 1).sum()
    assert abs(share_z(n_first, in_time.size, -np.expm1(-0.2))) < ERRORS


@pytest.mark.parametrize("hour", [20, 1000])
def test_parted_pairs_meet_by_the_hours_of_the_week_and_give_up_at_a_constant_hazard(hour: int) -> None:
    n, meetings, lapse = 200_000, 0.1, 0.2
    world = World(laboratory(**{"contacts.lapse_per_hour": lapse}), [1])
    numbers = numbers_of(world)
    contact = np.arange(n)
    meet, give_up = (
        exponential(world.draws.words(purpose, 0, contact, hour)) for purpose in (Purpose.MEETING, Purpose.LAPSE)
    )
    later = hour + 1 + np.arange(400)
    hazards = {"meet": meetings * EVENING_WEEK[later % WEEK] ** 2, "lapse": np.full(400, lapse)}
    drawn = {
        "meet": meeting_hour(meet, round(meetings * 1e9), hour, numbers.week_meeting),
        "lapse": lapse_hour(give_up, hour, numbers),
    }
    for name, hazard in hazards.items():
        passed = np.concatenate(([0], np.cumsum(hazard)))
        p = np.exp(-passed[:-1]) - np.exp(-passed[1:])
        counts = np.bincount(drawn[name] - hour - 1, minlength=400)[:400]
        often = n * p > 50
        assert often.sum() > 20
        assert (abs(counts - n * p)[often] < ERRORS * np.sqrt(n * p * (1 - p))[often]).all(), name


def test_stages_end_at_the_declared_hazards() -> None:
    scenario = laboratory()
    c = scenario.contacts
    rates = np.array([
        [c.contact_recognise_per_hour, c.contact_fade_per_hour, 0, c.contact_engage_per_hour],
        [c.engaged_recognise_per_hour, c.engaged_fade_per_hour, 0, c.engaged_private_per_hour],
        [c.private_recognise_per_hour, c.private_fade_per_hour, c.private_leave_per_hour, c.private_harm_per_hour],
        [c.off_recognise_per_hour, c.off_fade_per_hour, 0, c.off_harm_per_hour],
    ])  # fmt: skip
    n = 200_000
    for stage, rate in enumerate(rates):
        words = Draws([1]).words(ALARMS, 0, np.arange(n), alarm_key(stage))
        alarm, seconds = first_alarm(words, np.repeat(decisions_numbers.hazards(scenario)[:1, stage], n, axis=0))
        mean = 3600 / rate.sum()
        # Seconds are rounded up, half a second on average; an exponential time's deviation is its mean.
        assert abs(seconds.mean() - 0.5 - mean) < ERRORS * mean / np.sqrt(n) + 0.5
        p = rate / rate.sum()
        counts = np.bincount(alarm, minlength=4)
        assert (abs(counts - n * p) <= ERRORS * np.sqrt(n * p * (1 - p)) + 1e-9 + n / 3600 / mean).all()
