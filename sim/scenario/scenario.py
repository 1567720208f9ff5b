"""A scenario: a site or several, their people, their rules and the policies to compare, as one frozen value."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
from pydantic import ValidationError

from sim.policies.policy import Policy
from sim.rules.declare import Section
from sim.rules.errors import ScenarioError, problems_of, unknown
from sim.rules.names import BASELINE as BASELINE
from sim.rules.sentences import Counted, Listed, Sentence, Term, Words, spoken
from sim.rules.settings import SECTIONS
from sim.scenario.consistent import Consistent

NO_PART_OF_RUNS = ("title", "seeds", "prefer", "prices")
"""Settings on which no run depends, so that runs are the same whatever they say."""


class Scenario(Consistent):
    """Everything a run needs besides a seed. Read one with `sim.load`; change one with `replace`.

    Attributes:
        sites: Further sites by name, beside the one that ``site`` names and whose rules stand in the scenario itself.
        policies: Arms to compare by name; each is a tuple of policies. The baseline is always there and is the empty
            one.
    """

    # One value, and not a sequence of settings: whoever runs a model over lists of parameters gives it as a parameter.
    __iter__ = None  # type: ignore[assignment]

    @property
    def at_defaults(self) -> bool:
        """Whether every parameter of the model has its default."""
        return all(getattr(self, name) == section() for name, section in SECTIONS.items())

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
            name: {str(day): rules.model_dump(mode="json") for day, rules in by_day}
            for name, by_day in zip(self.site_names, self.changes_by_site(arm), strict=True)
        }
        return by_site if self.sites else by_site[self.site]


def _days(n: int) -> Counted:
    return Counted(n, Sentence("{n} day", n=n), Sentence("{n} days", n=n))


def _with_dates(policy: Policy, first: dt.date) -> Sentence:
    """Say what a policy changes and when, given the first measured day."""
    if policy.end is None:
        return Sentence("{policy}, from {start}", policy=policy.said(), start=policy.start or first)
    return Sentence(
        "{policy}, from {start} until {end}", policy=policy.said(), start=policy.start or first, end=policy.end
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
