"""How far effects depend on parameters: what is varied, the order of the bars, their verdicts and sentences."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
from sim.outcomes.statistics import interval_of, paired_effect
from sim.outcomes.verdicts import Verdict
from sim.policies.moderation import ModerationPolicy
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.policies.set import SetPolicy
from sim.questions import question_of
from sim.questions import ranges as asked_ranges
from sim.questions.ranges import RangesQuestion, question
from sim.report import figures, ranges
from sim.report.blocks import WIDTH, render
from sim.report.ranges import COLUMNS, MOST_BARS, Ranges
from sim.report.text import change
from sim.rules.declare import declared
from sim.rules.errors import ScenarioError
from sim.rules.sentences import spoken
from sim.rules.settings import SECTIONS
from sim.scenario.scenario import BASELINE, Scenario
from sim.scenario.sites import Site
from sim.scenario.uncertain import no_bearing
from sim.study.answer import answer
from sim.study.folder import files_of
from tests.parts import synthetic

SCENARIO = synthetic.SCENARIO.replace(
    policies={
        "phone": (RegistrationPolicy(level="phone"),),
        "easy": (ReportingPolicy(friction=0.2),),
        "staff": (ModerationPolicy(staff=5.0),),
    }
)
BASE = np.array([100.0, 90.0, 110.0, 100.0])
KEYS = ("contacts.rel_meeting", "predators.p_retry_absent", "reporting.friction", "moderation.staff")


@pytest.fixture(autouse=True, scope="module")
def _invented() -> Iterator[None]:
    with synthetic.in_place():
        yield


@pytest.fixture(scope="module")
def made() -> Ranges:
    return sim.ranges(SCENARIO, ["phone", "easy"], seeds=4)


def found(kept: float, noise: float = 0.0) -> asked_ranges._Found:
    """Return a lane in which a policy keeps a share of the harms, more in some seeds and less in others."""
    policy = BASE * kept + noise * np.array([1, -1, -1, 1])
    return asked_ranges._Found(BASE, policy, paired_effect(BASE, policy, (400, float(policy.sum())), "key", True))


def bars_of(ends: dict[str, tuple[asked_ranges._Found, asked_ranges._Found]], setting: float = 0.7) -> pd.DataFrame:
    """Return the bars of ``phone`` from what was found at the ends of each parameter."""
    asked = question(SCENARIO, ["phone"], list(ends))
    lanes = {asked_ranges._Lane("phone"): found(setting)}
    for key, (low, high) in ends.items():
        lanes |= {asked_ranges._Lane("phone", key, "low"): low, asked_ranges._Lane("phone", key, "high"): high}
    return asked_ranges._bars(asked, lanes)


class TestBars:
    def test_the_widest_comes_first_and_too_few_last(self) -> None:
        few = asked_ranges._Found(BASE * 0, BASE * 0 + 1, paired_effect(BASE * 0, BASE * 0 + 1, (0, 4), "key", True))
        bars = bars_of({
            KEYS[0]: (found(0.6), found(0.7)), KEYS[1]: (found(0.9), found(0.5)), KEYS[2]: (few, found(0.7)),
            KEYS[3]: (found(0.7), found(0.7)),
        })  # fmt: skip
        assert list(bars.columns) == list(COLUMNS)
        assert list(bars["parameter"]) == [KEYS[1], KEYS[0], KEYS[3], KEYS[2]]
        assert list(bars["verdict"]) == ["moves", "moves", "identical", "too few"]
        assert bars["change"].iloc[:3].tolist() == pytest.approx([-0.4, 0.1, 0])
        assert bars["at_low"].iloc[0] == pytest.approx(-0.1)
        assert bars["at_high"].iloc[0] == pytest.approx(-0.5)
        assert bars["setting_low"].iloc[0] == 0
        assert bars["setting"].iloc[0] == SCENARIO.predators.p_retry_absent

    def test_a_bar_of_noise_is_not_resolved_and_turns_nothing(self) -> None:
        bars = bars_of({KEYS[0]: (found(0.99, noise=30), found(1.01, noise=-30)), KEYS[1]: (found(0.5), found(1.2))})
        by_key = bars.set_index("parameter")
        assert list(by_key["verdict"]) == ["moves", "not resolved"]
        assert list(by_key["turns"]) == [True, False]
        assert by_key.loc[KEYS[0], "change_low"] < 0 < by_key.loc[KEYS[0], "change_high"]

    def test_a_bar_turns_the_sign_only_if_both_signs_are_resolved(self) -> None:
        sure, unsure = (found(0.5), found(1.2)), (found(0.5), found(1.02, noise=10))
        bars = bars_of({KEYS[0]: sure, KEYS[1]: unsure}).set_index("parameter")
        assert list(bars.loc[[KEYS[0], KEYS[1]], "verdict"]) == ["moves", "moves"]
        assert list(bars.loc[[KEYS[0], KEYS[1]], "turns"]) == [True, False]

    def test_the_same_luck_on_both_sides_cancels(self) -> None:
        """An effect that no number of seeds resolves may still be moved by a parameter beyond doubt."""
        bars = bars_of({KEYS[0]: (found(0.95, noise=30), found(1.0, noise=30))})
        assert bars["at_low_low"].iloc[0] < 0 < bars["at_low_high"].iloc[0]
        assert bars["verdict"].iloc[0] == "moves"


class TestSentences:
    @staticmethod
    def said(ends: dict, setting: float = 0.7) -> str:
        relative = {f"relative{end}": setting - 1 + by for end, by in (("", 0), ("_low", -0.01), ("_high", 0.01))}
        effect = {"policy": "phone", "verdict": "lowers"} | relative
        return spoken(ranges.sentence(effect, bars_of(ends, setting).to_dict("records")))

    def test_an_end_at_which_the_sign_turns_is_named_though_its_bar_is_not_the_widest(self) -> None:
        widest, narrow = {KEYS[1]: (found(0.5), found(0.95))}, {KEYS[3]: (found(0.9), found(1.1))}
        said = self.said(widest | narrow)
        assert said.startswith("phone: -30%, luck -31 to -29 (-50 to -5 as predators look further or not; ")
        assert said.endswith("; its sign turns: +10% at moderation.staff = 16)")
        bars = bars_of(widest | narrow).to_dict("records")
        assert [bar["turns"] for bar in bars] == [False, True]

    def test_of_several_ends_at_which_the_sign_turns_the_farthest_is_named(self) -> None:
        said = self.said({KEYS[0]: (found(1.2), found(0.4)), KEYS[3]: (found(0.9), found(1.1))})
        assert said.endswith("; its sign turns: +20% at contacts.rel_meeting = 1 and at 1 other end)")
        unsure = {KEYS[0]: (found(0.5), found(1.02, noise=10))}
        assert "turns" not in self.said(unsure)

    def test_the_widest_bar_that_moves_gives_the_range_and_the_words(self) -> None:
        ends = {KEYS[1]: (found(0.48), found(0.8)), KEYS[0]: (found(0.6), found(0.6))}
        assert self.said(ends, 0.59) == "phone: -41%, luck -42 to -40 (-52 to -20 as predators look further or not)"

    def test_without_words_the_name_stands_in(self) -> None:
        assert (
            self.said({KEYS[3]: (found(0.9), found(0.5))})
            == "phone: -30%, luck -31 to -29 (-10 to -50 as moderation.staff goes from 0 to 16)"
        )

    def test_nothing_moves(self) -> None:
        one = {KEYS[0]: (found(0.7), found(0.7))}
        rest = "; --parameters all varies the others)"
        assert self.said(one) == f"phone: -30%, luck -31 to -29 (the 1 parameter varied was not seen to move it{rest}"
        two = one | {KEYS[1]: (found(0.7), found(0.7))}
        assert (
            self.said(two) == f"phone: -30%, luck -31 to -29 (none of the 2 parameters varied was seen to move it{rest}"
        )
        ends = {"relative_low": -0.31, "relative_high": -0.29}
        effect = {"policy": "phone", "relative": -0.3, "verdict": "lowers"} | ends
        said = spoken(ranges.sentence(effect, bars_of(two).to_dict("records"), more=False))
        assert said == "phone: -30%, luck -31 to -29 (none of the 2 parameters varied was seen to move it)"
        few = {"policy": "phone", "relative": np.nan, "verdict": "too few"}
        assert spoken(ranges.sentence(few, [])) == "phone: too few harms to say"

    def test_a_sign_is_claimed_only_where_it_is_resolved(self) -> None:
        noise = {
            "policy": "phone", "relative": -0.02, "relative_low": -0.06, "relative_high": 0.02,
            "verdict": "not resolved",
        }  # fmt: skip
        assert spoken(ranges.sentence(noise, [])) == (
            "phone: -2.0%, not told apart from none: its 95% interval is -6.0 to +2.0 "
            "(no parameter that bears on it was varied; --parameters all varies the others)"
        )
        empty = {"policy": "phone", "relative": np.nan, "verdict": "raises"}
        assert spoken(ranges.sentence(empty, [])).startswith("phone: raises, but no percentage")

    def test_a_sign_stays_only_if_it_is_resolved_at_both_ends_of_every_bar(self) -> None:
        def sign(high: asked_ranges._Found) -> str:
            bars = bars_of({KEYS[0]: (found(0.6), found(0.65)), KEYS[1]: (found(0.7), high)}).to_dict("records")
            effect = {"relative": -0.3, "relative_low": -0.31, "relative_high": -0.29}
            return ranges._sign(ranges._ends(effect, bars), bars)

        assert sign(found(0.8)) == "stays"
        assert sign(found(0.9, noise=40)) == "not resolved"  # though this bar is not seen to move the effect
        assert sign(found(1.2)) == "turns"

    def test_too_few_harms_are_no_number(self) -> None:
        few = asked_ranges._Found(BASE * 0, BASE * 0, paired_effect(BASE * 0, BASE * 0 + 1, (0, 4), "key", True))
        names = ["policy", "relative", "relative_low", "relative_high", "seeds", "verdict"]
        effects = pd.DataFrame([("phone", np.nan, np.nan, np.nan, 4, "too few")], columns=names)
        text = render(ranges.blocks(SCENARIO, ["phone"], 4, effects, bars_of({KEYS[0]: (few, few)}), {}), WIDTH)
        assert "nan" not in text
        assert text.count("too few") == 7


class TestQuestion:
    def test_by_default_those_in_doubt_are_varied_and_only_of_levels_in_use(self) -> None:
        doubts = {p.key for p in declared(SECTIONS) if p.doubt}
        varied = set(question(SCENARIO).varied)
        assert {"predators.p_retry_absent", "contacts.rel_meeting", "registration.phone.findability"} < varied
        of_nothing = {"predators.rel_leave_detector", "predators.p_retry_protected"}
        of_nothing |= {"displacement.p_elsewhere", "displacement.delay_days"}
        assert varied == {
            k
            for k in doubts - of_nothing
            if not k.startswith(("registration.email", "registration.document", "police.", "age."))
        }

    def test_all_are_all_with_a_range_that_can_be_run_here(self) -> None:
        asked = question(SCENARIO, parameters=["all"])
        ranged = {p.key for p in declared(SECTIONS) if p.low is not None and p.low < p.high}
        elsewhere = {k for k in ranged if k.startswith(("registration.email.", "registration.document."))}
        idle = {k for k in ranged if no_bearing(SCENARIO, [*SCENARIO.policies], k)}
        assert elsewhere < idle and "police.p_other_evidence" in idle
        assert set(asked.varied) == ranged - idle - set(asked.left_out)
        assert "outside its plausible range" in spoken(asked.left_out["population.monthly_visitors"])

    def test_what_moves_harm_elsewhere_moves_the_effect_of_a_door_and_of_no_other_policy(self) -> None:
        keys = ["displacement.p_users", "displacement.p_predators", "displacement.rel_elsewhere"]
        bars = sim.ranges(SCENARIO, ["phone", "easy"], keys, seeds=4).bars.set_index(["policy", "parameter"])
        assert (bars.loc["phone", "change"] >= 0).all() and bars.loc["phone", "change"].max() > 0.1
        assert (bars.loc["easy", "verdict"] == Verdict.IDENTICAL).all()
        several = SCENARIO.replace(sites={"rival": Site(monthly_visitors=10_000.0)})
        varied = [key for key in question(several).varied if key.startswith("displacement.")]
        assert varied == keys

    def test_an_end_that_pushes_a_rule_out_of_its_bounds_cannot_be_run(self) -> None:
        more = (RegistrationPolicy(level="phone"), SetPolicy(rule="registration.friction_user", value=0.5))
        scenario = SCENARIO.replace(policies={"more": more})
        key = "registration.phone.friction_user"
        assert spoken(question(scenario, parameters=["all"]).left_out[key]) == "0.6 cannot be run here"
        with pytest.raises(ScenarioError, match=r"registration.friction_user would become 1\.1"):
            sim.ranges(scenario, parameters=[key])

    def test_a_rule_that_a_policy_sets_is_varied_in_the_baseline(self) -> None:
        bars = sim.ranges(SCENARIO, parameters=KEYS, seeds=2).bars
        pairs = set(zip(bars["policy"], bars["parameter"], strict=True))
        assert ("easy", "reporting.friction") in pairs
        assert ("staff", "moderation.staff") in pairs
        assert len(pairs) == 12

    def test_numbers_of_a_level_share_one_step_loop(self) -> None:
        asked = question(SCENARIO, parameters=["registration.phone.findability", "registration.phone.p_return"])
        ((scenario, arms, _),) = asked._variants
        (task,) = asked.tasks()
        assert (task.scenario, task.arms) == (scenario, (BASELINE, *arms))
        assert len(arms) == len({task.lanes[arm] for arm in arms}) == 3 + 4
        findability = {
            (lane.parameter, lane.end): scenario.rules_on(0, arm).registration.findability
            for arm, lane in arms.items()
            if lane.policy == "phone"
        }
        key = "registration.phone.findability"
        assert (findability[key, "low"], findability[key, "high"]) == (0.2, 0.8)
        assert findability["", ""] == findability["registration.phone.p_return", "low"] == 0.5
        assert scenario.rules_on(0, BASELINE) == SCENARIO.platform.rules

    def test_seeds_are_few_unless_told(self) -> None:
        def seeds(scenario: Scenario, asked: int | None = None) -> RangesQuestion:
            return question(scenario, seeds=asked)

        assert len(seeds(SCENARIO).seeds) == asked_ranges.SEEDS
        assert len(seeds(SCENARIO.replace(seeds=3)).seeds) == 3
        assert len(seeds(SCENARIO, 9).seeds) == 9

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"policies": ["phnoe"]}, "no policy is called 'phnoe'. Did you mean phone"),
            (
                {"parameters": ["contacts.rel_meetin"]},
                "'contacts.rel_meetin'. Did you mean contacts.rel_meeting",
            ),
            ({"parameters": ["registration.level"]}, "registration.level has no plausible range"),
            ({"parameters": [KEYS[0], KEYS[0]]}, "contacts.rel_meeting is named twice"),
            ({"parameters": ["registration.email.p_return"]}, "moves no effect: no policy here uses the level email"),
            ({"seeds": 1}, "1 seed gives no interval"),
            ({"workers": 0}, "workers = 0 is not allowed"),
        ],
    )
    def test_what_cannot_be_varied_is_refused(self, arguments: dict, message: str) -> None:
        with pytest.raises(ScenarioError, match=message):
            sim.ranges(SCENARIO, **arguments)


class TestResult:
    def test_only_where_parameters_are_left_to_vary_is_it_said_how(self, made: Ranges) -> None:
        assert "--parameters all varies" in " ".join(made.table().split())
        assert "--parameters all varies" not in " ".join(replace(made, more=False).table().split())

    def test_the_text_says_what_it_must(self, made: Ranges) -> None:
        text = " ".join(made.table().split())
        assert "2 policies depend on 13 parameters, one at a time, 4 seeds each" in text
        assert "no joint interval" in text
        assert "serious harm, here and elsewhere together, changes from the baseline by" in text
        assert "Luck: 95%, Monte Carlo error alone, parameters at the values of this scenario." in text
        assert max(map(len, made.table().splitlines())) <= WIDTH

    def test_the_tornado_has_its_bars_in_order(self, made: Ranges) -> None:
        axes = made.plot("phone").axes[0]
        names = [label.get_text().split("\n")[0] for label in axes.get_yticklabels()]
        assert names == made.bars[made.bars["policy"] == "phone"]["parameter"].tolist()[:MOST_BARS]
        with pytest.raises(ScenarioError, match="no policy is called 'fax'"):
            made.plot("fax")

    def test_the_table_has_the_interval_of_each_end(self, made: Ranges) -> None:
        text = " ".join(made.table().split())
        assert "effect at its low end" in text.replace("effect at its effect at its low end", "effect at its low end")
        for end in ("at_low", "at_high"):
            for bar in made.bars[made.bars["policy"] == "phone"].to_dict("records"):
                assert change(interval_of(bar, end)) in text

    def test_no_mark_of_the_tornado_is_cut_by_the_edge(self) -> None:
        bars = bars_of({KEYS[0]: (found(0.5), found(1.2)), KEYS[1]: (found(0.9), found(0.7))})
        effect = {"verdict": "lowers", "relative": -0.3, "relative_low": -0.31, "relative_high": -0.29}
        axes = figures.tornado("phone", effect, bars)
        left, right = axes.get_xlim()
        assert left < -50 - 1 and right > 20 + 1

    @pytest.mark.slow
    def test_what_is_written(self, made: Ranges, tmp_path: Path) -> None:
        asked = question(SCENARIO, ["phone", "easy"], seeds=4)
        written = []
        for out, workers in ((tmp_path / "one", 1), (tmp_path / "other", 2)):
            found = answer(asked, workers, out=out, command="the command")
            pd.testing.assert_frame_equal(found.bars, made.bars, check_exact=True)
            written.append({f.relative_to(out).as_posix(): f.read_bytes() for f in files_of(out)})
        assert [*written[0]] == [
            *("breakdown.parquet", "daily.parquet", "dictionary.csv", "durations.parquet"),
            *(f"figures/tornado-{policy}.{end}" for policy in ("easy", "phone") for end in ("png", "svg")),
            *("manifest.json", "persons.parquet", "ranges.csv", "report.html", "table.txt"),
        ]
        manifest, other = (json.loads(files.pop("manifest.json")) for files in written)
        assert written[0] == written[1]
        assert manifest | {"written": ""} == other | {"written": ""}
        assert list(pd.read_csv(tmp_path / "one" / "ranges.csv").columns) == list(COLUMNS)
        assert manifest["asked"] == {"policies": ["phone", "easy"], "parameters": None, "seeds": [0, 1, 2, 3]}
        assert question_of(manifest) == asked
        assert len(asked.varied) == 13
        for name in ("daily", "breakdown", "durations", "persons"):
            table = pd.read_parquet(tmp_path / "one" / f"{name}.parquet")
            assert table.columns[0] == "variant"
            assert list(table["variant"].unique()) == [task.label for task in asked.tasks()]
