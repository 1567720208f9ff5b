"""Elsewhere: harm in all, and what is left of effects if more or fewer go on elsewhere, against counts made by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.model.records import DAILY_COLUMNS
from sim.model.world.movers import ELSEWHERE, Movers
from sim.outcomes.counts import Counts, by_seed, counts_of, sums_of
from sim.outcomes.effects import effects_of, interactions_of
from sim.outcomes.elsewhere import elsewhere_of
from sim.outcomes.kept_out import World, harmed_elsewhere, homes_alone, users_out, with_hours_alone
from sim.policies.registration import RegistrationPolicy
from sim.report.compare import Comparison
from sim.report.remarks import caveat
from sim.rules.sentences import spoken
from sim.scenario.scenario import BASELINE, Scenario
from sim.scenario.sites import Site
from tests.parts import synthetic

ARMS = ("door", "bars", "custody", "idle")
SCENARIO = synthetic.SCENARIO.replace(policies={arm: (RegistrationPolicy(level="phone"),) for arm in ARMS})
LUCK = np.array([0, 3, -2, 4, -1, -4, 2, -2])
PREDATOR_HOURS, USER_HOURS = 10_000, 100_000

Out = Mapping[str, int]


def made(harmed: Mapping[str, np.ndarray], out: Mapping[str, Out]) -> Counts:
    """Return counts with so many persons harmed and hours kept out, by policy, all on the first day."""
    records = synthetic.simulate(SCENARIO, range(len(LUCK)), [BASELINE, *ARMS])
    daily = records.daily
    first = daily["day"] == 0
    of_runs = pd.Series({(p, seed): n for p, of in harmed.items() for seed, n in enumerate(of)})
    keys = pd.MultiIndex.from_frame(daily[["policy", "seed"]])
    hours = {"n_predator_hours": PREDATOR_HOURS, "n_user_hours": USER_HOURS}
    for column in ("n_predator_hours", "n_user_hours"):
        daily[column] = np.where(first, hours[column], 0)
        for end in ("turned_away", "barred", "moved_in"):
            n = daily["policy"].map({arm: of.get(f"{column}_{end}", 0) for arm, of in out.items()})
            daily[f"{column}_{end}"] = np.where(first, n, 0)
    daily["n_predator_hours_in_custody"] = np.where(first & (daily["policy"] == "custody"), 5000, 0)
    daily["n_persons_harmed"] = np.where(first, of_runs.reindex(keys).to_numpy(), 0)
    return counts_of(SCENARIO, records)


BASE = 200 + 9 * LUCK
HARMED = {
    BASELINE: BASE,
    "door": BASE - 40 + LUCK,
    "bars": BASE - 80 - LUCK,
    "custody": BASE - 40 - LUCK,
    "idle": BASE,
}
OUT: dict[str, Out] = {
    BASELINE: {"n_predator_hours_barred": 500, "n_user_hours_turned_away": 1000},
    "door": {"n_predator_hours_turned_away": 2500, "n_predator_hours_barred": 500, "n_user_hours_turned_away": 36_000},
    "bars": {"n_predator_hours_barred": 2500, "n_user_hours_turned_away": 1000},
    "custody": {"n_predator_hours_barred": 500, "n_user_hours_turned_away": 1000},
    "idle": {"n_predator_hours_barred": 500, "n_user_hours_turned_away": 1000},
}


@pytest.fixture(scope="module")
def counts() -> Counts:
    return made(HARMED, OUT)


@pytest.fixture(scope="module")
def found(counts: Counts) -> pd.DataFrame:
    return elsewhere_of(counts, ARMS).set_index("policy")


def test_hours_kept_out_are_those_beyond_the_baseline_and_custody_is_none_of_them(found: pd.DataFrame) -> None:
    assert found["predators_out"].to_dict() == pytest.approx({"door": 0.25, "bars": 0.2, "custody": 0, "idle": 0})
    assert found["users_out"].to_dict() == pytest.approx({"door": 0.35, "bars": 0, "custody": 0, "idle": 0})


def test_the_larger_of_both_sides_is_added_to_what_happens_here(found: pd.DataFrame) -> None:
    spared = {arm: (BASE - of).sum() / BASE.sum() for arm, of in HARMED.items()}
    assert found["side"].to_dict() == {"door": "users", "bars": "predators", "custody": "none", "idle": "none"}
    expected = {"door": 0.35 - spared["door"], "bars": 0.2 - spared["bars"], "custody": -spared["custody"], "idle": 0}
    assert found["relative"].to_dict() == pytest.approx(expected)
    assert found["verdict"].to_dict() == {"door": "raises", "bars": "lowers", "custody": "lowers", "idle": "identical"}


def test_an_effect_is_undone_by_that_share_of_what_the_predators_kept_out_would_have_done(found: pd.DataFrame) -> None:
    harmed = BASE.mean()
    assert found.loc["door", "break_even"] == pytest.approx((40 - LUCK.mean()) / (0.25 * harmed))
    assert found.loc["bars", "break_even"] == pytest.approx((80 + LUCK.mean()) / (0.2 * harmed))
    assert found.loc["door", "break_even_low"] < found.loc["door", "break_even"] < found.loc["door", "break_even_high"]
    assert found.loc[["custody", "idle"], "break_even"].isna().all()
    assert found.loc["door", "break_even_users"] == pytest.approx((40 - LUCK.mean()) / (0.35 * harmed))
    assert found.loc[["bars", "custody", "idle"], "break_even_users"].isna().all()


def test_who_is_on_another_simulated_site_is_no_part_of_what_must_follow(counts: Counts) -> None:
    """What those do who have moved to a simulated site is among what is done here: the rest alone can follow."""
    out = OUT | {"door": OUT["door"] | {"n_predator_hours_moved_in": 1000, "n_user_hours_moved_in": 20_000}}
    several = replace(made(HARMED, out), scenario=OTHER_SITES)
    row = elsewhere_of(several, ARMS).set_index("policy").loc["door"]
    assert row["break_even"] == pytest.approx((40 - LUCK.mean()) / (0.15 * BASE.mean()))
    assert row["break_even_users"] == pytest.approx((40 - LUCK.mean()) / (0.15 * BASE.mean()))
    # As assumed half of those who go on leave what is simulated: of those kept out, who are more than those left.
    assert row["follows"] == pytest.approx(0.7 * 0.5 * 0.25 / 0.15)
    assert row["follows_users"] == pytest.approx(0.4 * 0.5 * 0.35 / 0.15)
    # If all go on who are on no simulated site, nothing is undone if no share of theirs can undo it.
    assert (row["relative"] < 0) == (min(row["break_even"], row["break_even_users"]) > 1)


def test_the_share_that_undoes_an_effect_leaves_nothing_of_it(counts: Counts, found: pd.DataFrame) -> None:
    """With so much of their harm following, as many are harmed here and elsewhere together as under the baseline."""
    sums = counts.sums()
    harmed = sums["n_persons_harmed"].groupby("policy").sum()
    hours = sums["n_predator_hours_turned_away"].groupby("policy").sum()
    follows = found.loc["door", "break_even"] * hours["door"] / (PREDATOR_HOURS * len(LUCK)) * harmed[BASELINE]
    assert harmed["door"] + follows == pytest.approx(harmed[BASELINE])


def total(counts: Counts, scenario: Scenario = SCENARIO, **changes: float) -> dict[str, np.ndarray]:
    """Return persons harmed here and elsewhere by arm and seed, where so much is assumed of those kept out."""
    assumed = scenario.replace(**{f"displacement.{name}": value for name, value in changes.items()})
    found = replace(counts, scenario=assumed).sums().total_harmed
    return {arm: by_seed(found, arm) for arm in (BASELINE, *ARMS)}


OTHER_SITES = SCENARIO.replace(sites={"rival": Site(monthly_visitors=10_000.0)})


class TestTotal:
    """Of 200 harmed in the mean the predators whom `door` keeps out make 50, its users 70; those of `bars` 40."""

    def test_with_the_larger_side_of_those_who_go_on(self, counts: Counts) -> None:
        found = total(counts)
        elsewhere = {BASELINE: 0, "door": 0.7 * 50, "bars": 0.7 * 40, "custody": 0, "idle": 0}
        for arm, more in elsewhere.items():
            assert found[arm] == pytest.approx(HARMED[arm] + more), arm
        assert np.array_equal(found["custody"], HARMED["custody"])  # not even by rounding

    def test_which_side_is_larger_hangs_on_how_many_of_each_go_on(self, counts: Counts) -> None:
        assert total(counts, p_users=0.6)["door"] == pytest.approx(HARMED["door"] + 0.6 * 70)
        assert total(counts, p_users=0.6)["bars"] == pytest.approx(HARMED["bars"] + 0.7 * 40)
        assert total(counts, p_predators=0.0)["bars"] == pytest.approx(HARMED["bars"])

    def test_the_share_who_leave_what_is_simulated_counts_where_there_are_other_sites(self, counts: Counts) -> None:
        assert total(counts, p_elsewhere=0.1)["door"] == pytest.approx(HARMED["door"] + 0.7 * 50)
        assert total(counts, OTHER_SITES)["door"] == pytest.approx(HARMED["door"] + 0.5 * 0.7 * 50)
        assert total(counts, OTHER_SITES, p_elsewhere=0.1)["door"] == pytest.approx(HARMED["door"] + 0.1 * 0.7 * 50)

    def test_harm_there_may_be_rarer(self, counts: Counts) -> None:
        found = total(counts, rel_elsewhere=0.5)
        assert found["door"] == pytest.approx(HARMED["door"] + 0.5 * 0.7 * 50)

    @pytest.mark.parametrize(
        "none", [{"rel_elsewhere": 0.0}, {"p_users": 0.0, "p_predators": 0.0}], ids=["harmless", "nobody"]
    )
    def test_where_nothing_is_done_elsewhere_all_is_as_here(self, counts: Counts, none: dict[str, float]) -> None:
        found = total(counts, **none)
        assert all(np.array_equal(found[arm], HARMED[arm]) for arm in found)

    def test_a_policy_that_lets_people_back_spares_harm_elsewhere(self) -> None:
        """The larger side of two that are below none is the one nearer to it."""
        counts = made(HARMED, OUT | {"idle": {}})
        out = {"predator": 500 / PREDATOR_HOURS, "user": 1000 / USER_HOURS}
        assert total(counts)["idle"] == pytest.approx(BASE - min(0.7 * out["predator"], 0.4 * out["user"]) * 200)

    @pytest.mark.parametrize("name", ["p_predators", "p_users", "rel_elsewhere"])
    def test_the_more_go_on_and_the_worse_it_is_there_the_more_are_harmed(self, counts: Counts, name: str) -> None:
        of = [total(counts, **{"p_predators": 0.0} | {name: share})["door"].sum() for share in (0.2, 0.6, 1.0)]
        assert of == sorted(of) and of[0] < of[-1]

    def test_hours_of_all_sites_are_added_up(self) -> None:
        """The same hours and harm, the second half of them on another site."""
        records = counts_of(SCENARIO, synthetic.simulate(SCENARIO, [0], [BASELINE])).records
        columns = [f"n_{kind}_hours{end}" for kind in ("predator", "user") for end in ("", "_turned_away", "_barred")]
        daily = records.daily.iloc[[0, 0]].assign(policy=[BASELINE, "door"])
        daily[["n_persons_harmed", *columns]] = [
            [100, 1000, 0, 0, 9000, 0, 0], [60, 700, 200, 100, 8000, 900, 100],
        ]  # fmt: skip
        there = daily.assign(site="rival", **{c: daily[c] // 2 for c in columns}, n_persons_harmed=[20, 10])
        scenario = OTHER_SITES.replace(**{"displacement.p_elsewhere": 1.0})
        found = sums_of(scenario, pd.concat([daily, there])).total_harmed
        by_predators, by_users = 450 / 1500 * 120 * 0.7, 1500 / 13_500 * 120 * 0.4
        assert by_predators > by_users
        assert found[BASELINE, 0] == 120 and found["door", 0] == pytest.approx(70 + by_predators)

    @pytest.mark.parametrize("attractions", [(0.0, 0.0), (0.0, 2.0), (1.0, 2.0)])
    def test_those_go_elsewhere_whom_no_other_simulated_site_attracts(self, attractions: tuple[float, float]) -> None:
        """As many as the movers who have a second choice have one that is not simulated, home by home."""
        sites = {name: Site(monthly_visitors=5000.0, attraction=a) for name, a in zip("bc", attractions, strict=True)}
        scenario = SCENARIO.replace(sites=sites, **{"displacement.p_elsewhere": 0.25, "displacement.p_users": 0.0})
        movers = Movers(scenario)
        cells = movers.cells[1].reshape(movers.n_sites, movers.n_seconds, -1).sum(axis=2) / movers.n_cells
        out, nothing = np.array([100, 200, 300]), [0] * 3
        columns: dict[str, object] = dict.fromkeys(DAILY_COLUMNS, [0] * 6)
        columns |= {"policy": [BASELINE] * 3 + ["door"] * 3, "site": [*scenario.site_names] * 2}
        columns |= {"n_persons_harmed": [50] * 3 + nothing, "n_predator_hours": [1000] * 6}
        columns |= {"n_predator_hours_turned_away": nothing + (out - 10).tolist()}
        rows = pd.DataFrame(columns | {"n_predator_hours_barred": [*nothing, 10, 10, 10]})
        found = sums_of(scenario, rows)["harmed_elsewhere"]["door", 0]
        rate = 150 / 3000
        assert found == pytest.approx(rate * (out * cells[:, ELSEWHERE]).sum(), rel=1e-3)
        assert homes_alone(scenario) == (() if any(attractions) else (scenario.site,))  # the first attracts the others

    def test_without_the_baseline_it_is_missing(self) -> None:
        records = synthetic.simulate(SCENARIO, [0], ["door"])
        assert sums_of(SCENARIO, records.daily).total_harmed.isna().all()

    def test_the_outcome_is_of_persons_a_year_as_that_beside_it(self, counts: Counts) -> None:
        rows = {(row["policy"], row["outcome"]): row for row in effects_of(counts, ARMS).to_dict("records")}
        assert rows["door", "total_harmed"]["unit"] == rows["door", "persons_harmed"]["unit"]
        assert rows["door", "total_harmed"]["relative"] == pytest.approx((-40 + 35) / 200, abs=1e-3)
        own, in_all = (rows["custody", name] for name in ("persons_harmed", "total_harmed"))
        assert all(own[name] == in_all[name] for name in ("value", "low", "relative", "relative_high", "verdict"))
        assert [name for _, name in rows][:2] == ["persons_harmed", "total_harmed"]

    def test_elsewhere_tells_what_it_is_made_of(self, counts: Counts, found: pd.DataFrame) -> None:
        sides = {"door": "predators", "bars": "predators", "custody": "none", "idle": "none"}
        assert found["assumed_side"].to_dict() == sides
        shares = {"door": 0.7 * 0.25, "bars": 0.7 * 0.2, "custody": 0, "idle": 0}
        assert found["assumed"].to_dict() == pytest.approx(shares)


def test_each_world_has_numbers_of_its_own() -> None:
    """Two seeds of one world choose their side together; another one with other numbers chooses its own."""
    columns = ["n_persons_harmed", "n_predator_hours", "n_predator_hours_turned_away", "n_predator_hours_barred"]
    columns += ["n_user_hours", "n_user_hours_turned_away", "n_user_hours_barred"]
    rows = {
        (BASELINE, 0): [10, 100, 0, 0, 1000, 0, 0], (BASELINE, 1): [30, 100, 0, 0, 1000, 0, 0],
        (BASELINE, 2): [40, 100, 0, 0, 1000, 0, 0],
        ("door", 0): [5, 80, 20, 0, 500, 500, 0], ("door", 1): [20, 30, 60, 10, 900, 100, 0],
        ("door", 2): [10, 30, 60, 10, 100, 800, 100],
    }  # fmt: skip
    table = pd.DataFrame(rows.values(), pd.MultiIndex.from_tuples([*rows], names=["policy", "seed"]), columns)
    minors = dict.fromkeys(("n_minors_harmed", *(f"n_minor_hours{of}" for of in ("", "_turned_away", "_barred"))), 0)
    table = with_hours_alone(SCENARIO, table.assign(site=SCENARIO.site, **minors)).drop(columns="site")
    one = SCENARIO.replace(**{"displacement.p_predators": 1.0, "displacement.p_users": 1.0})
    other = SCENARIO.replace(**{"displacement.p_predators": 0.1, "displacement.rel_elsewhere": 0.5})
    found = harmed_elsewhere(table, [World(one, [0, 1]), World(other, [2])])["harmed_elsewhere"]
    # Of the first world 40 harms in 200 and 2000 hours; 90 of the one and 600 of the other kept out.
    assert by_seed(found, "door").tolist() == pytest.approx([20 * 0.2, 70 * 0.2, 900 * 0.04 * 0.4 * 0.5])
    assert by_seed(found, BASELINE).tolist() == [0, 0, 0]


def test_minors_kept_out_take_their_own_rate_of_harm_with_them() -> None:
    """A gate keeps out minors, a tenth of the hours and half of the persons harmed: harm follows them at that rate."""
    hours = {"n_user_hours": [1000, 910], "n_user_hours_turned_away": [0, 90], "n_minor_hours": [100, 10],
             "n_minor_hours_turned_away": [0, 90], "n_predator_hours": [100, 100]}  # fmt: skip
    harmed = {"n_persons_harmed": [40, 22], "n_minors_harmed": [20, 2]}
    nothing = {name: [0, 0] for name in ("n_user_hours_barred", "n_minor_hours_barred", "n_predator_hours_turned_away",
                                         "n_predator_hours_barred")}  # fmt: skip
    index = pd.MultiIndex.from_tuples([(BASELINE, 0), ("gate", 0)], names=["policy", "seed"])
    table = pd.DataFrame(hours | harmed | nothing, index)
    table = with_hours_alone(SCENARIO, table.assign(site=SCENARIO.site)).drop(columns="site")
    assert by_seed(users_out(table), "gate").tolist() == [90]
    world = SCENARIO.replace(**{"displacement.p_users": 0.5, "displacement.rel_elsewhere": 1.0})
    # 90 hours at 20 in 100; at the rate of all users it would be 90 hours at 40 in 1000.
    found = harmed_elsewhere(table, [World(world, [0])])
    assert by_seed(found["harmed_elsewhere"], "gate").tolist() == pytest.approx([0.5 * 18])
    assert by_seed(found["minors_harmed_elsewhere"], "gate").tolist() == pytest.approx([0.5 * 18])


def test_of_those_harmed_elsewhere_minors_are_told_by_the_side_of_all() -> None:
    """Predators kept out harm as many minors elsewhere as they did here; of users, minors follow their own hours."""
    hours = {"n_user_hours": [1000, 800], "n_user_hours_turned_away": [0, 200], "n_minor_hours": [100, 80],
             "n_minor_hours_turned_away": [0, 20], "n_predator_hours": [100, 50],
             "n_predator_hours_turned_away": [0, 50]}  # fmt: skip
    harmed = {"n_persons_harmed": [40, 22], "n_minors_harmed": [30, 12]}
    nothing = {f"n_{kind}_hours_barred": [0, 0] for kind in ("user", "minor", "predator")}
    index = pd.MultiIndex.from_tuples([(BASELINE, 0), ("door", 0)], names=["policy", "seed"])
    table = pd.DataFrame(hours | harmed | nothing, index)
    table = with_hours_alone(SCENARIO, table.assign(site=SCENARIO.site)).drop(columns="site")

    def minors(**shares: float) -> tuple[float, float]:
        world = SCENARIO.replace(
            **{"displacement.rel_elsewhere": 1.0, **{f"displacement.{n}": p for n, p in shares.items()}}
        )
        found = harmed_elsewhere(table, [World(world, [0])])
        (every,), (minors,) = (by_seed(found[name], "door") for name in ("harmed_elsewhere", "minors_harmed_elsewhere"))
        return float(every), float(minors)

    # Half of the predators' hours are worth 20 persons, 15 of them minors; a fifth of either users', 8 and 6.
    assert minors(p_predators=0.6, p_users=0.0) == pytest.approx((0.6 * 20, 0.6 * 15))
    assert minors(p_predators=0.1, p_users=1.0) == pytest.approx((8, 6))


def compared(counts: Counts) -> Comparison:
    tables = effects_of(counts, ARMS), interactions_of(counts, ARMS)
    with synthetic.in_place():
        records = synthetic.simulate(SCENARIO, [0], [BASELINE])
    return Comparison(SCENARIO, ARMS, tuple(range(len(LUCK))), "array", *tables, counts, records)


def printed(counts: Counts) -> str:
    return " ".join(compared(counts).table().split())


def test_it_is_said_of_the_policy_named_first_and_of_all_in_a_table(counts: Counts) -> None:
    text = printed(counts)
    assert re.search(r"bars lowers serious harm by 26% \([^)]*\), here and elsewhere together, and by 40% \(", text)
    assert "the fall here stands even if all the harm of the predators whom it keeps out follows them" in text
    table = text[text.index("ELSEWHERE:") :]
    assert re.search(r" bars -40% \([^)]*\) 20 0 -26% \([^)]*\) predators ", table)
    assert re.search(r" bars -20% \([^)]*\) predators never - ", table)
    assert re.search(r" custody -20% \([^)]*\) 0 0 -20% \([^)]*\) ", table)
    assert re.search(r" custody -20% \([^)]*\) - - - ", table)
    assert "if 70% of those predators and 40% of those users do" in table
    some = printed(made(HARMED | {"bars": BASE}, OUT | {"custody": OUT["door"]}))
    undone = (
        r"the fall here is undone if more than 80% \([^)]*\) of the harm of the predators whom it keeps out follows "
    )
    assumed = r"them \(70% is assumed to do so elsewhere\), or 57% \([^)]*\) of the harm to the users \(40% is assumed"
    assert re.search(undone + assumed, some)
    gate = OUT | {"door": {"n_predator_hours_barred": 500, "n_user_hours_turned_away": 36_000}, "bars": OUT["idle"]}
    users = (
        r"the fall here is undone if more than 57% \([^)]*\) of the harm to the lawful users whom it keeps out follows"
    )
    assert re.search(users, printed(made(HARMED | {"bars": BASE}, gate)))
    light = OUT | {"door": {"n_predator_hours_barred": 500, "n_user_hours_turned_away": 11_000}, "bars": OUT["idle"]}
    stands = "the fall here stands even if all the harm to the lawful users whom it keeps out follows them"
    assert stands in printed(made(HARMED | {"bars": BASE}, light))


def test_both_signs_stand_in_the_first_sentence_where_they_differ() -> None:
    """A door under which fewer are harmed here, and more in all."""
    worse = made(dict.fromkeys(HARMED, BASE) | {"door": BASE - 20 + LUCK}, OUT)
    first = printed(worse).partition("In this model, ")[2].partition(". ")[0]
    assert re.search(
        r"no policy was seen to lower serious harm, here and elsewhere together; door raises serious harm by 7.5% "
        r"\([^)]*\), here and elsewhere together, but lowers it by 10% \([^)]*\) here; .*the fall here is undone if "
        r"more than 40% \(",
        first,
    )
    assert "none lowers" not in printed(worse) and "other hand, door" not in printed(worse)


def test_a_policy_that_is_told_apart_here_alone_is_said_to_be() -> None:
    unsure = made(HARMED | {"door": BASE - 35 - 3 * LUCK}, OUT)
    said = printed(unsure)
    assert compared(unsure).named_first == ("bars", "custody", "door")
    assert re.search(r"Not told apart from the baseline in serious harm: door \(-17% \(luck [^)]*\) here\), idle", said)


def test_where_nobody_is_kept_out_here_and_elsewhere_are_one() -> None:
    said = printed(made(HARMED, {arm: {} for arm in OUT}))
    assert re.search(r"bars lowers serious harm by 40% \([^)]*\), here and elsewhere together as here alone;", said)
    assert re.search(
        r"Also, custody lowers serious harm by 20% \([^)]*\), here and elsewhere together as here alone;", said
    )


def test_what_may_undo_an_effect_or_not_is_not_called_never() -> None:
    """Where the interval reaches below all of their harm, displacement may undo the effect."""
    vague = made(dict.fromkeys(HARMED, BASE) | {"bars": BASE - 42 - 6 * LUCK}, OUT)
    row = elsewhere_of(vague, ARMS).set_index("policy").loc["bars"]
    assert row["break_even_low"] < 1 < row["break_even"] < row["break_even_high"]
    text = printed(vague)
    stands = "on average the fall here stands even if all the harm of the predators whom it keeps out follows them, "
    assert re.search(stands + r"at the end of its luck if no more than \d\d% does", text)
    assert re.search(
        r"bars lowers serious harm by 7[^)]*\), here and elsewhere together, and by 21% \([^)]*\) here;", text
    )
    table = text[text.index("ELSEWHERE:") :]
    assert re.search(r" bars -21% \([^)]*\) 20 0 -7.00% \(", table)
    assert re.search(r" bars -1\S* \([^)]*\) predators 105% \([\d.]+ to 1\d\d\) ", table)


def test_where_nobody_is_kept_out_nothing_is_said_of_elsewhere() -> None:
    assert "ELSEWHERE" not in printed(made(HARMED, {arm: {} for arm in OUT}))


class TestSites:
    """Two sites: on the second one half of the harm and of the hours, and a quarter of its use moved in."""

    @staticmethod
    def compared() -> Comparison:
        scenario = OTHER_SITES.replace(policies={"door": SCENARIO.policies["door"]})
        both = synthetic.simulate(scenario, range(len(LUCK)), [BASELINE, "door"])
        counts = counts_of(scenario, both)
        tables = effects_of(counts, ["door"]), interactions_of(counts, ["door"])
        return Comparison(scenario, ("door",), tuple(range(len(LUCK))), "array", *tables, counts, both)

    def test_each_has_its_harm_and_use(self) -> None:
        found = self.compared()
        own = found.at_sites.set_index("site")
        assert own.index.tolist() == [SCENARIO.site, "rival"]
        daily = found.counts.records.daily
        for site, row in own.iterrows():
            of_site = daily[daily["site"] == site].groupby("policy").sum(numeric_only=True)
            before, after = of_site.loc[BASELINE], of_site.loc["door"]
            for name, column in (("relative", "n_persons_harmed"), ("user_hours", "n_user_hours")):
                assert row[name] == pytest.approx(after[column] / before[column] - 1)
            assert row["harmed"] == pytest.approx(after["n_persons_harmed"] / len(LUCK))
        assert own["moved_in"].tolist() == pytest.approx([0, 0.25], abs=1e-3)
        assert own["predator_hours"].isna().all() and set(own["verdict"]) == {"lowers"}

    def test_it_is_a_table_and_a_file_where_there_are_several(self, tmp_path: Path) -> None:
        found = self.compared()
        text = " ".join(found.table().split())
        table = text[text.index("SITES:") :]
        assert re.search(rf" door {SCENARIO.site} -\d+% \([^)]*\) lowers -\d+ - 0 door rival ", table)
        assert "On the simulated sites alone" in spoken(caveat(found.scenario))
        assert "Here: on the simulated sites alone. Elsewhere: on sites that are not simulated." in text
        assert "50% of them on one that is not simulated (displacement.p_elsewhere)" in text
        found.fill(tmp_path)
        assert (tmp_path / "sites.csv").read_text().splitlines()[0].startswith("policy,site,harmed_baseline,")

    def test_of_one_site_there_is_none(self, counts: Counts, tmp_path: Path) -> None:
        assert "SITES:" not in printed(counts)
