"""Ranges: what was found of varied parameters, and how it reads: sentences, extremes, the widest bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from sim.model.records import write_csv
from sim.outcomes.dictionary import EVERYWHERE, Meaning, with_ends
from sim.outcomes.statistics import Interval, interval_of
from sim.report.blocks import Block, Column, Prose, Table
from sim.report.headings import Heading, Printed
from sim.report.result import Result
from sim.report.text import ETHICS, caveat, change, partly_in_force, percents, short, title
from sim.rules.errors import ScenarioError
from sim.rules.words import counted
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_BARS = 10
"""Bars shown of a policy; the others stand in ``ranges.csv``."""

ENDS = ("low", "high")

Row = Mapping[Any, Any]
"""A row of `Ranges.effects` or `Ranges.bars` by column."""


COLUMNS = {
    "policy": EVERYWHERE["policy"],
    "parameter": Meaning("name", "parameter varied"),
    "unit": Meaning("words", "unit of the parameter"),
    "doubt": Meaning("words", "what its range leaves open"),
    "setting": Meaning("the parameter's", "its value in the scenario"),
    "setting_low": Meaning("the parameter's", "lower end of its plausible range"),
    "setting_high": Meaning("the parameter's", "upper end of its plausible range"),
    **with_ends(
        {
            "relative": "change of persons seriously harmed with the parameter as in the scenario",
            "at_low": "change of persons seriously harmed with the parameter at its lower end",
            "at_high": "change of persons seriously harmed with the parameter at its upper end",
            "change": "by how much at_high exceeds at_low",
        }
    ),
    "seeds": EVERYWHERE["seeds"],
    "verdict": Meaning("word", "moves, not resolved, identical, too few, no percentage"),
    "turns": Meaning("True or False", "whether it moves and the effect is told apart from zero on both sides of it"),
}
"""Columns of `Ranges.bars`."""

_LOWEST = "lowest effect of those in the scenario and at the ends of all bars that move it"
_WHERE = Heading("where", meaning="with which parameter at which value the effect to the left of it comes out")
EXTREMES = (
    Heading("as in the scenario", column="ranges.relative"),
    Heading("lowest", meaning=_LOWEST),
    _WHERE,
    Heading("highest", meaning=_LOWEST.replace("lowest", "highest")),
    _WHERE,
    Heading("sign", meaning="what becomes of the sign of the effect over all ranges: stays, turns or not resolved"),
)

RANGE = Heading("its low to high end", meaning="the ends of the plausible range of the parameter")
BARS = (
    Heading("effect at its low end", column="ranges.at_low"),
    Heading("effect at its high end", column="ranges.at_high"),
    Heading("high less low, points", column="ranges.change"),
    Heading("the bar", column="ranges.verdict"),
)


@dataclass(frozen=True)
class Ranges(Result):
    """What becomes of each policy's effect on persons seriously harmed when one parameter takes another value.

    Attributes:
        scenario: What was run, before anything was varied.
        policies: The arms, without the baseline, in the scenario's order.
        seeds: The seeds, the same ones in every variant.
        effects: One row per policy: ``relative``, its change as a share with ``_low`` and ``_high`` of its 95%
            interval, ``seeds`` and ``verdict``, with every parameter as in the scenario.
        bars: One row per policy and parameter, the widest bar of a policy first: the same change with the parameter at
            its ``setting``, ``at_low`` and ``at_high``; ``change`` is by how much the last exceeds the one before. Its
            interval is that of the paired difference, and ``verdict`` (``moves``, ``not resolved``, ``identical``,
            ``too few``, ``no percentage``) follows from it. ``turns`` says that the bar moves and that the effect is
            told apart from zero on both sides of it: at its ends, or at one of them and in the scenario.
        left_out: Parameters that were to be varied and could not be, with the reason.
        more: Whether there are parameters that could be varied and were not.
    """

    columns: ClassVar = {"ranges": COLUMNS}
    printed: ClassVar = (Printed("EFFECTS", EXTREMES), Printed("of each policy", (RANGE, *BARS)))

    scenario: Scenario = field(repr=False)
    policies: tuple[str, ...]
    seeds: tuple[int, ...]
    effects: pd.DataFrame = field(repr=False)
    bars: pd.DataFrame = field(repr=False)
    left_out: Mapping[str, str] = field(repr=False)
    more: bool = field(repr=False)

    def blocks(self) -> list[Block]:
        """Return a sentence for each policy, a summary and the widest bars of each."""
        given = self.scenario, self.policies, len(self.seeds), self.effects, self.bars, self.left_out
        return blocks(*given, self.more)

    def plot(self, policy: str) -> Figure:
        """Draw the tornado of a policy: its widest bars, each from the effect at the low to that at the high end.

        Raises:
            ScenarioError: If the policy is not among those compared.
        """
        from sim.report import figures

        policy = self.scenario.arm(policy)
        if policy not in self.policies:
            raise ScenarioError(f"{policy} is not among the policies compared: {', '.join(self.policies)}.")
        effect = self.effects[self.effects["policy"] == policy].to_dict("records")[0]
        return figures.tornado(policy, effect, self.bars[self.bars["policy"] == policy].head(MOST_BARS))

    def fill(self, folder: Path) -> None:
        """Write the table."""
        write_csv(self.bars, folder / "ranges.csv")

    def figures(self) -> dict[str, Callable[[], Figure]]:
        """Return what draws the tornado of each policy."""
        return {f"tornado-{policy}": partial(self.plot, policy) for policy in self.policies}


def blocks(
    scenario: Scenario,
    policies: Sequence[str],
    n_seeds: int,
    effects: pd.DataFrame,
    bars: pd.DataFrame,
    left_out: Mapping[str, str],
    more: bool = True,
) -> list[Block]:
    """Return what was found over ranges as blocks.

    Args:
        scenario: What was run, before anything was varied.
        policies: The arms, in the order in which to show them.
        n_seeds: Number of seeds.
        effects: One row per policy, as `Ranges.effects`.
        bars: One row per policy and parameter, as `Ranges.bars`.
        left_out: Parameters that are not varied, with the reason.
        more: Whether there are others that were not asked for.
    """
    rows: dict[str, Row] = {row["policy"]: row for row in effects.to_dict("records")}
    by_policy: dict[str, list[Row]] = {policy: [] for policy in policies}
    for bar in bars.to_dict("records"):
        by_policy[bar["policy"]].append(bar)
    return [
        _title(scenario, len(policies), bars["parameter"].nunique(), n_seeds),
        _sentences(scenario, rows, by_policy, more),
        _summary(rows, by_policy),
        *(_widest(policy, of_policy) for policy, of_policy in by_policy.items() if of_policy),
        _notes(bars["parameter"].nunique(), more, left_out, partly_in_force(scenario, policies)),
    ]


def _title(scenario: Scenario, n_policies: int, n_parameters: int, n_seeds: int) -> Block:
    parameters = counted(n_parameters, "parameter", "parameters")
    depends = "the effect of 1 policy depends" if n_policies == 1 else f"the effects of {n_policies} policies depend"
    return title(scenario, f"how far {depends} on {parameters}, one at a time, {n_seeds} seeds each")


def _percent(share: float) -> str:
    return percents((share, share, share), "+")[0] if share else "0"


def sentence(effect: Row, bars: Sequence[Row], more: bool = True) -> str:
    """Return a policy's effect with what becomes of it at either end of its widest bar that moves it.

    ``phone: -41% (-52 to -20 as predators look for somebody else or give up)``. Wherever else its sign turns, that is
    said too.

    Args:
        effect: Row of `Ranges.effects`.
        bars: Its rows of `Ranges.bars`, the widest first.
        more: Whether there are parameters that were not varied.
    """
    policy, share = effect["policy"], effect["relative"]
    if effect["verdict"] == "too few":
        return f"{policy}: too few harms to say"
    if share != share:
        return f"{policy}: {effect['verdict']}, but no percentage: the baseline is not told apart from zero"
    noise = ""
    if effect["verdict"] == "not resolved":
        _, low, high = percents(interval_of(effect, "relative"), "+")
        noise = f", not told apart from none: its 95% interval is {low} to {high}"
    moving = next((bar for bar in bars if bar["verdict"] == "moves"), None)
    if moving is None:
        return f"{policy}: {_percent(share)}%{noise} ({_unmoved(len(bars), more)})"
    value, low, high = percents((share, *sorted((moving["at_low"], moving["at_high"]))), "+")
    return (
        f"{policy}: {value}%{noise} ({low} to {high} as {moving['doubt'] or moving['parameter']}{_turn(effect, bars)})"
    )


def _unmoved(n_varied: int, more: bool) -> str:
    """Say that nothing was seen to move an effect, of how many parameters, and how to vary the others."""
    varied = ("no parameter that bears on it was varied", "the 1 parameter varied was not seen to move it")
    said = varied[n_varied] if n_varied < 2 else f"none of the {n_varied} parameters varied was seen to move it"
    return f"{said}{'; --parameters all varies the others' * more}"


def _ends(effect: Row, bars: Sequence[Row]) -> list[tuple[Interval, str]]:
    """Return the effect as in the scenario, first, and at the ends of all bars that move it, each with where it is."""
    ends = [(interval_of(effect, "relative"), "as in the scenario")]
    for bar in bars:
        if bar["verdict"] == "moves":
            ends += [(interval_of(bar, f"at_{end}"), f"{bar['parameter']} = {bar[f'setting_{end}']:g}") for end in ENDS]
    return ends


def _turn(effect: Row, bars: Sequence[Row]) -> str:
    """Say where the sign of an effect turns: at which end it is farthest on the other side, and at how many more."""
    whole, *ends = _ends(effect, bars)
    if not {found.sign for found, _ in (whole, *ends)} >= {-1, 1}:
        return ""
    side = whole[0].sign or (1 if whole[0].value > 0 else -1)
    beyond = sorted(
        (side * found.value, percents(found, "+")[0], where) for found, where in ends if found.sign == -side
    )
    _, farthest, where = beyond[0]
    also = f" and at {counted(len(beyond) - 1, 'other end', 'other ends')}" if len(beyond) > 1 else ""
    return f"; its sign turns: {farthest}% at {where}{also}"


def _sentences(
    scenario: Scenario, effects: Mapping[str, Row], by_policy: Mapping[str, Sequence[Row]], more: bool
) -> Block:
    head = (
        "In this model, serious harm changes from the baseline by (in brackets: over the plausible range of the "
        "parameter that moves it most, all others as in the scenario; one at a time, so no joint interval):"
    )
    lines = [f"- {sentence(effects[policy], by_policy[policy], more)}" for policy in effects]
    return Prose((head, *lines, caveat(scenario)))


_KIND = "change of persons seriously harmed from the baseline, in brackets its 95% interval"


def _summary(effects: Mapping[str, Row], by_policy: Mapping[str, Sequence[Row]]) -> Block:
    """Return the table of extremes: of the effect as in the scenario and at the ends of all bars that move it."""
    rows = []
    for policy, effect in effects.items():
        if effect["relative"] != effect["relative"]:
            rows.append([_cell(effect, "relative"), "", "", "", "", effect["verdict"]])
            continue
        ends = _ends(effect, by_policy[policy])
        least, most = min(ends), max(ends)
        signs = {found.sign for found, _ in ends}
        sign = "turns" if signs >= {-1, 1} else "not resolved" if 0 in signs else "stays"
        extremes = [text for found, where in (least, most) for text in (change(found), _tail(where))]
        rows.append([change(ends[0][0]), *extremes, sign])
    columns = [
        Column(head.words, cells, left=head.words in ("where", "sign"))
        for head, cells in zip(EXTREMES, zip(*rows, strict=True), strict=True)
    ]
    note = "Lowest and highest of what moves the effect. Turns: told apart from zero on both sides of it."
    return Table("EFFECTS", _KIND, [Column("policy", [short(p) for p in effects], left=True)], columns, note)


def _cell(row: Row, name: str) -> str:
    """Return a change in percent with its interval, or that there is none."""
    return change(interval_of(row, name), missing="too few" if row["verdict"] == "too few" else "no percentage")


def _tail(where: str) -> str:
    """Return the name of a parameter without its section."""
    return where.partition(".")[2] if where.count(".") and not where.startswith("as ") else where


def _widest(policy: str, bars: Sequence[Row]) -> Block:
    shown = bars[:MOST_BARS]
    keys = [
        Column("parameter", [bar["parameter"] for bar in shown], left=True),
        Column(RANGE.words, [f"{bar['setting_low']:g} to {bar['setting_high']:g}" for bar in shown]),
    ]
    cells = (
        [_cell(bar, "at_low") for bar in shown],
        [_cell(bar, "at_high") for bar in shown],
        [change(interval_of(bar, "change"), "", bar["verdict"]) for bar in shown],
        [f"{bar['verdict']}{', turns the sign' * bar['turns']}" for bar in shown],
    )
    columns = [Column(head.words, found, left=head is BARS[-1]) for head, found in zip(BARS, cells, strict=True)]
    more = f"{len(bars) - MOST_BARS} narrower ones stand in ranges.csv." if len(bars) > MOST_BARS else ""
    return Table(short(policy), _KIND, keys, columns, more)


def _notes(n_parameters: int, more: bool, left_out: Mapping[str, str], partly: str) -> Block:
    others = (
        " Others may move an effect as much: --parameters all varies every one with a plausible range; each end of "
        "each costs about a comparison."
    )
    notes = [
        f"Varied: {counted(n_parameters, 'parameter', 'parameters')}.{others * more}",
        "One parameter at a time: what several do together can go beyond all of this. A plausible range is an "
        "assumption too; python -m sim explain NAME tells where it comes from.",
        "A bar moves if the interval of its difference, seed by seed, leaves out zero; of many bars one in twenty does "
        "so by chance. The others may be noise: more --seeds tell.",
        "A rule that a policy sets itself is varied in the baseline alone: its effect is then against another one.",
    ]
    notes += [partly] if partly else []
    notes += [f"Not varied: {key}, {reason}." for key, reason in left_out.items()]
    return Prose(tuple(f"- {note}" for note in (*notes, ETHICS)))
