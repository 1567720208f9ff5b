"""The police against theory: shares of what files come to, laws of how long it takes, the queue, decoys, felt risk."""

from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.model import agents
from sim.model.arrays.model import simulate
from sim.model.decisions import felt_risk, investigation
from sim.model.decisions.numbers import numbers_of
from sim.model.records import Records
from sim.model.world.draws import Draws, Purpose
from sim.model.world.keys import N_STRATA, N_USER_STRATA
from sim.model.world.world import World
from sim.policies.freemium import FreemiumPolicy
from sim.policies.hosting import HostingPolicy
from sim.policies.logs import LogsPolicy
from sim.policies.police import PolicePolicy
from sim.policies.policy import Policy
from sim.rules.offences import Offence
from sim.rules.parameters import FeltRisk
from sim.rules.rulebook import Host
from sim.scenario.scenario import BASELINE, Scenario
from tests.theory.laboratory import ERRORS, class_of, laboratory, share_z
from tests.theory.test_responses import COMMON, ENOUGH_STAFF

P_ANSWERED, P_IDENTITY, P_PAYMENT, P_PAYING, P_REFER, P_OTHER = 0.6, 0.3, 0.9, 0.4, 0.7, 0.2
P_DECOY_CASE, P_DECOY_EVIDENCE = 0.3, 0.4
REQUEST_HOURS, REQUEST_SIGMA, ARREST_HOURS, ARREST_SIGMA = 30.0, 0.4, 40.0, 0.5
DAYS, LATEST = 14, 24 * 8
"""Of what begins until `LATEST` the end is seen: 4 sigma from the median are six days at most."""

SETTING = COMMON | ENOUGH_STAFF | {
    "days": DAYS,
    "contacts.off_recognise_per_hour": 0.0,
    "predators.approaches_per_hour": 1.0,
    "responses.p_ready_to_report": 0.3,
    "responses.p_complain_recognised": 0.2,
    "responses.p_complain_harmed": 0.0,
    "responses.p_complain_at_once": 1.0,
    "registration.none.p_return": 1.0,
    "registration.p_device_recognised": 0.0,
    "registration.none.p_identity": P_IDENTITY,
    "retention.log_hours": 5000,
    "police.investigators": 10_000.0,
    "police.cases_per_month": 10_000.0,
    "police.request_days_abroad": REQUEST_HOURS / 24,
    "police.request_sigma": REQUEST_SIGMA,
    "police.p_answered": P_ANSWERED,
    "police.p_other_evidence": 0.0,
    "police.p_decoy_case": P_DECOY_CASE,
    "police.p_decoy_evidence": P_DECOY_EVIDENCE,
    "police.arrest_delay_median_days": ARREST_HOURS / 24,
    "police.arrest_delay_sigma": ARREST_SIGMA,
    "cooperation.p_refer": 0.0,
}  # fmt: skip
"""A police that takes up every file within the hour, of many complaints, all of them at once."""

START = laboratory().start
LOG_HOURS, LONGER = 24, 24 * 6
"""Logs of the baseline of the arm `kept`, and the hour from which on they are kept for good."""

ARMS: dict[str, tuple[Policy, ...]] = {
    "refers": (PolicePolicy(p_refer=P_REFER),),
    "paid": (FreemiumPolicy(p_paying=P_PAYING, rel_predators=0.5),),
}


def of_kind(records: Records, arm: str, *kinds: str) -> pd.DataFrame:
    assert records.events is not None
    return records.events[(records.events.policy == arm) & records.events.event.isin(kinds)]


@pytest.fixture(scope="module")
def records() -> Records:
    return simulate(laboratory(**SETTING, policies=ARMS), [1], [BASELINE, *ARMS], events=True)


@pytest.fixture(scope="module")
def evident() -> Records:
    """The same with evidence that is not the site's, which would cut requests short."""
    return simulate(laboratory(**SETTING | {"police.p_other_evidence": P_OTHER}), [1], [BASELINE], events=True)


