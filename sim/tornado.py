"""Ranges as text for a terminal: a sentence for each policy, the extremes of its effect, its widest bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sim.scenario import Scenario
from sim.text import ETHICS, caveat, change, counted, grid, percents, short, title, wrap

MOST_BARS = 10
"""Bars shown of a policy; the others stand in ``ranges.csv``."""

ENDS = ("low", "high")

Row = Mapping[Any, Any]
"""A row of `Ranges.effects` or `Ranges.bars` by column."""


def text(
    scenario: Scenario,
    policies: Sequence[str],
    n_seeds: int,
    effects: pd.DataFrame,
    bars: pd.DataFrame,
    left_out: Mapping[str, str],
) -> str:
    """Return what was found over ranges as text for a terminal.

    Args:
        scenario: What was run, before anything was varied.
        policies: The arms, in the order in which to show them.
        n_seeds: Number of seeds.
        effects: One row per policy, as `Ranges.effects`.
        bars: One row per policy and parameter, as `Ranges.bars`.
        left_out: Parameters that are not varied, with the reason.
    """
    rows: dict[str, Row] = {row["policy"]: row for row in effects.to_dict("records")}
    by_policy: dict[str, list[Row]] = {policy: [] for policy in policies}
    for bar in bars.to_dict("records"):
        by_policy[bar["policy"]].append(bar)
    parts = [
        _title(scenario, len(policies), bars["parameter"].nunique(), n_seeds),
        _sentences(scenario, rows, by_policy),
        _summary(rows, by_policy),
        *(_widest(policy, of_policy) for policy, of_policy in by_policy.items() if of_policy),
        _notes(bars["parameter"].nunique(), left_out),
    ]
    return "\n\n".join(parts)


def _title(scenario: Scenario, n_policies: int, n_parameters: int, n_seeds: int) -> str:
    parameters = counted(n_parameters, "parameter", "parameters")
    depends = "the effect of 1 policy depends" if n_policies == 1 else f"the effects of {n_policies} policies depend"
    return title(scenario, f"how far {depends} on {parameters}, one at a time, {n_seeds} seeds each")


def _interval(row: Row, name: str, unit: str = "%") -> str:
    """Return a change in percent with its interval, or that there is none."""
    return change([row[f"{name}{end}"] for end in ("", "_low", "_high")], unit, "too few")


def _percent(share: float) -> str:
    return percents((share, share, share), "+")[0] if share else "0"


def sentence(effect: Row, bars: Sequence[Row]) -> str:
    """Return a policy's effect with what becomes of it at either end of its widest bar that moves it.

    ``phone: -41% (-52 to -20 as predators look for somebody else or give up)``.

    Args:
        effect: Row of `Ranges.effects`.
        bars: Its rows of `Ranges.bars`, the widest first.
    """
    policy, share = effect["policy"], effect["relative"]
    if share != share:
        return f"{policy}: too few harms to say"
    moving = next((bar for bar in bars if bar["verdict"] == "moves"), None)
    if moving is None:
        return f"{policy}: {_percent(share)}% (no parameter was seen to move it)"
    value, low, high = percents((share, *sorted((moving["at_low"], moving["at_high"]))), "+")
    return f"{policy}: {value}% ({low} to {high} as {moving['doubt'] or moving['parameter']})"


def _sentences(scenario: Scenario, effects: Mapping[str, Row], by_policy: Mapping[str, Sequence[Row]]) -> str:
    head = (
        "In this model, serious harm changes from the baseline by (in brackets: over the plausible range of the "
        "parameter that moves it most, all others as in the scenario; one at a time, so no joint interval)"
    )
    lines = [wrap(f"- {sentence(effects[policy], by_policy[policy])}") for policy in effects]
    return "\n".join([wrap(f"{head}:"), *lines, wrap(caveat(scenario))])


def _summary(effects: Mapping[str, Row], by_policy: Mapping[str, Sequence[Row]]) -> str:
    """Return the table of extremes: of the effect as in the scenario and at the ends of all bars that move it."""
    head = [
        "EFFECTS\npersons seriously harmed,\nchange from the baseline",
        "as in the scenario\n(95%, Monte Carlo)",
        "lowest",
        "\nwhere",
        "highest",
        "\nwhere",
        "\nsign",
    ]
    rows = []
    for policy, effect in effects.items():
        if effect["relative"] != effect["relative"]:
            rows.append([short(policy), "too few", "", "", "", "", ""])
            continue
        ends = [(effect["relative"], "as in the scenario")]
        for bar in by_policy[policy]:
            if bar["verdict"] == "moves":
                ends += [(bar[f"at_{end}"], f"{bar['parameter']} = {bar[f'setting_{end}']:g}") for end in ENDS]
        least, most = min(ends), max(ends)
        sign = "turns" if least[0] < 0 < most[0] else "may vanish" if least[0] == 0 or most[0] == 0 else "stays"
        rows.append([
            short(policy), _interval(effect, "relative"), f"{_percent(least[0])}%", _tail(least[1]),
            f"{_percent(most[0])}%", _tail(most[1]), sign,
        ])  # fmt: skip
    return f"{grid(head, rows, left=(0, 3, 5, 6))}\n{wrap('Lowest and highest of what moves the effect.')}"


def _tail(where: str) -> str:
    """Return the name of a parameter without its section."""
    return where.partition(".")[2] if where.count(".") and not where.startswith("as ") else where


def _widest(policy: str, bars: Sequence[Row]) -> str:
    head = [
        f"{short(policy)}\nparameter",
        "low to high\nend",
        "effect at\nlow end",
        "effect at\nhigh end",
        "high less low,\npoints (95%)",
        "\nthe bar",
    ]
    rows = [
        [
            bar["parameter"], f"{bar['setting_low']:g} to {bar['setting_high']:g}", _interval(bar, "at_low"),
            _interval(bar, "at_high"), _interval(bar, "change", ""),
            f"{bar['verdict']}{', turns the sign' * bar['turns']}",
        ]
        for bar in bars[:MOST_BARS]
    ]  # fmt: skip
    more = f"\n{len(bars) - MOST_BARS} narrower ones stand in ranges.csv." if len(bars) > MOST_BARS else ""
    return grid(head, rows, left=(0, 5)) + more


def _notes(n_parameters: int, left_out: Mapping[str, str]) -> str:
    notes = [
        f"Varied: {counted(n_parameters, 'parameter', 'parameters')}. Others may move an effect as much: "
        "--parameters all varies every one with a plausible range; each end of each costs about a comparison.",
        "One parameter at a time: what several do together can go beyond all of this. A plausible range is an "
        "assumption too; python -m sim explain NAME tells where it comes from.",
        "A bar moves if the interval of its difference, seed by seed, leaves out zero; of many bars one in twenty does "
        "so by chance. The others may be noise: more --seeds tell.",
        "A rule that a policy sets itself is varied in the baseline alone: its effect is then against another one.",
    ]
    notes += [f"Not varied: {key}, {reason}." for key, reason in left_out.items()]
    return "\n".join(wrap(f"- {note}") for note in (*notes, ETHICS))
