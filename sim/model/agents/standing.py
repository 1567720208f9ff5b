"""How a person stands with one site: bar, strikes, identity, and whether they came."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.model.decisions.codes import NEVER
from sim.model.decisions.sanctions import AS_BEFORE, Strikes, lengthens


@dataclass(eq=False)
class Standing:
    """How somebody stands with one site.

    Attributes:
        barred_until: First hour after the bar.
        custody_from: First hour in which it is an arrest that keeps them out.
        returns_as: As whom they come back after the bar.
        strikes: What the site holds against them.
        new_since: Hour since which they have been a stranger to the site.
        came_today, barred_today: Whether a visit that began today was let in, or was barred (at home).
        newest_private: Latest hour in which they wrote private messages there as a predator; -1 if they never did.
        came_in_month: Whether the door let in a visit of the month.
    """

    barred_until: int = 0
    custody_from: int = NEVER
    returns_as: int = AS_BEFORE
    strikes: Strikes = field(default_factory=Strikes)
    new_since: int = -NEVER
    came_today: bool = False
    barred_today: bool = False
    came_in_month: bool = False
    newest_private: int = -1

    def barred(self, hour: int) -> bool:
        """Tell whether a bar keeps the person out."""
        return self.barred_until > hour

    def bar(self, hour: int, until: int, as_whom: int) -> None:
        """Keep the person out from the next hour on, unless a longer bar is in force."""
        if lengthens(until, self.barred_until, hour):
            self.barred_until, self.returns_as = until, as_whom

    def be_arrested(self, hour: int) -> None:
        """Keep the person out for good from the next hour on, whatever bar there is."""
        self.custody_from = hour + 1
        self.barred_until, self.returns_as = NEVER, AS_BEFORE
