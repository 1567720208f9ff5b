"""The headline of a comparison: what is said first, in sentences, of the policies and of how sure that is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from sim.outcomes.counts import HEADLINE, HERE
from sim.outcomes.doubt import FEWEST_FOR_A_RANGE
from sim.outcomes.in_force import part_of_window
from sim.outcomes.outcomes import SECOND
from sim.outcomes.statistics import interval_of
from sim.outcomes.verdicts import Verdict
from sim.report.blocks import Prose
from sim.report.cells import Cells
from sim.report.doubt import Doubt
from sim.report.remarks import assumed_elsewhere, caveat, larger_scale, marked
from sim.report.text import number, points, size
from sim.report.undone import Undoes, undone
from sim.report.worlds import Worlds, range_in_words, told
from sim.rules.sentences import Amount, Counted, Listed, Sentence, Term, Words, paragraph

MOST = 0.5
"""Share of luck in doubt from which it is named before all else."""

_FEW = 4
"""So many further policies are told with all that is known of them."""


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
    undoes = {row["policy"]: Undoes.of(row) for row in elsewhere.to_dict("records")}
    first = _cheapest(cells, best)

    here_alone = None if first else _falls_most_here(cells)

    def told(policy: str) -> Sentence:
        return sentence(cells, policy, resting, doubt, undoes, again=policy not in (first, here_alone))

    finding = told(first) if first else _none_lowers(told(here_alone) if here_alone else None)
    answer = Sentence("In this model, with these assumptions, {finding}", finding=finding)
    sentences: list[Words] = [paragraph(answer, caveat(scenario, assumed_elsewhere(scenario), _of_doubt(doubt)))]
    if first and len(best) > 1:
        sentences.append(_not_told_apart(cells, first, best, falling))
    others = [p for p in falling if p != first]
    plain = [p for p in others if cells.verdict(p, HERE) is Verdict.LOWERS and not signs_differ(cells, p)]
    sentences += [Sentence("Also, {finding}", finding=told(p)) for p in others if p not in plain]
    if plain:
        sentences.append(_also(cells, plain, resting))
    raising = [p for p in resolved if p not in falling and p != here_alone]
    sentences += [Sentence("On the other hand, {finding}", finding=told(p)) for p in raising]
    if rest := [p for p in cells.policies if p not in resolved and p != here_alone]:
        policies = Listed(tuple(_with_more(cells, p, _unresolved(cells, p, idle)) for p in rest))
        sentences.append(Sentence("Not told apart from the baseline in serious harm: {policies}.", policies=policies))
    if added := _adds_nothing(contains):
        each = Listed(added, Term("; "))
        sentences.append(Sentence("No more is seen of these than of a part of them: {each}.", each=each))
    return Prose(tuple(sentences))


def told_apart(cells: Cells, best: pd.DataFrame) -> tuple[str, ...]:
    """Return the policies whose effect on serious harm is told apart, in all or here, as they matter.

    First the one that the first sentence names, then the others by the size of their effect, those behind that are told
    apart here alone.

    Args:
        cells: The effects.
        best: As `Comparison.best`.
    """
    known = [policy for policy in cells.policies if cells.resolved(policy, HEADLINE) or cells.resolved(policy, HERE)]
    of = {policy: HEADLINE if cells.resolved(policy, HEADLINE) else HERE for policy in known}
    first = _cheapest(cells, best) or _falls_most_here(cells)
    sizes = {policy: -abs(cells.number(policy, of[policy], "relative")) for policy in known}
    return tuple(sorted(known, key=lambda policy: (policy != first, of[policy] == HERE, sizes[policy])))


def _cheapest(cells: Cells, best: pd.DataFrame) -> str | None:
    falling = lowering(cells)
    return next((policy for policy in best["policy"] if policy in falling), None)


def _none_lowers(finding: Sentence | None) -> Sentence:
    """Say that no policy lowers harm here and elsewhere together, and what that does which lowers it most here."""
    if finding is None:
        return Sentence("no policy was seen to lower serious harm, here and elsewhere together.")
    return Sentence("no policy was seen to lower serious harm, here and elsewhere together; {finding}", finding=finding)


def _falls_most_here(cells: Cells) -> str | None:
    """Return the policy under which harm here falls most, if it is seen to fall under any."""
    falls = [policy for policy in cells.policies if cells.verdict(policy, HERE) is Verdict.LOWERS]
    return min(falls, key=lambda policy: cells.number(policy, HERE), default=None)


def _also(cells: Cells, policies: Sequence[str], resting: Collection[str]) -> Sentence:
    """Name further policies that lower harm both ways: a few with all that is known, many in short by their effects."""
    assumed = _resting(policies, resting)
    if len(policies) <= _FEW:
        sizes = Listed(tuple(_with_size(cells, policy) for policy in policies))
        return Sentence(
            "Serious harm, here and elsewhere together, is also lowered by these: {sizes}{assumed}.",
            sizes=sizes, assumed=assumed,
        )  # fmt: skip
    by_effect = sorted(policies, key=lambda policy: cells.number(policy, HEADLINE))
    named = (marked(cells.scenario, policy) for policy in by_effect)
    in_all = (cells.size(policy, HEADLINE, doubt=False) for policy in by_effect)
    sizes = Listed(tuple(Sentence("{policy} by {size}", policy=p, size=s) for p, s in zip(named, in_all, strict=True)))
    return Sentence(
        "Serious harm, here and elsewhere together, is also lowered by these, by most first: {sizes}{assumed}. "
        "What each does here stands below, with its doubt if that was asked.",
        sizes=sizes, assumed=assumed,
    )  # fmt: skip


def _with_size(cells: Cells, policy: str) -> Sentence:
    """Return a policy that lowers harm both ways, with by how much; how sure that is here stands in a table."""
    name, in_all = marked(cells.scenario, policy), cells.size(policy, HEADLINE)
    here = cells.size(policy, HERE, doubt=False)
    if _alike(cells, policy):
        return Sentence("{policy} by {size}, here alone as well", policy=name, size=in_all)
    return Sentence("{policy} by {size} and by {here} here", policy=name, size=in_all, here=here)


def _alike(cells: Cells, policy: str) -> bool:
    """Tell whether nothing changes elsewhere, since a policy keeps nobody out."""
    return cells.interval(policy, HEADLINE) == cells.interval(policy, HERE)


def lowering(cells: Cells) -> list[str]:
    """Return the policies that are seen to lower serious harm, here and elsewhere together."""
    return [policy for policy in cells.policies if cells.verdict(policy, HEADLINE) is Verdict.LOWERS]


def _of_doubt(doubt: Doubt | None) -> Sentence:
    """Say what doubt is, or that it was not asked and how it is."""
    if doubt is None:
        return Sentence("How far it hangs on these values was not asked: --doubt 24 does, or python -m sim doubt.")
    if doubt.n_known < FEWEST_FOR_A_RANGE:
        return Sentence(
            "Doubt: only {known} of {n} worlds have harms enough to compare, and a range takes {fewest}. Take longer "
            "--days or more worlds{scale}.",
            known=doubt.n_known, n=doubt.draws, fewest=FEWEST_FOR_A_RANGE, scale=larger_scale(doubt.scenario),
        )  # fmt: skip
    return Sentence(
        "Doubt: {share}, in each of which {other}. The values of this scenario are one world more and not the middle "
        "of these, so that an effect may lie outside its doubt.",
        share=range_in_words(doubt.n_known),
        other=doubt.other(),
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


def _with_more(cells: Cells, policy: str, name: Words) -> Words:
    """Return the name of a policy with what it does here, if that is known, and how far its effect goes over worlds."""
    worlds = cells.worlds(policy, HEADLINE)
    doubt = None if worlds is None else worlds.alone
    here = Sentence("{change} here", change=cells.signed(policy, HERE)) if cells.resolved(policy, HERE) else None
    said = tuple(words for words in (doubt, here) if words)
    return Sentence("{policy} ({said})", policy=name, said=Listed(said, Term("; "))) if said else name


def signs_differ(cells: Cells, policy: str) -> bool:
    """Tell whether the risk of those who remain changes the other way than harm here."""
    compared = cells.verdict(policy, SECOND) not in (Verdict.IDENTICAL, Verdict.TOO_FEW)
    return compared and cells.number(policy, HERE) * cells.number(policy, SECOND) < 0


def _resting(policies: Sequence[str], resting: Collection[str]) -> Sentence | None:
    """Say which of some policies rest on assumed inputs, if any do."""
    match [p for p in policies if p in resting]:
        case []:
            return None
        case found if len(found) == len(policies):
            return Sentence("; size and sign of them all rest on assumed inputs too")
        case found:
            return Sentence("; of {policies}, size and sign rest on assumed inputs too", policies=Listed(tuple(found)))


def sentence(
    cells: Cells,
    policy: str,
    resting: Collection[str],
    doubt: Doubt | None = None,
    undoes: Mapping[str, Undoes] = MappingProxyType({}),
    again: bool = False,
) -> Sentence:
    """Return what a policy does to serious harm, its sign known here or in all, at what price, and where it does not.

    Args:
        cells: The effects.
        policy: The policy.
        resting: Policies that rest on assumed inputs.
        doubt: What is left of effects over worlds, if that was asked.
        undoes: How much of the harm of those kept out undoes what is done here, by policy.
        again: Whether another policy has been told: what holds of both is not said a second time.
    """
    assumed = Sentence("; size and sign rest on assumed inputs (below)")
    falls = cells.verdict(policy, HEADLINE) is Verdict.LOWERS
    of_doubt = doubt if cells.resolved(policy, HEADLINE) else None
    return Sentence(
        "{finding}{risk}{assumed}{undone}{price}{turns}{share}.",
        finding=_finding(cells, policy),
        risk=risk_of(cells, policy) if signs_differ(cells, policy) else None,
        assumed=assumed if policy in resting else None,
        undone=undone(cells, policy, undoes.get(policy, Undoes()), again),
        price=price_of(cells, policy),
        turns=_turns(of_doubt, policy, falls) if of_doubt else None,
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
    """Return what a policy does to serious harm in all, and here."""
    name, here = marked(cells.scenario, policy), cells.size(policy, HERE)
    if cells.resolved(policy, HEADLINE):
        in_all, beside = cells.size(policy, HEADLINE), _beside(cells, policy)
        if cells.verdict(policy, HEADLINE) is Verdict.LOWERS:
            return Sentence(
                "{policy} lowers serious harm by {size}, here and elsewhere together{here}",
                policy=name, size=in_all, here=beside,
            )  # fmt: skip
        return Sentence(
            "{policy} raises serious harm by {size}, here and elsewhere together{here}",
            policy=name, size=in_all, here=beside,
        )  # fmt: skip
    change = cells.signed(policy, HEADLINE)
    if cells.verdict(policy, HERE) is Verdict.LOWERS:
        return Sentence(
            "{policy} lowers serious harm by {here} here, but here and elsewhere together it changes by {change}, its "
            "sign not resolved",
            policy=name, here=here, change=change,
        )  # fmt: skip
    return Sentence(
        "{policy} raises serious harm by {here} here, but here and elsewhere together it changes by {change}, its sign "
        "not resolved",
        policy=name, here=here, change=change,
    )  # fmt: skip


def _beside(cells: Cells, policy: str) -> Sentence:
    """Return what a policy does to harm here, beside what it does in all."""
    if _alike(cells, policy):
        return Sentence(" as here alone")
    here, verdict = cells.size(policy, HERE), cells.verdict(policy, HERE)
    if verdict is cells.verdict(policy, HEADLINE):
        return Sentence(", and by {size} here", size=here)
    match verdict:
        case Verdict.LOWERS:
            return Sentence(", but lowers it by {size} here", size=here)
        case Verdict.RAISES:
            return Sentence(", but raises it by {size} here", size=here)
        case Verdict.IDENTICAL:
            return Sentence(", while as many are harmed here in every seed")
        case _:
            return Sentence(
                ", while it changes by {change} here, its sign not resolved", change=cells.signed(policy, HERE)
            )


def risk_of(cells: Cells, policy: str) -> Sentence:
    """Return what a policy does to the risk of those who remain."""
    if not cells.resolved(policy, SECOND):
        return Sentence(
            "; the risk per day of use of those who remain changes by {risk}, its sign not resolved",
            risk=cells.signed(policy, SECOND),
        )
    if cells.verdict(policy, SECOND) is Verdict.RAISES:
        return Sentence(
            "; it raises the risk per day of use of those who remain by {risk}", risk=cells.size(policy, SECOND)
        )
    return Sentence(
        "; it lowers the risk per day of use of those who remain by {risk}", risk=cells.size(policy, SECOND)
    )


def price_of(cells: Cells, policy: str) -> Sentence | None:
    """Return what a policy costs lawful users at the door, if it does."""
    if cells.verdict(policy, "visitors_turned_away") is Verdict.RAISES:
        visitors = Amount(cells.number(policy, "visitors_turned_away"), number)
        return Sentence("; it turns away {visitors} more lawful visitors a month", visitors=visitors)
    if cells.verdict(policy, "user_days_lost") is Verdict.RAISES:
        days = Amount(cells.number(policy, "user_days_lost"), number)
        return Sentence("; it costs lawful users {days} more days of use a month", days=days)
    return None
