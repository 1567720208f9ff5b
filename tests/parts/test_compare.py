import datetime as dt
import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
from sim.model.records import BREAKDOWN_COLUMNS, DAILY_COLUMNS, EVENT_COLUMNS, Records, duration_table, person_table
from sim.outcomes.counts import Counts, counts_of
from sim.outcomes.outcomes import OUTCOMES, outcomes_of
from sim.policies.limits import LimitsPolicy
from sim.policies.moderation import ModerationPolicy
from sim.policies.policy import Policy
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.policies.retention import RetentionPolicy
from sim.questions.run import Run, first_difference
from sim.report import cells as report_cells
from sim.report import headline, tables
from sim.report.blocks import WIDTH, Table
from sim.report.compare import Comparison
from sim.report.grounds import inert
from sim.rules.errors import ScenarioError
from sim.rules.sentences import spoken
from sim.scenario.scenario import BASELINE
from sim.study import price
from sim.study.identity import code_fingerprint, digest
from tests.parts import synthetic

SCENARIO = synthetic.SCENARIO.replace(
    policies={
        "phone": (RegistrationPolicy(level="phone"),),
        "easy": (ReportingPolicy(friction=0.2),),
        "keep": (RetentionPolicy(message_hours=720),),
        "staff": (ModerationPolicy(staff=5.0),),
        "same": (RegistrationPolicy(level="none"),),
    }
)
COLUMNS = [
    *("policy", "outcome", "unit", "baseline", "value", "difference", "low", "high"),
    *("relative", "relative_low", "relative_high", "seeds"),
    *("variance_reduction", "variance_reduction_low", "variance_reduction_high", "poisson_yardstick"),
    *("seeds_to_halve", "verdict", "reason", "simultaneous_low", "simultaneous_high"),
]


@pytest.fixture(autouse=True, scope="module")
def _invented() -> Iterator[None]:
    with synthetic.in_place():
        yield


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return sim.compare(SCENARIO)


def effect(comparison: Comparison, policy: str, outcome: str) -> pd.Series:
    found = comparison.effects.query("policy == @policy and outcome == @outcome")
    assert len(found) == 1
    return found.iloc[0]


class TestCompare:
    def test_every_policy_has_every_outcome_in_the_order_of_the_scenario(self, comparison: Comparison) -> None:
        assert list(comparison.effects.columns) == COLUMNS
        assert list(dict.fromkeys(comparison.effects["policy"])) == list(SCENARIO.policies)
        assert set(comparison.effects.groupby("policy")["outcome"].nunique()) == {len(outcomes_of(SCENARIO))}
        assert comparison.seeds == tuple(range(12))

    def test_the_tables_are_in_canonical_order(self, comparison: Comparison) -> None:
        for frame, columns in ((comparison.daily, DAILY_COLUMNS), (comparison.breakdown, BREAKDOWN_COLUMNS)):
            assert tuple(frame.columns.drop("date", errors="ignore")) == columns
            pd.testing.assert_frame_equal(frame, frame.sort_values(list(columns), ignore_index=True))

    def test_days_have_their_dates(self, comparison: Comparison) -> None:
        for daily in (comparison.daily, sim.run(SCENARIO).daily):
            assert list(daily.columns[3:5]) == ["day", "date"]
            assert (daily["date"] - pd.Timestamp(SCENARIO.start) == pd.to_timedelta(daily["day"], unit="D")).all()
            assert daily["date"].dt.day_name().nunique() == 7

    def test_the_relative_effect_is_that_of_the_sums(self, comparison: Comparison) -> None:
        harms = comparison.daily.groupby("policy")["n_persons_harmed"].sum()
        found = effect(comparison, "phone", "persons_harmed")
        assert found["relative"] == pytest.approx(harms["phone"] / harms["baseline"] - 1)
        assert found["relative_low"] < found["relative"] < found["relative_high"] < 0
        assert (found["verdict"], found["seeds"], found["seeds_to_halve"]) == ("lowers", 12, 41)
        assert found["variance_reduction"] > 1 < found["poisson_yardstick"]

    def test_an_inert_arm_is_identical_in_everything(self, comparison: Comparison) -> None:
        same = comparison.effects.query("policy == 'same'")
        assert set(same["verdict"]) == {"identical", "not counted"}
        nothing = same.query("verdict == 'not counted'")
        assert nothing["baseline"].isna().all()
        assert set(nothing["reason"]) == {"under neither is there anything in any seed to take a share or a mean of"}
        assert set(same.query("verdict == 'identical'")["reason"]) == {""}
        happens = comparison.table().partition("WHAT HAPPENS")[2]
        assert "A dash: in no seed have both the policy and the baseline something" in " ".join(happens.split())

    @pytest.mark.parametrize("workers", [1, 2])
    def test_workers_and_groups_change_nothing(self, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(price, "MEMORY_OF_A_PROCESS", 1)  # every seed alone
        alone = sim.compare(SCENARIO, ["easy", "phone"], 4, workers=workers)
        monkeypatch.setattr(price, "MEMORY_OF_A_PROCESS", 1e12)
        together = sim.compare(SCENARIO, ["phone", "easy"], [3, 1, 2, 0])
        assert alone.policies == together.policies == ("phone", "easy")
        for name in ("effects", "daily", "breakdown", "durations", "persons"):
            pd.testing.assert_frame_equal(getattr(alone, name), getattr(together, name), check_exact=True)
        assert digest(alone.daily) == digest(together.daily)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"seeds": 1}, "1 seed gives no interval"),
            ({"seeds": [4, 4]}, "1 seed gives no interval"),
            ({"seeds": [-1, 4]}, "-1 is no seed"),
            ({"policies": ["phnoe"]}, "no policy is called 'phnoe'. Did you mean phone"),
            ({"policies": []}, "there is no policy to compare"),
            ({"workers": 0}, "workers = 0 is not allowed"),
            ({"engine": "abacus"}, 'no engine is called "abacus"'),
        ],
    )
    def test_what_cannot_be_compared_is_refused(self, arguments: dict[str, object], message: str) -> None:
        with pytest.raises(ScenarioError, match=message):
            sim.compare(SCENARIO, **arguments)

    def test_the_bar_stays_away_where_there_is_no_terminal(self, capfd: pytest.CaptureFixture[str]) -> None:
        sim.compare(SCENARIO, ["same"], 2, progress=True)
        assert capfd.readouterr() == ("", "")