def hours_between(records: Records, arm: str, begin: str, end: str) -> pd.DataFrame:
    """Return the beginnings until `LATEST`, with the hours until what came of each, of one person one after another."""
    # Answers and arrests come first in an hour, and none in the hour of what it follows.
    moves = of_kind(records, arm, begin, end).sort_values(["target", "hour", "event"])
    begun = moves.event == begin
    assert set(moves.target_kind) <= {"user", "predator"}
    after = moves.groupby("target")
    found = moves.assign(hours=after.hour.shift(-1) - moves.hour, then=after.detail.shift(-1))
    found = found[begun & (moves.hour < LATEST)]
    assert found.hours.notna().all(), "whatever began is over by the end"
    return found


def check_law(hours: pd.Series, cdf: Callable[[float], float], points: tuple[int, ...]) -> None:
    """Check how many are over after so many hours, for each of several."""
    for point in points:
        p = cdf(point)
        assert abs(share_z((hours <= point).sum(), hours.size, p)) < ERRORS, (point, p, (hours <= point).mean())


def lognormal(hours: float, median: float, sigma: float) -> float:
    return float(stats.norm.cdf(np.log(hours / median) / sigma))


def test_a_request_reaches_the_host_after_a_lognormal_time(records: Records) -> None:
    hours = hours_between(records, BASELINE, "request", "answer").hours
    assert hours.size > 1000
    # Begun hours are not counted.
    check_law(hours, lambda h: lognormal(h + 1, REQUEST_HOURS, REQUEST_SIGMA), (15, 22, 30, 40, 55))
    mean = REQUEST_HOURS * np.exp(REQUEST_SIGMA**2 / 2) - 0.5
    assert abs(hours.mean() - mean) < ERRORS * hours.std() / np.sqrt(hours.size)


def test_an_arrest_follows_identification_after_a_lognormal_time(evident: Records) -> None:
    found = hours_between(evident, BASELINE, "identify", "arrest")
    assert set(found.target_kind) == {"predator"}
    assert found.hours.size > 500
    check_law(found.hours, lambda h: lognormal(h + 0.5, ARREST_HOURS, ARREST_SIGMA), (20, 30, 40, 60, 90))
    mean = ARREST_HOURS * np.exp(ARREST_SIGMA**2 / 2)
    assert abs(found.hours.mean() - mean) < ERRORS * found.hours.std() / np.sqrt(found.hours.size)
    assert of_kind(evident, BASELINE, "arrest").target.is_unique


def test_somebody_is_at_large_from_the_first_day_of_membership_in_the_run_to_the_arrest() -> None:
    turnover = {"police.p_other_evidence": 0.5, "population.mean_stay_days": 40.0}
    scenario = laboratory(**SETTING | turnover)
    found = simulate(scenario, [1], [BASELINE], events=True)
    arrests = of_kind(found, BASELINE, "arrest")
    members, days = World(scenario, [1]).membership, range(scenario.warmup_days + scenario.days)
    joined = [next(day for day in days if members.present(0, day, person)) for person in arrests.target]
    assert len(set(joined)) > 5, "some join in the course of the run"
    at_large = found.durations[found.durations.kind == "at_large"]
    took = at_large["hours"].repeat(at_large["count"])
    assert sorted(took) == sorted(arrests.hour - 24 * np.array(joined))


def test_so_many_requests_are_answered_as_declared(records: Records) -> None:
    answers = hours_between(records, BASELINE, "request", "answer").then
    assert abs(share_z((answers > 0).sum(), answers.size, P_ANSWERED)) < ERRORS
    assert set(answers) == {0, 2}, "logs are kept for longer than anything takes"


def looked_up(records: Records, arm: str) -> pd.DataFrame:
    """Return whose data the police had, with what came of it: 1 and 2 as of `identify`, 0 if the data led to nobody."""
    moves = of_kind(records, arm, "identify", "close")
    ended = moves[((moves.event == "identify") & (moves.detail < 3)) | ((moves.event == "close") & (moves.detail == 2))]
    return ended.assign(by=ended.detail.where(ended.event == "identify", 0))


