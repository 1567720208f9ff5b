"""What is reckoned and told of rules about ages: the estimate of reports, what bears on an effect, the table."""

from __future__ import annotations

import pytest

import sim
from sim.outcomes.workload import reports_an_hour
from sim.policies.age import AgePolicy
from sim.policies.limits import LimitsPolicy
from sim.policies.moderation import ModerationPolicy
from sim.policies.policy import Policy
from sim.rules.offences import OFFENCES
from sim.rules.sentences import spoken
from sim.scenario.scenario import BASELINE, Scenario
from sim.scenario.uncertain import bears_on, no_bearing

ON_MINORS = tuple(offence.model_copy(update={"target_weights": (1, 1, 0, 0)}) for offence in OFFENCES)
APART: tuple[Policy, ...] = (LimitsPolicy(adults_to_minors=False),)
GATE: tuple[Policy, ...] = (AgePolicy(level="estimated", gate=True),)
STAFF: tuple[Policy, ...] = (ModerationPolicy(staff=3.0),)


def chat(**policies: tuple[Policy, ...]) -> Scenario:
    small = {"monthly_visitors": 3_000.0, "monthly_visitors_start": 3_000.0}
    return sim.load("scenarios/classroom.toml").replace(population=small, days=62, policies=policies)


def test_fewer_reports_are_expected_of_those_whom_a_limit_spares() -> None:
    """Of minors who are known, none are approached by adults; who does not look further approaches nobody else."""
    scenario = chat(apart=APART).replace(**{"offences": ON_MINORS, "predators.p_retry_absent": 0.0})
    usual, apart = (reports_an_hour(scenario, scenario.rules_on(0, arm), 3_000.0) for arm in (BASELINE, "apart"))
    _, older, _, predators = scenario.rules_on(0, "apart").p_pass_for_adults
    p_written_to = 1 - (1 - older) * predators
    assert apart[0] / usual[0] == pytest.approx(p_written_to)
    assert apart[1] == usual[1]


def test_fewer_reports_of_either_kind_are_expected_behind_a_gate() -> None:
    scenario = chat(gate=GATE)
    usual, gate = (reports_an_hour(scenario, scenario.rules_on(0, arm), 3_000.0) for arm in (BASELINE, "gate"))
    assert gate[0] < 0.6 * usual[0] and gate[1] < 0.6 * usual[1]


@pytest.mark.parametrize("key", ["age.declared.p_gets_round", "age.declared.p_poses", "predators.p_retry_protected"])
def test_what_is_uncertain_of_ages_bears_on_policies_with_a_rule_that_rests_on_them(key: str) -> None:
    scenario = chat(apart=APART, staff=STAFF)
    assert bears_on(scenario, "apart", key) and not bears_on(scenario, "staff", key)
    why = no_bearing(scenario, ["staff"], key)
    limit = key == "predators.p_retry_protected"
    said = "no rule here keeps adults from minors" if limit else "no rule here rests on an age"
    assert why is not None and spoken(why) == said


def test_of_a_level_that_no_policy_uses_nothing_bears() -> None:
    scenario = chat(gate=GATE, apart=APART)
    assert bears_on(scenario, "gate", "age.estimated.error_years")
    assert not bears_on(scenario, "apart", "age.estimated.error_years")
    why = no_bearing(scenario, ["apart"], "age.verified.p_cannot_show")
    assert why is not None and spoken(why) == "no policy here uses the level verified"


def test_the_table_says_what_rules_about_ages_cost() -> None:
    found = sim.compare(chat(gate=GATE, apart=APART), seeds=2)
    table = found.table()
    rows = {
        row.split()[0]: row.split()[1:] for row in table[table.index("\nAGES") :].split("\n\n")[0].splitlines() if row
    }
    means = found.effects.set_index(["policy", "outcome"])["value"]
    for policy in ("gate", "apart"):
        shown = [float(cell.replace(",", "")) for cell in rows[policy]]
        expected = [means[policy, name] for name in ("adults_misjudged", "conversations_barred")]
        assert shown == pytest.approx(expected, rel=0.01)
    assert float(rows["gate"][0]) > 0 < float(rows["apart"][1].replace(",", ""))
    assert "\nAGES" not in sim.compare(chat(staff=STAFF), seeds=2).table()
