"""Person by person: what is printed, drawn and written, and what is not said."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

import sim
from sim.outcomes.flows import FLOWS_COLUMNS, TOLD
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.report import figures
from sim.report.blocks import Table
from sim.report.compare import Comparison
from sim.report.parts import Picture
from sim.report.text import number
from sim.rules.sentences import spoken
from sim.scenario.scenario import BASELINE
from tests.parts import synthetic
from tests.theory import toy

ARMS = {
    "phone": (RegistrationPolicy(level="phone"),),
    "hard": (ReportingPolicy(friction=0.9),),
    "same": (RegistrationPolicy(level="none"),),
}


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    with synthetic.in_place():
        return sim.compare(synthetic.SCENARIO.replace(policies=ARMS), seeds=6)


def table_of(found: Comparison) -> Table:
    (block,) = (b for b in found.blocks() if isinstance(b, Table) and b.title == "PERSON BY PERSON")
    return block


def test_the_net_stands_first_and_bounds_beside_what_is_gross(comparison: Comparison) -> None:
    heads = [spoken(column.head) for column in table_of(comparison).columns]
    assert heads[0] == "net"
    for side in ("baseline", "policy"):
        at = heads.index(f"harmed under the {side} alone")
        assert heads[at + 1] == f"under the {side} alone, at any luck"
    cells = {
        head: [spoken(c) for c in column.cells]
        for head, column in zip(heads, table_of(comparison).columns, strict=True)
    }
    rate = comparison.flows.set_index(["policy", "flow"])
    assert cells["net"][0].startswith("-") and cells["net"][1].startswith("+") and cells["net"][2] == "0"
    assert cells["harmed under the baseline alone"][1:] == ["0", "0"]
    low, high = (number(rate.loc[("phone", "baseline_alone"), end]) for end in ("fewest", "most"))
    assert cells["under the baseline alone, at any luck"][0] == f"{low} to {high}"
    assert "outside victims, net" not in heads  # there are none


def test_it_is_said_once_of_the_policy_named_first_and_of_no_given_person(comparison: Comparison) -> None:
    text = " ".join(comparison.table().split())
    assert text.count("Person by person, phone: net -") == 1
    assert text.index("Person by person, phone") < text.index("PERSON BY PERSON")
    assert "other luck gives other persons the same net" in text
    assert "So it says of no given person what the policy did for them." in text
    assert "saved" not in text and "would have been" not in text


def test_a_page_has_its_part_with_the_figure(comparison: Comparison) -> None:
    page = comparison.page({"plan_sha256": "", "model_files": {}})
    (part,) = (part for part in page.parts if part.key == "persons")
    assert [item.name for item in part.items if isinstance(item, Picture)] == ["flows"]
    assert part.stands_in == ["flows.csv"]


def test_what_is_written_has_a_row_for_all_that_is_told(comparison: Comparison, tmp_path: Path) -> None:
    comparison.fill(tmp_path)
    written = pd.read_csv(tmp_path / "flows.csv")
    assert tuple(written.columns) == FLOWS_COLUMNS
    assert written[["policy", "flow"]].to_numpy().tolist() == [[arm, flow] for arm in ARMS for flow in TOLD]
    assert {*comparison.columns["flows"]} | {"policy", "unit", "seeds"} == {*FLOWS_COLUMNS}
    assert {*comparison.persons["policy"]} == {BASELINE, *ARMS}


def test_bars_stand_on_both_sides_of_zero_and_marks_at_the_net(comparison: Comparison) -> None:
    axes = figures.flows(comparison.flows, ["phone", "hard", "same"])
    assert [t.get_text() for t in axes.get_yticklabels()] == ["phone", "hard", "same"]
    rate = comparison.flows.set_index(["policy", "flow"])["rate"]
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    parts = ("spared", "absent", "put_off", "new", "redirected")
    drawn = np.array([bar.get_width() for bar in bars]).reshape(3, 5)
    signs = [-1, -1, -1, 1, 1]
    for arm, widths in zip(("phone", "hard", "same"), drawn, strict=True):
        assert widths == pytest.approx([s * rate[arm, part] for s, part in zip(signs, parts, strict=True)])
    ends = [min(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars[:3]]
    assert min(ends) == pytest.approx(-rate["phone", "baseline_alone"])
    nets = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "D"]
    assert nets == pytest.approx([rate[arm, "net"] for arm in ("phone", "hard", "same")])
    assert len({(bar.get_hatch(), bar.get_facecolor()) for bar in bars[:5]}) == 5
    assert [t.get_text() for t in figures.flows(comparison.flows).get_yticklabels()] == ["phone", "same", "hard"]


def test_where_persons_are_not_told_apart_nothing_is_said() -> None:
    with toy.where(a=lambda at, luck: -0.2) as moved:
        found = sim.compare(moved, seeds=3)
    assert not len(found.flows) and "flows" not in found.figures()
    assert "PERSON BY PERSON" not in found.table() and "Person by person" not in found.table()
