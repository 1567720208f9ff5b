"""Ranges: what was found of varied parameters, and how it reads: sentences, extremes, the widest bars."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import pandas as pd

from sim.model.records import write_csv
from sim.outcomes.dictionary import EVERYWHERE, Meaning, with_ends
from sim.outcomes.statistics import Interval, interval_of
from sim.outcomes.verdicts import Verdict
from sim.report.blocks import Block, Column, Note, Prose, Table
from sim.report.headings import Heading, Printed
from sim.report.remarks import ETHICS, assumed_elsewhere, caveat, partly_in_force, title
from sim.report.result import Result
from sim.report.text import change, ends_alone, percent, plain_number, points, short, value_alone
from sim.rules.errors import ScenarioError
from sim.rules.sentences import Amount, Counted, Sentence, Term, Words, paragraph
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
            "relative": "change of persons seriously harmed, here and elsewhere, with the parameter as in the scenario",
            "at_low": "change of persons seriously harmed, here and elsewhere, with the parameter at its lower end",
            "at_high": "change of persons seriously harmed, here and elsewhere, with the parameter at its upper end",
            "change": "by how much at_high exceeds at_low",
        }
    ),
    "seeds": EVERYWHERE["seeds"],
    "verdict": Meaning("word", "moves, not resolved, identical, too few, no percentage"),
    "turns": Meaning("True or False", "whether it moves and the effect is told apart from zero on both sides of it"),
}
"""Columns of `Ranges.bars`."""

_WHERE = Heading("where", meaning="with which parameter at which value the effect to the left of it comes out")
_SIGN = Heading("sign", meaning="what becomes of the sign of the effect at all ends: stays, turns or not resolved")
EXTREMES = (
    Heading("as in the scenario", column="ranges.relative"),
    Heading("lowest", meaning="lowest effect of those in the scenario and at the ends of all bars that move it"),
    _WHERE,
    Heading("highest", meaning="highest effect of those in the scenario and at the ends of all bars that move it"),
    _WHERE,
    _SIGN,
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
    """What becomes of each policy's effect on persons seriously harmed, in all, when one parameter takes another value.

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
    left_out: Mapping[str, Sentence] = field(repr=False)
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
        bars = self.bars[self.bars["policy"] == policy].head(MOST_BARS)
        return figures.figure_of(figures.tornado, policy, effect, bars)

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
    left_out: Mapping[str, Sentence],
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
    parameters = _parameters(n_parameters)
    done = Counted(
        n_policies,
        Sentence(
            "how far the effect of 1 policy depends on {parameters}, one at a time, {seeds} seeds each",
            parameters=parameters, seeds=n_seeds,
        ),
        Sentence(
            "how far the effects of {policies} policies depend on {parameters}, one at a time, {seeds} seeds each",
            policies=n_policies, parameters=parameters, seeds=n_seeds,
        ),
    )  # fmt: skip
    return title(scenario, done)


def _parameters(n: int) -> Counted:
    return Counted(n, Sentence("{n} parameter", n=n), Sentence("{n} parameters", n=n))


def sentence(effect: Row, bars: Sequence[Row], more: bool = True) -> Sentence:
    """Return a policy's effect with what becomes of it at either end of its widest bar that moves it.

    ``phone: -41%, luck -48 to -33 (-52 to -20 as predators look for somebody else or give up)``. Wherever else its
    sign turns, that is said too.

    Args:
        effect: Row of `Ranges.effects`.
        bars: Its rows of `Ranges.bars`, the widest first.
        more: Whether there are parameters that were not varied.
    """
    policy, share, verdict = effect["policy"], effect["relative"], Verdict(effect["verdict"])
    if verdict is Verdict.TOO_FEW:
        return Sentence("{policy}: too few harms to say", policy=policy)
    if share != share:
        return Sentence(
            "{policy}: {verdict}, but no percentage: the baseline is not told apart from zero",
            policy=policy, verdict=verdict,
        )  # fmt: skip
    noise, luck = None, interval_of(effect, "relative")
    if verdict is Verdict.NOT_RESOLVED:
        noise = Sentence(", not told apart from none: its 95% interval is {ends}", ends=Amount(luck, ends_alone))
    elif luck.low < luck.high:
        noise = Sentence(", luck {ends}", ends=Amount(luck, ends_alone))
    moving = next((bar for bar in bars if bar["verdict"] == Verdict.MOVES), None)
    if moving is None:
        return Sentence(
            "{policy}: {change}{noise} ({unmoved})",
            policy=policy, change=Amount(share, percent), noise=noise, unmoved=_unmoved(len(bars), more),
        )  # fmt: skip
    reach = Interval(share, moving["at_low"], moving["at_high"])  # in the order of the words: few or many
    return Sentence(
        "{policy}: {change}{noise} ({ends} as {doubt}{turn})",
        policy=policy, change=Amount(reach, value_alone), noise=noise, ends=Amount(reach, ends_alone),
        doubt=Term(moving["doubt"]) if moving["doubt"] else _from_end_to_end(moving), turn=_turn(effect, bars),
    )  # fmt: skip


