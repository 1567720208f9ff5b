"""Which policies are not told apart from the best and which is the cheapest, what does the work, what dates leave."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import sim
from sim.outcomes.best import best_of
from sim.outcomes.counts import Counts, counts_of, edges_of
from sim.outcomes.effects import contains_of, effects_of, interactions_of, parts_without_arm, words_of
from sim.outcomes.in_force import levers, part_of_window, stretches_that_differ
from sim.policies.age import AgePolicy
from sim.policies.closure import ClosurePolicy
from sim.policies.detection import DetectionPolicy
from sim.policies.moderation import ModerationPolicy
from sim.policies.policy import Policy
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.policies.retention import RetentionPolicy
from sim.report.compare import Comparison
from sim.report.remarks import partly_in_force
from sim.rules.errors import ScenarioError
from sim.rules.sentences import spoken
from sim.scenario.scenario import BASELINE, Scenario
from tests.parts import synthetic

PHONE, EASY, KEEP = RegistrationPolicy(level="phone"), ReportingPolicy(friction=0.2), RetentionPolicy(message_hours=720)
STAFF = ModerationPolicy(staff=5.0)
LUCK = np.array([0, 3, -2, 4, -1, -4, 2, -2])
BASE = 200 + 9 * LUCK

Harmed = Mapping[str, np.ndarray]


@pytest.fixture(autouse=True, scope="module")
def _invented() -> Iterator[None]:
    with synthetic.in_place():
        yield


def day(number: int) -> dt.date:
    return synthetic.SCENARIO.start + dt.timedelta(number)


def scenario(arms: Mapping[str, tuple[Policy, ...]], **changes: object) -> Scenario:
    """Return a scenario with policies, where no harm is done elsewhere unless it says so."""
    return synthetic.SCENARIO.replace(policies=dict(arms), **{"displacement.rel_elsewhere": 0.0} | changes)


def counts(made: Scenario, harmed: Harmed) -> Counts:
    """Return invented counts with so many persons harmed by policy and seed, all on the first day, and paid shifts."""
    records = synthetic.simulate(made, range(len(BASE)), list(harmed))
    persons = pd.Series({(p, seed): n for p, of_seeds in harmed.items() for seed, n in enumerate(of_seeds)})
    keys = pd.MultiIndex.from_frame(records.daily[["policy", "seed"]])
    staff = {arm: made.rules_on(0, arm).moderation.staff for arm in harmed}
    daily = records.daily.assign(
        n_persons_harmed=np.where(records.daily["day"] == 0, persons.reindex(keys).to_numpy(), 0),
        n_moderator_milli_hours=(8000 * records.daily["policy"].map(staff)).astype(int),
    )
    return counts_of(made, replace(records, daily=daily))


def comparison(made: Scenario, harmed: Harmed) -> Comparison:
    arms, found = tuple(made.policies), counts(made, harmed)
    tables = effects_of(found, arms), interactions_of(found, arms)
    return Comparison(
        made, arms, tuple(range(len(BASE))), "array", *tables, found, synthetic.simulate(made, [0], [BASELINE])
    )


def headline(found: Comparison) -> str:
    return " ".join(found.table().split("\n\n")[1].split())


ALIKE = {"phone": (PHONE,), "staff": (STAFF,), "keep": (KEEP,), "easy": (EASY,)}
HARMED = {
    BASELINE: BASE,
    "phone": BASE - 61 + LUCK[::-1],
    "staff": BASE - 62 + LUCK,
    "keep": BASE - 60 - LUCK,
    "easy": BASE - 20 + LUCK,
}


class TestBest:
    def test_the_cheapest_comes_first_and_who_is_told_apart_does_not_come(self) -> None:
        found = best_of(counts(scenario(ALIKE), HARMED), tuple(ALIKE), tuple(ALIKE))
        assert list(found["policy"]) == ["keep", "phone", "staff"]  # who turns nobody away, and who pays five people
        assert set(found["best"]) == {"staff"}
        assert found.set_index("policy").loc["staff", ["more", "more_low", "more_high"]].tolist() == [0, 0, 0]
        row = found.set_index("policy").loc["keep"]
        assert row["more"] == pytest.approx(2 / 200, abs=0.002)
        assert row["more_low"] < 0 < row["more_high"]
        assert (row["staff"], row["turned_away"], row["level"], row["message_hours"]) == (
            pytest.approx(8 * 365.25 / 12), 0, "none", 720,
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("prefer", "order"),
        [
            (("staff",), ["phone", "keep", "staff"]),  # in the order of the scenario where the costs are the same
            (("turned_away",), ["staff", "keep", "phone"]),
            (("privacy",), ["staff", "keep", "phone"]),
            (("turned_away", "staff"), ["keep", "staff", "phone"]),
            (("turned_away", "privacy"), ["staff", "keep", "phone"]),
        ],
    )
    def test_a_scenario_says_which_cost_counts_first(self, prefer: tuple[str, ...], order: list[str]) -> None:
        made = scenario(ALIKE, prefer=prefer)
        assert list(best_of(counts(made, HARMED), tuple(ALIKE), tuple(ALIKE))["policy"]) == order

    def test_a_proof_of_age_and_a_detector_that_reads_take_of_privacy(self) -> None:
        arms = {
            "proven": (AgePolicy(level="verified", start=day(10), end=day(20)),),
            "read": (DetectionPolicy(coverage=0.5, start=day(0)),),
            "plain": (EASY,),
        }
        made = scenario(arms, prefer=("privacy",))
        harmed = {BASELINE: BASE, **dict.fromkeys(arms, BASE - 60)}
        found = best_of(counts(made, harmed), tuple(arms), tuple(arms)).set_index("policy")
        assert list(found.index) == ["plain", "read", "proven"]
        assert found["age"].to_dict() == {"plain": "declared", "read": "declared", "proven": "verified"}
        assert found["talk_read"].to_dict() == {"plain": 0, "read": 0.5, "proven": 0}

    def test_of_two_that_cost_the_same_the_one_with_fewer_levers_is_first(self) -> None:
        arms = {"more": (EASY, ReportingPolicy(rel_ready=1.2)), "less": (EASY,)}
        harmed = {BASELINE: BASE, "more": BASE - 60, "less": BASE - 60}
        assert list(best_of(counts(scenario(arms), harmed), tuple(arms), tuple(arms))["policy"]) == ["less", "more"]

    def test_what_is_in_force_on_a_part_of_the_window_stands_last(self) -> None:
        late = EASY.model_copy(update={"start": day(60)})
        arms = {"late": (late,), "staff": (STAFF,)}
        made = scenario(arms)
        harmed = {BASELINE: BASE, "late": BASE - 62 + LUCK, "staff": BASE - 60}
        found = best_of(counts(made, harmed), tuple(arms), tuple(arms))
        assert found[["policy", "days_in_force"]].to_numpy().tolist() == [["staff", 120], ["late", 60]]
        said = headline(comparison(made, harmed))
        assert said.startswith("In this model, with these assumptions, staff lowers serious harm by 30% (")
        assert (
            "It falls most under late (in force on 60 of 120 days), by 31% (luck 27 to 36), from which staff is not "
            "told apart. Of those that lower it on every day, staff is the cheapest." in said
        )

    def test_harm_elsewhere_counts_in_what_is_best(self) -> None:
        """A phone number keeps out users, with whom harm goes elsewhere: it lowers harm here alone."""
        made = scenario(ALIKE, **{"displacement.rel_elsewhere": 1.0})
        assert list(best_of(counts(made, HARMED), tuple(ALIKE), tuple(ALIKE))["policy"]) == ["keep", "staff"]

    def test_where_none_lowers_harm_there_is_no_best(self) -> None:
        found = best_of(counts(scenario(ALIKE), HARMED), tuple(ALIKE), ())
        assert found.empty
        with_none = comparison(scenario({"same": (RegistrationPolicy(level="none"),)}), {BASELINE: BASE, "same": BASE})
        assert "no policy was seen to lower serious harm" in with_none.table()
        assert "CHEAPEST FIRST" not in with_none.table()

    def test_the_first_sentences_name_the_cheapest_and_who_is_not_told_apart(self) -> None:
        text = comparison(scenario(ALIKE), HARMED).table()
        said = " ".join(text.split())
        assert "these assumptions, keep lowers serious harm by 30%" in said
        assert re.search(
            r"It falls most under staff, by 31% \(luck 27 to 36\), from which keep is not told apart; nor is phone\. "
            r"Of",
            said,
        )
        assert "Of those that lower it, keep is the cheapest." in said
        assert "Order: hours of staff on shift, then lawful visitors turned away, then what one must show and" in said
        rows = text.split("CHEAPEST FIRST")[1].split("---\n")[1].splitlines()
        assert [row.split()[0] for row in rows[:3]] == ["keep", "phone", "staff"]
        two = {BASELINE: BASE, "keep": HARMED["keep"], "staff": BASE - 58 + LUCK}
        own = comparison(scenario({"keep": (KEEP,), "staff": (STAFF,)}), two)
        assert "Not told apart from keep in serious harm: staff. Of those that lower it, keep is the cheapest too." in (
            headline(own)
        )

    def test_of_many_that_lower_harm_the_first_sentences_are_short_and_by_effect(self) -> None:
        """With what each does here too, nobody read on; that stands in the table."""
        arms = {f"a{i}": (ReportingPolicy(friction=0.1 + i / 50),) for i in range(6)}
        harmed = {BASELINE: BASE}
        harmed |= {f"a{i}": BASE - fall + LUCK for i, fall in enumerate((80, 20, 50, 10, 60, 30))}
        said = headline(comparison(scenario(arms), harmed))
        assert re.search(r"these assumptions, a0 lowers serious harm by 40% \(", said)
        each = [rf"a{i} by {n}(?:\.0)?% \(luck \d+ to \d+\)" for i, n in ((4, 30), (2, 25), (5, 15), (1, 10))]
        assert re.search(f"by these, by most first: {', '.join(each)}, a3 by 5", said)
        three = ("a0", "a1", "a2")
        few = comparison(scenario({arm: arms[arm] for arm in three}), {arm: harmed[arm] for arm in (BASELINE, *three)})
        assert re.search(r"by these: a1 by 10(?:\.0)?% \(luck \d+ to \d+\), here alone as well, a2", headline(few))

    def test_by_luck_among_many_is_said(self) -> None:
        arms = {f"a{i}": (ReportingPolicy(friction=0.1 + i / 50),) for i in range(14)}
        noise = np.random.Generator(np.random.PCG64(4)).integers(-9, 10, (14, len(BASE)))
        unsure = np.array([1, 8, 3, 9, 2, 7, -2, 6])
        harmed = {BASELINE: BASE} | {arm: BASE + row for arm, row in zip(arms, noise, strict=True)}
        found = comparison(scenario(arms), harmed | {"a0": BASE - unsure})
        row = found.effects.query("policy == 'a0' and outcome == 'persons_harmed'").iloc[0]
        assert row["verdict"] == "lowers"
        assert row["simultaneous_low"] < row["relative_low"] < row["relative_high"] < 0 < row["simultaneous_high"]
        assert "but not by those that hold for all policies together: a0" in " ".join(found.table().split())


class TestContains:
    def test_what_a_policy_adds_to_one_that_it_contains(self) -> None:
        arms = {"phone": (PHONE,), "both": (PHONE, STAFF), "easy": (EASY,)}
        harmed = {BASELINE: BASE, "phone": BASE - 60, "both": BASE - 80 + LUCK, "easy": BASE - 20}
        found = contains_of(counts(scenario(arms), harmed), tuple(arms))
        row = found.set_index("outcome").loc["persons_harmed"]
        assert (row["policy"], row["contains"], row["rest"]) == ("both", "phone", "5 moderators on shift")
        assert row["relative"] == pytest.approx((LUCK - 20).sum() / BASE.sum())
        assert row["low"] < row["adds"] < row["high"] < 0
        assert row["verdict"] == "lowers"

    def test_a_part_that_does_nothing_adds_exactly_nothing_and_is_said_to(self) -> None:
        arms = {"phone": (PHONE,), "both": (PHONE, STAFF)}
        found = comparison(scenario(arms), {BASELINE: BASE, "phone": BASE - 60, "both": BASE - 60})
        row = found.contains.set_index("outcome").loc["persons_harmed"]
        assert row[["adds", "low", "high", "relative", "relative_low", "relative_high"]].tolist() == [0] * 6
        assert row["verdict"] == "identical"
        said = " ".join(found.table().split())
        assert "No more is seen of these than of a part of them: both adds 0 points to phone in every seed." in said
        assert "- 5 moderators on shift does nothing in both: as many are seriously harmed as under phone in" in said
        assert "these assumptions, phone lowers serious harm" in said  # and both, with five moderators, does not lead

    def test_what_is_not_seen_to_add_anything_is_said_with_its_interval(self) -> None:
        arms = {"phone": (PHONE,), "both": (PHONE, STAFF)}
        harmed = {BASELINE: BASE, "phone": BASE - 60, "both": BASE - 59 + LUCK}
        said = headline(comparison(scenario(arms), harmed))
        assert re.search(r"of a part of them: both adds \+0\.5 \(-0\.\d to \+1\.\d\) points to phone\.", said)

    @pytest.mark.parametrize(
        ("arms", "pairs"),
        [
            ({"two": (ModerationPolicy(staff=2.0),), "ten": (ModerationPolicy(staff=10.0), PHONE)}, []),
            ({"p": (PHONE,), "late": (PHONE.model_copy(update={"start": day(9)}), STAFF)}, []),
            ({"p": (PHONE,), "same": (PHONE,)}, []),
            ({"p": (PHONE,), "pe": (PHONE, EASY), "pek": (PHONE, EASY, KEEP)}, [("pe", "p"), ("pek", "pe")]),
            ({"pe": (PHONE, EASY), "p": (PHONE,), "e": (EASY,)}, [("pe", "p"), ("pe", "e")]),
        ],
    )
    def test_a_policy_contains_what_it_has_at_the_same_levels_and_dates(
        self, arms: dict[str, tuple[Policy, ...]], pairs: list[tuple[str, str]]
    ) -> None:
        found = contains_of(counts(scenario(arms), dict.fromkeys((BASELINE, *arms), BASE)), tuple(arms))
        assert [*found[["policy", "contains"]].drop_duplicates().itertuples(index=False, name=None)] == pairs

    def test_parts_that_are_no_policy_alone_are_named(self) -> None:
        arms = {"phone": (PHONE,), "both": (PHONE, STAFF), "three": (EASY, KEEP, PHONE)}
        made = scenario(arms)
        assert spoken(words_of(parts_without_arm(made, "both", tuple(arms)))) == "5 moderators on shift"
        assert parts_without_arm(made, "phone", tuple(arms)) == []
        dated = STAFF.model_copy(update={"start": day(9), "end": day(19)})
        assert spoken(words_of([dated, PHONE])).startswith(
            "5 moderators on shift from 2021-01-10 until 2021-01-20; registration"
        )
        said = " ".join(comparison(made, dict.fromkeys((BASELINE, *arms), BASE)).table().split())
        assert "- A part of both alone is no policy here, so its work is not seen: 5 moderators on shift." in said
        assert "- 2 parts of three alone are no policies here, so their work is not seen: " in said

    def test_no_more_is_taken_off_than_there_is(self) -> None:
        few = np.array([12, 1, 9, 30, 2, 1, 25, 4])
        arms = {"phone": (PHONE,), "both": (PHONE, STAFF)}
        made = counts(scenario(arms), {BASELINE: few[::-1] + 2, "phone": few, "both": few // 9})
        row = contains_of(made, tuple(arms)).set_index("outcome").loc["persons_harmed"]
        assert row["relative_low"] == pytest.approx(-few.sum() / (few + 2).sum())


class TestInForce:
    def test_stretches_are_those_on_which_the_rules_differ(self) -> None:
        def of(*arm: Policy) -> list[tuple[int, int]]:
            made = scenario({"arm": arm})
            found = stretches_that_differ(made, "arm")
            assert {edge for days in found for edge in days} <= {*edges_of(made)}
            return found

        assert of(PHONE) == [(0, 120)]
        assert of(PHONE.model_copy(update={"start": day(30), "end": day(60)})) == [(30, 60)]
        assert of(PHONE.model_copy(update={"start": day(30)}), EASY.model_copy(update={"end": day(50)})) == [(0, 120)]
        assert of(RegistrationPolicy(level="none")) == []
        one, other = (EASY.model_copy(update={"start": day(a), "end": day(b)}) for a, b in ((0, 10), (50, 60)))
        assert of(one, other) == [(0, 10), (50, 60)]

    def test_only_the_days_in_force_are_counted(self) -> None:
        late = PHONE.model_copy(update={"start": day(90)})
        found = sim.compare(scenario({"late": (late,), "whole": (PHONE,)}), seeds=6)
        assert set(found.in_force["policy"]) == {"late"}
        rows = found.in_force.set_index("outcome")
        assert "visitors_turned_away" not in rows.index and "persons_harmed_adults" not in rows.index
        assert set(rows["days"]) == {30}
        last = found.daily[found.daily["day"] >= 90].groupby("policy")["n_harm_serious"].sum()
        assert rows.loc["persons_harmed", "relative"] == pytest.approx(last["late"] / last["baseline"] - 1)
        assert rows.loc["persons_harmed", "unit"] == "serious harms a year"
        assert rows.loc["persons_harmed", "baseline"] == pytest.approx(last["baseline"] / 6 * 365.25 / 30)
        whole = found.effects.query("policy == 'late' and outcome == 'persons_harmed'").iloc[0]
        assert rows.loc["persons_harmed", "relative"] < 2 * whole["relative"] < 0
        text = found.table()
        assert text.index("WHILE IN FORCE") < text.index("OVER TIME")
        assert "They count once in a year" in " ".join(text.split())

    def test_a_ranking_marks_what_is_in_force_on_a_part_of_the_window(self) -> None:
        late = PHONE.model_copy(update={"start": day(20)})
        parts = (PHONE.model_copy(update={"start": day(20)}), EASY)
        said = " ".join(sim.compare(scenario({"late": (late,), "easy": (EASY,), "parts": parts})).table().split())
        assert "BY SEVERITY" in said and "the largest fall first" not in said  # one alone is in force on every day
        first = said.split("these assumptions, ")[1]
        assert first.startswith(("easy lowers", "late (in force on 100", "parts (parts of it in force"))

    def test_without_dates_there_is_no_such_table(self) -> None:
        found = sim.compare(scenario({"phone": (PHONE,), "same": (RegistrationPolicy(level="none", start=day(5)),)}))
        assert found.in_force.empty
        assert "WHILE IN FORCE" not in found.table()


class TestPrefer:
    def test_no_run_depends_on_it(self) -> None:
        made = scenario(ALIKE)
        other = made.replace(prefer=["privacy", "staff"])
        assert other.prefer == ("privacy", "staff")
        assert made.prefer == ("staff", "turned_away", "privacy")
        assert other.fingerprint() == made.fingerprint()

    @pytest.mark.parametrize(
        ("prefer", "words"),
        [
            (
                ["money"],
                "prefer[row 1] = \"money\" is not allowed. It takes one of 'staff', 'turned_away' or 'privacy'",
            ),
            (["staff", "staff"], "names a cost twice. Name each once."),
            ([], "prefer = [] is not allowed. It takes a list (Which cost counts first"),
            ("staff", 'prefer = "staff" is not allowed. It takes a list (Which cost counts first'),
        ],
    )
    def test_what_it_does_not_take(self, prefer: object, words: str) -> None:
        with pytest.raises(ScenarioError) as error:
            scenario(ALIKE, prefer=prefer)
        assert words in str(error.value)


def test_levers_that_follow_each_other_are_one_only_if_they_change_the_same_rules() -> None:
    half = day(60)
    follow = {
        "doors": (RegistrationPolicy(level="phone", end=half), RegistrationPolicy(level="email", start=half)),
        "desks": (ModerationPolicy(staff=3, end=half), ModerationPolicy(triage="gravest", start=half)),
    }
    made = scenario(follow)
    assert not part_of_window(made, "doors")
    assert part_of_window(made, "desks")
    warned = partly_in_force(made, ["doors", "desks"])
    assert "desks (moderation on 60, moderation on 60)" in spoken(warned)
    assert "doors" not in spoken(warned)


def test_a_lever_is_in_force_where_and_while_it_changes_a_rule() -> None:
    """On each site by itself, and a clone opens some days after the closure."""
    sites = {"rival": {"monthly_visitors": 10_000.0}, "clone": {"operation": {"open": False}}}
    early, late = ClosurePolicy(site="home"), ClosurePolicy(site="rival", start=day(60))
    cloned = ClosurePolicy(site="home", clone="clone", clone_days=50)
    desks = ModerationPolicy(staff=3.0, end=day(60))
    arms = {"one": (early,), "both": (early, late), "cloned": (cloned,), "desks": (desks,)}
    made = Scenario(start=scenario({}).start, days=120, site="home", sites=sites, policies=arms)
    days = {arm: [len(lever.days) for lever in levers(made, arm)] for arm in arms}
    assert days == {"one": [120], "both": [120, 60], "cloned": [120, 70], "desks": [60]}
    assert {arm for arm in arms if part_of_window(made, arm)} == {"both", "cloned", "desks"}
