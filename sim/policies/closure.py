"""Closure: the site is closed for good, and perhaps seized or cloned."""

from collections.abc import Sequence

from sim.policies.policy import Change, Policy, sets
from sim.rules.declare import parameter
from sim.rules.rulebook import Platform
from sim.rules.sentences import Sentence, Term, Words


class ClosurePolicy(Policy, name="closure"):
    """Close a site for good: contacts on it end; its people go on on another site after a time, elsewhere or nowhere.

    Contacts that have left the platform go on. Where a clone is named, a site that is not open by itself opens so many
    days later, to whoever would go there. `open = true` leaves the site open. With a seizure the police have what
    the site still keeps, and find predators in its private messages: of a site that keeps hours that is little.
    """

    seen_in = ("harms_off_platform", "user_days_lost", "recorded_harm", "cases_seized", "arrests_seized")

    open: bool = sets("operation.open", False)
    seizure: bool | None = sets("operation.seized")
    clone: str | None = parameter(None, "site", None, None, "Site that opens afterwards (none)", minimum=None)
    clone_days: int = parameter(
        53, "days", 1, 365, "Days from the closure until it opens.", maximum=10_000, source="CASE-15"
    )

    @property
    def steps(self) -> Sequence[int]:
        """The day on which a clone opens."""
        return (self.clone_days,) if self.clone else ()

    def changes_after(self, platform: Platform, days: int) -> Sequence[Change]:
        """Close the site, and open the clone when its time has come."""
        changes = [*self.changes(platform)]
        if self.clone and not self.open and days >= self.clone_days:
            changes.append(Change("operation.open", "set", True, self.clone))
        return changes

    def said(self) -> Words:
        """Say in words what is changed: the site is among them."""
        return self.words()

    def words(self) -> Words:
        """Say in words which site is closed, and what comes after."""
        site = self.site or Term("the site")
        if self.open:
            return Sentence("{site} open", site=site)
        if self.clone:
            clone, days = self.clone, self.clone_days
            if self.seizure:
                return Sentence(
                    "{site} closed, its data seized, {clone} open {days} days later", site=site, clone=clone, days=days
                )
            return Sentence("{site} closed, {clone} open {days} days later", site=site, clone=clone, days=days)
        if self.seizure:
            return Sentence("{site} closed, its data seized", site=site)
        return Sentence("{site} closed", site=site)
