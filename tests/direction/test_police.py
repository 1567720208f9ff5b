"""In which direction the levers of the police move things, each with its reason; "more" as in `test_direction`.

Where nothing that the police do reaches the site again, because arrests come after the window, it is so file by file.
"""

from itertools import pairwise
from typing import Any

import pandas as pd
import pytest

from sim.model.arrays.model import simulate
from sim.model.decisions import felt_risk, investigation
from sim.model.decisions.numbers import numbers_of
from sim.model.decisions.undercover import meets_decoy
from sim.model.records import Records
from sim.model.world.draws import Draws, Purpose
from sim.model.world.world import World
from sim.policies.freemium import FreemiumPolicy
from sim.policies.hosting import HostingPolicy
from sim.policies.logs import LogsPolicy
from sim.policies.police import PolicePolicy
from sim.policies.policy import Policy
from sim.policies.registration import RegistrationPolicy
from sim.policies.set import SetPolicy
from sim.policies.undercover import UndercoverPolicy
from sim.rules.parameters import FeltRisk
from sim.scenario.scenario import BASELINE, Scenario
from tests.direction.test_direction import SEEDS, chat, clearly_more, total
from tests.direction.test_mechanisms import SMALL

POLICED = SMALL | {
    "days": 30,
    "population.p_under_15": 0.1,
    "predators.p_of_adults": 0.1,
    "responses.p_complain_recognised": 0.2,
    "responses.p_complain_harmed": 0.4,
    "moderation.staff": 3.0,
    "reporting.friction": 0.1,
    "moderation.p_clear_without_evidence": 0.7,
    "registration.email.p_identity": 0.4,
    "police.investigators": 3.0,
    "police.cases_per_month": 300.0,
    "police.request_days_abroad": 6.0,
    "police.request_days_home": 2.0,
    "police.request_days_direct": 0.5,
    "police.arrest_delay_median_days": 3000.0,
    "retention.log_hours": 144,
}

LOGS = (240, 5000)
ARMS: dict[str, tuple[Policy, ...]] = {
    **{f"logs-{hours}": (LogsPolicy(log_hours=hours),) for hours in LOGS},
    "no-logs": (SetPolicy(rule="retention.log_hours", value=0),),
    "direct": (PolicePolicy(direct=True),),
    "home": (HostingPolicy(host="home"),),
    "refers": (PolicePolicy(p_refer=1.0),),
    "paid": (FreemiumPolicy(p_paying=0.5),),
    "known": (SetPolicy(rule="registration.p_identity", value=0.9),),
}


def policed(**changes: Any) -> Scenario:
    scenario: Scenario = chat(**POLICED | {"policies": {}} | changes)
    return scenario


@pytest.fixture(scope="module")
def records() -> Records:
    return simulate(policed(policies=ARMS), list(SEEDS), [BASELINE, *ARMS], events=True)


def of_kind(records: Records, arm: str, *kinds: str) -> pd.DataFrame:
    assert records.events is not None
    return records.events[(records.events.policy == arm) & records.events.event.isin(kinds)]


def identified(records: Records, arm: str) -> pd.Series:
    """Return the hour in which each person was identified first."""
    first: pd.Series = of_kind(records, arm, "identify").groupby(["seed", "target"]).hour.min()
    return first


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("no-logs", BASELINE), (BASELINE, "logs-240"), ("logs-240", "logs-5000"), (BASELINE, "paid"),
        (BASELINE, "known"),
    ],
)  # fmt: skip
def test_no_identification_is_lost_or_later_where_more_is_kept_or_known(records: Records, less: str, more: str) -> None:
    """Where the site gives no logs along, files are alike until the first that more leads to an identification."""
    fewer, all_of = identified(records, less), identified(records, more)
    assert set(fewer.index) < set(all_of.index)
    assert (all_of.loc[fewer.index] <= fewer).all()
    assert len(all_of) > len(fewer) + 5


def answered_after(records: Records, arm: str) -> pd.Series:
    """Return after how many hours the first request about each person, if of the window, was answered by the end."""
    first = [of_kind(records, arm, kind).groupby(["seed", "target"]).hour.min() for kind in ("request", "answer")]
    sent = first[0][first[0] >= 24 * SMALL["warmup_days"]]
    hours: pd.Series = (first[1] - sent).dropna()
    return hours


@pytest.mark.parametrize("arm", ["direct", "home"])
def test_a_direct_answer_and_one_at_home_come_sooner_and_find_more(records: Records, arm: str) -> None:
    """The first request about anybody is sent in the same hour; logs are deleted meanwhile."""
    slow, quick = answered_after(records, BASELINE), answered_after(records, arm)
    assert set(slow.index) < set(quick.index)
    assert len(slow) > 100
    assert (quick.loc[slow.index] < slow).all()
    assert clearly_more(total(records, arm, "n_answer_data"), total(records, BASELINE, "n_answer_data"))


