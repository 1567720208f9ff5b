"""Kept out: what harm goes elsewhere with those whom a door turns away or a bar takes. The one place of its arithmetic.

Harm elsewhere is reckoned from both sides at the baseline's rates: so much as those predators would have done here who
are kept out, and so much as would have befallen those lawful users who are, minors at the rate of minors and adults at
that of adults. The larger counts, chosen once for each policy and world over all of its seeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.model.world.movers import others_attract
from sim.scenario.scenario import BASELINE, Scenario

Side = Literal["predator", "user"]

SIDES: tuple[Side, ...] = ("predator", "user")
"""Whose hours kept out harm elsewhere is reckoned from."""

_GROUPS: Mapping[Side, tuple[str, ...]] = {"predator": ("predator",), "user": ("minor", "adult")}
"""Who is on a side, each with a rate of harm of their own. Outside victims are among what is done to adults."""


class World(NamedTuple):
    """Runs that are taken together: those of one parameter set, or all of a scenario.

    Attributes:
        scenario: Whose numbers say how many go on elsewhere.
        seeds: Seeds of the runs.
    """

    scenario: Scenario
    seeds: Sequence[int]


def homes_alone(scenario: Scenario) -> tuple[str, ...]:
    """Return the sites from which nobody goes on to another simulated one, since none attracts them or is there."""
    return tuple(name for home, name in enumerate(scenario.site_names) if not others_attract(scenario, home))


def p_going_on(scenario: Scenario, alone: bool) -> Mapping[Side, float]:
    """Return by side which share of those kept out go on on a site that is not simulated, as the scenario assumes.

    Args:
        scenario: The scenario.
        alone: Whether of those at home on the sites of `homes_alone`, or of the others.
    """
    assumed = scenario.displacement
    share = 1.0 if alone else assumed.p_elsewhere
    return {"predator": assumed.p_predators * share, "user": assumed.p_users * share}


def with_hours_alone(scenario: Scenario, daily: pd.DataFrame) -> pd.DataFrame:
    """Return daily counts with the hours kept out of sites that are alone in columns of their own, by side.

    Those of `homes_alone` are, and the others on days on which no further site is open.
    """
    alone = daily["site"].isin(homes_alone(scenario)) | in_times(daily, _times_alone(scenario))
    groups = [group for side in SIDES for group in _GROUPS[side]]
    hours = {_alone(group): _kept_out(daily, group).where(alone, 0) for group in groups}
    return pd.concat([daily, pd.DataFrame(hours, daily.index)], axis=1)


def _times_alone(scenario: Scenario) -> Iterator[tuple[str, str, int, int]]:
    """Yield when no site but one is open, if that one is: of each time the arm, the site, first day and end."""
    shut: dict[str, list[tuple[str, int, int]]] = {}
    for arm, site, first, end in closed_times(scenario):
        shut.setdefault(arm, []).append((site, first, end))
    for arm, times in shut.items():
        days = sorted({0, scenario.days, *(day for _, *ends in times for day in ends)})
        for first, end in pairwise(days):
            closed = {site for site, begins, ends in times if begins <= first and end <= ends}
            yield from (
                (arm, site, first, end) for site in scenario.site_names if closed >= {*scenario.site_names} - {site}
            )


def in_times(daily: pd.DataFrame, times: Iterable[tuple[str, str, int, int]]) -> pd.Series[bool]:
    """Tell which daily counts lie in times: of each the arm, the site, the first day and the day after the last."""
    found = pd.Series(False, daily.index)
    for arm, site, first, end in times:
        found |= (daily["policy"] == arm) & (daily["site"] == site) & daily["day"].between(first, end - 1)
    return found


def closed_times(scenario: Scenario) -> list[tuple[str, str, int, int]]:
    """Return when sites are closed: of each time the arm, the site, the first day and the day after the last."""
    if not scenario.closes and all(platform.operation.open for platform in scenario.platforms):
        return []  # as of nearly all scenarios, whose sums are asked for many times
    return [
        (arm, site, first, end)
        for arm in (BASELINE, *scenario.policies)
        for site, by_day in zip(scenario.site_names, scenario.changes_by_site(arm), strict=True)
        for (first, rules), (end, _) in pairwise([*by_day, (scenario.days, None)])
        if rules and not rules.operation.open
    ]


def _alone(group: str) -> str:
    return f"hours_out_alone/{group}"


def _hours(table: pd.DataFrame, group: str, what: str = "") -> pd.Series[int]:
    """Return a count of hours of a group: those of adults are those of users but for minors."""
    if group == "adult":
        return table[f"n_user_hours{what}"] - table[f"n_minor_hours{what}"]
    return table[f"n_{group}_hours{what}"]


def _harmed(table: pd.DataFrame, group: str, minors_alone: bool) -> pd.Series[int]:
    """Return the persons harmed whom the hours of a group stand for, or the minors among them."""
    minors = table["n_minors_harmed"]
    every = minors if minors_alone else table["n_persons_harmed"]
    return {"predator": every, "minor": minors, "adult": every - minors}[group]


def _kept_out(table: pd.DataFrame, group: str) -> pd.Series[int]:
    return _hours(table, group, "_turned_away") + _hours(table, group, "_barred")


def of_both_sides(
    table: pd.DataFrame,
    worlds: pd.Series[int],
    moved: bool = True,
    only_alone: bool = False,
    minors_alone: bool = False,
) -> pd.DataFrame:
    """Return persons harmed elsewhere by side (columns) and run, if all of those kept out went on there.

    Kept out are those hours online that a door turns away or a bar takes, beyond those of the baseline.

    Args:
        table: Counts of every run added up, by policy and seed, the baseline's among them: else they are missing.
        worlds: Number of the world by seed.
        moved: Whether those are among them who are on another simulated site.
        only_alone: Whether those alone are meant who are at home on the sites of `homes_alone`.
        minors_alone: Whether minors harmed alone are meant.
    """
    seeds, of_baseline = table.index.get_level_values("seed"), table.index.get_level_values("policy") == BASELINE
    base = table[of_baseline].droplevel("policy")
    of_world = base.groupby(worlds.reindex(base.index).to_numpy()).sum()

    def harmed(group: str) -> NDArray[np.float64]:
        out = table[_alone(group)] if only_alone else _kept_out(table, group)
        if not moved:
            out = out - _hours(table, group, "_moved_in")
        beyond = out.to_numpy(float) - out[of_baseline].droplevel("policy").reindex(seeds).to_numpy(float)
        # At the baseline's rate an hour online is worth so many persons harmed.
        rate = _harmed(of_world, group, minors_alone) / _hours(of_world, group).clip(lower=1)
        found: NDArray[np.float64] = beyond * rate.reindex(worlds.reindex(seeds).to_numpy()).to_numpy(float)
        return found

    of_sides = {side: np.sum([harmed(group) for group in _GROUPS[side]], axis=0) for side in SIDES}
    return pd.DataFrame(of_sides, index=table.index)


def users_out(table: pd.DataFrame) -> pd.Series[float]:
    """Return by run the hours of lawful users that a door turns away or a bar takes, beyond those of the baseline.

    Args:
        table: As for `of_both_sides`.
    """
    out = _kept_out(table, "user")
    usual = out[table.index.get_level_values("policy") == BASELINE].droplevel("policy")
    beyond = out - usual.reindex(table.index.get_level_values("seed")).to_numpy()
    return beyond.astype(float)


def larger_sides(both: pd.DataFrame, worlds: pd.Series[int]) -> NDArray[np.str_]:
    """Return by run the side with more harm elsewhere: the same in all seeds of one policy and world.

    Args:
        both: Persons harmed elsewhere by side, of every run.
        worlds: Number of the world by seed.
    """
    keys = [both.index.get_level_values("policy"), worlds.reindex(both.index.get_level_values("seed")).to_numpy()]
    sums = both.groupby(keys)[list(SIDES)].transform("sum")
    return np.where(sums["predator"] >= sums["user"], *SIDES)


def numbered(worlds: Sequence[World]) -> pd.Series[int]:
    """Return the number of its world for every seed."""
    of_seeds = {seed: number for number, world in enumerate(worlds) for seed in world.seeds}
    return pd.Series([*of_seeds.values()], [*of_seeds])


def harmed_elsewhere(table: pd.DataFrame, worlds: Sequence[World]) -> pd.DataFrame:
    """Return persons harmed elsewhere in every run beyond the baseline, as the scenario of its world assumes.

    Args:
        table: As for `assumed_of_both_sides`.
        worlds: The worlds, each seed in one of them.

    Returns:
        Columns ``harmed_elsewhere`` and, of the same side, ``minors_harmed_elsewhere``.
    """
    both, minors = (assumed_of_both_sides(table, worlds, minors_alone=alone) for alone in (False, True))
    predators = larger_sides(both, numbered(worlds)) == "predator"
    of_side = {"harmed_elsewhere": both, "minors_harmed_elsewhere": minors}
    return pd.DataFrame({name: of["predator"].where(predators, of["user"]) for name, of in of_side.items()})


def assumed_of_both_sides(table: pd.DataFrame, worlds: Sequence[World], minors_alone: bool = False) -> pd.DataFrame:
    """Return persons harmed elsewhere by side (columns) and run, as the scenario of its world assumes.

    Args:
        table: As for `of_both_sides`, with the columns of `with_hours_alone`.
        worlds: The worlds, each seed in one of them.
        minors_alone: As for `of_both_sides`.
    """
    of_seed = numbered(worlds)
    alone = of_both_sides(table, of_seed, only_alone=True, minors_alone=minors_alone)
    others = of_both_sides(table, of_seed, minors_alone=minors_alone) - alone
    number = of_seed.reindex(table.index.get_level_values("seed")).to_numpy()

    def done(hours: pd.DataFrame, alone: bool) -> pd.DataFrame:
        shares = pd.DataFrame([_done_there(world.scenario, alone) for world in worlds]).reindex(number)
        return hours * shares[list(SIDES)].to_numpy(float)

    return done(others, False) + done(alone, True)


def _done_there(scenario: Scenario, alone: bool) -> Mapping[Side, float]:
    """Return by side which share of the harm that was kept out is done elsewhere; arguments as for `p_going_on`."""
    return {side: share * scenario.displacement.rel_elsewhere for side, share in p_going_on(scenario, alone).items()}
