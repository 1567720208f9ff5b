"""What a platform can set: every rule, declared once, section by section as in a scenario file.

`Rules` is the rulebook of one day, as the engines read it: ``rules.retention.message_hours``. A rule says here which
numbers it takes, through which mechanism it acts and what it puts in that nobody has measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from operator import attrgetter
from typing import Any, Generic, Literal, TypeVar, get_args

from pydantic import field_validator

from sim.rules import mechanisms as by
from sim.rules.age import BANDS, AgeAssurance, AgeRules
from sim.rules.declare import (
    Parameter,
    Section,
    declared,
    in_order,
    names_in_order,
    parameter,
    probability,
    whole_numbers,
)
from sim.rules.registration import Admission, Registration
from sim.rules.sentences import Listed, Sentence, Term, WordsError

Value = float | int | bool | str | tuple[int, ...] | tuple[str, ...]

Triage = Literal["oldest", "newest", "gravest", "most_reported"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Binds = Literal["account", "device", "identity"]
Host = Literal["home", "abroad", "moves"]
MOVES: Host = "moves"

WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
"""Days of the week, from Monday on."""


def days_in_order(days: tuple[Weekday, ...] | None) -> tuple[Weekday, ...] | None:
    """Return days of the week as they are, or nothing if none are given.

    Raises:
        WordsError: If there are none in a list, or not in the order of the week, or one of them twice.
    """
    if days is not None and not in_order(days, WEEKDAYS):
        raise WordsError(
            Sentence(
                "{given} is not allowed. It takes one or more of {names}, in this order and none twice.",
                given=Listed(days) if days else Term("an empty list"),
                names=Listed(WEEKDAYS),
            )
        )
    return days


class Retention(Section):
    """How long the platform keeps what was written, and who was connected when."""

    message_hours: int = parameter(
        3,
        "hours",
        0,
        24,
        "Messages are kept for so many hours.",
        shape="uniform",
        chosen=True,
        maximum=1_000_000,
        source="CASE-09",
        through=(by.EVIDENCE, by.ANNOUNCED),
    )

    log_hours: int = parameter(
        3, "hours", 0, 24,
        "Connection logs, and whose account they belong to, are kept for so many hours: what the police can ask for.",
        shape="uniform", chosen=True, maximum=1_000_000, source="RET-04 RET-08", through=(by.LOGS,),
    )  # fmt: skip


class Reporting(Section):
    """How hard it is to report somebody, and what is done with a report."""

    friction: float = probability(
        0.8,
        0.2,
        0.95,
        "Share of those ready to report who give up because reporting takes effort.",
        shape="uniform",
        through=(by.READINESS,),
        assumes="how much effort keeps people from reporting ({before} to {after})",
    )
    rel_ready: float = parameter(
        1.0,
        "factor",
        1,
        1.5,
        "Readiness to report relative to a site that never answers a report.",
        shape="uniform",
        chosen=True,
        maximum=3,
        through=(by.READINESS,),
        assumes="what an answer does to the readiness to report ({before} to {after})",
    )
    rel_false: float = parameter(
        1.0,
        "factor",
        0.5,
        1,
        "False reports relative to a form without guidance.",
        shape="uniform",
        chosen=True,
        maximum=1,
        through=(by.READINESS,),
        assumes="what guidance does to false reports ({before} to {after})",
    )
    snapshot: bool = parameter(
        False, "yes or no", None, None, "A copy of the conversation is kept with the report until it is read.",
        minimum=None, through=(by.EVIDENCE,),
    )  # fmt: skip
    p_flagged: float = probability(
        0.0, 0, 0.02,
        "Recognised contacts, not reported by the target, that a trusted flagger reports: read first. More than 0.02 "
        "is a wish: of the decisions on notices that platforms declare, at most 2% begin so.",
        shape="uniform", chosen=True, source="MOD-28", through=(by.READINESS,),
        assumes="the share that trusted flaggers report ({before} to {after})",
    )  # fmt: skip


class Moderation(Section):
    """Who reads the reports, when, in which order, and how well."""

    staff: float = parameter(
        1.0, "moderators", 0, 16,
        "Heads on shift at the same time, not employees, for the whole site, before `scale`; fractions allowed.",
        shape="uniform", chosen=True, maximum=10_000, source="CASE-10 MOD-33 MOD-35", through=(by.QUEUE,),
    )  # fmt: skip
    shift_start_hour: int = parameter(
        14, "hour of the day", 0, 23, "Hour at which a shift begins.", shape="uniform", chosen=True, maximum=23,
        through=(by.QUEUE,),
    )  # fmt: skip
    shift_hours: int = parameter(
        8, "hours", 4, 24, "Length of a shift, which may pass midnight.", shape="log-uniform", chosen=True, maximum=24,
        through=(by.QUEUE,),
    )  # fmt: skip
    shift_days: tuple[Weekday, ...] = names_in_order(
        WEEKDAYS, "days of the week", "Days on which a shift begins.", through=(by.QUEUE,)
    )
    reviews_per_hour: float = parameter(
        20.0, "reviews a moderator and hour", 3, 40, "Reports that one moderator reads in an hour.",
        shape="uniform", maximum=10_000,
        source="MOD-03 MOD-36 MOD-37", through=(by.QUEUE,),
    )  # fmt: skip
    triage: Triage = parameter(
        "oldest",
        "rule",
        None,
        None,
        "Which dossier is read first: oldest, newest, gravest or most_reported.",
        minimum=None,
        through=(by.QUEUE,),
    )
    dossier_expiry_hours: int = parameter(
        168,
        "hours",
        24,
        720,
        "A dossier is dropped that has had its priority for so long unread.",
        shape="log-uniform",
        chosen=True,
        minimum=1,
        maximum=100_000,
        through=(by.QUEUE,),
        idle="no dossier expired sooner or later for it",
    )
    p_find_with_evidence: float = probability(
        0.85,
        0.6,
        0.98,
        "A review of an offender finds the offence when messages still exist.",
        shape="uniform",
        through=(by.SKILL,),
        assumes="what training does to reviews ({before} to {after})",
    )
    p_find_without_evidence: float = probability(
        0.15,
        0.02,
        0.4,
        "A review of an offender finds the offence when no messages exist any more.",
        shape="uniform",
        through=(by.SKILL,),
    )
    p_clear_with_evidence: float = probability(
        0.95,
        0.9,
        0.995,
        "A review of an innocent clears them when messages still exist.",
        shape="uniform",
        source="MOD-04",
        through=(by.SKILL,),
    )
    p_clear_without_evidence: float = probability(
        0.98, 0.9, 0.999,
        "A review of an innocent clears them when no messages exist any more: with nothing to misread, few are barred.",
        shape="uniform", through=(by.SKILL,),
    )  # fmt: skip

    _in_order = field_validator("shift_days")(days_in_order)


MOST_P_FALSE = 0.05
"""The largest chance of a false alarm: so many conversations are looked at for each that a detector reads."""


class Detection(Section):
    """A detector that reads contacts and lawful conversations, and what it makes of them. Off at a coverage of 0.

    How many of its flags are right is no number of these: it comes about by how many of those read are predators'.
    """

    coverage: float = probability(
        0.0, 0, 1, "Share of contacts and of lawful conversations that a detector of the site reads; 0: there is none.",
        shape="uniform", chosen=True, through=(by.DETECTION,),
    )  # fmt: skip
    p_contact: float = probability(
        0.05, 0.01, 0.2, "A contact that is read is flagged when it begins.", shape="log-uniform",
        through=(by.DETECTION,), assumes="how well a detector sees first contacts ({before} to {after})",
    )  # fmt: skip
    p_engaged: float = probability(
        0.3, 0.1, 0.6, "A contact that is read is flagged when it becomes an engaged conversation.", shape="uniform",
        through=(by.DETECTION,), assumes="how well a detector sees engaged conversations ({before} to {after})",
    )  # fmt: skip
    p_private: float = probability(
        0.79, 0.5, 0.9, "A contact that is read is flagged when it turns private. Of whole conversations that were "
        "found to be predators', the best of a contest of detectors named so many.",
        shape="uniform", source="MOD-11", through=(by.DETECTION,),
        assumes="how well a detector sees private contacts ({before} to {after})",
    )  # fmt: skip
    p_false: float = parameter(
        0.01, "share", 0.001, 0.05, "A lawful conversation that is read raises a false alarm (1 less the specificity).",
        shape="log-uniform", maximum=MOST_P_FALSE, source="MOD-12", through=(by.DETECTION,),
        assumes="how often lawful conversations raise a false alarm ({before} to {after})",
    )  # fmt: skip


class Sanctions(Section):
    """What somebody gets whom a review finds: a ladder that ends in a ban, and what a ban binds."""

    ladder_hours: tuple[int, ...] = whole_numbers(
        (), "hours, rung by rung",
        "Sanctions before the ban: 0 is a warning, more is a suspension of so many hours. Empty: a ban at once.",
        maximum=100_000, most=20, rises=True, source="MOD-31", through=(by.LADDER,),
        assumes="that nobody learns from a warning or a suspension",
    )  # fmt: skip
    binds: Binds = parameter(
        "account",
        "what it binds",
        None,
        None,
        "What a ban binds: account, device or identity.",
        minimum=None,
        through=(by.NEW_IDENTITY,),
        assumes="what binding it does to returns (times {sanctions.rel_return})",
        idle="no return turned on it (an identity is bound only where there are accounts)",
    )
    rel_return_device: float = parameter(
        0.6, "factor", 0.2, 1, "Returns under a new identity where bans bind the device, relative to the account.",
        shape="uniform", maximum=1, through=(by.NEW_IDENTITY,),
    )  # fmt: skip
    rel_return_identity: float = parameter(
        0.3,
        "factor",
        0.05,
        1,
        "The same where accounts exist and bans bind the identity behind them.",
        shape="log-uniform",
        maximum=1,
        through=(by.NEW_IDENTITY,),
    )
    rel_recognised_device: float = parameter(
        2.0, "factor", 1, 4, "Devices recognised of visitors without an account, where bans bind the device.",
        shape="uniform", minimum=1, maximum=20, through=(by.NEW_IDENTITY,),
    )  # fmt: skip

    @property
    def rel_return(self) -> float:
        """Returns under a new identity relative to bans that bind the account."""
        return {"account": 1.0, "device": self.rel_return_device, "identity": self.rel_return_identity}[self.binds]


class Warnings(Section):
    """What the site tells its users about the danger."""

    p_reached: float = probability(
        0.0,
        0,
        0.8,
        "Users whom the site's warnings reach.",
        shape="uniform",
        chosen=True,
        through=(by.WARNINGS,),
        assumes="the share whom warnings reach ({before} to {after})",
    )
    rel_recognise: float = parameter(
        1.0,
        "factor",
        1,
        2,
        "Recognition by those reached, relative to the others.",
        shape="uniform",
        chosen=True,
        minimum=0.1,
        maximum=10,
        through=(by.WARNINGS,),
        assumes="what warnings do to recognition at first ({before} to {after})",
    )


class Limits(Section):
    """Who may not write to whom: new accounts to strangers, adults to those known as minors."""

    cooling_off_hours: int = parameter(
        0,
        "hours",
        0,
        168,
        "Age that an account must have before it may write to strangers.",
        shape="uniform",
        chosen=True,
        maximum=8760,
        through=(by.LIMITS,),
        assumes="that nobody gets round a limit ({before} to {after})",
    )
    adults_to_minors: bool = parameter(
        True, "yes or no", None, None,
        "Whoever the site takes for an adult may write to those whom it takes for minors ([age] says who that is).",
        minimum=None, through=(by.APART, by.LOOKING_AGAIN),
    )  # fmt: skip


class Cooperation(Section):
    """What the site does for the police, and where its host is."""

    host: Host = parameter(
        "abroad", "place", None, None, "Where the host is: home, abroad, or moves (home at first, then abroad).",
        minimum=None, source="CASE-14",
        through=(by.REQUESTS,),
    )  # fmt: skip
    direct: bool = parameter(
        False, "yes or no", None, None, "The host answers the police directly, wherever it is.", minimum=None,
        through=(by.REQUESTS,),
    )  # fmt: skip
    p_refer: float = probability(
        0.0, 0, 1, "Of those whom a review sanctions, the share whom the site refers to the police.", shape="uniform",
        chosen=True, through=(by.REFERRALS,),
    )  # fmt: skip


class Undercover(Section):
    """Investigators who pose as persons under 15."""

    decoys: float = parameter(
        0.0, "decoys", 0, 20, "Decoys online at the same time, for the whole site, before `scale`; fractions allowed.",
        shape="uniform", chosen=True, maximum=10_000, through=(by.DECOYS,),
    )  # fmt: skip
    start_hour: int = parameter(
        14, "hour of the day", 0, 23, "Hour at which they begin.", shape="uniform", chosen=True, maximum=23,
        through=(by.DECOYS,),
    )  # fmt: skip
    hours: int = parameter(
        8, "hours a day", 1, 24, "How long they are online.", shape="uniform", chosen=True, minimum=1, maximum=24,
        through=(by.DECOYS,),
    )  # fmt: skip


class Freemium(Section):
    """Accounts that somebody pays for, whose payment can be traced."""

    p_paying: float = probability(
        0.0, 0, 0.1, "Share of lawful persons who pay.", shape="uniform", chosen=True, through=(by.IDENTITY,),
        assumes="how many pay ({before} to {after})",
    )  # fmt: skip
    rel_predators: float = parameter(
        1.0, "factor", 0, 1, "Predators who pay, relative to lawful persons: below 1 they avoid it.", shape="uniform",
        maximum=1, through=(by.IDENTITY,), assumes="whether predators avoid paying ({before} to {after})",
    )  # fmt: skip
    p_identity: float = probability(
        0.9, 0.6, 1, "A payment leads the police to the person.", shape="uniform", through=(by.IDENTITY,)
    )


class Operation(Section):
    """Whether the site is there at all."""

    open: bool = parameter(
        True, "yes or no", None, None, "The site is open. A closed one lets in nobody, and contacts on it end.",
        minimum=None, through=(by.CLOSURE,),
    )  # fmt: skip
    seized: bool = parameter(
        False, "yes or no", None, None, "On the day on which the site closes the police seize what it still has.",
        minimum=None, through=(by.SEIZURE,),
    )  # fmt: skip


Door = TypeVar("Door", Registration, Admission)
Ages = TypeVar("Ages", AgeAssurance, AgeRules)


class Rulebook(Section, Generic[Door, Ages]):
    """The sections that a platform can set, in the order of a scenario file."""

    registration: Door
    age: Ages
    retention: Retention = Retention()
    reporting: Reporting = Reporting()
    moderation: Moderation = Moderation()
    detection: Detection = Detection()
    sanctions: Sanctions = Sanctions()
    warnings: Warnings = Warnings()
    limits: Limits = Limits()
    cooperation: Cooperation = Cooperation()
    undercover: Undercover = Undercover()
    freemium: Freemium = Freemium()
    operation: Operation = Operation()


class Rules(Rulebook[Admission, AgeRules]):
    """Every rule of a platform on one day."""

    registration: Admission = Admission()
    age: AgeRules = AgeRules()

    @property
    def rests_on_ages(self) -> bool:
        """Whether somebody is kept out, or from writing, for being taken for too young."""
        return self.age.gate or not self.limits.adults_to_minors

    @property
    def knows_ages(self) -> bool:
        """Whether anybody who is too young can be taken for it."""
        return any(self.age.too_young(band) and p < 1 for band, p in zip(BANDS, self.p_pass_for_adults, strict=False))

    @property
    def p_pass_for_adults(self) -> tuple[float, ...]:
        """The shares whom the site takes for old enough: of each of `BANDS` and, last, of predators."""
        return self.age.p_pass(limited=not self.limits.adults_to_minors)

    def value_of(self, rule: str) -> Any:
        """Return the value of a rule by its dotted name."""
        return attrgetter(rule)(self)

    def having(self, values: Mapping[str, Any]) -> Rules:
        """Return rules with other values of some, by their dotted names."""
        changed: dict[str, dict[str, Any]] = {}
        for rule, value in values.items():
            section, _, name = rule.partition(".")
            changed.setdefault(section, {})[name] = value
        sections = {name: getattr(self, name).model_copy(update=of) for name, of in changed.items()}
        return self.model_copy(update=sections)


class Platform(Rulebook[Registration, AgeAssurance]):
    """The site as the baseline has it, every level of registration and age assurance included."""

    registration: Registration = Registration()
    age: AgeAssurance = AgeAssurance()

    @cached_property
    def rules(self) -> Rules:
        """The rules of the baseline."""
        return Rules(**dict(self) | {"registration": self.registration.admission, "age": self.age.check})


RULES: dict[str, Parameter] = {p.key: p for p in declared({"": Rules})}
"""Declaration (unit, range, meaning, mechanisms) of every rule by its dotted name."""


def rules_through(mechanism: by.Mechanism) -> tuple[str, ...]:
    """Return the rules that act through a mechanism, by their dotted names."""
    return tuple(name for name, declaration in RULES.items() if mechanism in declaration.through)