def _from_end_to_end(bar: Row) -> Sentence:
    low, high = (Amount(bar[f"setting_{end}"], plain_number) for end in ENDS)
    return Sentence("{parameter} goes from {low} to {high}", parameter=bar["parameter"], low=low, high=high)


def _unmoved(n_varied: int, more: bool) -> Sentence:
    """Say that nothing was seen to move an effect, of how many parameters, and how to vary the others."""
    others = Sentence("; --parameters all varies the others") if more else None
    if not n_varied:
        return Sentence("no parameter that bears on it was varied{others}", others=others)
    if n_varied == 1:
        return Sentence("the 1 parameter varied was not seen to move it{others}", others=others)
    return Sentence("none of the {n} parameters varied was seen to move it{others}", n=n_varied, others=others)


class _End(NamedTuple):
    """An effect, and with which parameter at which value it comes out; with none as in the scenario."""

    effect: Interval
    parameter: str = ""
    setting: float = math.nan

    @property
    def where(self) -> Sentence:
        """The same as a clause, the parameter by its name alone where its section goes without saying."""
        if not self.parameter:
            return Sentence("as in the scenario")
        return _setting(self.parameter.partition(".")[2] or self.parameter, self.setting)


def _setting(parameter: str, value: float) -> Sentence:
    return Sentence("{parameter} = {value}", parameter=parameter, value=Amount(value, plain_number))


def _ends(effect: Row, bars: Sequence[Row]) -> list[_End]:
    """Return the effect as in the scenario, first, and at the ends of all bars that move it."""
    ends = [_End(interval_of(effect, "relative"))]
    for bar in bars:
        if bar["verdict"] == Verdict.MOVES:
            ends += [_End(interval_of(bar, f"at_{end}"), bar["parameter"], bar[f"setting_{end}"]) for end in ENDS]
    return ends


def _turn(effect: Row, bars: Sequence[Row]) -> Sentence | None:
    """Say where the sign of an effect turns: at which end it is farthest on the other side, and at how many more."""
    whole, *ends = _ends(effect, bars)
    if not {end.effect.sign for end in (whole, *ends)} >= {-1, 1}:
        return None
    side = whole.effect.sign or (1 if whole.effect.value > 0 else -1)
    beyond = [end for end in ends if end.effect.sign == -side]
    farthest = min(beyond, key=lambda end: (side * end.effect.value, end.parameter))
    also = None
    if n_others := len(beyond) - 1:
        also = Counted(n_others, Sentence(" and at 1 other end"), Sentence(" and at {n} other ends", n=n_others))
    return Sentence(
        "; its sign turns: {change} at {where}{also}",
        change=Amount(farthest.effect, value_alone), where=_setting(farthest.parameter, farthest.setting), also=also,
    )  # fmt: skip


def _sentences(
    scenario: Scenario, effects: Mapping[str, Row], by_policy: Mapping[str, Sequence[Row]], more: bool
) -> Block:
    head = Sentence(
        "In this model, serious harm, here and elsewhere together, changes from the baseline by (luck: the 95% "
        "interval of that, Monte Carlo error only; in brackets: over the plausible range of the parameter that moves "
        "it most, all others as in the scenario; one at a time, so no joint interval):"
    )
    lines = (Note(sentence(effects[policy], by_policy[policy], more)) for policy in effects)
    return Prose((head, *lines, caveat(scenario, assumed_elsewhere(scenario))))


_KIND = Term("change of persons seriously harmed, here and elsewhere, from the baseline, in brackets its 95% interval")


