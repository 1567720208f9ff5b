"""How much of their harm must follow those whom a policy keeps out to undo what it does here, in words."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from math import nan
from typing import Any, NamedTuple

from sim.outcomes.counts import HERE
from sim.outcomes.statistics import NONE, Interval, interval_of
from sim.outcomes.verdicts import Verdict
from sim.report.cells import Cells
from sim.report.text import size, whole_percent
from sim.rules.sentences import Amount, Sentence


class Undoes(NamedTuple):
    """How much of the harm of those whom a policy keeps out must follow them to undo what it does here.

    Attributes:
        predators: Share of the harm that the predators among them do.
        users: Share of the harm that is done to the lawful users among them.
        follows, follows_users: Which share of either is assumed to follow them.
    """

    predators: Interval = NONE
    users: Interval = NONE
    follows: float = nan
    follows_users: float = nan

    @classmethod
    def of(cls, row: Mapping[Hashable, Any]) -> Undoes:
        """Return what a row of `Comparison.elsewhere` says of it."""
        predators, users = (interval_of(row, name) for name in ("break_even", "break_even_users"))
        return cls(predators, users, row["follows"], row["follows_users"])


def undone(cells: Cells, policy: str, undoes: Undoes, again: bool = False) -> Sentence | None:
    """Say how much of their harm must follow those whom a policy keeps out to undo what it does here.

    Args:
        cells: The effects.
        policy: The policy.
        undoes: How much must.
        again: Whether how much is assumed to follow has been said of another policy.
    """
    if cells.verdict(policy, HERE) is not Verdict.LOWERS:
        return None
    predators, users = (Amount(share.within(most=1), size) if share.value < 1 else None for share in undoes[:2])
    of_predators, of_users = (None if again else _assumed(share) for share in undoes[2:])
    if predators and users:
        return Sentence(
            "; the fall here is undone if more than {share} of the harm of the predators whom it keeps out follows "
            "them{assumed}, or {users} of the harm to the users{of_users}",
            share=predators, users=users, assumed=of_predators, of_users=of_users,
        )  # fmt: skip
    if predators:
        return Sentence(
            "; the fall here is undone if more than {share} of the harm of the predators whom it keeps out follows "
            "them{assumed}",
            share=predators, assumed=of_predators,
        )  # fmt: skip
    if users:
        return Sentence(
            "; the fall here is undone if more than {share} of the harm to the lawful users whom it keeps out follows "
            "them{assumed}",
            share=users, assumed=of_users,
        )  # fmt: skip
    if undoes.predators.low >= 1:
        return Sentence("; the fall here stands even if all the harm of the predators whom it keeps out follows them")
    if undoes.predators.value >= 1:
        return Sentence(
            "; on average the fall here stands even if all the harm of the predators whom it keeps out follows them, "
            "at the end of its luck if no more than {share} does",
            share=Amount(undoes.predators.low, whole_percent),
        )
    if undoes.users.low >= 1:
        return Sentence(
            "; the fall here stands even if all the harm to the lawful users whom it keeps out follows them"
        )
    if undoes.users.value >= 1:
        return Sentence(
            "; on average the fall here stands even if all the harm to the lawful users whom it keeps out follows "
            "them, at the end of its luck if no more than {share} does",
            share=Amount(undoes.users.low, whole_percent),
        )
    return None


def _assumed(share: float) -> Sentence | None:
    """Say how much of their harm is assumed to follow, if that is known."""
    if share != share:
        return None
    return Sentence(" ({share} is assumed to do so elsewhere)", share=Amount(share, whole_percent))
