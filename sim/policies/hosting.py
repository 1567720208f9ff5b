"""Hosting: the site's host moves."""

from collections.abc import Mapping

from sim.policies.policy import Policy, sets
from sim.rules.rulebook import Host
from sim.rules.sentences import Term

_PLACES: Mapping[Host, Term] = {
    "home": Term("host at home"),
    "abroad": Term("host abroad"),
    "moves": Term("host at home at first, then abroad"),
}


class HostingPolicy(Policy, name="hosting"):
    """Move the host home or abroad, from the start date on: it says how long requests of the police take to reach it.

    A host that ``moves`` does so by itself, `police.home_days` after the start of the window: as a baseline may.
    """

    seen_in = ("requests", "data_at_answer", "identifications", "arrests")

    host: Host = sets("cooperation.host", ...)

    def words(self) -> Term:
        """Say in words what is changed."""
        return _PLACES[self.host]