def test_logs_lead_to_a_person_or_never_and_to_so_many_as_declared(records: Records) -> None:
    by_person = looked_up(records, BASELINE).groupby("target").by.agg(["min", "max", "size"])
    assert (by_person["size"] > 1).sum() > 100
    assert (by_person["min"] == by_person["max"]).all(), "how hard somebody is to trace is a trait"
    assert abs(share_z((by_person["max"] == 1).sum(), len(by_person), P_IDENTITY)) < ERRORS


def test_a_payment_leads_to_whom_logs_do_not_if_they_pay(records: Records) -> None:
    by_person = looked_up(records, "paid").groupby("target").by.max()
    assert abs(share_z((by_person == 1).sum(), by_person.size, P_IDENTITY)) < ERRORS
    # Predators pay half as often.
    assert abs(share_z((by_person == 2).sum(), by_person.size, (P_PAYMENT - P_IDENTITY) * P_PAYING * 0.5)) < ERRORS


def test_evidence_of_another_kind_identifies_with_its_share_and_at_once(evident: Records) -> None:
    files = of_kind(evident, BASELINE, "case")
    # Where a file is about one complaint: two of one hour are two chances.
    complaints = of_kind(evident, BASELINE, "complain").groupby(["target", "hour"]).size()
    alone = complaints[complaints == 1].index
    key = pd.MultiIndex.from_frame(files[["target", "hour"]])
    first = key[key.isin(alone)]
    at_once = of_kind(evident, BASELINE, "identify").query("detail == 3")
    identified = first.isin(pd.MultiIndex.from_frame(at_once[["target", "hour"]]))
    assert first.size > 1000
    assert abs(share_z(identified.sum(), first.size, P_OTHER)) < ERRORS


def test_what_makes_a_request_needless_is_used_when_it_comes(evident: Records) -> None:
    """Another complaint brings evidence while a request is under way: it is not waited for, nor answered any more."""
    moves = of_kind(evident, BASELINE, "request", "answer", "identify", "close").sort_values(["target", "hour"])
    after = moves.groupby("target")
    then, hour = after.event.shift(-1), after.hour.shift(-1)
    cut = moves[(moves.event == "request") & (then == "identify")].assign(then=after.detail.shift(-1), hour_after=hour)
    assert len(cut) > 10
    assert (cut.then == 3).all()
    complaints = pd.MultiIndex.from_frame(of_kind(evident, BASELINE, "complain")[["target", "hour"]])
    assert pd.MultiIndex.from_frame(cut[["target", "hour_after"]]).isin(complaints).all()


def test_so_many_of_the_sanctioned_are_referred_as_declared_innocents_too(records: Records) -> None:
    sanctioned, referred = of_kind(records, "refers", "bar"), of_kind(records, "refers", "refer")
    for kind, guilty in (("user", 0), ("predator", 1)):
        n = (sanctioned.target_kind == kind).sum()
        mine = referred[referred.target_kind == kind]
        assert n > 300
        assert set(mine.detail) == {guilty}
        assert abs(share_z(len(mine), n, P_REFER)) < ERRORS
    assert of_kind(records, BASELINE, "refer").empty


def test_logs_given_along_are_looked_up_without_a_request(records: Records) -> None:
    innocents = of_kind(records, "refers", "case", "request", "identify", "close").query("target_kind == 'user'")
    n = innocents.event.value_counts()
    assert n["case"] > 200
    assert "request" not in n
    persons = innocents.groupby("target").event.agg(set)
    assert abs(share_z(persons.map(lambda kinds: "identify" in kinds).sum(), persons.size, P_IDENTITY)) < ERRORS
    assert set(innocents[innocents.event == "close"].detail) == {2, 5}


