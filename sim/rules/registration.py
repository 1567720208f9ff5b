"""Registration: what a newcomer must show, and what each level of it does."""

from __future__ import annotations

from typing import Literal

from sim.rules import mechanisms as by
from sim.rules.declare import Section, parameter, probability

Level = Literal["none", "email", "phone", "document"]

_USERS_AWAY = "few or many lawful users are turned away"
_PREDATORS_AWAY = "few or many predators are turned away"
_RETURNS = "few or most of the barred come back"
_FINDABLE = "few or most parted pairs can find each other again"


class Entry(Section):
    """What one level of registration is: the things that registration moves."""

    friction_user: float = probability(
        0.0,
        0,
        0,
        "Lawful persons whom entry turns away.",
        through=(by.DOOR, by.LOOKING_FURTHER),
        assumes="the share of lawful users turned away ({before} to {after})",
    )
    friction_predator: float = probability(
        0.0,
        0,
        0,
        "Predators whom entry turns away.",
        through=(by.DOOR, by.LOOKING_FURTHER),
        assumes="the share of predators turned away ({before} to {after})",
    )
    p_return: float = probability(
        0.9,
        0.5,
        0.98,
        "A barred person comes back under a new identity.",
        shape="uniform",
        through=(by.NEW_IDENTITY,),
        assumes="the chance of coming back under a new identity after a bar ({before} to {after})",
    )
    return_delay_hours: float = parameter(
        24.0,
        "hours",
        1,
        48,
        "Mean delay until then.",
        shape="log-uniform",
        minimum=0.001,
        maximum=100_000,
        through=(by.NEW_IDENTITY,),
    )
    findability: float = probability(
        0.15,
        0.02,
        0.4,
        "A parted pair can find each other again.",
        shape="uniform",
        through=(by.FINDABILITY,),
        assumes="the chance that a parted pair can find each other again ({before} to {after})",
    )
    accounts_persist: bool = parameter(
        False, "yes or no", None, None, "An account outlives its visit.", minimum=None, through=(by.ACCOUNTS,)
    )
    p_identity: float = probability(
        0.3, 0.1, 0.6, "What the site knows of an account leads the police to the person.", shape="uniform",
        through=(by.IDENTITY,), assumes="how often an account leads the police to the person ({before} to {after})",
    )  # fmt: skip


class NoRegistration(Entry):
    """Entry with a nickname alone."""

    friction_user: float = probability(0.0, 0, 0, "Lawful persons whom entry turns away.", source="CASE-08")
    friction_predator: float = probability(0.0, 0, 0, "Predators whom entry turns away.", source="CASE-08")
    p_return: float = probability(
        0.9, 0.5, 0.98, "A barred person comes back under a new identity.", shape="uniform", source="EVA-03"
    )
    return_delay_hours: float = parameter(
        24.0, "hours", 1, 48, "Mean delay until then.", shape="log-uniform", minimum=0.001, maximum=100_000,
        source="EVA-05",
    )  # fmt: skip


class Email(Entry):
    """Registration with an e-mail address."""

    friction_user: float = probability(
        0.15, 0.05, 0.4, "Lawful persons whom entry turns away.", shape="log-uniform", source="AGE-12 REG-06 REG-07",
        doubt=_USERS_AWAY,
    )  # fmt: skip
    friction_predator: float = probability(
        0.05, 0, 0.15, "Predators whom entry turns away.", shape="uniform", doubt=_PREDATORS_AWAY
    )
    p_return: float = probability(
        0.85, 0.2, 0.95, "A barred person comes back under a new identity.", shape="uniform", source="EVA-06",
        doubt=_RETURNS,
    )  # fmt: skip
    return_delay_hours: float = parameter(
        24.0, "hours", 1, 96, "Mean delay until then.", shape="log-uniform", minimum=0.001, maximum=100_000
    )
    findability: float = probability(
        0.5, 0.2, 0.8, "A parted pair can find each other again.", shape="uniform", doubt=_FINDABLE
    )
    accounts_persist: bool = parameter(True, "yes or no", None, None, "An account outlives its visit.", minimum=None)
    p_identity: float = probability(
        0.4, 0.2, 0.7, "What the site knows of an account leads the police to the person.", shape="uniform"
    )


