"""Why: mechanisms and the parts of an effect that they make."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

import sim
from sim.outcomes.counts import HEADLINE
from sim.outcomes.statistics import NONE, Interval
from sim.policies.altered import held
from sim.policies.limits import LimitsPolicy
from sim.policies.policy import Dated, rules_on
from sim.policies.registration import RegistrationPolicy
from sim.policies.retention import RetentionPolicy
from sim.policies.set import SetPolicy
from sim.policies.warnings import WarningsPolicy
from sim.questions import why as questions_why
from sim.report import why
from sim.report.blocks import WIDTH
from sim.report.why import Why, echo
from sim.rules.errors import ScenarioError
from sim.rules.mechanisms import MECHANISMS
from sim.rules.rulebook import RULES, rules_through
from sim.rules.sentences import spoken
from sim.scenario.scenario import Scenario
from sim.study.folder import files_of

CHAT = sim.load(Path(__file__).parents[2] / "scenarios" / "classroom.toml").replace(
    days=30,
    **{"contacts.private_harm_per_hour": 0.1, "contacts.off_harm_per_hour": 0.05},
    policies={
        "phone": (RegistrationPolicy(level="phone"),),
        "cooling-off": (LimitsPolicy(cooling_off_hours=2),),
        "same": (RetentionPolicy(message_hours=3),),
        "shut": tuple(SetPolicy(rule=f"registration.friction_{who}", value=0.5) for who in ("user", "predator")),
    },
)  # fmt: skip


@pytest.fixture(scope="module")
def phone() -> Why:
    return sim.why(CHAT, "phone", seeds=3)


def test_every_rule_belongs_to_one_mechanism_that_rules_hold() -> None:
    found = Counter(rule for mechanism in MECHANISMS if not mechanism.switch for rule in rules_through(mechanism))
    assert found == dict.fromkeys(RULES, 1)
    assert len({mechanism.name for mechanism in MECHANISMS}) == len(MECHANISMS)


def test_what_is_switched_off_by_a_setting_is_a_number_that_may_be_zero() -> None:
    for mechanism in MECHANISMS:
        if key := mechanism.switch:
            assert CHAT.replace(**{key: 0.0}).value_of(key) == 0


def test_with_every_mechanism_held_nothing_is_changed_and_with_none_everything() -> None:
    arm = (RegistrationPolicy(level="document"), WarningsPolicy(p_reached=0.5))
    platform = Scenario().platform
    whole, nothing, all_held = (
        [rules_on(day, platform, [Dated(policy, 0, None) for policy in policies]) for day in (0, 7, 14)]
        for policies in (arm, held(arm, []), held(arm, MECHANISMS))
    )
    assert nothing == whole
    assert all_held == [platform.rules] * 3
    assert len({rules.warnings.rel_recognise for rules in whole}) == 3


def test_what_a_policy_works_through() -> None:
    def names(policy: str, scenario: Scenario = CHAT) -> list[str]:
        return [mechanism.name for mechanism in questions_why.mechanisms_of(scenario, policy)]

    assert names("phone") == [
        "the door", "looking further", "findability", "the price of a new identity", "accounts that persist",
    ]  # fmt: skip
    assert "looking further" not in names("phone", CHAT.replace(**{"predators.p_retry_absent": 0.0}))
    assert names("cooling-off") == ["limits on new accounts"]


def test_the_whole_is_that_of_compare_and_parts_add_up_with_what_they_do_together(phone: Why) -> None:
    effects = sim.compare(CHAT, ["phone"], seeds=3).effects
    compared = effects[effects["outcome"] == HEADLINE].iloc[0]
    assert tuple(phone.effect) == pytest.approx(tuple(compared[["relative", "relative_low", "relative_high"]]))
    assert phone.parts["part"].sum() + phone.together.value == pytest.approx(phone.effect.value)
    assert (phone.parts["part"] + phone.parts["without"]).to_numpy() == pytest.approx(phone.effect.value)
    assert phone.parts["alone"].isna().tolist() == [False, True, False, False, False]


def test_without_one_mechanism_is_the_policy_that_lacks_it(phone: Why) -> None:
    lacking = CHAT.replace(**{"registration.phone.findability": CHAT.registration.none.findability})
    effects = sim.compare(lacking, ["phone"], seeds=3).effects
    compared = effects[effects["outcome"] == HEADLINE].iloc[0]
    row = phone.parts[phone.parts["mechanism"] == "findability"].iloc[0]
    assert row["without"] == pytest.approx(compared["relative"])


def test_what_a_rule_does_by_deterring_is_not_told_of_what_it_proves() -> None:
    # Nothing is ever reported, so kept messages prove nothing: all they can do is deter.
    silent = CHAT.replace(**{
        "responses.p_ready_to_report": 0.0, "responses.p_ready_false_report": 0.0,
        "predators.p_deterred_by_retention": 0.5, "policies": {"keep": (RetentionPolicy(message_hours=720),)},
    })  # fmt: skip
    found = sim.why(silent, "keep", seeds=3)
    parts = found.parts.set_index("mechanism")["part"]
    assert found.effect.value < -0.2
    assert parts["evidence"] == 0
    assert parts["announced retention"] == pytest.approx(found.effect.value)
    assert "most of it through announced retention" in " ".join(found.table().split())


def test_a_policy_of_one_mechanism_is_all_its_part_and_of_an_input_an_echo(phone: Why) -> None:
    found = sim.why(CHAT, "cooling-off", seeds=8)
    assert found.parts["part"].tolist() == pytest.approx([found.effect.value])
    assert found.parts["without"].tolist() == pytest.approx([0])
    assert echo(found)
    assert "This effect is an echo" in found.table()
    assert "all of it through limits on new accounts" in " ".join(found.table().split())
    assert not echo(phone)


def test_workers_change_nothing(phone: Why) -> None:
    other = sim.why(CHAT, "phone", seeds=3, workers=2)
    assert other.parts.equals(phone.parts)


def test_table_figure_and_files(phone: Why, tmp_path: Path) -> None:
    text = phone.table()
    assert max(map(len, text.splitlines())) <= WIDTH
    said = " ".join(text.split())
    assert "phone changes serious harm, here and elsewhere together, by" in said or "was not seen to" in said
    assert "displacement.p_users). Luck: 95%, Monte Carlo error alone" in said
    written = sim.why(CHAT, "phone", seeds=3, out=tmp_path / "why")
    assert written.parts.equals(phone.parts)
    assert {path.name for path in files_of(tmp_path / "why")} == {
        *("manifest.json", "report.html", "table.txt", "why.csv", "why.png", "why.svg"),
        *("daily.parquet", "breakdown.parquet", "durations.parquet", "persons.parquet", "dictionary.csv"),
    }
    for name in ("daily", "breakdown", "durations", "persons"):
        table = pd.read_parquet(tmp_path / "why" / f"{name}.parquet")
        assert table.columns[0] == "variant"
        assert list(table["variant"].unique()) == ["whole", "without looking further"]


def made_up(
    effect: tuple[float, float, float],
    verdict: str,
    *parts: tuple[str, float, float, float],
    together: tuple[float, float, float] = tuple(NONE),
) -> str:
    """Return the sentence on an effect and its parts."""
    rows = [(name, False, -0.1, -0.2, -0.05, part, low, high, *NONE) for name, part, low, high in parts]
    table = pd.DataFrame(rows, columns=list(why.COLUMNS))
    found = Why(CHAT, "phone", (0, 1), Interval(*effect), Interval(2.0, 1.0, 3.0), verdict, table, Interval(*together))
    return " ".join(found.table().split("\n\n")[1].split())


def test_a_sentence_claims_what_is_resolved_and_no_more() -> None:
    one, other, noise = ("one", -0.25, -0.3, -0.2), ("other", 0.4, 0.3, 0.5), ("noise", -0.5, -1.2, 0.1)
    sure = (-0.3, -0.4, -0.2)
    said = made_up(sure, "lowers", one, other, noise)
    together = "serious harm, here and elsewhere together"
    assert f"phone changes {together}, by -30% (-40 to -20), most of it through one, without which it would be" in said
    assert "the largest part of it through one" in made_up((-0.6, -0.7, -0.5), "lowers", one, other)
    assert "-30% (-40 to -20); through which mechanism is not resolved." in made_up(sure, "lowers", other, noise)
    assert "-30% (-40 to -20), all of it through one" in made_up(sure, "lowers", one)
    unsure = made_up((-0.1, -0.4, 0.2), "not resolved", one, other)
    assert f"phone was not seen to change {together}: -10% (-40 to +20), its sign not resolved." in unsure
    assert "through" not in unsure
    assert "as many are harmed under phone as under the baseline in every seed: nothing to" in made_up(
        (0, 0, 0), "identical", one
    )
    nothing = made_up(tuple(NONE), "raises", one)
    assert "together, by +2 (1 to 3) persons a year per 1,000 baseline monthly visitors (raises)" in nothing
    assert "nothing can be said in percent" in nothing


@pytest.mark.parametrize("beyond", [-0.2, 0.2, -0.14])
def test_where_parts_need_each_other_no_single_one_is_said_to_make_the_effect(beyond: float) -> None:
    one, other = ("one", -0.25, -0.3, -0.2), ("other", -0.1, -0.2, -0.05)
    said = made_up((-0.3, -0.4, -0.2), "lowers", one, other, together=(beyond, beyond - 0.1, beyond + 0.1))
    if abs(beyond) < 0.15:
        assert "most of it through one" in said
        return
    assert "most of it" not in said
    assert "need each other or stand in for each other, so that no single one can be said to make it" in said
    ends = f"{100 * beyond:+.0f} ({100 * beyond - 10:+.0f} to {100 * beyond + 10:+.0f})"
    assert f"the whole less its parts is {ends} points. The largest is one, without which it would be" in said


def test_what_is_no_mechanism_is_drawn_hatched(phone: Why) -> None:
    axes = phone.plot().axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    hatched = {names[round(bar.get_y() + bar.get_height() / 2)] for bar in bars if bar.get_hatch()}
    assert hatched == {"the whole less its parts"}


def test_too_few_harms_give_no_numbers() -> None:
    rare = CHAT.replace(**{"contacts.private_harm_per_hour": 1e-6, "contacts.off_harm_per_hour": 1e-6})
    found = sim.why(rare, "phone", seeds=2)
    assert np.isnan(found.effect.value)
    assert "Too few persons are harmed" in found.table()
    assert found.plot() is not None


@pytest.mark.parametrize(
    ("policy", "words"), [("same", "changes no rule within the window"), ("fone", "Did you mean phone?")]
)
def test_nothing_to_take_apart(policy: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        sim.why(CHAT, policy, seeds=2)


@pytest.mark.slow
def test_mechanisms_that_run_along_a_comparison_are_those_of_why_alone() -> None:
    found, alone = sim.compare(CHAT, ["shut", "same"], seeds=4, why=1), sim.why(CHAT, "shut", seeds=4)
    (apart,) = found.apart
    assert found.named_first == (apart.policy,) == ("shut",)
    pd.testing.assert_frame_equal(apart.parts, alone.parts)
    assert (apart.effect, apart.together) == (alone.effect, alone.together)
    assert spoken(alone.finding()) in " ".join(found.table().split())
    pd.testing.assert_frame_equal(found.effects, sim.compare(CHAT, ["shut", "same"], seeds=4).effects)