def test_an_arrest_ends_every_contact_on_the_platform_and_off_it() -> None:
    """Each contact of somebody arrested has ended before, or ends then, at the stage that it is at."""
    slow = {
        "contacts.off_harm_per_hour": 0.01, "contacts.private_leave_per_hour": 8.0,
        "registration.none.findability": 0.9, "contacts.rel_meeting": 1.0, "days": 7, "contacts.lapse_per_hour": 0.001,
    }  # fmt: skip
    found = simulate(laboratory(**SETTING | slow | {"police.p_other_evidence": 0.5}), [1], [BASELINE], events=True)
    arrests = of_kind(found, BASELINE, "arrest").set_index("target").hour
    assert found.events is not None
    life = found.events[found.events.contact >= 0].assign(stopped=found.events.event == "stop")
    life["predator"] = life.contact.map(life[life.event == "approach"].set_index("contact").actor)
    life = life[life.predator.isin(arrests.index) & (life.event != "complain")]
    assert (life.hour <= life.predator.map(arrests)).all()
    ended = life[life.event.isin(["fade", "harm", "block", "lose", "miss", "lapse", "stop"])]
    assert set(ended.contact) == set(life.contact)
    assert ended.contact.is_unique
    stopped = life[life.stopped]
    assert (stopped.hour == stopped.predator.map(arrests)).all()
    left = stopped.contact.isin(life.contact[life.event == "leave"])
    assert (left == (stopped.detail == 3)).all()
    apart = stopped.contact.isin(life.contact[life.event == "find"])
    assert min(left.sum(), (apart & ~left).sum()) > 20


# -- what is left of the logs -----------------------------------------------------------------------------------------


def test_deletion_is_final_and_a_request_finds_what_is_there_when_it_arrives() -> None:
    """Of files of one complaint, made within the hour, the connection to ask for is that of the hour of the request."""
    longer = {"kept": (LogsPolicy(log_hours=5000, start=START + pd.Timedelta(hours=LONGER)),)}
    short = SETTING | {"retention.log_hours": LOG_HOURS, "police.p_answered": 1.0}
    found = simulate(laboratory(**short, policies=longer), [1], [BASELINE, "kept"], events=True)
    seen = set()
    for arm in (BASELINE, "kept"):
        sent = hours_between(found, arm, "request", "answer")
        complaints = of_kind(found, arm, "complain").groupby("target").hour.agg(list)
        for target, hour, hours, answer in sent[["target", "hour", "hours", "then"]].itertuples(index=False):
            arrives = hour + hours
            if sum(hour <= at <= arrives for at in complaints[target]) > 1:
                continue
            since = arrives - LOG_HOURS + 1 if arm == BASELINE or arrives < LONGER else LONGER - LOG_HOURS
            assert answer == (2 if hour >= since else 1), (arm, hour, hours)
            seen.add((arm, answer, arrives >= LONGER))
    assert len(seen) == 8, "with and without data, before and after the change, in both arms"


@pytest.mark.parametrize("days", [0, 3, 90])
def test_what_is_too_old_is_older_than_so_many_days(days: int) -> None:
    police = Scenario().replace(**{"police.max_data_age_days": days}).police
    assert not investigation.too_old(1000, 1000 + 24 * days, police)
    assert investigation.too_old(1000, 1001 + 24 * days, police)


def test_a_host_at_home_abroad_or_direct_takes_as_long_as_declared() -> None:
    arms = {
        "home": (HostingPolicy(host="home"),),
        "direct": (PolicePolicy(direct=True),),
        "both": (HostingPolicy(host="home"), PolicePolicy(direct=True)),
    }
    chat = laboratory(policies=arms, **{"police.request_days_direct": 40.0})
    numbers = numbers_of(World(chat, [1]))
    words = Draws([1]).words(Purpose.REQUEST_DELAY, 0, np.arange(20_000)).tolist()
    hours = {
        arm: np.array([investigation.request_hours(word, 0, chat.rules_on(0, arm), numbers) for word in words])
        for arm in (BASELINE, *arms)
    }
    # A direct answer takes no longer than one by the usual way.
    for arm, median in ((BASELINE, 270), ("home", 30), ("direct", 40), ("both", 30)):
        assert abs(share_z((hours[arm] < 24 * median).sum(), len(words), 0.5)) < ERRORS, arm
        assert np.log(hours[arm]).std() == pytest.approx(0.25, rel=ERRORS / np.sqrt(2 * len(words)))


