"""Every number of the model, declared once, section by section as in a scenario file. See `sim.rules.declare`."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import field_validator, model_validator

from sim.rules.declare import ROUNDING, Section, in_order, names_in_order, parameter, probability, whole_numbers

Level = Literal["none", "email", "phone", "document"]
Triage = Literal["oldest", "newest", "gravest", "most_reported"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Binds = Literal["account", "device", "identity"]

CLASSES = ("under_15", "15_17", "adult", "minority")
"""Classes of persons as targets: two age bands of minors, adults, adults of a targeted minority."""

WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
"""Days of the week, from Monday on."""

HOURS_PER_MONTH = 730.5
"""A twelfth of 365.25 days, in hours."""


class Population(Section):
    """Who the lawful users are, how many, and when they come."""

    monthly_visitors: float = parameter(
        778_000.0, "unique visitors a month", 500_000, 850_000, "Audience at the end of growth, before `scale`.",
        minimum=100, maximum=20_000_000, source="CASE-03", standing="sourced",
    )  # fmt: skip
    monthly_visitors_start: float = parameter(
        500_000.0, "unique visitors a month", 300_000, 778_000,
        "Audience during the warm-up and at the start of the measured window; it then grows in a straight line.",
        minimum=100, maximum=20_000_000, source="CASE-03",
    )  # fmt: skip
    growth_days: int = parameter(
        1222, "days", 365, 1222, "Days from the start of the window until growth ends.", minimum=1, maximum=100_000,
        source="CASE-04",
    )  # fmt: skip
    mean_stay_days: float = parameter(
        365.0, "days", 90, 1500, "Time between joining and leaving for good.", minimum=40, maximum=100_000
    )
    visits_per_month: float = parameter(
        5.0, "visits a person and month", 2, 12, "Mean visits of a lawful member.", minimum=0.05, maximum=100
    )
    visit_rate_sigma: float = parameter(
        0.9, "standard deviation of the log", 0, 1.5,
        "Spread of visit rates between persons (lognormal, cut into five classes), predators included.", maximum=2,
    )  # fmt: skip
    mean_session_hours: float = parameter(
        1.8, "hours", 1, 4, "Mean length of a lawful user's visit, in whole hours.", minimum=1, maximum=12
    )
    max_session_hours: int = parameter(
        12, "hours", 6, 24, "Longest visit, lawful users and predators.", minimum=1, maximum=24
    )
    p_under_15: float = probability(0.03, 0.01, 0.08, "Share of members under 15.", source="REP-37")
    p_15_17: float = probability(0.09, 0.03, 0.2, "Share of members aged 15 to 17.", source="REP-37")
    p_minority: float = probability(0.12, 0.04, 0.3, "Share of members who are adults of a targeted minority.")
    hourly_weights: tuple[int, ...] = whole_numbers(
        (6, 4, 3, 2, 1, 1, 1, 2, 3, 4, 5, 5, 6, 7, 7, 7, 8, 9, 10, 11, 13, 14, 13, 9),
        "weights by hour of the day", "When visits begin: a weight for each hour from midnight on, not all of them 0.",
        maximum=10_000, fewest=24, most=24,
    )  # fmt: skip
    rel_weekend: float = parameter(
        1.2, "factor", 0.8, 1.6, "Visits on Saturday and Sunday relative to other days.", minimum=0.01, maximum=100
    )
    conversations_per_hour: float = parameter(
        0.5, "lawful conversations a user-hour", 0.2, 2, "How many lawful conversations a user holds.", maximum=60
    )

    @model_validator(mode="after")
    def _check(self) -> Population:
        if not any(self.hourly_weights):
            raise ValueError("hourly_weights are all 0, so nobody ever comes: at least one hour needs a weight")
        if self.p_under_15 + self.p_15_17 + self.p_minority > 1 + ROUNDING:
            raise ValueError("p_under_15, p_15_17 and p_minority add up to more than 1")
        return self

    @property
    def p_classes(self) -> tuple[float, ...]:
        """Shares of members in the order of `CLASSES`."""
        adult = 1 - self.p_under_15 - self.p_15_17 - self.p_minority
        return (self.p_under_15, self.p_15_17, adult if adult > ROUNDING else 0.0, self.p_minority)

    def mean_visitors(self, days: int) -> float:
        """Return the monthly visitors of the mean day of a window of so many days, before `scale`."""
        days_of_growth = min(days, self.growth_days)
        grown = days_of_growth * (days_of_growth - 1) / 2 / self.growth_days + days - days_of_growth
        return self.monthly_visitors_start + grown / days * (self.monthly_visitors - self.monthly_visitors_start)


class Predators(Section):
    """Who the predators are and how often they approach."""

    p_of_adults: float = probability(
        0.005, 0.0015, 0.05, "Predators as a share of adult members: no direct measurement was found.",
        source="REP-18 REP-26 REP-28 REP-29 MOD-09",
    )  # fmt: skip
    visits_per_month: float = parameter(
        12.0, "visits a predator and month", 4, 30, "Mean visits of a predator.", minimum=0.05, maximum=200
    )
    mean_session_hours: float = parameter(3.0, "hours", 1.5, 6, "Mean length of a visit.", minimum=1, maximum=12)
    approaches_per_hour: float = parameter(
        1.5, "approaches an hour online", 0.5, 4, "How often a predator approaches a stranger.", maximum=20
    )
    contacts_at_once: int = parameter(
        6, "contacts", 2, 12, "Contacts on the platform a predator runs at a time.", minimum=1, maximum=50
    )
    p_retry_absent: float = probability(
        0.5, 0, 1, "Looks for somebody else when the person drawn is absent because of a policy. Always vary it.",
        doubt="predators look further or not",
    )  # fmt: skip
    p_seek_after_block: float = probability(
        1.0, 0, 1, "Seeks a target who blocked them once more, if a new identity is to be had and the target found.",
        doubt="blocked predators seek the target again or not",
    )  # fmt: skip
    p_deterred_by_retention: float = probability(
        0.0, 0, 0.3,
        "Approaches not made where messages are kept for a month or longer, in proportion where for less: deterrence "
        "by the announcement, apart from what messages prove. Nothing is known of it.",
        doubt="announced retention deters nobody or many",
    )  # fmt: skip


def _hazard(
    default: float, low: float, high: float, meaning: str, unit: str = "per joint hour", source: str = ""
) -> Any:
    """Declare a hazard: up to one event a second; 0 is never."""
    return parameter(default, unit, low, high, meaning, maximum=3600, source=source)


class Contacts(Section):
    """Hazards of a contact: per hour that both are online, or per calendar hour once off the platform."""

    contact_engage_per_hour: float = _hazard(
        0.35, 0.1, 3, "A contact becomes an engaged conversation.", source="REP-31 REP-32"
    )
    contact_fade_per_hour: float = _hazard(0.25, 0.1, 1, "A first contact fades.")
    contact_recognise_per_hour: float = _hazard(
        0.15, 0.05, 0.4, "The target recognises a first contact for what it is."
    )
    engaged_private_per_hour: float = _hazard(
        0.35, 0.1, 3, "An engaged conversation turns private.", source="REP-31 REP-32"
    )
    engaged_fade_per_hour: float = _hazard(0.12, 0.05, 0.5, "An engaged conversation fades.")
    engaged_recognise_per_hour: float = _hazard(
        0.15, 0.05, 0.4, "The target recognises an engaged conversation for what it is."
    )
    private_harm_per_hour: float = _hazard(0.01, 0.002, 0.05, "A private contact reaches harm.")
    private_fade_per_hour: float = _hazard(0.06, 0.02, 0.3, "A private contact fades.")
    private_recognise_per_hour: float = _hazard(
        0.08, 0.02, 0.3, "The target recognises a private contact for what it is."
    )
    private_leave_per_hour: float = _hazard(
        0.25, 0.08, 0.6, "A private contact leaves the platform for another channel."
    )
    off_harm_per_hour: float = _hazard(0.01, 0.002, 0.05, "A contact off the platform reaches harm.", "per hour")
    off_fade_per_hour: float = _hazard(0.02, 0.005, 0.1, "A contact off the platform fades.", "per hour")
    off_recognise_per_hour: float = _hazard(
        0.01, 0.002, 0.05, "The target recognises a contact off the platform for what it is.", "per hour"
    )
    lapse_per_hour: float = _hazard(
        0.012, 0.003, 0.05, "A parted pair that could meet again gives each other up.", "per hour"
    )
    rel_meeting: float = parameter(
        10.0, "factor", 1, 40,
        "How much oftener two who can find each other again are online together than chance alone would bring them.",
        maximum=1000, doubt="parted pairs meet by chance alone or seek each other out",
    )  # fmt: skip


class Responses(Section):
    """What targets and third parties do: reports, complaints, false reports."""

    p_ready_to_report: float = probability(
        0.3, 0.1, 0.33, "Would report a recognised contact if reporting took no effort: times 1, 2, 3 by stage.",
        source="REP-03",
    )  # fmt: skip
    rel_report_under_15: float = parameter(0.8, "factor", 0.4, 1.1, "Readiness of those under 15.", maximum=1.1)
    rel_report_15_17: float = parameter(1.0, "factor", 0.5, 1.1, "Readiness of those aged 15 to 17.", maximum=1.1)
    rel_report_adult: float = parameter(1.0, "factor", 0.5, 1.1, "Readiness of adults.", maximum=1.1)
    rel_report_minority: float = parameter(
        0.8, "factor", 0.4, 1.1, "Readiness of adults of a targeted minority.", maximum=1.1
    )
    p_ready_false_report: float = probability(
        0.004, 0.0005, 0.02, "A lawful conversation would lead to a report if reporting took no effort.",
        source="MOD-22 MOD-23 MOD-24",
    )  # fmt: skip
    p_false_engaged: float = probability(0.3, 0.1, 0.5, "A false report claims the middle gravity.")
    p_false_private: float = probability(0.1, 0.02, 0.3, "A false report claims the highest gravity.")
    p_block: float = probability(
        0.68, 0.5, 0.87, "A target who recognises a contact blocks the predator, which ends it.", source="REP-02",
    )  # fmt: skip
    p_stay: float = probability(
        0.78, 0, 1,
        "A target who recognises a contact and does not block goes on with it all the same; the others leave. With "
        "p_block as it is, one in four of all who recognise a contact goes on.",
        source="REP-34", doubt="those who recognise a contact and do not block leave or go on",
    )  # fmt: skip
    p_complain_recognised: float = probability(
        0.01, 0.001, 0.05, "A target who recognised a contact complains to the police."
    )
    p_complain_harmed: float = probability(
        0.09, 0.02, 0.15, "A person harmed complains to the police.", source="REP-20", standing="sourced"
    )
    p_complain_at_once: float = probability(0.2, 0.05, 0.5, "A complaint comes within the hour.")
    complaint_delay_median_days: float = parameter(
        120.0, "days", 30, 365, "Median delay of the other complaints (lognormal).", minimum=1, maximum=3650,
        source="RET-06",
    )  # fmt: skip
    complaint_delay_sigma: float = parameter(
        1.5, "standard deviation of the log", 0.5, 2, "Spread of that delay.", maximum=3, source="RET-06"
    )
    p_constant: float = probability(
        0.5, 0, 1, "Share of decisions about reporting and returning that follow a person's own trait, not the day."
    )

    @model_validator(mode="after")
    def _check(self) -> Responses:
        if self.p_false_engaged + self.p_false_private > 1 + ROUNDING:
            raise ValueError("p_false_engaged and p_false_private add up to more than 1")
        return self

    @property
    def rel_report(self) -> tuple[float, ...]:
        """Readiness to report in the order of `CLASSES`."""
        return (self.rel_report_under_15, self.rel_report_15_17, self.rel_report_adult, self.rel_report_minority)


_USERS_AWAY = "few or many lawful users are turned away"
_PREDATORS_AWAY = "few or many predators are turned away"
_RETURNS = "few or most of the barred come back"
_FINDABLE = "few or most parted pairs can find each other again"


class Entry(Section):
    """What one level of registration is: the things that registration moves."""

    friction_user: float = probability(0.0, 0, 0, "Lawful persons whom entry turns away.")
    friction_predator: float = probability(0.0, 0, 0, "Predators whom entry turns away.")
    p_return: float = probability(0.9, 0.5, 0.98, "A barred person comes back under a new identity.")
    return_delay_hours: float = parameter(
        24.0, "hours", 1, 48, "Mean delay until then.", minimum=0.001, maximum=100_000
    )
    findability: float = probability(0.15, 0.02, 0.4, "A parted pair can find each other again.")
    accounts_persist: bool = parameter(False, "yes or no", None, None, "An account outlives its visit.", minimum=None)


class NoRegistration(Entry):
    """Entry with a nickname alone."""

    friction_user: float = probability(0.0, 0, 0, "Lawful persons whom entry turns away.", source="CASE-08")
    friction_predator: float = probability(0.0, 0, 0, "Predators whom entry turns away.", source="CASE-08")
    p_return: float = probability(0.9, 0.5, 0.98, "A barred person comes back under a new identity.", source="EVA-03")
    return_delay_hours: float = parameter(
        24.0, "hours", 1, 48, "Mean delay until then.", minimum=0.001, maximum=100_000, source="EVA-05"
    )


class Email(Entry):
    """Registration with an e-mail address."""

    friction_user: float = probability(
        0.15, 0.05, 0.4, "Lawful persons whom entry turns away.", source="AGE-12 REG-06 REG-07", doubt=_USERS_AWAY
    )
    friction_predator: float = probability(0.05, 0, 0.15, "Predators whom entry turns away.", doubt=_PREDATORS_AWAY)
    p_return: float = probability(
        0.85, 0.2, 0.95, "A barred person comes back under a new identity.", source="EVA-06", doubt=_RETURNS
    )
    return_delay_hours: float = parameter(
        24.0, "hours", 1, 96, "Mean delay until then.", minimum=0.001, maximum=100_000
    )
    findability: float = probability(0.5, 0.2, 0.8, "A parted pair can find each other again.", doubt=_FINDABLE)
    accounts_persist: bool = parameter(True, "yes or no", None, None, "An account outlives its visit.", minimum=None)


class Phone(Entry):
    """Registration with a verified telephone number."""

    friction_user: float = probability(
        0.35, 0.05, 0.6, "Lawful persons whom entry turns away.", source="AGE-12 REG-08", doubt=_USERS_AWAY
    )
    friction_predator: float = probability(0.25, 0.05, 0.45, "Predators whom entry turns away.", doubt=_PREDATORS_AWAY)
    p_return: float = probability(
        0.3, 0.1, 0.6, "A barred person comes back under a new identity.", source="EVA-04", doubt=_RETURNS
    )
    return_delay_hours: float = parameter(
        168.0, "hours", 24, 720, "Mean delay until then.", minimum=0.001, maximum=100_000
    )
    findability: float = probability(0.5, 0.2, 0.8, "A parted pair can find each other again.", doubt=_FINDABLE)
    accounts_persist: bool = parameter(True, "yes or no", None, None, "An account outlives its visit.", minimum=None)


class Document(Entry):
    """Registration with an identity document."""

    friction_user: float = probability(
        0.6, 0.3, 0.85, "Lawful persons whom entry turns away.", source="AGE-12 AGE-13", doubt=_USERS_AWAY
    )
    friction_predator: float = probability(0.6, 0.2, 0.8, "Predators whom entry turns away.", doubt=_PREDATORS_AWAY)
    p_return: float = probability(0.05, 0.01, 0.3, "A barred person comes back under a new identity.", doubt=_RETURNS)
    return_delay_hours: float = parameter(
        720.0, "hours", 168, 2160, "Mean delay until then.", minimum=0.001, maximum=100_000
    )
    findability: float = probability(0.5, 0.2, 0.8, "A parted pair can find each other again.", doubt=_FINDABLE)
    accounts_persist: bool = parameter(True, "yes or no", None, None, "An account outlives its visit.", minimum=None)


class Registration(Section):
    """What a newcomer must show, and what each level of it does."""

    level: Level = parameter(
        "none", "level", None, None, "none, email, phone or document.", minimum=None, source="CASE-08",
        standing="sourced",
    )  # fmt: skip
    none: NoRegistration = NoRegistration()
    email: Email = Email()
    phone: Phone = Phone()
    document: Document = Document()
    p_device_recognised: float = probability(
        0.2, 0.05, 0.6, "The device of a barred visitor without an account is recognised, so that the bar holds.",
        source="EVA-12",
    )  # fmt: skip
    device_known_days: float = parameter(
        30.0, "days", 7, 54,
        "Mean time for which a recognised device stays recognised; then its owner is a stranger again. Browsers of "
        "volunteers were followed for 54 days on average, which is the most to be expected.",
        maximum=100_000, source="EVA-11",
    )  # fmt: skip

    @property
    def entry(self) -> Entry:
        """The numbers of the level in force."""
        return self.at(self.level)

    def at(self, level: Level) -> Entry:
        """The numbers of `level`."""
        entry: Entry = getattr(self, level)
        return entry


class Retention(Section):
    """How long the platform keeps what was written."""

    message_hours: int = parameter(
        3, "hours", 0, 24, "Messages are kept for so many hours.", maximum=1_000_000, source="CASE-09"
    )


class Reporting(Section):
    """How hard it is to report somebody, and what is done with a report."""

    friction: float = probability(
        0.8, 0.2, 0.95, "Share of those ready to report who give up because reporting takes effort."
    )
    rel_ready: float = parameter(
        1.0, "factor", 1, 1.5, "Readiness to report relative to a site that never answers a report.", maximum=3
    )
    rel_false: float = parameter(1.0, "factor", 0.5, 1, "False reports relative to a form without guidance.", maximum=1)
    snapshot: bool = parameter(
        False, "yes or no", None, None, "A copy of the conversation is kept with the report until it is read.",
        minimum=None,
    )  # fmt: skip
    p_flagged: float = probability(
        0.0, 0, 0.02,
        "Recognised contacts, not reported by the target, that a trusted flagger reports: read first. More than 0.02 "
        "is a wish: of the decisions on notices that platforms declare, at most 2% begin so.",
        source="MOD-28",
    )  # fmt: skip


def days_in_order(days: tuple[Weekday, ...] | None) -> tuple[Weekday, ...] | None:
    """Return days of the week as they are, or nothing if none are given.

    Raises:
        ValueError: If there are none in a list, or not in the order of the week, or one of them twice.
    """
    if days is not None and not in_order(days, WEEKDAYS):
        given, names = ", ".join(days) or "an empty list", ", ".join(WEEKDAYS)
        raise ValueError(f"{given} is not allowed. It takes one or more of {names}, in this order and none twice")
    return days


def days_in_words(days: tuple[Weekday, ...]) -> str:
    """Return days of the week in words: ``every day``, ``from mon to fri``, ``on mon, wed, fri``."""
    if days == WEEKDAYS:
        return "every day"
    first, last = WEEKDAYS.index(days[0]), WEEKDAYS.index(days[-1])
    if last - first + 1 == len(days) > 2:
        return f"from {days[0]} to {days[-1]}"
    return f"on {', '.join(days)}"


class Moderation(Section):
    """Who reads the reports, when, in which order, and how well."""

    staff: float = parameter(
        1.0, "moderators", 0, 16,
        "Heads on shift at the same time, not employees, for the whole site, before `scale`; fractions allowed.",
        maximum=10_000, source="CASE-10 MOD-33 MOD-35",
    )  # fmt: skip
    shift_start_hour: int = parameter(14, "hour of the day", 0, 23, "Hour at which a shift begins.", maximum=23)
    shift_hours: int = parameter(8, "hours", 4, 24, "Length of a shift, which may pass midnight.", maximum=24)
    shift_days: tuple[Weekday, ...] = names_in_order(WEEKDAYS, "days of the week", "Days on which a shift begins.")
    reviews_per_hour: float = parameter(
        20.0, "reviews a moderator and hour", 3, 40, "Reports that one moderator reads in an hour.", maximum=10_000,
        source="MOD-03 MOD-36 MOD-37",
    )  # fmt: skip
    triage: Triage = parameter(
        "oldest",
        "rule",
        None,
        None,
        "Which dossier is read first: oldest, newest, gravest or most_reported.",
        minimum=None,
    )
    dossier_expiry_hours: int = parameter(
        168,
        "hours",
        24,
        720,
        "A dossier is dropped that has had its priority for so long unread.",
        minimum=1,
        maximum=100_000,
    )
    p_find_with_evidence: float = probability(
        0.85, 0.6, 0.98, "A review of an offender finds the offence when messages still exist."
    )
    p_find_without_evidence: float = probability(
        0.15, 0.02, 0.4, "A review of an offender finds the offence when no messages exist any more."
    )
    p_clear_with_evidence: float = probability(
        0.95, 0.9, 0.995, "A review of an innocent clears them when messages still exist.", source="MOD-04"
    )
    p_clear_without_evidence: float = probability(
        0.98, 0.9, 0.999,
        "A review of an innocent clears them when no messages exist any more: with nothing to misread, few are barred.",
    )  # fmt: skip

    _in_order = field_validator("shift_days")(days_in_order)


class Sanctions(Section):
    """What somebody gets whom a review finds: a ladder that ends in a ban, and what a ban binds."""

    ladder_hours: tuple[int, ...] = whole_numbers(
        (), "hours, rung by rung",
        "Sanctions before the ban: 0 is a warning, more is a suspension of so many hours. Empty: a ban at once.",
        maximum=100_000, most=20, rises=True, source="MOD-31",
    )  # fmt: skip
    binds: Binds = parameter(
        "account", "what it binds", None, None, "What a ban binds: account, device or identity.", minimum=None
    )
    rel_return_device: float = parameter(
        0.6, "factor", 0.2, 1, "Returns under a new identity where bans bind the device, relative to the account.",
        maximum=1,
    )  # fmt: skip
    rel_return_identity: float = parameter(
        0.3, "factor", 0.05, 1, "The same where accounts exist and bans bind the identity behind them.", maximum=1
    )
    rel_recognised_device: float = parameter(
        2.0, "factor", 1, 4, "Devices recognised of visitors without an account, where bans bind the device.",
        minimum=1, maximum=20,
    )  # fmt: skip


class Warnings(Section):
    """What the site tells its users about the danger."""

    p_reached: float = probability(0.0, 0, 0.8, "Users whom the site's warnings reach.")
    rel_recognise: float = parameter(
        1.0, "factor", 1, 2, "Recognition by those reached, relative to the others.", minimum=0.1, maximum=10
    )


class Limits(Section):
    """What new accounts may not do yet."""

    cooling_off_hours: int = parameter(
        0, "hours", 0, 168, "Age that an account must have before it may write to strangers.", maximum=8760
    )


SECTIONS: dict[str, type[Section]] = {
    "population": Population,
    "predators": Predators,
    "contacts": Contacts,
    "responses": Responses,
    "registration": Registration,
    "retention": Retention,
    "reporting": Reporting,
    "moderation": Moderation,
    "sanctions": Sanctions,
    "warnings": Warnings,
    "limits": Limits,
}
"""Sections of a scenario file that hold parameters of the model."""