class Phone(Entry):
    """Registration with a verified telephone number."""

    friction_user: float = probability(
        0.35, 0.05, 0.6, "Lawful persons whom entry turns away.", shape="uniform", source="AGE-12 REG-08",
        doubt=_USERS_AWAY,
    )  # fmt: skip
    friction_predator: float = probability(
        0.25, 0.05, 0.45, "Predators whom entry turns away.", shape="uniform", doubt=_PREDATORS_AWAY
    )
    p_return: float = probability(
        0.3, 0.1, 0.6, "A barred person comes back under a new identity.", shape="uniform", source="EVA-04",
        doubt=_RETURNS,
    )  # fmt: skip
    return_delay_hours: float = parameter(
        168.0, "hours", 24, 720, "Mean delay until then.", shape="log-uniform", minimum=0.001, maximum=100_000
    )
    findability: float = probability(
        0.5, 0.2, 0.8, "A parted pair can find each other again.", shape="uniform", doubt=_FINDABLE
    )
    accounts_persist: bool = parameter(True, "yes or no", None, None, "An account outlives its visit.", minimum=None)
    p_identity: float = probability(
        0.8, 0.5, 0.95, "What the site knows of an account leads the police to the person.", shape="uniform"
    )


class Document(Entry):
    """Registration with an identity document."""

    friction_user: float = probability(
        0.6, 0.3, 0.85, "Lawful persons whom entry turns away.", shape="uniform", source="AGE-12 AGE-13",
        doubt=_USERS_AWAY,
    )  # fmt: skip
    friction_predator: float = probability(
        0.6, 0.2, 0.8, "Predators whom entry turns away.", shape="uniform", doubt=_PREDATORS_AWAY
    )
    p_return: float = probability(
        0.05, 0.01, 0.3, "A barred person comes back under a new identity.", shape="log-uniform", doubt=_RETURNS
    )
    return_delay_hours: float = parameter(
        720.0, "hours", 168, 2160, "Mean delay until then.", shape="log-uniform", minimum=0.001, maximum=100_000
    )
    findability: float = probability(
        0.5, 0.2, 0.8, "A parted pair can find each other again.", shape="uniform", doubt=_FINDABLE
    )
    accounts_persist: bool = parameter(True, "yes or no", None, None, "An account outlives its visit.", minimum=None)
    p_identity: float = probability(
        0.95, 0.8, 1, "What the site knows of an account leads the police to the person.", shape="uniform"
    )


class Devices(Section):
    """How long a bar holds where there are no accounts, at every level."""

    p_device_recognised: float = probability(
        0.2, 0.05, 0.6, "The device of a barred visitor without an account is recognised, so that the bar holds.",
        shape="log-uniform", source="EVA-12", through=(by.NEW_IDENTITY,),
    )  # fmt: skip
    device_known_days: float = parameter(
        30.0, "days", 7, 54,
        "Mean time for which a recognised device stays recognised; then its owner is a stranger again. Browsers of "
        "volunteers were followed for 54 days on average, which is the most to be expected.",
        shape="uniform", maximum=100_000, source="EVA-11", through=(by.NEW_IDENTITY,),
    )  # fmt: skip


class Registration(Devices):
    """What a newcomer must show, and what each level of it does."""

    level: Level = parameter(
        "none", "level", None, None, "none, email, phone or document.", minimum=None, source="CASE-08",
        standing="sourced",
    )  # fmt: skip
    none: NoRegistration = NoRegistration()
    email: Email = Email()
    phone: Phone = Phone()
    document: Document = Document()

    @property
    def admission(self) -> Admission:
        """The numbers of the level in force, and what holds at every level."""
        return Admission(**dict(self.at(self.level)), **{name: getattr(self, name) for name in Devices.model_fields})

    def at(self, level: Level) -> Entry:
        """The numbers of `level`."""
        entry: Entry = getattr(self, level)
        return entry


class Admission(Devices, Entry):
    """What registration comes to on one day."""

    @property
    def door(self) -> tuple[float, float]:
        """The shares of lawful persons and of predators whom entry turns away."""
        return self.friction_user, self.friction_predator