def test_a_host_that_moves_is_at_home_until_so_many_days_of_the_window_are_over() -> None:
    arms = {host: (HostingPolicy(host=host),) for host in get_args(Host)}
    chat = laboratory(policies=arms, warmup_days=3, **{"police.home_days": 4})
    numbers, word = numbers_of(World(chat, [1])), Draws([1]).word(Purpose.REQUEST_DELAY, 0, 5)
    moves = 24 * 7
    for hour in (0, moves - 1, moves, moves + 500):
        now = {arm: investigation.request_hours(word, hour, chat.rules_on(0, arm), numbers) for arm in arms}
        assert now["moves"] == now["home" if hour < moves else "abroad"] != now["abroad" if hour < moves else "home"]


# -- the queue --------------------------------------------------------------------------------------------------------

OVERLOADED = SETTING | {
    "police.investigators": 1.7, "police.cases_per_month": 300.0, "cooperation.p_refer": 0.5,
    "responses.p_complain_harmed": 0.5, "responses.p_complain_at_once": 0.5, "warmup_days": 3,
    "population.monthly_visitors": 3_000.0, "population.monthly_visitors_start": 3_000.0,
}  # fmt: skip


@pytest.mark.parametrize("engine", [simulate, agents.simulate])
@pytest.mark.parametrize("order", ["oldest", "gravest"])
def test_an_overloaded_police_takes_up_its_capacity_whatever_the_backlog_and_waits_add_up(
    engine: Any, order: str
) -> None:
    scenario = laboratory(**OVERLOADED | {"police.order": order})
    records = engine(scenario, [1], [BASELINE], events=True)
    n_hours = scenario.hours

    def by_hour(*kinds: str) -> np.ndarray:
        return np.bincount(of_kind(records, BASELINE, *kinds).hour, minlength=n_hours)

    opened, taken = by_hour("case", "complain_earlier"), by_hour("take_up", "take_up_earlier")
    waiting = np.cumsum(opened - taken)
    busy = np.flatnonzero(np.append(0, waiting) == 0)[-1]  # from here on there is always a backlog
    assert busy < 48
    assert opened[busy:].sum() > 1.5 * taken[busy:].sum()
    assert abs(taken[busy:].sum() - 1.7 * 300 / 730.5 * (n_hours - busy)) <= 1
    assert set(taken[busy:]) == {0, 1}
    # Little's law as an identity: the files waiting at the ends of all hours are the whole hours that all waited.
    window = waiting[24 * scenario.warmup_days :].reshape(-1, 24).sum(axis=1)
    assert records.daily["n_case_waiting_hours"].tolist() == window.tolist()
    assert by_hour("take_up_earlier").sum() > 5


def test_the_gravest_first_and_the_oldest_of_them() -> None:
    """Complaints after harm are all taken up before a complaint about a contact that was recognised in time."""
    scenario = laboratory(**OVERLOADED | {"police.order": "gravest", "warmup_days": 0, "cooperation.p_refer": 0.0})
    records = simulate(scenario, [1], [BASELINE], events=True)
    files = of_kind(records, BASELINE, "case", "take_up").sort_values(["target", "hour", "event"])
    number = files.groupby(["target", "event"]).cumcount()
    by_file = files.assign(number=number).pivot_table(index=["target", "number"], columns="event", values="hour")
    by_file = by_file.fillna({"take_up": scenario.hours}).reset_index()
    harmed = of_kind(records, BASELINE, "complain").query("detail == 1").groupby("target").hour.agg(list)
    since = [
        min((at for at in harmed.get(person, ()) if opened <= at <= taken), default=scenario.hours)
        for person, opened, taken in by_file[["target", "case", "take_up"]].itertuples(index=False)
    ]
    by_file = by_file.assign(since=since)
    light = by_file[(by_file.since == scenario.hours) & (by_file.take_up < scenario.hours)]
    grave = by_file[by_file.since < scenario.hours]
    assert min(len(light), (grave.take_up > grave.since).sum(), (by_file.take_up == scenario.hours).sum()) > 5
    for since, until in grave[["since", "take_up"]].itertuples(index=False):
        assert not light.take_up.between(since, until, inclusive="left").any()
    for files in (light, grave[grave.since == grave.case]):
        opened = files.sort_values("take_up").case
        assert opened.is_monotonic_increasing, "of those alike the oldest first"


