"""A policy is a small dated difference to the rules of a platform.

The engine reads `Rules`; policies change `Rules`; nothing else connects them. A `Policy` says which rules it sets, adds
to or multiplies. Policies combine: additions add, factors multiply, and only two policies that *set* the same rule over
overlapping time collide.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Literal

from sim.rules.declare import ROUNDING, Section, declared, parameter
from sim.rules.rulebook import RULES, Platform, Rules, Value
from sim.rules.sentences import Sentence, Words, WordsError


@dataclass(frozen=True)
class Change:
    """One difference: ``set`` a rule, ``add`` to it, or ``multiply`` it; of another site than the policy's if named."""

    rule: str
    operation: Literal["set", "add", "multiply"]
    value: Value
    site: str = ""


def sets(rule: str, default: Any = None, **other: Any) -> Any:
    """Declare a level that is what a rule becomes: it takes what the rule takes, and means what the rule means.

    Args:
        rule: Dotted name of the rule.
        default: Its value where the policy is silent; ``None`` leaves the rule as it is, ``...`` asks for one.
        other: Ends of another plausible range: ``low`` and ``high``.
    """
    return RULES[rule].again(default, sets=rule, **other)


class Policy(Section):
    """A dated difference to the rules. To add one, subclass it in a file of `sim/policies` (or anywhere imported).

    The subclass gives its ``name`` in the class statement, declares its levels as fields, and says in `changes` what
    it does to the rules; nothing in the engine knows it. An instance whose changes leave every rule as it was is
    inert and changes no number of a run.

    Example:
        >>> class Curfew(Policy, name="doctest-curfew"):
        ...     staff: float = parameter(0.0, "moderators", 0, 5, "Heads from then on.")
        ...     def changes(self, platform):
        ...         return [Change("moderation.staff", "set", self.staff)]
    """

    registry: ClassVar[dict[str, type[Policy]]] = {}
    name: ClassVar[str]
    seen_in: ClassVar[tuple[str, ...]] = ()
    """Names of the outcomes to look at first: those through which the policy works, and what it costs."""

    start: dt.date | None = parameter(None, "date", None, None, "First day (the window's first).", minimum=None)
    end: dt.date | None = parameter(None, "date", None, None, "First day without it (never).", minimum=None)
    site: str | None = parameter(None, "site", None, None, "Site on which it acts (all)", minimum=None)

    def __init_subclass__(cls, name: str = "", **kwargs: Any) -> None:
        """Register the subclass under the name by which scenario files call it; without a name, none can.

        Raises:
            WordsError: If another policy has the name. The same one may be defined anew, as a cell of a notebook does.
        """
        super().__init_subclass__(**kwargs)
        cls.name = name
        if name:
            other = Policy.registry.setdefault(name, cls)
            if (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
                raise WordsError(
                    Sentence(
                        "{policy}: there is a policy {name} already, {other}.",
                        policy=cls.__qualname__, name=repr(name), other=other.__qualname__,
                    )
                )  # fmt: skip
            Policy.registry[name] = cls

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Return the differences to the rules of `platform` while the policy is in force.

        Unless a subclass says otherwise, every level that was declared by `sets` and given is what its rule becomes.
        """
        given = ((level.sets, getattr(self, level.key)) for level in declared({"": type(self)}) if level.sets)
        return [Change(rule, "set", value) for rule, value in given if value is not None]

    def changes_after(self, platform: Platform, days: int) -> Sequence[Change]:
        """Return the differences so many days after the start: for most policies the same on all days."""
        return self.changes(platform)

    def changes_on(self, site: str, platform: Platform, days: int) -> Iterator[Change]:
        """Yield the differences on one site, whose platform is given, so many days after the start.

        Args:
            site: Its name; empty where sites have none.
            platform: The baseline's parameters there.
            days: Days.
        """
        for change in self.changes_after(platform, days):
            if change.site == site if change.site else self.site in (None, site):
                yield change

    @property
    def steps(self) -> Sequence[int]:
        """Days after the start on which the differences change by themselves: for most policies none."""
        return ()

    @property
    def changeable(self) -> bool:
        """Whether a level holds something that could be changed, such as a list."""
        try:
            hash(self)
        except TypeError:
            return True
        return False

    def said(self) -> Words:
        """Say in words what is changed, and on which site if the policy names one."""
        if self.site is None:
            return self.words()
        return Sentence("{policy}, on {site}", policy=self.words(), site=self.site)

    def words(self) -> Words:
        """Say in words what is changed, for people: a text, or a sentence if it is to be read in other languages."""
        levels = {k: v for k, v in self if k not in Policy.model_fields and v is not None}
        return ", ".join(f"{self.name} {k.replace('_', ' ')} {v}" for k, v in levels.items())


class CollisionError(WordsError):
    """Two policies of one arm set the same rule over overlapping time, or push it out of its bounds.

    Attributes:
        policies: The two that set the same rule, or nothing.
    """

    def __init__(self, words: Words, *policies: Policy) -> None:
        super().__init__(words)
        self.policies = policies


@dataclass(frozen=True)
class Dated:
    """A policy with the days (counted from the start of the measured window) on which it is in force."""

    policy: Policy
    first_day: int
    last_day: int | None  # exclusive; None: never ends

    def in_force(self, day: int) -> bool:
        """Tell whether the policy is in force on `day`."""
        return self.first_day <= day and (self.last_day is None or day < self.last_day)


def days_of_change(policies: Sequence[Dated], n_days: int) -> list[int]:
    """Return the days, of a window of so many, on which policies start, end or change by themselves; day 0 always."""
    days = {0} | {d.first_day for d in policies} | {d.last_day for d in policies if d.last_day is not None}
    days |= {d.first_day + step for d in policies for step in d.policy.steps if d.in_force(d.first_day + step)}
    return [day for day in sorted(days) if 0 <= day < n_days]


def door_days(arms: Iterable[Sequence[tuple[int, Rules]]]) -> set[int]:
    """Return the days on which some arm lets in others than before; of each arm, days and the rules since."""
    days = set()
    for arm in arms:
        doors = [(day, (rules.registration.door, rules.age.door, rules.operation.open)) for day, rules in arm]
        days |= {day for (_, before), (day, door) in pairwise(doors) if door != before}
    return days


def rules_on(day: int, platform: Platform, policies: Iterable[Dated], site: str = "") -> Rules:
    """Return the rules in force on a day on a site.

    Sets come first, then additions, then factors, each in order of the policies' names, so that floats agree
    whatever the order in which a scenario lists them.

    Args:
        day: Day counted from the start of the measured window; negative during the warm-up.
        platform: The baseline's parameters there.
        policies: What the arm consists of.
        site: Name of the site.

    Raises:
        CollisionError: If two policies set one rule, or a rule leaves its bounds.
    """
    active = sorted((d for d in policies if d.in_force(day)), key=lambda d: (d.policy.name, repr(d.policy)))
    changes = [(d.policy, c) for d in active for c in d.policy.changes_on(site, platform, day - d.first_day)]
    baseline = platform.rules
    values: dict[str, Any] = {
        change.rule: baseline.value_of(change.rule) for _, change in changes if change.rule in RULES
    }
    setter: dict[str, Policy] = {}
    for operation in ("set", "add", "multiply"):
        for policy, change in changes:
            rule, value = change.rule, change.value
            if rule not in RULES:
                raise CollisionError(
                    Sentence(
                        "'{policy}' changes {rule}, which is no rule; see sim/rules/rulebook.py.",
                        policy=policy.said(),
                        rule=rule,
                    )
                )
            if change.operation != operation:
                continue
            if operation == "set":
                if rule in setter:
                    raise CollisionError(
                        Sentence(
                            "{one} ({levels}) and {other} ({other_levels}) both set {rule} at the same time; drop one "
                            "of them, or give them dates that do not overlap.",
                            one=setter[rule].name, levels=setter[rule].said(),
                            other=policy.name, other_levels=policy.said(), rule=rule,
                        ),
                        setter[rule],
                        policy,
                    )  # fmt: skip
                setter[rule] = policy
                values[rule] = value
            elif operation == "add":
                values[rule] = values[rule] + value
            else:
                values[rule] = values[rule] * value
    return baseline.having({rule: _allowed(rule, value) for rule, value in values.items()})


def _allowed(rule: str, value: Any) -> Any:
    """Return the value that a rule takes, a fraction rounded where the rule is a whole number."""
    declared_rule = RULES[rule]
    if declared_rule.type is int and isinstance(value, float):
        value = round(value)
    if isinstance(value, float) and not declared_rule.allows(value):  # .3 - .1 - .2 is no negative share
        bounds = (float(b) for b in (declared_rule.minimum, declared_rule.maximum) if b is not None)
        value = next((bound for bound in bounds if abs(value - bound) <= ROUNDING), value)
    if not declared_rule.allows(value):
        raise CollisionError(
            Sentence(
                "{rule} would become {value}; it takes {taken}.",
                rule=rule,
                value=str(value),
                taken=declared_rule.accepts,
            )
        )
    return value
