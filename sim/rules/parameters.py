"""What is known of the world: every number that no platform sets, declared once, section by section as in a file.

See `sim.rules.declare`; what a platform sets is in `sim.rules.rulebook`, and both are `sim.rules.settings`.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from sim.rules.declare import ROUNDING, Section, parameter, probability, whole_numbers
from sim.rules.sentences import Sentence, WordsError

CLASSES = ("under_15", "15_17", "adult", "minority")
"""Classes of persons as targets: two age bands of minors, adults, adults of a targeted minority."""

N_MINOR_CLASSES = 2
"""The first so many of them are minors."""

Order = Literal["oldest", "gravest"]

HOURS_PER_MONTH = 730.5
"""A twelfth of 365.25 days, in hours."""


class Population(Section):
    """Who the lawful users are, how many, and when they come."""

    monthly_visitors: float = parameter(
        778_000.0, "unique visitors a month", 500_000, 850_000, "Audience at the end of growth, before `scale`.",
        shape="uniform", minimum=100, maximum=20_000_000, source="CASE-03", standing="sourced",
    )  # fmt: skip
    monthly_visitors_start: float = parameter(
        500_000.0, "unique visitors a month", 300_000, 778_000,
        "Audience during the warm-up and at the start of the measured window; it then grows in a straight line.",
        shape="uniform", minimum=100, maximum=20_000_000, source="CASE-03",
    )  # fmt: skip
    growth_days: int = parameter(
        1222, "days", 365, 1222, "Days from the start of the window until growth ends.",
        shape="uniform", minimum=1, maximum=100_000,
        source="CASE-04",
    )  # fmt: skip
    mean_stay_days: float = parameter(
        365.0, "days", 90, 1500, "Time between joining and leaving for good.", shape="log-uniform", minimum=40,
        maximum=100_000,
    )  # fmt: skip
    visits_per_month: float = parameter(
        5.0, "visits a person and month", 2, 12, "Mean visits of a lawful member.", shape="log-uniform", minimum=0.05,
        maximum=100,
    )  # fmt: skip
    visit_rate_sigma: float = parameter(
        0.9, "standard deviation of the log", 0, 1.5,
        "Spread of visit rates between persons (lognormal, cut into five classes), predators included.",
        shape="uniform", maximum=2,
    )  # fmt: skip
    mean_session_hours: float = parameter(
        1.8, "hours", 1, 4, "Mean length of a lawful user's visit, in whole hours.", shape="uniform", minimum=1,
        maximum=12,
    )  # fmt: skip
    max_session_hours: int = parameter(
        12, "hours", 6, 24, "Longest visit, lawful users and predators.", shape="uniform", minimum=1, maximum=24
    )
    p_under_15: float = probability(
        0.03, 0.01, 0.08, "Share of members under 15.", shape="log-uniform", source="REP-37"
    )
    p_15_17: float = probability(
        0.09, 0.03, 0.2, "Share of members aged 15 to 17.", shape="log-uniform", source="REP-37"
    )
    p_minority: float = probability(
        0.12, 0.04, 0.3, "Share of members who are adults of a targeted minority.", shape="log-uniform"
    )
    hourly_weights: tuple[int, ...] = whole_numbers(
        (6, 4, 3, 2, 1, 1, 1, 2, 3, 4, 5, 5, 6, 7, 7, 7, 8, 9, 10, 11, 13, 14, 13, 9),
        "weights by hour of the day", "When visits begin: a weight for each hour from midnight on, not all of them 0.",
        maximum=10_000, fewest=24, most=24,
    )  # fmt: skip
    rel_weekend: float = parameter(
        1.2, "factor", 0.8, 1.6, "Visits on Saturday and Sunday relative to other days.", shape="uniform", minimum=0.01,
        maximum=100,
    )  # fmt: skip
    conversations_per_hour: float = parameter(
        0.5, "lawful conversations a user-hour", 0.2, 2, "How many lawful conversations a user holds.",
        shape="log-uniform", maximum=60,
    )  # fmt: skip

    @model_validator(mode="after")
    def _check(self) -> Population:
        if not any(self.hourly_weights):
            raise WordsError(
                Sentence("hourly_weights are all 0, so nobody ever comes: at least one hour needs a weight.")
            )
        if self.p_under_15 + self.p_15_17 + self.p_minority > 1 + ROUNDING:
            raise WordsError(Sentence("p_under_15, p_15_17 and p_minority add up to more than 1."))
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
        shape="log-uniform", source="REP-18 REP-26 REP-28 REP-29 MOD-09",
    )  # fmt: skip
    visits_per_month: float = parameter(
        12.0, "visits a predator and month", 4, 30, "Mean visits of a predator.", shape="log-uniform", minimum=0.05,
        maximum=200,
    )  # fmt: skip
    mean_session_hours: float = parameter(
        3.0, "hours", 1.5, 6, "Mean length of a visit.", shape="uniform", minimum=1, maximum=12
    )
    approaches_per_hour: float = parameter(
        1.5, "approaches an hour online", 0.5, 4, "How often a predator approaches a stranger.", shape="log-uniform",
        maximum=20,
    )  # fmt: skip
    contacts_at_once: int = parameter(
        6, "contacts", 2, 12, "Contacts on the platform a predator runs at a time.", shape="uniform", minimum=1,
        maximum=50,
    )  # fmt: skip
    p_retry_absent: float = probability(
        0.5, 0, 1, "Looks for somebody else when the person drawn is absent because of a policy. Always vary it.",
        shape="uniform", doubt="predators look further or not",
    )  # fmt: skip
    p_retry_protected: float = probability(
        0.5, 0, 1,
        "Looks for somebody else when a limit keeps adults from the person drawn, whom they may write to under the "
        "baseline. Always vary it.",
        shape="uniform", doubt="predators look past those whom a limit protects or not",
    )  # fmt: skip
    p_seek_after_block: float = probability(
        1.0, 0, 1, "Seeks a target who blocked them once more, if a new identity is to be had and the target found.",
        shape="uniform", doubt="blocked predators seek the target again or not",
    )  # fmt: skip
    p_deterred_by_retention: float = probability(
        0.0, 0, 0.3,
        "Approaches not made where messages are kept for a month or longer, in proportion where for less: deterrence "
        "by the announcement, apart from what messages prove. Nothing is known of it.",
        shape="uniform", doubt="announced retention deters nobody or many",
    )  # fmt: skip
    rel_leave_detector: float = parameter(
        1.2, "factor", 1, 1.5,
        "How much oftener private contacts leave a platform whose detector reads everything; in proportion where it "
        "reads less. Nothing is known of it.",
        shape="uniform", maximum=10, doubt="predators leave a watched platform sooner or not",
    )  # fmt: skip


def _hazard(default: float, low: float, high: float, meaning: str, unit: str = "per joint hour", **rest: Any) -> Any:
    """Declare a hazard: up to one event a second; 0 is never."""
    return parameter(default, unit, low, high, meaning, maximum=3600, **rest)


class Contacts(Section):
    """Hazards of a contact: per hour that both are online, or per calendar hour once off the platform."""

    contact_engage_per_hour: float = _hazard(
        0.35, 0.1, 3, "A contact becomes an engaged conversation.", shape="log-uniform", source="REP-31 REP-32"
    )
    contact_fade_per_hour: float = _hazard(0.25, 0.1, 1, "A first contact fades.", shape="log-uniform")
    contact_recognise_per_hour: float = _hazard(
        0.15, 0.05, 0.4, "The target recognises a first contact for what it is.", shape="log-uniform"
    )
    engaged_private_per_hour: float = _hazard(
        0.35, 0.1, 3, "An engaged conversation turns private.", shape="log-uniform", source="REP-31 REP-32"
    )
    engaged_fade_per_hour: float = _hazard(0.12, 0.05, 0.5, "An engaged conversation fades.", shape="log-uniform")
    engaged_recognise_per_hour: float = _hazard(
        0.15, 0.05, 0.4, "The target recognises an engaged conversation for what it is.", shape="log-uniform"
    )
    private_harm_per_hour: float = _hazard(0.01, 0.002, 0.05, "A private contact reaches harm.", shape="log-uniform")
    private_fade_per_hour: float = _hazard(0.06, 0.02, 0.3, "A private contact fades.", shape="log-uniform")
    private_recognise_per_hour: float = _hazard(
        0.08, 0.02, 0.3, "The target recognises a private contact for what it is.", shape="log-uniform"
    )
    private_leave_per_hour: float = _hazard(
        0.25, 0.08, 0.6, "A private contact leaves the platform for another channel.", shape="log-uniform"
    )
    off_harm_per_hour: float = _hazard(
        0.01, 0.002, 0.05, "A contact off the platform reaches harm.", "per hour", shape="log-uniform"
    )
    off_fade_per_hour: float = _hazard(
        0.02, 0.005, 0.1, "A contact off the platform fades.", "per hour", shape="log-uniform"
    )
    off_recognise_per_hour: float = _hazard(
        0.01, 0.002, 0.05, "The target recognises a contact off the platform for what it is.", "per hour",
        shape="log-uniform",
    )  # fmt: skip
    lapse_per_hour: float = _hazard(
        0.012, 0.003, 0.05, "A parted pair that could meet again gives each other up.", "per hour", shape="log-uniform"
    )
    rel_meeting: float = parameter(
        10.0, "factor", 1, 40,
        "How much oftener two who can find each other again are online together than chance alone would bring them.",
        shape="log-uniform", maximum=1000, doubt="parted pairs meet by chance alone or seek each other out",
    )  # fmt: skip


class Responses(Section):
    """What targets and third parties do: reports, complaints, false reports."""

    p_ready_to_report: float = probability(
        0.3, 0.1, 0.33, "Would report a recognised contact if reporting took no effort: times 1, 2, 3 by stage.",
        shape="uniform", source="REP-03",
    )  # fmt: skip
    rel_report_under_15: float = parameter(
        0.8, "factor", 0.4, 1.1, "Readiness of those under 15.", shape="uniform", maximum=1.1
    )
    rel_report_15_17: float = parameter(
        1.0, "factor", 0.5, 1.1, "Readiness of those aged 15 to 17.", shape="uniform", maximum=1.1
    )
    rel_report_adult: float = parameter(1.0, "factor", 0.5, 1.1, "Readiness of adults.", shape="uniform", maximum=1.1)
    rel_report_minority: float = parameter(
        0.8, "factor", 0.4, 1.1, "Readiness of adults of a targeted minority.", shape="uniform", maximum=1.1
    )
    p_ready_false_report: float = probability(
        0.004, 0.0005, 0.02, "A lawful conversation would lead to a report if reporting took no effort.",
        shape="log-uniform", source="MOD-22 MOD-23 MOD-24",
    )  # fmt: skip
    p_false_engaged: float = probability(0.3, 0.1, 0.5, "A false report claims the middle gravity.", shape="uniform")
    p_false_private: float = probability(
        0.1, 0.02, 0.3, "A false report claims the highest gravity.", shape="log-uniform"
    )
    p_block: float = probability(
        0.68, 0.5, 0.87, "A target who recognises a contact blocks the predator, which ends it.",
        shape="uniform", source="REP-02",
    )  # fmt: skip
    p_stay: float = probability(
        0.78, 0, 1,
        "A target who recognises a contact and does not block goes on with it all the same; the others leave. With "
        "p_block as it is, one in four of all who recognise a contact goes on.",
        shape="uniform", source="REP-34", doubt="those who recognise a contact and do not block leave or go on",
    )  # fmt: skip
    p_complain_recognised: float = probability(
        0.01, 0.001, 0.05, "A target who recognised a contact complains to the police.", shape="log-uniform"
    )
    p_complain_harmed: float = probability(
        0.09, 0.02, 0.15, "A person harmed complains to the police.", shape="uniform", source="REP-20",
        standing="sourced",
    )  # fmt: skip
    p_complain_at_once: float = probability(0.2, 0.05, 0.5, "A complaint comes within the hour.", shape="log-uniform")
    complaint_delay_median_days: float = parameter(
        120.0, "days", 30, 365, "Median delay of the other complaints (lognormal).",
        shape="log-uniform", minimum=1, maximum=3650,
        source="RET-06",
    )  # fmt: skip
    complaint_delay_sigma: float = parameter(
        1.5, "standard deviation of the log", 0.5, 2, "Spread of that delay.", shape="uniform", maximum=3,
        source="RET-06",
    )  # fmt: skip
    p_constant: float = probability(
        0.5, 0, 1, "Share of decisions about reporting and returning that follow a person's own trait, not the day.",
        shape="uniform",
    )  # fmt: skip

    @model_validator(mode="after")
    def _check(self) -> Responses:
        if self.p_false_engaged + self.p_false_private > 1 + ROUNDING:
            raise WordsError(Sentence("p_false_engaged and p_false_private add up to more than 1."))
        return self

    @property
    def rel_report(self) -> tuple[float, ...]:
        """Readiness to report in the order of `CLASSES`."""
        return (self.rel_report_under_15, self.rel_report_15_17, self.rel_report_adult, self.rel_report_minority)


class Police(Section):
    """Who investigates, how long that takes, and what it takes to identify somebody."""

    investigators: float = parameter(
        0.0, "investigators", None, None,
        "Heads who work files about this site, all of it, before `scale`; fractions allowed. 0: no police route.",
        maximum=10_000,
    )  # fmt: skip
    cases_per_month: float = parameter(
        20.0, "files an investigator and month", 3, 30, "Files that one investigator takes up in a month.",
        shape="uniform", maximum=10_000, source="LAW-17",
    )  # fmt: skip
    order: Order = parameter(
        "oldest", "rule", None, None, "Which file is taken up first: oldest or gravest.", minimum=None
    )
    max_data_age_days: int = parameter(
        365, "days", 90, 730, "Nobody asks the host for data that are older than that when the file is taken up.",
        shape="log-uniform", minimum=0, maximum=10_000, source="RET-03 RET-04",
    )  # fmt: skip
    request_days_home: float = parameter(
        30.0, "days", 10, 60, "Median time until a request reaches a host at home, who then answers at once.",
        shape="log-uniform", minimum=0.05, maximum=3650, source="LAW-16 LAW-22",
    )  # fmt: skip
    request_days_abroad: float = parameter(
        270.0, "days", 180, 400, "The same for a host abroad, by legal assistance between states.",
        shape="uniform", minimum=0.05, maximum=3650, source="LAW-12 CASE-27",
    )  # fmt: skip
    request_days_direct: float = parameter(
        10.0, "days", 0.33, 30, "The same where the host answers the police directly, wherever it is.",
        shape="log-uniform", minimum=0.05, maximum=3650, source="LAW-13",
    )  # fmt: skip
    home_days: int = parameter(
        365, "days", None, None,
        "Where the host moves: so many days from the start of the window it is still at home, then abroad.",
        maximum=10_000, source="CASE-14",
    )  # fmt: skip
    request_sigma: float = parameter(
        0.25, "standard deviation of the log", 0, 0.7, "Spread of these times (lognormal).", shape="uniform", maximum=2
    )
    p_answered: float = probability(
        0.67,
        0.5,
        0.88,
        "A request is ever answered. The sources count requests without data as failed, which are "
        "counted again here where logs are gone: rather too few are answered.",
        shape="uniform",
        source="LAW-14 LAW-15",
    )
    p_answered_direct: float = probability(
        0.88, 0.66, 0.98, "The same where the host answers the police directly.", shape="uniform", source="LAW-15"
    )
    p_other_evidence: float = probability(
        0.15, 0.05, 0.4,
        "A complaint brings evidence of another kind, which identifies somebody whatever the site keeps.",
        shape="log-uniform", doubt="complaints identify somebody without the site or not",
    )  # fmt: skip
    p_decoy_case: float = probability(
        0.1, 0.02, 0.5, "An approach to a decoy goes so far that a file is opened.", shape="log-uniform"
    )
    p_decoy_evidence: float = probability(
        0.5, 0.2, 0.9, "What a decoy learns identifies somebody, whatever the site keeps.", shape="uniform"
    )
    p_seized: float = probability(
        0.3, 0.05, 1, "Share of the predators in the seized data of a site whom investigators find.",
        shape="log-uniform", doubt="what is seized leads to few predators or to all who are in it",
    )  # fmt: skip
    arrest_delay_median_days: float = parameter(
        180.0, "days", 30, 540, "Median time from identification to arrest (lognormal).",
        shape="log-uniform", minimum=0.05, maximum=3650, source="LAW-11 LAW-16",
    )  # fmt: skip
    arrest_delay_sigma: float = parameter(
        0.7, "standard deviation of the log", 0.2, 1.2, "Spread of that time.", shape="uniform", maximum=2
    )
    p_modelled: float = probability(
        0.3, 0.1, 1, "Share of real proceedings that concern harm of the kinds modelled. It moves no run: recorded "
        "proceedings of all kinds are those of the model divided by it.",
        shape="log-uniform",
    )  # fmt: skip

    @model_validator(mode="after")
    def _check(self) -> Police:
        if not self.p_modelled:
            raise WordsError(Sentence("p_modelled = 0 would make proceedings of all kinds endless. Take more than 0."))
        return self


class FeltRisk(Section):
    """What predators make of arrests and bans: one stock of felt risk a site, which fades. Off at sensitivity 0."""

    sensitivity: float = parameter(
        0.0, "share a unit of felt risk", 0, 0.1,
        "Share of approaches that a predator of middle sensitivity leaves for each unit of felt risk; a third of them "
        "leave none, a third twice as many. Nothing is known of it.",
        shape="uniform", maximum=1, doubt="predators do not mind arrests, or do",
    )  # fmt: skip
    rel_leave: float = parameter(
        0.0, "factor", 0, 5,
        "Contacts leave the platform oftener by so many times the share of approaches that is left.",
        shape="uniform", maximum=100,
    )  # fmt: skip
    half_life_weeks: float = parameter(
        12.0, "weeks", 2, 52, "Time in which felt risk halves.", shape="log-uniform", minimum=0.1, maximum=1000
    )
    per_arrest: float = parameter(
        1.0, "units an arrest per 1,000 predators", 0.5, 2, "Felt risk that an arrest adds.", shape="log-uniform",
        maximum=1000,
    )  # fmt: skip
    per_decoy_arrest: float = parameter(
        2.0, "units an arrest per 1,000 predators", 0.5, 8, "The same where a decoy led to it.", shape="log-uniform",
        maximum=1000,
    )  # fmt: skip
    per_ban: float = parameter(
        0.02, "units a ban per 1,000 predators", 0.002, 0.2, "The same of a ban on a predator.", shape="log-uniform",
        maximum=1000,
    )  # fmt: skip


class Displacement(Section):
    """What those do who are kept out of their site, by its door, a bar or its closure. Nobody has measured it."""

    p_users: float = probability(
        0.4, 0, 1, "Lawful persons who go on on another site when theirs is closed to them.", shape="uniform",
        doubt="few or most lawful users go on on another site",
    )  # fmt: skip
    p_predators: float = probability(
        0.7, 0, 1, "The same of predators.", shape="uniform", doubt="few or most predators go on on another site"
    )
    p_elsewhere: float = probability(
        0.5, 0, 1, "Of those who go on, the share who go to a site that is not simulated (all, if there is no other).",
        shape="uniform",
    )  # fmt: skip
    rel_elsewhere: float = parameter(
        1.0, "factor", 0, 1.2, "Harm a predator or a user and hour elsewhere, relative to the baseline.",
        shape="uniform", maximum=10, doubt="other sites are safer or as dangerous",
    )  # fmt: skip
    delay_days: float = parameter(
        88.0, "days", 30, 180,
        "Mean time from the closure of a site until its people go on on another simulated one (exponential).",
        shape="log-uniform", maximum=3650, source="DISP-14",
    )  # fmt: skip


class World(Section):
    """The sections of what is known of the world, in the order of a scenario file."""

    population: Population = Population()
    predators: Predators = Predators()
    contacts: Contacts = Contacts()
    responses: Responses = Responses()
    police: Police = Police()
    felt_risk: FeltRisk = FeltRisk()
    displacement: Displacement = Displacement()