def busy_column(comparison: Comparison) -> dict[str, str]:
    """Return what a comparison says of how busy staff is, by the name of a row."""
    (happens,) = (b for b in comparison.blocks() if isinstance(b, Table) and b.title == "WHAT HAPPENS")
    (busy,) = (column for column in happens.columns if column.head == "staff busy, %")
    return dict(zip(map(spoken, happens.keys[0].cells), map(spoken, busy.cells), strict=True))


class TestTable:
    def test_policies_are_ranked_under_each_way_of_weighing_harm(self, comparison: Comparison) -> None:
        lines = comparison.table().splitlines()
        begin = next(i for i, line in enumerate(lines) if line.startswith("BY SEVERITY"))
        said = " ".join(lines[begin : lines.index("", begin)])
        harms = comparison.effects.query("outcome == 'harms' and verdict in ('lowers', 'raises')")
        order = ", ".join(harms.sort_values("difference")["policy"])
        assert f"the largest fall first, is the same under both: {order}." in said

    def test_weights_of_its_own_have_a_column_where_a_scenario_gives_any(self, comparison: Comparison) -> None:
        own = [o.model_copy(update={"severity_own": 1.0 + n}) for n, o in enumerate(SCENARIO.offences)]
        weighted = sim.compare(SCENARIO.replace(offences=own), ["phone", "easy"], seeds=4)
        for found, columns in ((comparison, 2), (weighted, 3)):
            (block,) = (b for b in found.blocks() if isinstance(b, Table) and b.title.startswith("BY SEVERITY"))
            assert len(block.columns) == columns

    def test_no_policy_vanishes_from_the_first_sentences(self, comparison: Comparison) -> None:
        said = " ".join(comparison.table().split("\n\n")[1].split())
        assert all(re.search(rf"\b{arm}\b", said) for arm in SCENARIO.policies)
        assert "Not told apart from the baseline in serious harm: " in said
        assert "same (inert)" in said and "keep (inert)" in said
        made = report_cells.Cells(SCENARIO, self.effects_of("identical", 0.0), ["phone"])
        assert spoken(headline._unresolved(made, "phone", {})) == "phone (as many in every seed)"
        made = report_cells.Cells(SCENARIO, self.effects_of("too few", np.nan), ["phone"])
        assert spoken(headline._unresolved(made, "phone", {})) == "phone (too few harms to say)"
        made = report_cells.Cells(SCENARIO, self.effects_of("not resolved", 0.1), ["phone"])
        assert spoken(headline._unresolved(made, "phone", {})) == "phone"

    def test_a_table_has_one_kind_of_number_and_says_which(self, comparison: Comparison) -> None:
        by_title = {block.title.split(",")[0]: block for block in comparison.blocks() if isinstance(block, Table)}
        assert {*by_title} == {
            *("HARM", "ELSEWHERE", "PERSON BY PERSON", "OVER TIME", "FOR WHOM", "BY SEVERITY", "COSTS"),
            "WHAT HAPPENS",
        }
        for title, block in by_title.items():
            rows = block.keys[0].cells
            if title == "ELSEWHERE":
                assert block.kind.startswith("changes with their luck (95%), shares of hours kept out")
                continue
            if title == "PERSON BY PERSON":
                assert spoken(block.kind).startswith("persons a year per 1,000 baseline monthly visitors, in brackets")
                continue
            if title in ("COSTS", "WHAT HAPPENS"):
                assert block.kind == "levels, means over the seeds"
                assert rows == [BASELINE, *SCENARIO.policies]
                numbers = [spoken(cell).replace(",", "") for column in block.columns for cell in column.cells]
                assert all(re.fullmatch(r"-|\d+(\.\d+)?", cell) for cell in numbers)
            else:
                assert block.kind == "change from the baseline, in brackets its luck (95%)"
                assert BASELINE not in rows
                cells = {spoken(cell) for column in block.columns if column.head != "verdict" for cell in column.cells}
                words = {"identical", "too few", "no harm", "no percentage"}
                assert all(re.fullmatch(r"[-+][\d.,]+% \(.* to .*\)", cell) for cell in cells - words)

    def test_a_quarter_has_its_interval(self, comparison: Comparison) -> None:
        text = comparison.table()
        row = next(line for line in text.split("OVER TIME")[1].splitlines() if line.startswith("phone"))
        assert len(re.findall(r"[-+]\d+% \([-+]\d+ to [-+]\d+\)", row)) == 2

    def test_a_quarter_in_which_a_policy_is_not_in_force_every_day_is_a_dash_with_its_reason(self) -> None:
        def dated(first: int, last: int) -> tuple[Policy, ...]:
            start, end = (SCENARIO.start + dt.timedelta(day) for day in (first, last))
            return (RegistrationPolicy(level="phone", start=start, end=end),)

        arms = {"late": dated(1, 120), "early": dated(0, 119), "whole": SCENARIO.policies["phone"]}
        blocks = sim.compare(SCENARIO.replace(policies=arms)).blocks()
        (over_time,) = (b for b in blocks if isinstance(b, Table) and b.title == "OVER TIME")
        assert [[cell == "-" for cell in column.cells] for column in over_time.columns] == [
            [True, False, False], [False, True, False],
        ]  # fmt: skip
        assert spoken(over_time.note).startswith("A dash: the policy is not in force on every day of that quarter")
        whole = sim.compare(SCENARIO.replace(policies={"whole": arms["whole"]})).blocks()
        assert [b.note for b in whole if isinstance(b, Table) and b.title == "OVER TIME"] == [None]

    def test_a_harm_of_which_nothing_can_be_said_in_percent_is_told_in_its_unit(self) -> None:
        cells = report_cells.Cells(SCENARIO, self.effects_of("raises", np.nan), ["phone"])
        assert spoken(headline.sentence(cells, "phone", ())).startswith(
            "phone raises serious harm by 2 (1 to 3) persons a year per 1,000 baseline monthly visitors, here and "
            "elsewhere together as here alone; it lowers the risk"
        )
        said = tables.harm(cells).text(WIDTH)
        assert "no percentage   raises" in said
        assert "the baseline is not told apart from zero" in " ".join(said.split())
        unsure = self.effects_of("raises", 0.5)
        unsure.loc[unsure["outcome"] == "harm_per_100k_user_days", ["relative", "low", "high", "verdict"]] = [
            np.nan, -5.0, 1.0, "not resolved",
        ]  # fmt: skip
        assert "changes by -2 (-5 to 1) serious harms per 100,000 user-days, its sign not resolved" in (
            spoken(headline.sentence(report_cells.Cells(SCENARIO, unsure, ["phone"]), "phone", ()))
        )

    @staticmethod
    def effects_of(verdict: str, relative: float) -> pd.DataFrame:
        """Return a table of effects that are all alike, but that visitors are not turned away for certain."""
        row = {"policy": "phone", "baseline": 4.0, "value": 6.0, "difference": 2.0, "low": 1.0, "high": 3.0}
        row |= {"relative": relative, "relative_low": relative - 0.1, "relative_high": relative + 0.1, "seeds": 5}
        made = pd.DataFrame([row | {"outcome": o.name, "unit": o.unit, "verdict": verdict} for o in OUTCOMES])
        made.loc[made["outcome"] == "harm_per_100k_user_days", "difference"] = -2.0
        made.loc[made["outcome"] == "harm_per_100k_user_days", "verdict"] = "lowers"
        return made

    def test_it_fits_a_terminal_and_says_what_it_must(self, comparison: Comparison) -> None:
        text = comparison.table()
        assert max(map(len, text.splitlines())) <= WIDTH
        assert max(map(len, comparison.table(80).splitlines())) <= 80
        said = " ".join(text.split())
        assert (
            "Elsewhere: of those kept out of their site, 70% of the predators and 40% of the lawful users are assumed "
            "to go on on another one (displacement.p_predators, displacement.p_users). Luck: 95%, Monte Carlo error "
            "alone, parameters at the values of this scenario."
        ) in said
        assert "Here: on the simulated site alone." in said
        assert "levels of harm are not identified" in " ".join(text.split())
        assert "half as wide with 41 seeds in all instead of 12" in text

    def test_the_first_sentence_has_both_signs_where_they_differ(self, comparison: Comparison) -> None:
        sentence = " ".join(comparison.table().split("\n\n")[1].split())
        names = ("total_harmed", "persons_harmed", "harm_per_100k_user_days")
        in_all, here, risk = (effect(comparison, "phone", name) for name in names)
        assert (in_all["verdict"], here["verdict"], risk["verdict"]) == ("lowers", "lowers", "raises")
        assert here["relative"] < in_all["relative"]
        sizes = []
        for row in (in_all, here):
            size, least, most = (-100 * row[f"relative{end}"] for end in ("", "_high", "_low"))
            sizes.append(f"{size:.0f}% (luck {least:.0f} to {most:.0f})")
        assert sentence.startswith(
            f"In this model, with these assumptions, phone lowers serious harm by {sizes[0]}, here and elsewhere "
            f"together, and by {sizes[1]} here; it raises"
        )
        assert f"; it raises the risk per day of use of those who remain by {100 * risk['relative']:.0f}% (" in sentence
        assert "it turns away 7,000 more lawful visitors a month." in sentence

    def test_a_policy_that_raises_harm_has_a_sentence_of_its_own(self) -> None:
        policies = {"hard": (ReportingPolicy(friction=0.95),), **SCENARIO.policies}
        text = sim.compare(SCENARIO.replace(policies=policies)).table()
        assert "\nOn the other hand, hard raises serious harm by " in text
        assert "On the other hand, easy" not in text

    def test_without_an_effect_it_claims_none(self) -> None:
        text = sim.compare(SCENARIO, ["keep", "same"]).table()
        assert "no policy was seen to lower serious harm" in text
        assert "half as wide" not in text

    def test_it_names_the_effects_that_follow_from_inputs(self, comparison: Comparison) -> None:
        text = " ".join(comparison.table().split())
        assert "shown for phone rests on assumed inputs: the share of lawful users turned away (0% to" in text
        assert "shown for easy rests on assumed inputs: how much effort keeps people from reporting (80% to" in text

    def test_what_acts_by_sanctions_rests_on_how_long_a_bar_holds_without_accounts(self) -> None:
        policies = {"easy": (ReportingPolicy(friction=0.4),), "limit": (LimitsPolicy(cooling_off_hours=1),)}
        for level, told in (("none", ["easy"]), ("email", [])):
            scenario = SCENARIO.replace(policies=policies, **{"registration.level": level})
            notes = sim.compare(scenario, seeds=4).table().split("\n- ")
            said = [" ".join(note.split()) for note in notes if "how long a bar holds without accounts" in note]
            assert [note.split()[4] for note in said] == told

    def test_it_says_how_busy_staff_is_and_what_idle_and_overloaded_staff_means(self) -> None:
        # 20 reviews a day, where one moderator could do 160.
        arms = {name: (ModerationPolicy(staff=n),) for name, n in (("none", 0.0), ("few", 0.128), ("quarter", 0.25))}
        comparison = sim.compare(SCENARIO.replace(policies=arms), seeds=4)
        busy = busy_column(comparison)
        assert busy["none"] == "-"
        assert float(busy["baseline"]) == pytest.approx(12.5, abs=0.2)
        assert float(busy["quarter"]) == pytest.approx(50, abs=1)
        told = " ".join(comparison.table().split())
        assert re.search(r"- staff is mostly idle: busy 1[23]% under baseline\. There", told)
        assert re.search(r"- staff is overloaded: busy 1?\d\d% under few\. There, the queue grows", told)

    def test_staff_is_busy_though_the_baseline_has_none(self) -> None:
        alone = SCENARIO.replace(**{"moderation.staff": 0.0}, policies={"few": (ModerationPolicy(staff=0.5),)})
        busy = busy_column(sim.compare(alone, seeds=4))
        assert busy["baseline"] == "-"
        assert float(busy["few"]) == pytest.approx(25, abs=1)

    def test_a_smaller_scale_is_said(self) -> None:
        assert "at scale 0.5" in sim.compare(SCENARIO.replace(scale=0.5), ["same"], 2).table()


