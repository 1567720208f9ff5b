"""The queue of dossiers against theory: what comes in goes out or waits, Little's law, Lindley's recursion, triage."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.model import agents
from sim.model.arrays.model import simulate
from sim.model.arrays.moderation import Desk
from sim.model.arrays.state import Dossier
from sim.model.decisions.moderation import level_of_reports, moderators
from sim.model.records import Records
from sim.policies.moderation import ModerationPolicy
from sim.policies.registration import RegistrationPolicy
from sim.rules.rulebook import WEEKDAYS, Weekday
from sim.scenario.scenario import Scenario
from tests.theory.laboratory import ERRORS, laboratory, ratio

DAYS = 40
ARMS = {
    "idle": (ModerationPolicy(staff=3.0),),
    "overloaded": (ModerationPolicy(staff=0.137, shift_start_hour=0, shift_hours=24),),
    "gravest": (ModerationPolicy(triage="gravest"),),
    "accounts": (RegistrationPolicy(level="email"),),
    "nobody": (ModerationPolicy(staff=0.0),),
    "nights": (ModerationPolicy(shift_days=WEEKDAYS[:5], shift_start_hour=22, shift_hours=8),),
}
SHIFT = range(9, 15)
NIGHTS = (2, 8, 8, 8, 8, 6, 0)
"""Hours on shift by day of the week where a shift of 8 hours begins at 22 from Monday to Friday."""


def scenario(**changes: Any) -> Any:
    """A small chat with many reports; the baseline's staff clears about half of them in a shift of six hours."""
    many = {
        "days": DAYS,
        "policies": ARMS,
        "population.monthly_visitors": 3_000.0,
        "population.monthly_visitors_start": 3_000.0,
        "responses.p_ready_false_report": 0.1,
        "reporting.friction": 0.0,
        "moderation.staff": 0.6,
        "moderation.reviews_per_hour": 7.0,
        "moderation.shift_start_hour": SHIFT[0],
        "moderation.shift_hours": len(SHIFT),
        "moderation.dossier_expiry_hours": 30,
    }
    return laboratory(**(many | changes))


@pytest.fixture(scope="module")
def records() -> Records:
    return simulate(scenario(), [1, 2], ["baseline", *ARMS], events=True)