# -- decoys -----------------------------------------------------------------------------------------------------------

ON_CHILDREN = Offence(name="on_children", target_weights=(1, 0, 0, 0))
N_DECOYS, FROM, FOR = 15.0, 18, 9


@pytest.fixture(scope="module")
def posing() -> tuple[Scenario, Records]:
    chat = laboratory(**SETTING | {
        "days": 7, "offences": (ON_CHILDREN,), "predators.approaches_per_hour": 0.3, "undercover.decoys": N_DECOYS,
        "undercover.start_hour": FROM, "undercover.hours": FOR, "responses.p_complain_recognised": 0.0,
        # Whom a decoy reaches is left alone, so that nothing is different afterwards.
        "police.arrest_delay_median_days": 3000.0,
    })  # fmt: skip
    return chat, simulate(chat, [1], [BASELINE], events=True)


def test_decoys_take_their_share_of_approaches_to_their_class(posing: tuple[Scenario, Records]) -> None:
    chat, records = posing
    n_online = np.zeros(chat.hours, int)
    for day in World(chat, [1]).days():
        people = day.people
        young = (people.person % N_STRATA < N_USER_STRATA) & (class_of(people.person) == 0)
        for hour in range(day.first_hour, day.first_hour + 24):
            there = young & (people.start <= hour) & (people.end > hour)
            n_online[hour] = np.unique(people.person[there]).size
    decoys, approaches = (
        np.bincount(of_kind(records, BASELINE, kind).hour, minlength=chat.hours) for kind in ("decoy", "approach")
    )
    at_work = (np.arange(chat.hours) - FROM) % 24 < FOR
    assert decoys[~at_work].sum() == 0 < approaches[~at_work].sum()
    n, p = (decoys + approaches)[at_work], (N_DECOYS / (N_DECOYS + n_online))[at_work]
    assert n.sum() > 1000
    assert abs((decoys[at_work] - n * p).sum() / np.sqrt((n * p * (1 - p)).sum())) < ERRORS
    assert (records.daily["n_decoy_milli_hours"] == 1000 * N_DECOYS * FOR).all()


def test_what_decoys_learn_opens_files_and_identifies_with_its_shares(posing: tuple[Scenario, Records]) -> None:
    _, records = posing
    met = of_kind(records, BASELINE, "decoy")
    assert abs(share_z((met.detail == 1).sum(), len(met), P_DECOY_CASE)) < ERRORS
    first = of_kind(records, BASELINE, "take_up").drop_duplicates("target")
    at_once = of_kind(records, BASELINE, "identify").query("detail == 3").merge(first, on=["target", "hour"])
    leads = met[met.detail == 1].groupby(["actor", "hour"]).size()
    alone = first[[leads[person, hour] == 1 for person, hour in zip(first.target, first.hour, strict=True)]]
    assert len(alone) > 100
    assert abs(share_z(at_once.target.isin(alone.target).sum(), len(alone), P_DECOY_EVIDENCE)) < ERRORS


# -- harm before the run ----------------------------------------------------------------------------------------------