class TestNotebook:
    def test_scenario_run_and_comparison_show_as_small_tables_in_which_text_is_text(self) -> None:
        scenario = SCENARIO.replace(title="A <b>bold</b> & small chat", policies={"same": SCENARIO.policies["same"]})
        for shown in (scenario, sim.run(scenario), sim.compare(scenario, seeds=2)):
            html = shown._repr_html_()
            assert "A &lt;b&gt;bold&lt;/b&gt; &amp; small chat" in html
            assert html.count("<table>") == html.count("</table>") == 1
            assert len(html) < 10_000

    def test_each_says_in_a_line_what_it_is(self, comparison: Comparison) -> None:
        assert (
            repr(SCENARIO)
            == str(SCENARIO)
            == (
                "<Scenario 'A made-up chat': 120 days from 2021-01-01 after 30 days of warm-up, 12 seeds; "
                "policies: phone, easy, keep, staff, same>"
            )
        )
        assert repr(comparison).startswith("Comparison(policies=('phone', 'easy', 'keep', 'staff', 'same'), seeds=(0,")
        assert repr(sim.run(SCENARIO, "phone", 3)) == "Run(policy='phone', seed=3, engine='array')"
        assert repr(comparison.plot("overview")).startswith("<Figure 'What each policy changes': .show() opens it")


