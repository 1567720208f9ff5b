"""A scenario: a site or several, their people, their rules and the policies to compare, as one frozen value."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from html import escape
from itertools import pairwise
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from sim import policies  # noqa: F401  (registers the policies that scenario files name)
from sim.policies.closure import ClosurePolicy
from sim.policies.policy import CollisionError, Dated, Policy, days_of_change, door_days, rules_on
from sim.rules import names
from sim.rules.declare import Frozen, Section
from sim.rules.errors import Problem, ScenarioError, problems_of, short, shown, suggestion, unknown
from sim.rules.offences import OFFENCES, Offence
from sim.rules.parameters import CLASSES, HOURS_PER_MONTH
from sim.rules.rulebook import RULES, Platform, Rules
from sim.rules.sentences import Counted, Listed, Sentence, Term, Words, paragraph, spoken
from sim.rules.settings import SECTIONS
from sim.scenario.frame import Framed
from sim.scenario.limits import (
    MAX_CHANGES,
    MAX_DOOR_CHANGES,
    MAX_LEVERS,
    MAX_POLICIES,
    MAX_SITES,
    SHORTEST_MONTH,
)
from sim.scenario.sites import Audience, Site

BASELINE = "baseline"

NO_PART_OF_RUNS = ("title", "seeds", "prefer", "prices")
"""Settings on which no run depends, so that runs are the same whatever they say."""


class Scenario(Framed):
    """Everything a run needs besides a seed. Read one with `sim.load`; change one with `replace`.

    Attributes:
        sites: Further sites by name, beside the one that ``site`` names and whose rules stand in the scenario itself.
        policies: Arms to compare by name; each is a tuple of policies. The baseline is always there and is the empty
            one.
    """

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

    # One value, and not a sequence of settings: whoever runs a model over lists of parameters gives it as a parameter.
    __iter__ = None  # type: ignore[assignment]

    @model_validator(mode="after")
    def _check(self) -> Scenario:
        problems = [
            *self._problems_of_costs(),
            *self._problems_of_size(),
            *self._problems_of_offences(),
            *self._problems_of_names(),
            *self._problems_of_policies(),
        ]
        if problems:
            raise ScenarioError(*problems)
        return self

    def _problems_of_names(self) -> Iterator[Problem]:
        """Yield the names that a table, a shell or a disk would take for something else, or for one another."""
        for site, words in names.refusals("site", self.site_names).items():
            yield Problem(("site",) if site == self.site and site not in self.sites else ("sites", site), words)
        called = [offence.name for offence in self.offences]
        for name, words in names.refusals("offence", called, ("all", *CLASSES)).items():
            yield Problem(("offences", called.index(name), "name"), words)
        for arm, words in names.refusals("policy", self.policies, [BASELINE]).items():
            yield Problem(("policies", arm), words)

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

    def _problems_of_decoys(self, changes: Mapping[str, Sequence[tuple[int, Rules]]]) -> Iterator[Problem]:
        """Yield where decoys are online whom nobody seeks, given the rules of every arm by day."""
        if any(offence.weight and offence.target_weights[0] for offence in self.offences):
            return
        nobody = Sentence(
            "decoys pose as persons under 15, whom no offence here seeks: nobody would ever approach one. Give an "
            "offence a first target weight of 1 or more, or leave the decoys out."
        )
        if self.undercover.decoys:
            yield Problem(("undercover", "decoys"), nobody)
        for arm, by_day in changes.items():
            if any(rules.undercover.decoys > self.undercover.decoys for _, rules in by_day):
                yield Problem(("policies", arm), nobody)

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
        changes: dict[str, list[tuple[int, Rules]]] = {}
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
                    changes[arm] = [
                        change for site in range(len(self.site_names)) for change in self.changes_of(arm, site)
                    ]
                except CollisionError as error:
                    yield Problem(path, error.words)
        if len(changes) < len(self.policies):
            return
        doors = self.door_days
        yield from self._problems_of_decoys(changes)
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
        clone, stays, itself, is_open = (
            closure.clone,
            "closure ends on {end}. A site that was closed does not open again here; leave the end out.",
            "{clone} would be a clone of itself. Name the site that is closed (site) and another one that opens.",
            "{clone} is open anyway, so it is no clone. Let [sites.{clone}.operation] say open = false.",
        )
        if closure.end:
            yield "end", Sentence(stays, end=closure.end)
        if clone is not None and clone == (closure.site or self.site):
            yield "clone", Sentence(itself, clone=clone)
        elif clone in self.sites and self.platforms[self.site_names.index(clone)].operation.open:
            yield "clone", Sentence(is_open, clone=clone)

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

    @cached_property
    def closes(self) -> bool:
        """Whether some arm closes or opens a site in the course of the window."""
        return any(isinstance(policy, ClosurePolicy) for found in self.policies.values() for policy in found)

    @property
    def at_defaults(self) -> bool:
        """Whether every parameter of the model has its default."""
        return all(getattr(self, name) == section() for name, section in SECTIONS.items())

    @property
    def months(self) -> tuple[int, ...]:
        """Days at which the months begin in which visitors are counted and, last, end; empty if there is no month.

        There are as many as the window holds of `SHORTEST_MONTH` days, counted back from its end. Each is a twelfth of
        a year or, where so many do not fit, an equal part of the window, with its ends rounded to whole days. Days that
        are left over stand at the beginning, and their visitors are not counted.
        """
        n = self.days // SHORTEST_MONTH
        length = min(HOURS_PER_MONTH / 24, self.days / max(n, 1))
        return tuple(int(self.days - ahead * length + 0.5) for ahead in range(n, -1, -1)) if n else ()

    @property
    def first_weekday(self) -> int:
        """Day of the week on which a run begins, warm-up included: 0 is Monday."""
        return (self.start.weekday() - self.warmup_days) % 7

    def hour_of_week(self, hour: Any) -> Any:
        """Return the hour of the week in which simulated hours fall, counted from the midnight before Monday."""
        return (hour + 24 * self.first_weekday) % 168

    @property
    def hours(self) -> int:
        """Simulated hours of one run, warm-up included."""
        return 24 * (self.warmup_days + self.days)

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

    def changes_of(self, arm: str, site: int = 0) -> list[tuple[int, Rules]]:
        """Return (day, rules from then on) of an arm on a site: day 0 and every later day on which its rules change.

        Args:
            arm: The arm.
            site: Index of the site.

        Raises:
            CollisionError: If policies of the arm collide.
        """
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
        sites = range(len(self.site_names))
        return door_days(self.changes_of(arm, site) for arm in self.policies for site in sites)

    def last_day_of_door(self, arm: str) -> int:
        """Return the last day on which an arm asks lawful users for another friction than the baseline; -1 for none."""
        asked = [(day, rules.registration.friction_user) for day, rules in self.changes_of(arm)]
        ends = [day - 1 for day, _ in asked[1:]] + [self.days - 1]
        usual = self.platform.rules.registration.friction_user
        return max((end for (_, friction), end in zip(asked, ends, strict=True) if friction != usual), default=-1)

    def inert(self, arm: str) -> bool:
        """Tell whether an arm leaves every rule as the baseline has it on every day, on every site."""
        return not any(differs for _, differs in self.days_that_differ(arm))

    def days_that_differ(self, arm: str) -> list[tuple[int, bool]]:
        """Return (day, whether some rule of some site is not the baseline's from then on) of an arm."""
        by_site = [self.changes_of(arm, site) for site in range(len(self.site_names))]
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
        for site, platform in enumerate(self.platforms):
            for _, rules in self.changes_of(arm, site):
                for rule in RULES:
                    before, value = platform.rules.value_of(rule), rules.value_of(rule)
                    if value != before:
                        changed.setdefault(rule, (before, value))
        return changed

    def __repr__(self) -> str:
        """Return what it is in a line."""
        return spoken(
            Sentence(
                "<Scenario {name}: {window}, {seeds} seeds; policies: {policies}>",
                name=repr(self.title or self.site), window=self._window(), seeds=self.seeds,
                policies=self._listed_arms(),
            )
        )  # fmt: skip

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """Return what a notebook shows: what is run, and a row for each policy."""
        said: list[tuple[Words, Words]] = [
            (Term("scenario"), self.title or self.site),
            (Term("window"), self._window()),
            (Term("visitors a month"), round(self.population.monthly_visitors * self.scale)),
            (Term("paired runs"), self.seeds),
        ]
        for arm, found in self.policies.items():
            dated = tuple(_with_dates(policy, self.start) for policy in found)
            said.append((Sentence("policy {name}", name=arm), Listed(dated, Term("; "))))
        rows = (f"<tr><th>{escape(spoken(name))}</th><td>{escape(spoken(words))}</td></tr>" for name, words in said)
        return f"<table>{''.join(rows)}</table>"

    def _window(self) -> Sentence:
        return Sentence(
            "{days} from {start} after {warmup} of warm-up",
            days=_days(self.days),
            start=self.start,
            warmup=_days(self.warmup_days),
        )

    def value_of(self, key: str) -> Any:
        """Return the value of a setting by its dotted name: ``reporting.friction``.

        Raises:
            ScenarioError: If there is no such setting.
        """
        value: Any = self
        place: list[str] = []
        for part in key.split("."):
            place.append(part)
            if not isinstance(value, Section):
                raise ScenarioError(_without_settings(key, ".".join(place[:-1])))
            if part not in type(value).model_fields:
                raise ScenarioError(unknown(tuple(place), type(value)))
            value = getattr(value, part)
        return value

    def replace(self, **changes: Any) -> Scenario:
        """Return a checked copy with other values: ``replace(days=60, **{"reporting.friction": 0.2})``.

        Args:
            changes: Values by dotted name. A table of settings changes what it names and nothing else, as in
                ``replace(moderation={"triage": "oldest"})``; a section as an object takes the place of the whole
                section, ``policies`` and ``offences`` that of all there were.

        Raises:
            ScenarioError: If a key is unknown or a value not allowed.
        """
        given = self.model_dump(include={*SECTIONS}, exclude_unset=True)  # so that it stays told apart from defaults
        content: dict[str, Any] = self.model_dump(exclude={*SECTIONS, "policies"}) | {"policies": dict(self.policies)}
        content |= {section: given.get(section, {}) for section in SECTIONS}
        _lay_over(content, changes, self.model_dump(exclude={"policies"}) | {"policies": content["policies"]})
        return check(content)

    def fingerprint(self, arm: str | None = None) -> str:
        """Return a SHA-256 over every value that runs depend on, the number of seeds being none of them.

        Args:
            arm: Of what sets this arm apart from others, its rules day by day. If not given, of what all arms share.
        """
        content = self.shared() if arm is None else self.rules_by_day(arm)
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def content(self) -> dict[str, Any]:
        """Return everything in it as JSON can hold it; `of_content` makes it again."""
        arms = {
            arm: [{"lever": p.name} | p.model_dump(mode="json", exclude_none=True) for p in found]
            for arm, found in self.policies.items()
        }
        return self.model_dump(mode="json", exclude={"policies"}) | {"policies": arms}

    def shared(self) -> dict[str, Any]:
        """Return the values that runs of every arm depend on, as JSON can hold them."""
        return self.model_dump(mode="json", exclude={"policies", *NO_PART_OF_RUNS})

    def rules_by_day(self, arm: str) -> dict[str, dict[str, Any]]:
        """Return what sets the runs of one arm apart, as JSON can hold it: rules by the first day on which they hold.

        Policies act through rules alone, so two arms with the same rules are the same whatever they are made of. Rules
        of several sites stand under their names.
        """
        by_site = {
            name: {str(day): rules.model_dump(mode="json") for day, rules in self.changes_of(arm, site)}
            for site, name in enumerate(self.site_names)
        }
        return by_site if self.sites else by_site[self.site]


def _days(n: int) -> Counted:
    return Counted(n, Sentence("{n} day", n=n), Sentence("{n} days", n=n))


def _with_dates(policy: Policy, first: dt.date) -> Sentence:
    """Say what a policy changes and when, given the first measured day."""
    if policy.end is None:
        return Sentence("{policy}, from {start}", policy=policy.words(), start=policy.start or first)
    return Sentence(
        "{policy}, from {start} until {end}", policy=policy.words(), start=policy.start or first, end=policy.end
    )


def _without_settings(key: str, part: str) -> Sentence:
    return Sentence("{key} is not a setting: {part} has no settings of its own.", key=key, part=part)


def _lay_over(content: dict[str, Any], changes: Mapping[str, Any], has: Mapping[str, Any], within: str = "") -> None:
    """Change settings by dotted name in what is said of a scenario or section that `has` them, setting by setting."""
    for key, value in changes.items():
        *path, last = str(key).split(".")
        place, known = content, has
        for part in path:
            if part not in known:
                last = part  # which is refused, whatever follows it
                break
            known = known[part]
            if not isinstance(known, dict):
                raise ScenarioError(_without_settings(f"{within}{key}", part))
            place = place.setdefault(part, {})
        if isinstance(value, Mapping) and isinstance(inner := known.get(last, {}), dict) and key != "policies":
            _lay_over(place.setdefault(last, {}), value, inner, f"{within}{key}.")
        else:
            place[last] = value.model_dump() if isinstance(value, Section) else value


def check(content: dict[str, Any]) -> Scenario:
    """Return the scenario that `content`, keyed as in a scenario file, describes.

    Args:
        content: Sections and top-level settings; ``policies`` holds tuples of policies by name.

    Raises:
        ScenarioError: With every problem that was found.
    """
    try:
        return Scenario.model_validate(_plain(content))
    except ValidationError as error:
        raise ScenarioError(*problems_of(error, Scenario)) from None


def _plain(value: Any) -> Any:
    """Return a value with Python's own numbers for NumPy's, and lists for arrays."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [*map(_plain, value)] if isinstance(value, list) else tuple(map(_plain, value))
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value


def of_content(content: dict[str, Any]) -> Scenario:
    """Return the scenario whose `Scenario.content` this is.

    Raises:
        ScenarioError: If it is not right, or a policy was written in Python and is not known here.
    """
    arms = {arm: tuple(_lever(arm, row) for row in rows) for arm, rows in content["policies"].items()}
    shared = {key: value for key, value in content.items() if key != "policies"}
    try:
        return Scenario.model_validate_json(json.dumps(shared)).replace(policies=arms)
    except ValidationError as error:
        raise ScenarioError(*problems_of(error, Scenario)) from None


def _lever(arm: str, row: dict[str, Any]) -> Policy:
    """Return a policy of an arm from its content; errors as for `of_content`."""
    name, levels = row["lever"], {key: value for key, value in row.items() if key != "lever"}
    if name not in Policy.registry:
        raise ScenarioError(
            Sentence("policy {name} was written in Python; its lever is not known here", name=repr(arm))
        )
    lever = Policy.registry[name]
    try:
        return lever.model_validate_json(json.dumps(levels))
    except ValidationError as error:
        raise ScenarioError(*problems_of(error, lever, ("policies", arm, name))) from None