def _summary(effects: Mapping[str, Row], by_policy: Mapping[str, Sequence[Row]]) -> Block:
    """Return the table of extremes: of the effect as in the scenario and at the ends of all bars that move it."""
    rows: list[list[Words]] = []
    for policy, effect in effects.items():
        if effect["relative"] != effect["relative"]:
            rows.append([_cell(effect, "relative"), None, None, None, None, Verdict(effect["verdict"])])
            continue
        ends = _ends(effect, by_policy[policy])
        least, most = min(ends), max(ends)
        extremes = [words for end in (least, most) for words in (Amount(end.effect, change), end.where)]
        rows.append([Amount(ends[0].effect, change), *extremes, _sign(ends, by_policy[policy])])
    columns = [
        Column(Term(head.words), cells, left=head in (_WHERE, _SIGN))
        for head, cells in zip(EXTREMES, zip(*rows, strict=True), strict=True)
    ]
    note = Sentence(
        "Lowest and highest of what moves the effect. Sign: turns if told apart from zero on both sides of it, stays "
        "if told apart from zero on one side at both ends of every bar; else it is not resolved."
    )
    names = Column(Term("policy"), [short(policy) for policy in effects], left=True)
    return Table(Term("EFFECTS"), _KIND, [names], columns, note)


def _sign(ends: Sequence[_End], bars: Sequence[Row]) -> Verdict:
    """Return what becomes of the sign of an effect over all bars, of which `ends` are those that move it."""
    if {end.effect.sign for end in ends} >= {-1, 1}:
        return Verdict.TURNS
    everywhere = {ends[0].effect.sign, *(interval_of(bar, f"at_{end}").sign for bar in bars for end in ENDS)}
    return Verdict.STAYS if everywhere in ({-1}, {1}) else Verdict.NOT_RESOLVED


def _cell(row: Row, name: str) -> Words:
    """Return a change in percent with its interval, or that there is none."""
    interval = interval_of(row, name)
    if interval.value == interval.value:
        return Amount(interval, change)
    return Verdict.TOO_FEW if row["verdict"] == Verdict.TOO_FEW else Verdict.NO_PERCENTAGE


def _widest(policy: str, bars: Sequence[Row]) -> Block:
    shown = bars[:MOST_BARS]
    keys = [
        Column(Term("parameter"), [bar["parameter"] for bar in shown], left=True),
        Column(Term(RANGE.words), [_range(bar) for bar in shown]),
    ]
    cells: tuple[list[Words], ...] = (
        [_cell(bar, "at_low") for bar in shown],
        [_cell(bar, "at_high") for bar in shown],
        [_moved(bar) for bar in shown],
        [_verdict(bar) for bar in shown],
    )
    columns = [Column(Term(head.words), found, left=head is BARS[-1]) for head, found in zip(BARS, cells, strict=True)]
    more = len(bars) - MOST_BARS
    note = Sentence("{more} narrower ones stand in ranges.csv.", more=more) if more > 0 else None
    return Table(short(policy), _KIND, keys, columns, note)


def _range(bar: Row) -> Sentence:
    low, high = (Amount(bar[f"setting_{end}"], plain_number) for end in ENDS)
    return Sentence("{low} to {high}", low=low, high=high)


def _moved(bar: Row) -> Words:
    """Return by how much the effect at the high end exceeds that at the low end, or why nothing can be said of it."""
    moved = interval_of(bar, "change")
    return Amount(moved, points) if moved.value == moved.value else Verdict(bar["verdict"])


def _verdict(bar: Row) -> Words:
    verdict = Verdict(bar["verdict"])
    return Sentence("{verdict}, turns the sign", verdict=verdict) if bar["turns"] else verdict


def _notes(n_parameters: int, more: bool, left_out: Mapping[str, Sentence], partly: Words) -> Block:
    others = Sentence(
        "Others may move an effect as much: --parameters all varies every one with a plausible range; each end of each "
        "costs about a comparison."
    )
    notes = [
        paragraph(Sentence("Varied: {parameters}.", parameters=_parameters(n_parameters)), others if more else None),
        Sentence(
            "One parameter at a time: what several do together can go beyond all of this. A plausible range is an "
            "assumption too; python -m sim explain NAME tells where it comes from."
        ),
        Sentence(
            "A bar moves if the interval of its difference, seed by seed, leaves out zero; of many bars one in twenty "
            "does so by chance. The others may be noise: more --seeds tell."
        ),
        Sentence(
            "A rule that a policy sets itself is varied in the baseline alone: its effect is then against another one."
        ),
        partly,
        *(Sentence("Not varied: {key}, {reason}.", key=key, reason=reason) for key, reason in left_out.items()),
        ETHICS,
    ]
    return Prose(tuple(Note(note) for note in notes if note))