class TestInert:
    @pytest.mark.parametrize(
        ("arm", "counts", "words"),
        [
            ("keep", {"n_report": 5, "n_review": 5, "n_review_evidence": 5}, "no review lacked evidence"),
            ("keep", {"n_report": 5, "n_review": 5}, "evidence never changed what a review ended in"),
            ("keep", {}, "nothing was reported"),
            ("keep", {"n_report": 5}, "no dossier was reviewed and none expired"),
            ("easy", {}, "there was nothing to report"),
            ("easy", {"n_recognise": 5}, "nothing was reported"),
            ("easy", {"n_recognise": 5, "n_report": 1}, "nobody's decision to report turned on it"),
            ("staff", {"n_report": 5, "n_review": 5}, "no dossier waited"),
            ("staff", {"n_report": 5, "n_review": 5, "n_waiting_hours": 9}, "no dossier was read at another time"),
            ("phone", {}, "nobody who came would have been turned away; nobody was barred and no pair was parted"),
            ("same", {"n_report": 5, "n_review": 5}, "it changes no rule within the window"),
        ],
    )
    def test_it_is_said_what_an_inert_arm_lacks(self, arm: str, counts: dict[str, int], words: str) -> None:
        rows = [self.day("baseline", **counts), self.day(arm, **counts).assign(n_history_hours=9, n_capacity=3)]
        assert spoken(inert([arm], self.counts(*rows))[arm]) == words

    def test_one_event_more_and_an_arm_is_not_inert(self) -> None:
        assert inert(["keep"], self.counts(self.day("baseline"), self.day("keep", n_bar=1))) == {}

    def test_the_same_events_on_another_day_are_not_the_same(self) -> None:
        days = [self.day(arm, n_bar=n).assign(day=day) for arm in ("baseline", "keep") for day, n in enumerate((1, 0))]
        assert inert(["keep"], self.counts(*days)) != {}
        days[2:] = [self.day("keep", n_bar=n).assign(day=day) for day, n in enumerate((0, 1))]
        assert inert(["keep"], self.counts(*days)) == {}

    def test_the_table_says_so(self, comparison: Comparison) -> None:
        text = comparison.table()
        assert "- same is inert, everything happened as in the baseline: it changes no rule within the window." in text
        assert "- keep is inert, everything happened as in the baseline: evidence never changed" in text

    @staticmethod
    def day(policy: str, **counts: int) -> pd.DataFrame:
        return pd.DataFrame(0, [0], list(DAILY_COLUMNS)).assign(policy=policy, **counts)

    @staticmethod
    def counts(*days: pd.DataFrame) -> Counts:
        nothing = pd.DataFrame(columns=list(BREAKDOWN_COLUMNS))
        return counts_of(SCENARIO, Records(pd.concat(days), nothing, duration_table([]), person_table([])))