def test_complaints_about_earlier_harm_are_as_many_as_ten_years_of_it_leave() -> None:
    p, at_once, median, sigma = 0.3, 0.25, 24 * 60.0, 1.5
    light = Offence(name="light", target_weights=(0, 1, 1, 0), rel_complain=0.5)
    chat = laboratory(**COMMON | {
        "warmup_days": 5, "days": 20, "offences": (ON_CHILDREN, light), "police.investigators": 1.0,
        "responses.p_complain_harmed": p, "responses.p_complain_at_once": at_once,
        "responses.complaint_delay_median_days": median / 24, "responses.complaint_delay_sigma": sigma,
    })  # fmt: skip
    events = simulate(chat, [1], [BASELINE], events=["harm", "complain_earlier"]).events
    assert events is not None
    warm = 24 * chat.warmup_days
    assert events.hour[events.event == "complain_earlier"].min() >= warm
    for row, offence in enumerate(chat.offences):
        harms = events[(events.event == "harm") & (events.hour < warm) & (events.offence == offence.name)]
        # Harm came evenly until hour 0, from ten years before on; delays are rounded to hours.
        hours = np.arange(warm, chat.hours)[:, None]
        ago = hours + np.array([0, 10 * 8766]) + 0.5
        due = np.diff(stats.norm.cdf(np.log(ago / median) / sigma)).sum()
        mean = len(harms) / warm * p * offence.rel_complain * (1 - at_once) * due
        n = ((events.event == "complain_earlier") & (events.detail == row)).sum()
        assert mean > 200
        assert abs(n - mean) < ERRORS * np.sqrt(mean), offence.name


# -- felt risk --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weeks", [0.5, 12.0, 52.0])
def test_felt_risk_halves_in_its_half_life(weeks: float) -> None:
    kept = felt_risk.kept_an_hour(FeltRisk(half_life_weeks=weeks))
    stock = 10**10
    for _ in range(round(168 * weeks)):
        stock = felt_risk.faded(stock, kept)
    assert stock == pytest.approx(10**10 / 2, rel=1e-5)


def test_a_stock_of_felt_risk_is_what_arrests_and_bans_added_and_time_left() -> None:
    weeks, arrest, decoy_arrest, ban = 1.0, 1.0, 3.0, 0.1
    chat = laboratory(**SETTING | {
        "cooperation.p_refer": 0.3, "undercover.decoys": 5.0, "felt_risk.sensitivity": 1e-6,
        "felt_risk.half_life_weeks": weeks, "felt_risk.per_arrest": arrest, "felt_risk.per_decoy_arrest": decoy_arrest,
        "felt_risk.per_ban": ban, "population.p_under_15": 0.2, "offences": (ON_CHILDREN,),
    })  # fmt: skip
    records = simulate(chat, [1], [BASELINE], events=True)
    world = World(chat, [1])
    stock, expected = 0.0, []
    weight = np.zeros(chat.hours)
    arrests = of_kind(records, BASELINE, "arrest")
    np.add.at(weight, arrests.hour, np.where(arrests.detail == 2, decoy_arrest, arrest))
    banned = of_kind(records, BASELINE, "bar").query("target_kind == 'predator'")
    np.add.at(weight, banned.hour, ban)
    for hour in range(chat.hours):
        members = int(world.membership.n_members(hour // 24)[0, N_USER_STRATA:].sum())
        stock = stock * 0.5 ** (1 / (168 * weeks)) + 1000 * weight[hour] / members
        if hour % 24 == 23:
            expected.append(1000 * stock)
    assert set(arrests.detail) >= {0, 2}
    assert expected[-1] > 10_000
    # Rounded down: by a millionth with each event, by two each hour, by a thousandth in the end.
    rest = expected - records.daily["n_felt_risk_milli"]
    assert rest.between(0, 1 + (len(arrests) + len(banned) + 2 * chat.hours) / 1000).all()


def test_a_third_of_predators_each_leave_none_a_share_and_twice_the_share() -> None:
    risk, stock = FeltRisk(sensitivity=0.02), 15 * 10**6
    draws, predators = Draws([1]), np.arange(30_000)
    minds = felt_risk.sensitivity(draws.words(Purpose.RISK_CLASS, 0, predators))
    held = felt_risk.held_back(draws.words(Purpose.FELT_RISK, 0, predators), felt_risk.share_left(stock, minds, risk))
    for mind in range(3):
        mine = minds == mind
        assert abs(share_z(mine.sum(), minds.size, 1 / 3)) < ERRORS
        if mind:
            assert abs(share_z(np.asarray(held)[mine].sum(), mine.sum(), 0.3 * mind)) < ERRORS
        else:
            assert not np.asarray(held)[mine].any()
    assert felt_risk.share_left(10**12, 2, risk) == 10**6, "all at most"
