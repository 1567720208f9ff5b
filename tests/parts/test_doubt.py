"""Doubt: which parameters are drawn, how sets are numbered, and what is said of what came out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sim
from sim.policies.closure import ClosurePolicy
from sim.policies.moderation import ModerationPolicy
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.policies.set import SetPolicy
from sim.questions import question_of
from sim.questions.doubt import FEWEST_SECOND_RUNS, SECOND_SEED, question
from sim.report import doubt_tables
from sim.report.blocks import WIDTH
from sim.report.doubt import COLUMNS, Doubt
from sim.rules.errors import ScenarioError
from sim.rules.sentences import spoken
from sim.scenario.scenario import BASELINE, Scenario
from sim.scenario.sites import Site
from sim.scenario.uncertain import UNCERTAIN
from sim.study.answer import answer
from sim.study.folder import files_of
from tests.parts import synthetic
from tests.theory import toy

POLICIES = {
    "phone": (RegistrationPolicy(level="phone"),),
    "easy": (ReportingPolicy(friction=0.2),),
    "skill": (ModerationPolicy(training=0.3),),
}
SCENARIO = synthetic.SCENARIO.replace(policies=POLICIES)


@pytest.fixture(scope="module")
def made() -> Iterator[Doubt]:
    """A result with a sign that turns, one that does not and a policy that does nothing."""
    with toy.where(
        turning=lambda at, luck: 0.3 * (0.3 - at[0]) + 0.01 * luck,
        sure=lambda at, luck: -0.4 + 0.2 * at[2] + 0.01 * luck,
        idle=lambda at, luck: 0.0,
    ) as scenario:
        yield sim.doubt(scenario, draws=100)


def flat(found: Doubt) -> str:
    return " ".join(found.table().split())


class TestQuestion:
    def test_drawn_is_what_is_uncertain_and_bears_on_a_policy(self) -> None:
        asked = question(SCENARIO)
        assert {*asked.drawn} | {*asked.left_out} == {*UNCERTAIN}
        assert not {*asked.drawn} & {*asked.left_out}
        assert {"registration.phone.p_return", "responses.p_stay", "moderation.reviews_per_hour"} < {*asked.drawn}
        said = {key: spoken(reason) for key, reason in asked.left_out.items()}
        assert said["registration.email.p_return"] == "no policy here uses the level email"
        assert said["reporting.friction"] == "set by easy"
        assert said["moderation.p_find_with_evidence"] == "set by skill"
        assert said["moderation.staff"] == "decided by the platform, which knows it"
        assert said["population.monthly_visitors"] == "20000 here, outside its plausible range 500000 to 850000"

    def test_what_is_assumed_of_those_kept_out_is_always_drawn_and_where_they_go_if_there_is_a_choice(self) -> None:
        def drawn(scenario: Scenario) -> set[str]:
            return {key.partition(".")[2] for key in question(scenario).drawn if key.startswith("displacement.")}

        always = {"p_users", "p_predators", "rel_elsewhere"}
        assert drawn(SCENARIO) == always
        several = SCENARIO.replace(sites={"rival": Site(monthly_visitors=10_000.0)})
        assert drawn(several) == always | {"p_elsewhere"}
        closing = several.replace(policies={"close": (ClosurePolicy(site="rival"),)})
        assert drawn(closing) == always | {"p_elsewhere", "delay_days"}
        said = question(SCENARIO).left_out
        assert spoken(said["displacement.p_elsewhere"]) == "there is no other site here"
        assert spoken(question(several).left_out["displacement.delay_days"]) == "no site is closed here"

    def test_the_share_found_in_seized_data_is_drawn_where_an_arm_seizes_and_somebody_investigates(self) -> None:
        for seizure, heads in ((None, 0.0), (None, 1.0), (True, 0.0), (True, 1.0)):
            policies = {"close": (ClosurePolicy(seizure=seizure),)}
            asked = question(SCENARIO.replace(policies=policies, **{"police.investigators": heads}))
            assert ("police.p_seized" in asked.drawn) == bool(seizure and heads)
            if heads and not seizure:
                assert spoken(asked.left_out["police.p_seized"]) == "nothing is seized here"

    def test_a_lever_is_one_only_of_policies_that_are_compared(self) -> None:
        assert "reporting.friction" in question(SCENARIO, ["phone"]).drawn
        with pytest.raises(ScenarioError, match=r"reporting.friction is set by easy: a policy's own lever is chosen"):
            question(SCENARIO, ["phone", "easy"], ["reporting.friction"])

    def test_a_rule_that_a_policy_moves_otherwise_can_be_drawn(self) -> None:
        more = SCENARIO.replace(policies={"more": (SetPolicy(rule="sanctions.rel_return_device", value=0.5),)})
        assert "sanctions.rel_return_device" not in question(more).drawn
        assert "sanctions.rel_return_identity" in question(more).drawn

    def test_what_the_platform_decides_is_drawn_if_it_is_named(self) -> None:
        asked = question(SCENARIO, parameters=["moderation.staff"])
        assert [*asked.drawn] == ["moderation.staff"] and not asked.left_out
        assert all(0 <= of.scenario.moderation.staff <= 16 for of in asked.sets)

    def test_every_set_has_a_task_and_a_seed_of_its_own_and_the_first_have_two(self) -> None:
        asked = question(SCENARIO, ["phone"], draws=40)
        tasks = asked.tasks()
        assert [task.label for task in tasks[:2]] == ["set-0000", "set-0001"]
        assert all(task.arms == (BASELINE, "phone") for task in tasks)
        assert [task.seeds for task in tasks] == [(n, n + SECOND_SEED)[: 2 if n < 10 else 1] for n in range(40)]
        assert len({task.fingerprint for task in tasks}) == 40
        few = question(SCENARIO, ["phone"], draws=16).tasks()
        assert sum(len(task.seeds) == 2 for task in few) == FEWEST_SECOND_RUNS
        assert [task.fingerprint for task in few] == [task.fingerprint for task in tasks[:16]]

    def test_values_do_not_depend_on_which_others_are_drawn(self) -> None:
        """So that a policy more adds to a study, and changes nothing of what was found of the others."""
        one, both = question(SCENARIO, ["phone"], draws=16), question(SCENARIO, ["phone", "skill"], draws=16)
        shared = one.drawn.keys() & both.drawn.keys()
        assert len(shared) > 40 and one.drawn.keys() != both.drawn.keys()
        for of, other in zip(one.sets, both.sets, strict=True):
            assert {of.scenario.value_of(key) == other.scenario.value_of(key) for key in shared} == {True}

    def test_values_lie_in_their_ranges_and_whole_numbers_are_whole(self) -> None:
        for of in question(SCENARIO, draws=32).sets:
            for key, parameter in question(SCENARIO).drawn.items():
                value = of.scenario.value_of(key)
                assert parameter.low <= value <= parameter.high
                assert type(value) is parameter.type

    def test_what_the_scenario_refuses_is_passed_over_and_said(self) -> None:
        tight = SCENARIO.replace(**{"population.p_15_17": 0.85, "population.p_minority": 0.06})
        asked = question(tight, ["easy"], ["population.p_minority"], 32)
        numbers = [of.number for of in asked.sets]
        assert len(numbers) == 32 and numbers == sorted({*numbers}) and numbers[-1] > 31
        assert all(of.scenario.population.p_minority <= 0.12 + 1e-9 for of in asked.sets)
        assert [task.seeds[0] for task in asked.tasks()] == numbers
        with synthetic.in_place():
            found = answer(asked)
        assert found.refused == numbers[-1] + 1 - 32
        assert f"{found.refused} more worlds were passed over" in flat(found)


class TestResult:
    def test_each_policy_has_a_sentence(self, made: Doubt) -> None:
        text = flat(made)
        assert "the effects of 3 policies are over 100 worlds, in each of which 71 uncertain parameters had" in text
        assert (
            "- sure: -30% in the median of 100 worlds (90% of them: -40 to -21); it lowers in 100 and raises in 0"
            in text
        )
        assert "- idle: as under the baseline in each of 100 worlds" in text
        assert "turning raises harm where responses.p_stay is below 0.3 (those who recognise a contact" in text
        assert "Not drawn: warnings.p_reached, warnings.rel_recognise: set by turning, sure, idle." in text
        assert "It does not estimate how many victims there were" in text
        assert "nan" not in text
        assert max(map(len, made.table().splitlines())) <= WIDTH

    def test_what_it_rests_on_is_named_and_what_it_does_not_is_not(self, made: Doubt) -> None:
        large = made.parameters[made.parameters["stands_out"]]
        assert {("turning", toy.USED[0]), ("sure", toy.USED[2])} <= {
            *zip(large["policy"], large["parameter"], strict=True)
        }
        assert len(large) <= 4
        assert "idle" not in {*made.parameters["policy"]}
        assert "None stands out of idle." in flat(made)

    def test_no_end_is_one_that_cannot_be(self, made: Doubt) -> None:
        assert (made.spreads[["median_low", "median", "median_high"]].min().min()) >= -1
        for name in ("lowered", "luck", "assumed"):
            for end in ("", "_low", "_high"):
                assert made.spreads[f"{name}{end}"].dropna().between(0, 1).all()
        assert (made.worth["value_low"] >= 0).all()

    def test_worlds_without_harm_are_counted_and_said(self, made: Doubt) -> None:
        row: dict[str, Any] = made.spreads.iloc[0].to_dict() | {"without": 30}
        assert spoken(doubt_tables.sentence(row)).endswith("; in 30 more there are too few harms to compare")
        assert spoken(doubt_tables.sentence(row | {"without": 90})) == (
            "turning: too few harms to say: in 10 of 100 worlds are there enough to compare"
        )

    def test_a_world_with_too_few_harms_is_not_compared(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Of 10 harms one less is no tenth less: it is luck, as a comparison has it."""
        monkeypatch.setattr(toy, "LEVEL", 19)
        with toy.where(less=lambda at, luck: -0.3, more=lambda at, luck: 0.3 * (at[0] > 0.5)) as scenario:
            found = sim.doubt(scenario, draws=32)
        rows = found.spreads[found.spreads["outcome"] == "persons_harmed"].set_index("policy")
        assert rows.loc["less", "without"] == 32 and np.isnan(rows.loc["less", "median"])
        assert rows.loc["more", "without"] == 16  # 25 harms in the others
        assert rows.loc["more", "raised"] == 1
        assert found.unanswered is None and "too few" in found.table()

    def test_a_policy_that_never_moves_anything_has_no_spread_to_share_out(self, made: Doubt) -> None:
        row = made.spreads[(made.spreads["policy"] == "idle")].iloc[0]
        assert (row["median"], row["lowered"], row["raised"]) == (0, 0, 0)
        assert np.isnan(row["luck"]) and np.isnan(row["assumed"])

    def test_figures_have_a_bar_for_each_policy_and_luck_in_another_colour(self, made: Doubt) -> None:
        (axes,) = made.plot().axes
        assert [label.get_text() for label in axes.get_yticklabels()] == ["sure", "turning", "idle"]
        (band,) = {bar.get_facecolor() for bar in axes.patches}
        (lines,) = {tuple(of.get_edgecolor()[0]) for of in axes.collections}
        assert band != lines
        assert axes.get_xlim()[0] < -39
        (axes,) = made.plot_shares().axes
        bold = [text.get_text() for text in axes.texts if text.get_fontweight() == "bold"]
        assert bold == ["sure", "turning", "idle"]
        assert toy.USED[0] in [label.get_text() for label in axes.get_yticklabels()]
        given = sim.figures.doubt(made.spreads, ["turning", "idle"])
        assert [label.get_text() for label in given.get_yticklabels()] == ["turning", "idle"]

    @pytest.mark.slow
    def test_what_is_written(self, tmp_path: Path) -> None:
        asked = question(SCENARIO, ["phone"], draws=16)
        written = []
        with synthetic.in_place():
            for workers in (1, 2):
                answer(asked, workers, out=tmp_path / str(workers), command="the command")
                out = tmp_path / str(workers)
                written.append({f.relative_to(out).as_posix(): f.read_bytes() for f in files_of(out)})
        assert [*written[0]] == [
            *("breakdown.parquet", "daily.parquet", "dictionary.csv", "doubt.csv", "doubt_conditions.csv"),
            *("doubt_parameters.csv", "doubt_value.csv", "durations.parquet"),
            *(f"figures/{name}.{end}" for name in ("doubt-shares", "doubt") for end in ("png", "svg")),
            *("manifest.json", "persons.parquet", "report.html", "table.txt"),
        ]
        manifest, other = (json.loads(files.pop("manifest.json")) for files in written)
        assert written[0] == written[1]
        assert manifest | {"written": ""} == other | {"written": ""}
        assert manifest["asked"] == {"policies": ["phone"], "parameters": None, "draws": 16, "fewest": 16}
        assert question_of(manifest) == asked
        for name, columns in COLUMNS.items():
            assert [*pd.read_csv(tmp_path / "1" / f"{name}.csv")] == [*columns]

    def test_a_manifest_that_asks_for_endless_sets_is_refused(self, tmp_path: Path) -> None:
        plan = {"asked": {"policies": ["phone"], "parameters": None, "draws": 10**12}, "scenario": SCENARIO.content()}
        with pytest.raises(ScenarioError, match="draws = 1000000000000 is not allowed"):
            type(question(SCENARIO)).of(plan)