class TestRun:
    def test_a_summary_is_no_estimate(self) -> None:
        text = sim.run(SCENARIO, "phone", seed=7).summary()
        assert "policy phone, seed 7" in text
        assert "One run, not an estimate. On the simulated site alone." in text
        assert max(map(len, text.splitlines())) <= WIDTH

    def test_a_contact_is_traced_by_the_clock_and_in_words(self) -> None:
        run = sim.run(SCENARIO, events=True, engine="agents")
        traced = run.trace(11)
        assert list(traced["event"]) == ["approach", "engage", "fade"]
        assert traced["time"].iloc[0] == pd.Timestamp(SCENARIO.start) - pd.Timedelta(days=30) + pd.Timedelta("7h30s")
        assert traced["words"].iloc[2] == "A contact fades: engaged."

    def test_refusals(self) -> None:
        run = sim.run(SCENARIO, events=True)
        with pytest.raises(ScenarioError, match="has no contact 12"):
            run.trace(12)
        with pytest.raises(ScenarioError, match="has no contact -1"):
            run.trace(-1)
        with pytest.raises(ScenarioError, match="kept no events"):
            sim.run(SCENARIO).trace(11)
        with pytest.raises(ScenarioError, match="no policy is called"):
            sim.run(SCENARIO, "fax")