def runs(records: Records) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Yield events and daily table of each run."""
    assert records.events is not None
    daily = dict(list(records.daily.groupby(["policy", "seed"])))
    for run, events in records.events.groupby(["policy", "seed"]):
        yield events, daily[run]


def by_hour(events: pd.DataFrame, *kinds: str) -> np.ndarray:
    return np.bincount(events.hour[events.event.isin(kinds)], minlength=24 * DAYS)


def check_the_books(events: pd.DataFrame, daily: pd.DataFrame) -> None:
    opened, closed = by_hour(events, "open"), by_hour(events, "review", "expire")
    waiting = np.cumsum(opened - closed)
    assert opened.sum() > 500
    assert waiting.min() >= 0
    assert (daily["n_waiting"] == waiting[23::24]).all()
    # Little's law as an identity: the dossiers waiting at the ends of all hours are the whole hours that all dossiers
    # waited, until they were reviewed or expired, or until now.
    hour = np.arange(24 * DAYS)
    waited = (hour * closed).sum() - (hour * opened).sum() + 24 * DAYS * waiting[-1]
    assert daily["n_waiting_hours"].sum() == waited
    assert (daily["n_waiting_hours"] == waiting.reshape(DAYS, 24).sum(axis=1)).all()


def test_everything_opened_is_reviewed_expires_or_waits_and_waits_add_up(records: Records) -> None:
    for events, daily in runs(records):
        check_the_books(events, daily)


@pytest.mark.slow
def test_the_agents_keep_the_same_books() -> None:
    for events, daily in runs(agents.simulate(scenario(), [1], ["baseline"], events=True)):
        check_the_books(events, daily)


def test_waits_of_reviews_are_those_between_opening_and_review(records: Records) -> None:
    # Where accounts persist a person has one open dossier at a time, so that openings and closings pair off.
    events, daily = next(run for run in runs(records) if run[0].policy.iloc[0] == "accounts")
    moves = events[events.event.isin(["open", "review", "expire"])].sort_values(["target", "hour", "step"])
    is_open = moves.event == "open"
    assert (is_open != is_open.shift(fill_value=False))[moves.target == moves.target.shift()].all()
    wait = moves.hour.diff().where(moves.target == moves.target.shift())
    assert daily["n_wait_hours"].sum() == wait[moves.event == "review"].sum()
    expired = wait[moves.event == "expire"]
    assert expired.size > 50
    assert set(expired) == {30}


def test_nobody_reviews_outside_the_shift_or_beyond_capacity(records: Records) -> None:
    for events, daily in runs(records):
        reviews = by_hour(events, "review").reshape(DAYS, 24)
        policy = daily["policy"].iloc[0]
        if policy == "nobody":
            assert reviews.sum() == 0
        elif policy == "nights":
            assert set(reviews.nonzero()[1]) == {22, 23, 0, 1, 2, 3, 4, 5}
        elif policy != "overloaded":
            assert set(reviews.nonzero()[1]) == set(SHIFT)
        assert (reviews.sum(axis=1) <= daily["n_capacity"]).all()


def test_an_overloaded_desk_reviews_its_fractional_capacity_to_one_review(records: Records) -> None:
    for events, daily in runs(records):
        if daily["policy"].iloc[0] == "overloaded":
            reviews, opened = by_hour(events, "review"), by_hour(events, "open")
            waiting = np.cumsum(opened - by_hour(events, "review", "expire"))
            busy = np.flatnonzero(waiting == 0)[-1] + 1  # from here on there is always a backlog
            assert busy < 24
            assert abs(reviews[busy:].sum() - 0.137 * 7 * (24 * DAYS - busy)) <= 1
            assert set(reviews[busy:]) == {0, 1}


def test_weekday_nights_are_so_many_hours_on_each_day_of_the_week(records: Records) -> None:
    # The first day is a Monday, after no Sunday's shift: the rules of the day decide, and they never have one.
    for _, daily in runs(records):
        if daily["policy"].iloc[0] == "nights":
            hours = [NIGHTS[day % 7] for day in range(DAYS)]
            assert daily["n_moderator_milli_hours"].tolist() == [600 * n for n in hours]
            assert daily["n_capacity"].sum() == int(sum(hours) * 0.6 * 7)


@pytest.mark.parametrize(("start", "warmup_days"), [("2024-01-03", 0), ("2024-01-03", 3), ("2023-12-31", 8)])
@pytest.mark.parametrize("engine", [simulate, agents.simulate])
def test_days_of_shifts_are_those_of_the_calendar(engine: Any, start: str, warmup_days: int) -> None:
    first = dt.date.fromisoformat(start)
    night = {"moderation.shift_days": WEEKDAYS[:5], "moderation.shift_start_hour": 22, "moderation.shift_hours": 8}
    few = {"start": first, "warmup_days": warmup_days, "days": 9, "policies": {}, "population.monthly_visitors": 200.0}
    daily = engine(scenario(**few, **night, **{"population.monthly_visitors_start": 200.0}), [1], ["baseline"]).daily
    hours = [NIGHTS[(first + dt.timedelta(day)).weekday()] for day in range(9)]
    assert daily["n_moderator_milli_hours"].tolist() == [600 * n for n in hours]


def test_the_hours_after_midnight_follow_the_rules_of_their_day() -> None:
    # From Wednesday, 3 January, on two heads instead of one are on the shift that began on Tuesday.
    one = {"shift_start_hour": 22, "shift_hours": 8, "shift_days": WEEKDAYS[:5]}
    arms = {
        "more": (
            ModerationPolicy(staff=2.0, start=dt.date(2024, 1, 3), **one),
            ModerationPolicy(staff=1.0, end=dt.date(2024, 1, 3), **one),
        )
    }
    daily = simulate(scenario(days=4, policies=arms), [1], ["more"]).daily
    assert (daily["n_moderator_milli_hours"] // 1000).tolist() == [2, 8, 16, 16]


@given(
    days=st.sets(st.sampled_from(WEEKDAYS), min_size=1),
    start=st.integers(0, 23),
    length=st.integers(0, 24),
)
def test_a_week_has_as_many_hours_on_shift_as_days_times_hours(days: set[Weekday], start: int, length: int) -> None:
    in_order = tuple(day for day in WEEKDAYS if day in days)
    moderation = ModerationPolicy(shift_days=in_order, shift_start_hour=start, shift_hours=length, staff=1.5)
    rules = Scenario(policies={"a": (moderation,)}).rules_on(0, "a")
    week = moderators(rules, np.arange(168), 1.0)
    assert week.sum() == 1.5 * len(days) * length
    # Hour by hour: on shift is whoever began within the last hours.
    began = [24 * WEEKDAYS.index(day) + start for day in in_order]
    on_shift = {(first + hour) % 168 for first in began for hour in range(length)}
    assert set(week.nonzero()[0]) == on_shift


# -- how busy ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", [simulate, agents.simulate])
@pytest.mark.parametrize("staff", [0.0137, 0.137, 3.0])
def test_capacity_is_every_whole_review_that_the_hours_on_shift_allow(engine: Any, staff: float) -> None:
    # Fractions are kept, also while nobody waits; what is idle is not: a busy and an idle desk have the same capacity.
    few = {"days": 10, "policies": {}, "population.monthly_visitors": 300.0, "population.monthly_visitors_start": 300.0}
    daily = engine(scenario(**few, **{"moderation.staff": staff}), [1], ["baseline"]).daily
    milli = round(staff * 7 * 1000) * len(SHIFT) * np.arange(11)
    assert daily["n_capacity"].tolist() == np.diff(milli // 1000).tolist()


BUSY = {
    "around-the-clock": ModerationPolicy(staff=0.5, shift_start_hour=0, shift_hours=24, reviews_per_hour=8.0),
    "weekday-nights": ModerationPolicy(
        staff=3.0, shift_start_hour=22, shift_hours=8, shift_days=WEEKDAYS[:5], reviews_per_hour=6.0
    ),
}
"""Capacity in a week: 672 and 720 reviews."""


@pytest.fixture(scope="module")
def false_alone() -> Records:
    """Five seeds in which lawful users alone are reported, as many by day as by night, and hardly one of them twice."""
    found = scenario(**{
        "days": 28,
        "policies": {arm: (policy,) for arm, policy in BUSY.items()},
        "population.monthly_visitors": 100_000.0,
        "population.monthly_visitors_start": 100_000.0,
        "population.hourly_weights": (1,) * 24,
        "population.rel_weekend": 1.0,
        "predators.p_of_adults": 0.0,
        "responses.p_ready_false_report": 0.004,
        "moderation.dossier_expiry_hours": 1_000,
    })  # fmt: skip
    return simulate(found, [1, 2, 3, 4, 5], list(BUSY))


@pytest.mark.parametrize(("arm", "a_week"), [("around-the-clock", 672), ("weekday-nights", 720)])
def test_staff_is_as_busy_as_arrivals_divided_by_capacity(false_alone: Records, arm: str, a_week: int) -> None:
    daily = false_alone.daily[false_alone.daily.policy == arm]
    # Those who come at least once a month are the visitors; each is there for two hours, five times a month.
    members = 100_000 / -np.expm1(-5)
    online = members * -np.expm1(-5 * 2 / 730.5)
    expected = online * 0.5 * 0.004 * 168 / a_week
    assert 0.6 < expected < 0.8, "a stable queue"
    # Weeks of a seed are as good as independent, but for the few dossiers left over.
    week = daily["seed"] * 100 + daily["day"] // 7
    share, error = ratio(daily["n_review"], daily["n_capacity"], week)
    assert error < 0.02
    assert abs(share - expected) < ERRORS * error
    # What was read is what came in and is neither waiting nor expired.
    last = daily[daily["day"] == 27].groupby("seed")["n_waiting"].sum()
    sums = daily.groupby("seed")[["n_open", "n_review", "n_expire", "n_capacity"]].sum()
    assert (sums["n_review"] == sums["n_open"] - sums["n_expire"] - last).all()
    assert (sums["n_capacity"] == 4 * a_week).all()


# -- a desk alone -----------------------------------------------------------------------------------------------------


def dossier(person: int, hour: int, gravity: int = 0, order: int = 0, *, flagged: bool = False) -> Dossier:
    return Dossier(person, False, -1, -1, hour, hour, order, 0, gravity, hour, hour, hour if flagged else -1)


def backlog_of_a_desk(arrivals: np.ndarray, capacity: int) -> np.ndarray:
    desk, waiting, person = Desk(), np.zeros(arrivals.size), 0
    for hour, n in enumerate(arrivals.tolist()):
        for _ in range(n):
            person += 1
            desk.file(dossier(person, hour), hour)
        desk.queue("oldest", 10**9)
        desk.take(capacity)
        waiting[hour] = len(desk.dossiers)
    return waiting


def stationary_backlog(load: float, capacity: int) -> np.ndarray:
    """Return the stationary distribution of W <- max(0, W + Poisson(load x capacity) - capacity), by iteration."""
    arrivals = stats.poisson.pmf(np.arange(120), load * capacity)
    waiting = np.eye(1, 400)[0]
    while True:
        total = np.convolve(waiting, arrivals)
        new = np.concatenate(([total[: capacity + 1].sum()], total[capacity + 1 : capacity + 400]))
        if abs(new - waiting).sum() < 1e-13:
            return new
        waiting = new


def test_the_stationary_backlog_at_load_0_91_is_a_wait_of_a_third_of_an_hour_not_erlangs() -> None:
    backlog = stationary_backlog(0.91, 12)
    assert np.dot(np.arange(backlog.size), backlog) / (0.91 * 12) == pytest.approx(0.32, abs=0.005)


@pytest.mark.parametrize("load", [0.7, 0.83, 0.91])
def test_poisson_arrivals_at_constant_capacity_wait_as_lindleys_recursion_says(load: float) -> None:
    arrivals = np.random.Generator(np.random.PCG64(1)).poisson(load * 12, 40_000)
    waiting = backlog_of_a_desk(arrivals, 12)
    expected = stationary_backlog(load, 12)
    # Batches of 400 hours are far longer than the memory of the queue (tens of hours at load 0.91).
    for seen, value in ((waiting, np.dot(np.arange(expected.size), expected)), (waiting == 0, expected[0])):
        batches = seen.reshape(100, 400).mean(axis=1)
        assert abs(batches.mean() - value) < ERRORS * batches.std(ddof=1) / np.sqrt(100)


TRIAGES = ("oldest", "newest", "gravest", "most_reported")
Report = tuple[int, int, bool, int]
REPORTS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 2), st.sampled_from([False, False, False, True]), st.integers(0, 3)),
    max_size=6,
)
HOURS = st.lists(st.tuples(REPORTS, st.integers(0, 2)), max_size=30)


class Waiting:
    """All reports on an account, to be looked through whenever somebody asks."""

    def __init__(self, person: int, order: int) -> None:
        self.person, self.order = person, order
        self.reports: list[tuple[int, int, bool]] = []  # hour, gravity, by a trusted flagger

    def level(self, rule: str) -> tuple[int, int]:
        """Return the level of priority and the hour since which the dossier has it."""

        def of(reports: list[tuple[int, int, bool]]) -> tuple[bool, int]:
            by = {"gravest": max(r[1] for r in reports), "most_reported": min(len(reports), 8)}
            return any(r[2] for r in reports), by.get(rule, 0)

        now = of(self.reports)
        return 100 * now[0] + now[1], next(
            self.reports[n - 1][0] for n in range(1, len(self.reports) + 1) if of(self.reports[:n]) == now
        )

    def turn(self, rule: str) -> tuple[int, int, int, int]:
        level, since = self.level(rule)
        sign = -1 if rule == "newest" else 1
        return -level, sign * since, sign * self.order, sign * self.person


@settings(max_examples=200, deadline=None, derandomize=True, report_multiple_bugs=False)
@given(
    hours=HOURS,
    triage=st.sampled_from(TRIAGES),
    then=st.sampled_from(TRIAGES),
    change=st.integers(0, 40),
    expiry=st.integers(1, 12),
)
def test_the_order_of_reviews_is_that_of_looking_through_all_dossiers(
    hours: list[tuple[list[Report], int]], triage: str, then: str, change: int, expiry: int
) -> None:
    desk = Desk()
    waiting: dict[int, Waiting] = {}
    for hour, (reports, n_reviews) in enumerate(hours):
        rule = triage if hour < change else then
        for person, gravity, flagged, order in reports:
            desk.file(dossier(person, hour, gravity, order, flagged=flagged), hour)
            waiting.setdefault(person, Waiting(person, order)).reports.append((hour, gravity, flagged))
        desk.queue(rule, expiry)
        late = {p for p, w in waiting.items() if w.level(rule)[1] + expiry <= hour}
        assert {d.person for d in desk.expired(hour, expiry)} == late
        for person in late:
            del waiting[person]
        turns = {person: w.turn(rule) for person, w in waiting.items()}
        read = sorted(turns, key=turns.__getitem__)[:n_reviews]
        assert [d.person for d in desk.take(n_reviews)] == read
        for person in read:
            del waiting[person]
        assert {person for person, _ in desk.dossiers} == set(waiting)


def test_the_level_of_most_reported_goes_up_with_every_report_until_the_highest() -> None:
    assert [level_of_reports(n) for n in range(1, 11)] == [0, 1, 2, 3, 4, 5, 6, 7, 7, 7]
    desk = Desk()
    for person, n_reports in ((1, 7), (2, 8), (3, 9), (4, 1)):
        for _ in range(n_reports):
            desk.file(dossier(person, person), person)
    desk.file(dossier(5, 9, flagged=True), 9)
    desk.queue("most_reported", 100)
    # All from eight reports on are alike, and a flag stands above them.
    assert [d.person for d in desk.take(5)] == [5, 2, 3, 1, 4]


def test_of_those_as_often_reported_comes_first_who_was_so_first_whenever_the_dossier_was_opened() -> None:
    desk = Desk()
    for hour, person in enumerate((1, 2, 2, 3, 1)):
        desk.file(dossier(person, hour), hour)
        desk.queue("oldest", 100)
    desk.queue("most_reported", 100)
    assert [d.person for d in desk.take(3)] == [2, 1, 3]


def test_after_a_change_of_triage_the_oldest_still_comes_first() -> None:
    desk = Desk()
    for hour, order in enumerate((9, 5, 1)):
        desk.file(dossier(hour, hour, 1, order), hour)
        desk.queue("oldest", 100)
    desk.queue("gravest", 100)
    assert [d.person for d in desk.take(3)] == [0, 1, 2]
