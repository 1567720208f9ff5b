"""The arms of a scenario: its sites, its policies, and the rules that they make day by day."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator

from sim import policies  # noqa: F401  (registers the policies that scenario files name)
from sim.policies.policy import CollisionError, Dated, Policy, days_of_change, door_days, rules_on
from sim.rules import names
from sim.rules.declare import Frozen
from sim.rules.errors import Problem, ScenarioError, short, shown, suggestion
from sim.rules.names import BASELINE
from sim.rules.offences import OFFENCES, Offence
from sim.rules.rulebook import RULES, Platform, Rules
from sim.rules.sentences import Listed, Sentence, Term, Words, paragraph
from sim.scenario.frame import Framed
from sim.scenario.limits import MAX_POLICIES, MAX_SITES
from sim.scenario.sites import Audience, Site


class Armed(Framed):
    """A scenario with its sites and its arms, not yet held against one another."""

    offences: tuple[Offence, ...] = Field(
        OFFENCES, min_length=1, max_length=32, strict=False, description="1 to 32 tables [[offences]]"
    )
    sites: Annotated[dict[str, Site], AfterValidator(Frozen)] = Field(
        {},
        max_length=MAX_SITES - 1,
        validate_default=True,
        description=f"up to {MAX_SITES - 1} tables [sites.NAME]",
    )
    policies: Annotated[dict[str, tuple[Policy, ...]], AfterValidator(Frozen)] = Field(
        {},
        max_length=MAX_POLICIES,
        strict=False,
        validate_default=True,
        description=f"up to {MAX_POLICIES} tables [policies.NAME]",
    )

    @field_validator("policies", mode="before")
    @classmethod
    def _spelt_alike(cls, given: Any) -> Any:
        """Return policies under names that are spelt in one way, having seen that they are tuples of levers."""
        if not isinstance(given, dict):
            return given
        arms: dict[str, Any] = {}
        for arm, found in given.items():
            if not isinstance(arm, str):
                raise ScenarioError(Sentence("policies = {given}: the name of a policy is a text.", given=shown(arm)))
            refusal = None
            if not isinstance(found, list | tuple) or not all(isinstance(policy, Policy) for policy in found):
                refusal = Sentence(
                    "policies.{name} = {given} is not allowed. It takes levers: in a file a table [policies.{name}], "
                    "in Python a tuple such as (RetentionPolicy(message_hours=24),).",
                    name=arm,
                    given=shown(found, exactly=True),
                )
            elif names.normal(arm) in arms:
                refusal = Sentence("two policies are called {name}. Rename one of them.", name=repr(arm))
            if refusal:
                raise ScenarioError(Problem(("policies", arm), refusal))
            arms[names.normal(arm)] = found
        return arms

    @property
    def platform(self) -> Platform:
        """The first site's own parameters."""
        return Platform(**{section: getattr(self, section) for section in Platform.model_fields})

    @cached_property
    def site_names(self) -> tuple[str, ...]:
        """Names of all sites, the first one first."""
        return (self.site, *self.sites)

    @cached_property
    def platforms(self) -> tuple[Platform, ...]:
        """The parameters of all sites, in the order of their names."""
        first = self.platform
        return (first, *(site.platform(first) for site in self.sites.values()))

    @cached_property
    def audiences(self) -> tuple[Audience, ...]:
        """The audiences of all sites, in the order of their names."""
        people = self.population
        first = Audience(people.monthly_visitors_start, people.monthly_visitors, 1.0)
        return (first, *(site.audience for site in self.sites.values()))

    @property
    def further_visitors(self) -> float:
        """Monthly visitors of further sites at the most, before `scale`."""
        return sum(site.audience.most_visitors for site in self.sites.values())

    @cached_property
    def every_rules(self) -> tuple[Rules, ...]:
        """All rules that are in force on some site on some day, in some arm or the baseline; some may be equal."""
        of_arms = (self.changes_by_site(arm) for arm in self.policies)
        changed = (rules for of_sites in of_arms for by_day in of_sites for _, rules in by_day)
        return (*(platform.rules for platform in self.platforms), *changed)

    @cached_property
    def closes(self) -> bool:
        """Whether some site is closed in some arm that is open under the baseline."""
        usual = [platform.rules.operation.open for platform in self.platforms]
        return any(
            was and not rules.operation.open
            for arm in self.policies
            for was, by_day in zip(usual, self.changes_by_site(arm), strict=True)
            for _, rules in by_day
        )

    @cached_property
    def detects(self) -> bool:
        """Whether a detector reads anything in some arm, or under the baseline, on any day and site."""
        return any(rules.detection.coverage > 0 for rules in self.every_rules)

    @cached_property
    def rests_on_ages(self) -> bool:
        """Whether some arm, or the baseline, has a rule that rests on ages, on any day and site."""
        return any(rules.rests_on_ages for rules in self.every_rules)

    @cached_property
    def seizes(self) -> bool:
        """Whether investigators may seize what some site has in some arm."""
        seized = any(rules.operation.seized and not rules.operation.open for rules in self.every_rules)
        return self.police.investigators > 0 and seized

    def arm(self, name: object) -> str:
        """Return the name of an arm, or of the baseline, as the scenario spells it.

        Raises:
            ScenarioError: If there is no such arm.
        """
        if not isinstance(name, str):
            raise ScenarioError(
                Sentence(
                    "policy = {given} is not allowed. It takes the name of a policy.", given=shown(name, exactly=True)
                )
            )
        spelt = names.normal(name)
        if spelt != BASELINE and spelt not in self.policies:
            raise ScenarioError(
                Sentence(
                    "no policy is called {name}. {meant}The scenario has: {known}.",
                    name=repr(short(name)), meant=suggestion(spelt, [*self.policies]), known=self._listed_arms(),
                )
            )  # fmt: skip
        return spelt

    def _listed_arms(self) -> Words:
        return Listed(tuple(self.policies)) if self.policies else Term("none")

    def dated(self, arm: str) -> list[Dated]:
        """Return the policies of an arm with the days on which they are in force; errors as for `arm`."""
        found = self.policies[self.arm(arm)] if arm != BASELINE else ()
        return [
            Dated(
                policy,
                (policy.start - self.start).days if policy.start else 0,
                (policy.end - self.start).days if policy.end else None,
            )
            for policy in found
        ]

    def rules_on(self, day: int, arm: str) -> Rules:
        """Return the first site's rules on a day of the measured window (negative: warm-up, baseline rules)."""
        return rules_on(day, self.platform, self.dated(arm) if day >= 0 else (), self.site)

    def changes_of(self, arm: str) -> list[tuple[int, Rules]]:
        """Return (day, rules from then on) of an arm on the first site: day 0 and every day on which rules change.

        Raises:
            CollisionError: If policies of the arm collide.
        """
        return self._changes_on(0, arm)

    def changes_by_site(self, arm: str) -> list[list[tuple[int, Rules]]]:
        """Return what `changes_of` does of every site, all with the same days; errors as there."""
        return [self._changes_on(site, arm) for site in range(len(self.site_names))]

    def _changes_on(self, site: int, arm: str) -> list[tuple[int, Rules]]:
        dated, platform, name = self.dated(arm), self.platforms[site], self.site_names[site]
        try:
            return [(day, rules_on(day, platform, dated, name)) for day in days_of_change(dated, self.days)]
        except CollisionError as error:
            collision = Sentence("policy {name}: {why}", name=repr(arm), why=error.words)
            raise CollisionError(paragraph(collision, self._origins(arm, error.policies))) from None

    def _origins(self, arm: str, found: tuple[Policy, ...]) -> Sentence | None:
        """Say which other arms two policies were combined from, if they were."""
        others = [a for a, parts in self.policies.items() if len(parts) < len(self.policies[arm])]
        origins = [next((a for a in others if any(p is q for q in self.policies[a])), arm) for p in found]
        if not set(origins) - {arm}:
            return None
        return Sentence("They come from {names}.", names=Listed(tuple(map(repr, origins)), Term(" and ")))

    @property
    def door_days(self) -> set[int]:
        """Days of the window on which some arm lets in others than before."""
        return door_days(by_day for arm in self.policies for by_day in self.changes_by_site(arm))

    def last_day_of_door(self, arm: str) -> int:
        """Return the last day on which a site of an arm lets in other lawful users than the baseline; -1 for none."""
        last = -1
        for by_day, platform in zip(self.changes_by_site(arm), self.platforms, strict=True):
            asked = [(day, _door(rules)) for day, rules in by_day]
            ends = [day - 1 for day, _ in asked[1:]] + [self.days - 1]
            usual = _door(platform.rules)
            last = max((end for (_, door), end in zip(asked, ends, strict=True) if door != usual), default=last)
        return last

    def inert(self, arm: str) -> bool:
        """Tell whether an arm leaves every rule as the baseline has it on every day, on every site."""
        return not any(differs for _, differs in self.days_that_differ(arm))

    def days_that_differ(self, arm: str) -> list[tuple[int, bool]]:
        """Return (day, whether some rule of some site is not the baseline's from then on) of an arm."""
        by_site = self.changes_by_site(arm)
        usual = [platform.rules for platform in self.platforms]
        return [
            (of_day[0][0], any(rules != before for (_, rules), before in zip(of_day, usual, strict=True)))
            for of_day in zip(*by_site, strict=True)
        ]

    def changed_rules(self, arm: str) -> dict[str, tuple[Any, Any]]:
        """Return every rule that an arm changes in the window: its name, the baseline's value, the first other one.

        Of several sites on which it changes, those of the first in order.
        """
        changed: dict[str, tuple[Any, Any]] = {}
        for by_day, platform in zip(self.changes_by_site(arm), self.platforms, strict=True):
            for _, rules in by_day:
                for rule in RULES:
                    before, value = platform.rules.value_of(rule), rules.value_of(rule)
                    if value != before:
                        changed.setdefault(rule, (before, value))
        return changed


def _door(rules: Rules) -> tuple[bool, float, tuple[float, ...]]:
    """Return what decides which lawful users are let in."""
    return rules.operation.open, rules.registration.friction_user, rules.age.door_for_users