def test_more_referrals_bring_more_files_on_innocents_too(records: Records) -> None:
    """Some of those sanctioned have done nothing."""
    for count in ("n_refer", "n_case_referral", "n_case_user", "n_close_cleared"):
        assert clearly_more(total(records, "refers", count), total(records, BASELINE, count))


def test_an_answer_is_never_lost_where_the_host_answers_directly() -> None:
    """Whose request a host who answers seldom answers, one who answers often does too, and no later."""
    scenario = Scenario(policies={"direct": (PolicePolicy(direct=True),)})
    usual, direct = (scenario.rules_on(0, arm) for arm in (BASELINE, "direct"))
    numbers, draws = numbers_of(World(scenario, [1])), Draws([1])
    better = 0
    for person in range(2000):
        word, delay = (draws.word(p, 0, person, 7) for p in (Purpose.ANSWERED, Purpose.REQUEST_DELAY))
        before, after = (investigation.answered(word, rules, numbers.police) for rules in (usual, direct))
        assert after >= before
        better += after > before
        hours = [investigation.request_hours(delay, 0, rules, numbers) for rules in (usual, direct)]
        assert hours[1] < hours[0]
    assert better > 200


def test_a_better_identity_loses_nobody() -> None:
    """Who can be traced by little can be by more: from level to level of registration, and with a payment."""
    levels = ("email", "phone", "document")
    scenario = Scenario(policies={level: (RegistrationPolicy(level=level),) for level in levels})
    draws, found = Draws([1]), []
    for arm in (BASELINE, *levels):
        rules = scenario.rules_on(0, arm)
        found.append({
            person for person in range(2000) if investigation.identified_by(draws, 0, person, True, rules)
        })  # fmt: skip
    for less, more in pairwise(found):
        assert less < more


def test_more_investigators_mean_shorter_waits_and_more_identified() -> None:
    """The same leads meet more hands."""
    few, many = (simulate(policed(**{"police.investigators": n}), list(SEEDS), [BASELINE]) for n in (0.03, 0.3))
    for count, more, less in (("n_case_waiting_hours", few, many), ("n_take_up", many, few), ("n_identify", many, few)):
        assert clearly_more(total(more, BASELINE, count), total(less, BASELINE, count))


def test_more_decoys_take_more_approaches_and_spare_the_class_they_pose_as() -> None:
    """Whoever comes upon a decoy does not come upon a person; of decoys that lead to nothing that is all."""
    arms: dict[str, tuple[Policy, ...]] = {
        f"decoys-{n}": (UndercoverPolicy(decoys=n, start_hour=0, hours=24),) for n in (2, 20)
    }
    scenario = policed(policies=arms, **{"police.p_decoy_case": 0.0})
    found = simulate(scenario, list(SEEDS), [BASELINE, *arms])
    of_class = found.breakdown[(found.breakdown.victim_class == "under_15")]

    def harms(arm: str) -> pd.Series:
        mine = of_class[(of_class.policy == arm) & (of_class.quantity == "harm")].groupby("seed")["count"].sum()
        return mine.reindex(list(SEEDS), fill_value=0)

    for less, more in ((BASELINE, "decoys-2"), ("decoys-2", "decoys-20")):
        assert clearly_more(total(found, more, "n_decoy"), total(found, less, "n_decoy"))
    assert clearly_more(harms(BASELINE), harms("decoys-20"))


def test_a_decoy_more_loses_no_approach_that_fewer_reach() -> None:
    words = Draws([1]).words(Purpose.DECOY, 0, range(5000))
    before = meets_decoy(words, 2.0, 30, 0)
    after = meets_decoy(words, 3.0, 30, 0)
    assert (after >= before).all() and (after > before).any()
    assert not meets_decoy(words, 1000.0, 30, 1).any()


def test_arrests_and_felt_risk_mean_fewer_approaches() -> None:
    """The arrested do not come back, and of the others some leave approaches."""
    soon = {"police.arrest_delay_median_days": 3.0, "police.p_other_evidence": 0.8, "police.investigators": 10.0}
    late, arrested, feared = (
        simulate(policed(**changes), list(SEEDS), [BASELINE])
        for changes in ({}, soon, soon | {"felt_risk.sensitivity": 0.02})
    )
    for more, less in ((late, arrested), (arrested, feared)):
        assert clearly_more(total(more, BASELINE, "n_approach"), total(less, BASELINE, "n_approach"))


def test_felt_risk_drives_contacts_off_the_platform_where_it_is_said_to() -> None:
    """Of contacts on the platform a larger share leaves it."""
    risk = FeltRisk(sensitivity=0.05, rel_leave=2.0)
    stocks = [0, 10**6, 10**7, 10**12]
    left = [felt_risk.share_left(stock, 1, risk) for stock in stocks]
    assert left == [0, 50_000, 500_000, 10**6]
    assert [felt_risk.leave_milli(share, risk) for share in left] == [1000, 1100, 2000, 3000]
