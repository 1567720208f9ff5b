"""Whether the parts of a scenario go together: offences, names, sites, and policies with their dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Self

from pydantic import model_validator

from sim.policies.closure import ClosurePolicy
from sim.policies.policy import CollisionError, Policy, days_of_change, door_days
from sim.rules import names
from sim.rules.errors import Problem, ScenarioError, shown, suggestion
from sim.rules.names import BASELINE
from sim.rules.parameters import CLASSES
from sim.rules.rulebook import MOST_P_FALSE, Rules
from sim.rules.sentences import Listed, Sentence, Term
from sim.scenario.arms import Armed
from sim.scenario.frame import too_large
from sim.scenario.limits import MAX_CHANGES, MAX_DOOR_CHANGES, MAX_LEVERS, MAX_PER_HOUR


class Consistent(Armed):
    """A scenario whose parts were held against one another, all that is wrong being said at once."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = [
            *self._problems_of_costs(),
            *self._problems_of_size(),
            *self._problems_of_offences(),
            *self._problems_of_names(),
            *self._problems_of_audiences(),
            *self._problems_of_policies(),
        ]
        if problems:
            raise ScenarioError(*problems)
        return self

    def _problems_of_names(self) -> Iterator[Problem]:
        """Yield the names that a table, a shell or a disk would take for something else, or for one another."""
        further = [site for site in self.sites if site != self.site]
        for site, words in names.refusals("site", [self.site, *further]).items():
            yield Problem(("site",) if site == self.site else ("sites", site), words)
        called = [offence.name for offence in self.offences]
        for name, words in names.refusals("offence", called, ("all", *CLASSES)).items():
            yield Problem(("offences", called.index(name), "name"), words)
        for arm, words in names.refusals("policy", self.policies, [BASELINE]).items():
            yield Problem(("policies", arm), words)

    def _problems_of_audiences(self) -> Iterator[Problem]:
        """Yield sites that are called as the first one, and closed ones that are to have visitors."""
        if self.site in self.sites:
            twice = Sentence(
                "{site} is the name of the first site, whose rules stand outside [sites]. Rename one of them.",
                site=repr(self.site),
            )
            yield Problem(("sites", self.site), twice)
            return
        if not self.operation.open:
            shut = Sentence(
                "operation.open = false closes the first site before anybody comes. Let a policy close it: "
                "closure = {{ start = DATE }}."
            )
            yield Problem(("operation", "open"), shut)
            return
        for name, site in self.sites.items():
            if site.audience.most_visitors and not site.platform(self.platform).operation.open:
                nobody = Sentence(
                    "sites.{site} is closed: nobody is at home there. Give it monthly_visitors = 0, or open it.",
                    site=name,
                )
                yield Problem(("sites", name, "monthly_visitors"), nobody)

    def _problems_of_costs(self) -> Iterator[Problem]:
        """Yield that a cost is named twice."""
        if len({*self.prefer}) < len(self.prefer):
            twice = Sentence("prefer = {given} names a cost twice. Name each once.", given=shown(self.prefer))
            yield Problem(("prefer",), twice)

    def _problems_of_offences(self) -> Iterator[Problem]:
        """Yield what is wrong with the table of offences as a whole."""
        called = [offence.name for offence in self.offences]
        for row, name in enumerate(called):
            if name in called[:row]:
                twice = Sentence("two offences are called {name}. Rename one of them.", name=name)
                yield Problem(("offences", row), twice)
        if not any(offence.weight for offence in self.offences):
            none = Sentence("every offence has weight = 0. Give at least one of them a weight of 1 or more.")
            yield Problem(("offences",), none)

    def _problems_of_decoys(self, changes: Mapping[str, Sequence[Sequence[tuple[int, Rules]]]]) -> Iterator[Problem]:
        """Yield where decoys are online whom nobody seeks, given the rules of every arm by site and day."""
        if any(offence.weight and offence.target_weights[0] for offence in self.offences):
            return
        nobody = Sentence(
            "decoys pose as persons under 15, whom no offence here seeks: nobody would ever approach one. Give an "
            "offence a first target weight of 1 or more, or leave the decoys out."
        )
        if self.undercover.decoys:
            yield Problem(("undercover", "decoys"), nobody)
        for arm, of_sites in changes.items():
            if any(rules.undercover.decoys > self.undercover.decoys for by_day in of_sites for _, rules in by_day):
                yield Problem(("policies", arm), nobody)

    def _problems_of_ages(self, changes: Mapping[str, Sequence[Sequence[tuple[int, Rules]]]]) -> Iterator[Problem]:
        """Yield where a rule rests on ages that nobody knows, given the rules of every arm by site and day."""
        unknown = Sentence(
            "a rule keeps out those who are too young (age.gate) or adults from minors (limits.adults_to_minors), and "
            "nobody is ever known to be too young: everybody passes the check of age. Let age.level be declared, "
            "estimated or verified, or leave the rule out."
        )
        for name, platform in zip(self.site_names, self.platforms, strict=True):
            if platform.rules.rests_on_ages and not platform.rules.knows_ages:
                yield Problem(("sites", name, "age") if name in self.sites else ("age",), unknown)
                return
        for arm, of_sites in changes.items():
            if any(r.rests_on_ages and not r.knows_ages for by_day in of_sites for _, r in by_day):
                yield Problem(("policies", arm), Sentence("policy {policy}: {why}", policy=repr(arm), why=unknown))

    def _problems_of_policies(self) -> Iterator[Problem]:
        """Yield what is wrong with the dates and combinations of the policies."""
        if (n := sum(map(len, self.policies.values()))) > MAX_LEVERS:
            too_many = Sentence(
                "the policies have {n} levers in all; up to {most} are possible. Leave some out.", n=n, most=MAX_LEVERS
            )
            yield Problem(("policies",), too_many)
            return
        if (n := sum(len(days_of_change(self.dated(arm), self.days)) for arm in self.policies)) > MAX_CHANGES:
            too_many = Sentence(
                "the policies change rules on {n} days in all; up to {most} are possible. Leave some out, or measure "
                "fewer days.",
                n=n,
                most=MAX_CHANGES,
            )
            yield Problem(("policies",), too_many)
            return
        changes: dict[str, list[list[tuple[int, Rules]]]] = {}
        for arm, found in self.policies.items():
            path = ("policies", arm)
            if any(policy.changeable for policy in found):
                changeable = Sentence(
                    "policy {name}: a level holds a list, a dictionary or something else that could be changed after "
                    "the check. Declare it as a tuple.",
                    name=repr(arm),
                )
                yield Problem(path, changeable)
            wrong = [*self._problems_of_dates(arm, found), *self._problems_of_sites(arm, found)]
            yield from wrong
            if not wrong:
                try:
                    changes[arm] = self.changes_by_site(arm)
                except CollisionError as error:
                    yield Problem(path, error.words)
        if len(changes) < len(self.policies):
            return
        doors = door_days(by_day for of_sites in changes.values() for by_day in of_sites)
        yield from self._problems_of_decoys(changes)
        yield from self._problems_of_ages(changes)
        false_alarms = self.most_conversations * MOST_P_FALSE
        of_arms = (rules for of_sites in changes.values() for by_day in of_sites for _, rules in by_day)
        every = (*(platform.rules for platform in self.platforms), *of_arms)
        if false_alarms > MAX_PER_HOUR / 2 and any(rules.detection.coverage > 0 for rules in every):
            yield too_large(Term("false alarms in the busiest hour"), false_alarms, MAX_PER_HOUR / 2)
        most = max((sum(first < day < end for day in doors) for first, end in pairwise(self.months)), default=0)
        if most > MAX_DOOR_CHANGES:
            yield Problem(
                ("policies",),
                Sentence(
                    "doors change on {n} days of one month; at most {most} can be told apart when its visitors are "
                    "counted. Let policies that change who is let in start and end on fewer days.",
                    n=most,
                    most=MAX_DOOR_CHANGES,
                ),
            )

    def _problems_of_dates(self, arm: str, found: tuple[Policy, ...]) -> Iterator[Problem]:
        """Yield the dates of an arm on which nothing is measured, and ends before their start."""
        after = self.start + dt.timedelta(self.days)
        for policy in found:
            path = ("policies", arm, policy.name, "start")
            first = policy.start or self.start
            if not self.start <= first < after:
                yield Problem(
                    path,
                    Sentence(
                        "policy {name}: {lever} starts on {day}, outside the measured days. Choose a start from "
                        "{first} to {last}, or change start or days.",
                        name=repr(arm), lever=policy.name, day=first, first=self.start, last=after - dt.timedelta(1),
                    ),
                )  # fmt: skip
            if policy.end and policy.end <= first:
                yield Problem(
                    (*path[:-1], "end"),
                    Sentence(
                        "policy {name}: {lever} ends on {end}, which is not after its start on {start}. Choose a later "
                        "end, or leave it out.",
                        name=repr(arm), lever=policy.name, end=policy.end, start=first,
                    ),
                )  # fmt: skip

    def _problems_of_sites(self, arm: str, found: Sequence[Policy]) -> Iterator[Problem]:
        """Yield the sites that policies of an arm name and there are not, and closures that lead nowhere."""
        for policy in found:
            path = ("policies", arm, policy.name)
            for level in ("site", "clone"):
                name = getattr(policy, level, None)
                if name is not None and name not in self.site_names:
                    yield Problem(
                        (*path, level),
                        Sentence(
                            "policy {policy}: {lever}.{level} = {name} is no site. {meant}The sites here are: {known}.",
                            policy=repr(arm), lever=policy.name, level=level, name=shown(name),
                            meant=suggestion(name, self.site_names), known=Listed(self.site_names),
                        ),
                    )  # fmt: skip
            if isinstance(policy, ClosurePolicy):
                yield from (
                    Problem((*path, level), Sentence("policy {policy}: {why}", policy=repr(arm), why=why))
                    for level, why in self._wrong_with(policy)
                )

    def _wrong_with(self, closure: ClosurePolicy) -> Iterator[tuple[str, Sentence]]:
        """Yield what is wrong with a closure, behind the level that says it."""
        clone = closure.clone
        if closure.open and closure.seizure:
            nothing = Sentence(
                "open = true leaves the site open, and what an open site has is not seized. Leave out open or seizure."
            )
            yield "seizure", nothing
        if closure.end:
            stays = Sentence(
                "closure ends on {end}. A site that was closed does not open again here; leave the end out.",
                end=closure.end,
            )
            yield "end", stays
        if clone is not None and closure.site is None and self.sites:
            every = Sentence(
                "closure names no site, so it closes all of them, and {clone} too. Name the site that is closed: site "
                "= {site}.",
                clone=clone, site=shown(self.site),
            )  # fmt: skip
            yield "clone", every
        elif clone is not None and clone == (closure.site or self.site):
            itself = Sentence(
                "{clone} would be a clone of itself. Name the site that is closed (site) and another one that opens.",
                clone=clone,
            )
            yield "clone", itself
        elif clone in self.sites and self.platforms[self.site_names.index(clone)].operation.open:
            is_open = Sentence(
                "{clone} is open anyway, so it is no clone. Let [sites.{clone}.operation] say open = false.",
                clone=clone,
            )
            yield "clone", is_open