class TestFirstDifference:
    def of(self, *details: int, policy: str = "baseline") -> Run:
        rows = [(policy, 0, hour, 3, 0, "fade", "predator", 4, "user", 8, 11, "site", "o", d)
                for hour, d in enumerate(details)]  # fmt: skip
        events = pd.DataFrame(rows, columns=list(EVENT_COLUMNS))
        return Run(SCENARIO, policy, 0, "array", pd.DataFrame(), pd.DataFrame(), events)

    def test_equal_runs_do_not_part_whatever_the_policy_is_called(self) -> None:
        assert first_difference(self.of(1, 2), self.of(1, 2, policy="phone")) is None
        assert first_difference(self.of(), self.of()) is None

    def test_the_first_event_that_differs_is_shown_of_both(self) -> None:
        found = first_difference(self.of(1, 2, 3, 4), self.of(1, 2, 5, 6))
        assert found is not None
        assert found[["run", "hour", "detail"]].to_numpy().tolist() == [["one", 2, 3], ["other", 2, 5]]

    def test_a_run_that_ends_earlier_parts_there(self) -> None:
        found = first_difference(self.of(1), self.of(1, 2))
        assert found is not None
        assert found[["run", "hour", "detail"]].to_numpy().tolist() == [["other", 1, 2]]


class TestFingerprints:
    def test_a_digest_is_over_names_and_values(self) -> None:
        frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
        assert digest(frame) == digest(frame.astype({"a": "int32"}))
        others = (frame.rename(columns={"a": "c"}), frame.iloc[::-1], frame.assign(b=["xy", ""]))
        assert len({digest(f) for f in (frame, *others)}) == 4
        by_hand = b"a\0" + bytes([1, *[0] * 7, 2, *[0] * 7]) + b"b\0" + b"x\0y\0"
        assert digest(frame) == hashlib.sha256(by_hand).hexdigest()

    def test_the_code_is_known_by_every_file(self, tmp_path: Path) -> None:
        for room in ("policies", "rules"):
            (tmp_path / room).mkdir()
        for name in ("a.py", "policies/b.py", "rules/evidence.csv"):
            (tmp_path / name).write_text(name)
        before = code_fingerprint(tmp_path)
        (tmp_path / "notes.txt").write_text("does not count")
        assert code_fingerprint(tmp_path) == before
        (tmp_path / "policies/b.py").write_text("changed")
        assert code_fingerprint(tmp_path) != before


def test_importing_is_quick_because_the_slow_packages_come_late() -> None:
    code = "import sim, sys; print([m for m in ('matplotlib', 'scipy', 'mesa', 'joblib', 'tqdm') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_name_that_the_package_has_not() -> None:
    with pytest.raises(AttributeError, match="no attribute"):
        sim.nothing  # noqa: B018
