"""Who was harmed in one lane and not in another one of the same seed, looked at when both are over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sim.model.agents.entrances import Entrances
from sim.model.agents.ledger import FirstHarm
from sim.model.decisions.displacement import NO_SITE
from sim.rules.parameters import CLASSES


@dataclass(frozen=True)
class Trace:
    """What a lane leaves behind for others to be held against it.

    Attributes:
        harmed: By year of the window, and by person, how those were harmed first who were seriously harmed.
        outside: Outside victims of serious harm by year and site.
        members: Lawful users who were members before the end of a year: by year, home and class.
        doors: What makes the entrances of each day of the window.
        going_on: Contacts that go on when the window is over: number, and whom they are with.
    """

    harmed: Mapping[int, Mapping[int, FirstHarm]]
    outside: Counter[tuple[int, int]]
    members: Counter[tuple[int, int, int]]
    doors: Sequence[Callable[[], Entrances]]
    going_on: set[tuple[int, int]]

    @cached_property
    def _entrances(self) -> dict[int, Entrances]:
        """Entrances by day of the window, as far as they were asked for: all of them would take much room."""
        return {}

    def keeps_out(self, harm: FirstHarm) -> bool:
        """Tell whether the doors keep a person out of all sites on the day of a harm."""
        if harm.day not in self._entrances:
            self._entrances[harm.day] = self.doors[harm.day]()
        return self._entrances[harm.day].site(harm) == NO_SITE


Found = Counter[tuple[int, int, str, int]]
"""How many persons by year, site, flow and index of the class, the last of which is that of outside victims."""


def flows(baseline: Trace, policy: Trace) -> Found:
    """Return what becomes of persons under a policy beside the baseline: see `sim.model.records.FLOWS`."""
    found: Found = Counter()
    years = sorted({year for year, _, _ in policy.members})
    for year in years:
        before, now = (trace.harmed.get(year, {}) for trace in (baseline, policy))
        for person in before.keys() | now.keys():
            harm = before.get(person) or now[person]
            if person in before and person in now:
                flow = "both"
            elif person in now:
                flow = "redirected" if harm.redirected else "new"
            elif year == years[-1] and (harm.contact, person) in policy.going_on:
                flow = "put_off"
            elif policy.keeps_out(harm):
                flow = "absent"
            else:
                flow = "spared"
            found[year, harm.site, flow, harm.victim_class] += 1
    for year, site in baseline.outside.keys() | policy.outside.keys():
        found[year, site, "outside", len(CLASSES)] = policy.outside[year, site] - baseline.outside[year, site]
    for (year, home, victim_class), n in policy.members.items():
        found[year, home, "members", victim_class] = n
    return found
