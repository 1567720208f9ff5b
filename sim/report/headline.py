"""The headline of a comparison: what is said first, in sentences, of the policies and of how sure that is."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from sim.outcomes.counts import HEADLINE
from sim.outcomes.doubt import FEWEST_FOR_A_RANGE
from sim.outcomes.in_force import part_of_window
from sim.outcomes.outcomes import SECOND
from sim.outcomes.statistics import interval_of
from sim.outcomes.verdicts import Verdict
from sim.report.blocks import Prose
from sim.report.cells import Cells
from sim.report.doubt import Doubt
from sim.report.remarks import caveat, larger_scale, marked
from sim.report.text import number, points, size
from sim.report.worlds import Worlds, range_in_words, told
from sim.rules.sentences import Amount, Counted, Listed, Sentence, Term, Words, paragraph

MOST = 0.5
"""Share of luck in doubt from which it is named before all else."""


def headline(
    cells: Cells,
    best: pd.DataFrame,
    contains: pd.DataFrame,
    elsewhere: pd.DataFrame,
    doubt: Doubt | None,
    idle: Collection[str],
    resting: Collection[str],
) -> Prose:
    """Return sentences on the cheapest of the best policies, the others, each that raises harm, and the rest.

    Args:
        cells: The effects.
        best: As `Comparison.best`.
        contains: As `Comparison.contains`.
        elsewhere: As `Comparison.elsewhere`.
        doubt: What is left of effects over worlds, if that was asked.
        idle: Policies that change nothing.
        resting: Policies that rest on assumed inputs.
    """
    scenario = cells.scenario
    resolved = [p for p in cells.policies if cells.resolved(p, HEADLINE)]
    falling = lowering(cells)
    first = next((policy for policy in best["policy"] if policy in falling), None)

    def told(policy: str) -> Sentence:
        return sentence(cells, policy, resting, doubt)

    finding = told(first) if first else Sentence("no policy was seen to lower serious harm.")
    answer = Sentence("In this model, with these assumptions, {finding}", finding=finding)
    sentences: list[Words] = [paragraph(answer, _elsewhere(elsewhere, first), caveat(scenario, _of_doubt(doubt)))]
    if first and len(best) > 1:
        sentences.append(_not_told_apart(cells, first, best, falling))
    others = [p for p in falling if p != first]
    sentences += [Sentence("Also, {finding}", finding=told(p)) for p in others if _signs_differ(cells, p)]
    if plain := [p for p in others if not _signs_differ(cells, p)]:
        sizes = [
            Sentence("{policy} by {size}", policy=marked(scenario, p), size=cells.size(p, HEADLINE)) for p in plain
        ]
        sentences.append(
            Sentence(
                "Serious harm is also lowered by these: {sizes}{assumed}.",
                sizes=Listed(tuple(sizes)), assumed=_resting(plain, resting),
            )
        )  # fmt: skip
    sentences += [Sentence("On the other hand, {finding}", finding=told(p)) for p in resolved if p not in falling]
    if rest := [_with_doubt(cells, p, _unresolved(cells, p, idle)) for p in cells.policies if p not in resolved]:
        policies = Listed(tuple(rest))
        sentences.append(Sentence("Not told apart from the baseline in serious harm: {policies}.", policies=policies))
    if added := _adds_nothing(contains):
        each = Listed(added, Term("; "))
        sentences.append(Sentence("No more is seen of these than of a part of them: {each}.", each=each))
    return Prose(tuple(sentences))


def _elsewhere(found: pd.DataFrame, policy: str | None) -> Sentence | None:
    """Say how much of their harm must follow the predators whom a policy keeps out to another site to undo it."""
    row = next((row for row in found.to_dict("records") if row["policy"] == policy), None)
    if row is None or not (share := interval_of(row, "break_even")).value > 0:
        return None
    if share.low >= 1:
        return Sentence("It keeps predators out, and no displacement of their harm to other sites undoes it.")
    return Sentence(
        "It lowers harm here and elsewhere together unless more than {share} of the harm of the predators whom it "
        "keeps out follows them to another site.",
        share=Amount(share.within(most=1), size),
    )


def lowering(cells: Cells) -> list[str]:
    """Return the policies that are seen to lower serious harm."""
    return [policy for policy in cells.policies if cells.verdict(policy, HEADLINE) is Verdict.LOWERS]


def _of_doubt(doubt: Doubt | None) -> Sentence:
    """Say what doubt is, or that it was not asked and how it is."""
    if doubt is None:
        return Sentence("How far it hangs on these values was not asked: --doubt 24 does, or python -m sim doubt.")
    if doubt.n_known < FEWEST_FOR_A_RANGE:
        return Sentence(
            "Doubt: too few of {n} worlds have harms enough to compare. Take longer --days or more worlds{scale}.",
            n=doubt.draws, scale=larger_scale(doubt.scenario),
        )  # fmt: skip
    return Sentence(
        "Doubt: {share}, in each of which {other}.", share=range_in_words(doubt.n_known), other=doubt.other()
    )


def _not_told_apart(cells: Cells, first: str, found: pd.DataFrame, lowering: Sequence[str]) -> Sentence:
    """Say which policies are not told apart from the best, and that the first is the cheapest that lowers harm."""
    scenario, arms, best = cells.scenario, list(found["policy"]), str(found["best"].iloc[0])
    behind = any(part_of_window(scenario, arm) for arm in arms if arm in lowering)
    every_day = Sentence(" on every day") if behind and not part_of_window(scenario, first) else None
    others = tuple(marked(scenario, arm) for arm in arms if arm not in (best, first))
    if first == best:
        return Sentence(
            "Not told apart from {best} in serious harm: {others}. Of those that lower it{every_day}, {best} is the "
            "cheapest too.",
            best=marked(scenario, best), others=Listed(others), every_day=every_day,
        )  # fmt: skip
    too = Counted(
        len(others),
        Sentence("; nor is {others}", others=Listed(others)),
        Sentence("; nor are {others}", others=Listed(others)),
    )
    return Sentence(
        "It falls most under {best}, by {size}, from which {first} is not told apart{too}. Of those that lower "
        "it{every_day}, {first} is the cheapest.",
        best=marked(scenario, best), size=cells.size(best, HEADLINE), first=first, every_day=every_day,
        too=too if others else None,
    )  # fmt: skip


def _adds_nothing(contains: pd.DataFrame) -> tuple[Words, ...]:
    """Return what is not seen to add to a policy that it contains, with by how much harm differs."""
    found: list[Words] = []
    for row in contains[contains["outcome"] == HEADLINE].to_dict("records"):
        arm, part, verdict = row["policy"], row["contains"], Verdict(row["verdict"])
        if verdict is Verdict.IDENTICAL:
            found.append(Sentence("{arm} adds 0 points to {part} in every seed", arm=arm, part=part))
        elif verdict is Verdict.NOT_RESOLVED and row["relative"] == row["relative"]:
            adds = Amount(interval_of(row, "relative"), points)
            found.append(Sentence("{arm} adds {adds} points to {part}", arm=arm, adds=adds, part=part))
    return tuple(found)


def _unresolved(cells: Cells, policy: str, idle: Collection[str]) -> Words:
    """Return the name of a policy whose effect is not resolved, with why if it is not for the width of the interval."""
    if policy in idle:
        return Sentence("{policy} (inert)", policy=policy)
    match cells.verdict(policy, HEADLINE):
        case Verdict.IDENTICAL:
            return Sentence("{policy} (as many in every seed)", policy=policy)
        case Verdict.TOO_FEW:
            return Sentence("{policy} (too few harms to say)", policy=policy)
        case _:
            return marked(cells.scenario, policy)


def _with_doubt(cells: Cells, policy: str, name: Words) -> Words:
    """Return the name of a policy with how far its effect goes over worlds, if that was asked and it goes anywhere."""
    worlds = cells.worlds(policy, HEADLINE)
    if worlds is None or worlds.alone is None:
        return name
    return Sentence("{policy} ({doubt})", policy=name, doubt=worlds.alone)


def _signs_differ(cells: Cells, policy: str) -> bool:
    compared = cells.verdict(policy, SECOND) not in (Verdict.IDENTICAL, Verdict.TOO_FEW)
    return compared and cells.number(policy, HEADLINE) * cells.number(policy, SECOND) < 0


def _resting(policies: Sequence[str], resting: Collection[str]) -> Sentence | None:
    """Say which of some policies rest on assumed inputs, if any do."""
    match [p for p in policies if p in resting]:
        case []:
            return None
        case found if len(found) == len(policies):
            return Sentence("; size and sign of them all rest on assumed inputs too")
        case found:
            return Sentence("; of {policies}, size and sign rest on assumed inputs too", policies=Listed(tuple(found)))


def sentence(cells: Cells, policy: str, resting: Collection[str], doubt: Doubt | None = None) -> Sentence:
    """Return what a policy does to serious harm, whose sign is known, at what price, and where it does not."""
    assumed = Sentence(", a size and sign that rest on assumed inputs (below)")
    falls = cells.verdict(policy, HEADLINE) is Verdict.LOWERS
    return Sentence(
        "{finding}{assumed}{price}{turns}{share}.",
        finding=_finding(cells, policy),
        assumed=assumed if policy in resting else None,
        price=_price(cells, policy),
        turns=_turns(doubt, policy, falls) if doubt else None,
        share=_shares(cells.worlds(policy, HEADLINE)),
    )


def _turns(doubt: Doubt, policy: str, falls: bool) -> Sentence | None:
    """Say where over the worlds an effect has the other sign or, if that is the commoner one, its own; if known."""
    if where := doubt.where(policy, rises=falls):
        return (
            Sentence("; it fails where {where}", where=where)
            if falls
            else Sentence("; it lowers it where {where}", where=where)
        )
    if where := doubt.where(policy, rises=not falls):
        return Sentence("; over the worlds it does so where {where}", where=where)
    return None


def _shares(worlds: Worlds | None) -> Sentence | None:
    """Say how much of its doubt is luck, if most, or rests on assumed numbers, where that is known well enough."""
    if worlds is None:
        return None
    if told(worlds.luck) and worlds.luck.value > MOST:
        return Sentence("; {share} of its doubt is luck", share=Amount(worlds.luck, size))
    if not told(worlds.assumed):
        return None
    return Sentence("; at most {share} of its doubt rests on assumed numbers", share=Amount(worlds.assumed, size))


def _finding(cells: Cells, policy: str) -> Sentence:
    """Return what a policy does to serious harm, and to the risk of those who remain if that has the other sign."""
    size, lowers = cells.size(policy, HEADLINE), cells.verdict(policy, HEADLINE) is Verdict.LOWERS
    name = marked(cells.scenario, policy)
    if not _signs_differ(cells, policy):
        if lowers:
            return Sentence("{policy} lowers serious harm by {size}", policy=name, size=size)
        return Sentence("{policy} raises serious harm by {size}", policy=name, size=size)
    if not cells.resolved(policy, SECOND):
        risk = cells.signed(policy, SECOND)
        if lowers:
            return Sentence(
                "{policy} lowers serious harm by {size} while the risk per day of use of those who remain changes by "
                "{risk}, its sign not resolved",
                policy=name, size=size, risk=risk,
            )  # fmt: skip
        return Sentence(
            "{policy} raises serious harm by {size} while the risk per day of use of those who remain changes by "
            "{risk}, its sign not resolved",
            policy=name, size=size, risk=risk,
        )  # fmt: skip
    risk = cells.size(policy, SECOND)
    if lowers:
        return Sentence(
            "{policy} lowers serious harm by {size} but raises the risk per day of use of those who remain by {risk}",
            policy=name, size=size, risk=risk,
        )  # fmt: skip
    return Sentence(
        "{policy} raises serious harm by {size} but lowers the risk per day of use of those who remain by {risk}",
        policy=name, size=size, risk=risk,
    )  # fmt: skip


def _price(cells: Cells, policy: str) -> Sentence | None:
    """Return what a policy costs lawful users at the door, if it does."""
    if cells.verdict(policy, "visitors_turned_away") is Verdict.RAISES:
        visitors = Amount(cells.number(policy, "visitors_turned_away"), number)
        return Sentence("; it turns away {visitors} more lawful visitors a month", visitors=visitors)
    if cells.verdict(policy, "user_days_lost") is Verdict.RAISES:
        days = Amount(cells.number(policy, "user_days_lost"), number)
        return Sentence("; it costs lawful users {days} more days of use a month", days=days)
    return None
