"""The headings of the printed tables, each with the outcome, the column of a file or the words that stand behind it.

Tables are printed with these, and `explain` tells what they mean. Here are those of comparisons, which other questions
print too; those of its own tables each result declares: `sim.report.result`.
"""

from __future__ import annotations

from typing import NamedTuple

from sim.outcomes.counts import HEADLINE, HERE
from sim.outcomes.flows import TOLD
from sim.outcomes.outcomes import MINORS, SECOND
from sim.rules.parameters import CLASSES
from sim.rules.sentences import Term


class Heading(NamedTuple):
    """What stands over a column of a printed table, and one of the three that say what it means.

    Attributes:
        words: What stands there, with the unit.
        outcome: Name of the outcome whose numbers stand under it.
        column: Table and column of the data dictionary that hold the same, such as ``why.part``.
        meaning: Words, where it is neither.
        factor: By what a number of the outcome is multiplied; of a share in percent, 100.
    """

    words: str
    outcome: str = ""
    column: str = ""
    meaning: str = ""
    factor: float = 1


class Printed(NamedTuple):
    """A printed table: its title, and its headings but those that are words, columns or rules by themselves."""

    title: str
    headings: tuple[Heading, ...]


IN_ALL = Heading("persons seriously harmed, here and elsewhere", HEADLINE)
ON_SITE = Heading("persons seriously harmed, here", HERE)
RISK = Heading("serious harms per user-day of those who remain", SECOND)
HARM = (IN_ALL, ON_SITE, RISK)

TOGETHER_95 = Heading(
    "the same, all policies together",
    meaning="the interval of the same change, so wide that those of all policies hold together at 95%",
)

LUCK = Heading("as in the scenario (luck: 95%)", HEADLINE)
DOUBT = Heading("over the worlds (doubt)", column="doubt.median")
LOWERS = Heading("lowers in worlds", column="doubt.lowered")
RAISES = Heading("raises in worlds", column="doubt.raised")
OF_LUCK = Heading("luck, of the spread", column="doubt.luck")
ASSUMED = Heading("rests on assumed numbers, at most", column="doubt.assumed")

ADDS = (
    Heading("contains", column="contains.contains"),
    Heading("and beyond that", column="contains.rest"),
    Heading("which adds, points", column="contains.relative"),
)

DAYS_IN_FORCE = Heading("in force, days", column="in_force.days")
WHILE_IN_FORCE = (
    Heading(
        "serious harms on those days",
        meaning="change of the harms that count as serious, on the days on which the policy is in force",
    ),
    Heading(
        "the same per user-day of those who remain",
        meaning="change of serious harms per day of use of those neither turned away nor barred, on those days",
    ),
)

LOST_IN_FORCE = Heading(
    "lawful user-days lost at the door a month, on those days",
    meaning="days of lawful use lost at the door, a level and no change, a month of the days in force",
)

PREDATORS_OUT = Heading("predators kept out, % of their hours", column="elsewhere.predators_out", factor=100)
USERS_OUT = Heading("lawful use kept out, %", column="elsewhere.users_out", factor=100)
SIDE = Heading("the larger side, as assumed", column="elsewhere.assumed_side")
ALL_GO_ON = Heading("here and elsewhere, if all go on", column="elsewhere.relative")
SIDE_IF_ALL = Heading("the larger side, if all do", column="elsewhere.side")
BREAK_EVEN = (
    Heading("undone if more than that of the predators' harm follows", column="elsewhere.break_even"),
    Heading("undone if more than that of the users' harm follows", column="elsewhere.break_even_users"),
)

NET = Heading("net", meaning=TOLD["net"])
BASELINE_ALONE = Heading("harmed under the baseline alone", meaning=TOLD["baseline_alone"])
POLICY_ALONE = Heading("harmed under the policy alone", meaning=TOLD["policy_alone"])
_FRECHET = Term(
    "the least and the most that it could be, whatever luck the runs share, if each has as many harmed as it has "
    "(Fréchet bounds)"
)
BOUNDS_OF_BASELINE = Heading(
    "under the baseline alone, at any luck",
    meaning=_FRECHET,
)
BOUNDS_OF_POLICY = Heading(
    "under the policy alone, at any luck",
    meaning=_FRECHET,
)
LET_IN = Heading("of them let in that day", meaning=TOLD["spared"])
ABSENT = Heading("of them kept out by doors", meaning=TOLD["absent"])
PUT_OFF = Heading("of them put off beyond the window", meaning=TOLD["put_off"])
REDIRECTED = Heading("of them redirected", meaning=TOLD["redirected"])
IN_BOTH = Heading("harmed under both", meaning=TOLD["both"])
OUTSIDE_NET = Heading("outside victims, net", meaning=TOLD["outside"])
EXPECTED_ELSEWHERE = Heading("beside it: harmed elsewhere, expected", meaning=TOLD["elsewhere"])
PERSONS = (
    NET, BASELINE_ALONE, BOUNDS_OF_BASELINE, LET_IN, ABSENT, PUT_OFF, POLICY_ALONE, BOUNDS_OF_POLICY, REDIRECTED,
    IN_BOTH, OUTSIDE_NET, EXPECTED_ELSEWHERE,
)  # fmt: skip

AT_SITE = (
    Heading("persons seriously harmed there", column="sites.relative"),
    Heading("use there, change in %", column="sites.user_hours", factor=100),
    Heading("predators' hours there, change in %", column="sites.predator_hours", factor=100),
    Heading("of the use, by people of other sites, %", column="sites.moved_in", factor=100),
)

QUARTERS = (
    Heading(
        "serious harms in the first quarter of the window",
        meaning="change of the harms that count as serious, in the first fourth of the measured days alone",
    ),
    Heading(
        "serious harms in the last quarter of the window",
        meaning="change of the harms that count as serious, in the last fourth of the measured days alone",
    ),
)

TOGETHER_WITH = (Heading("is one", column="interactions.one"), Heading("with the other", column="interactions.other"))
TOGETHER = Heading("persons seriously harmed, here and elsewhere, % of the baseline", column="interactions.relative")

_CLASSES = (Term("under 15"), Term("15 to 17"), Term("adults"), Term("adults of a targeted minority"))
FOR_WHOM = (
    Heading("under 18, here and elsewhere", MINORS),
    *(Heading(words, f"{HERE}_{of}") for of, words in zip(CLASSES, _CLASSES, strict=True)),
)

EACH_ALIKE = Heading("each harm counts alike", "harms")
BY_SENTENCE = Heading("by the longest sentence", "harm_by_sentence")
BY_OWN_WEIGHTS = Heading("by the scenario's own weights", "harm_by_own_weights")
SEVERITY = (EACH_ALIKE, BY_SENTENCE, BY_OWN_WEIGHTS)

TURNED_AWAY = Heading("lawful visitors turned away a month", "visitors_turned_away")
SANCTIONED = Heading("sanctions of lawful users a year", "innocents_sanctioned")
IN_STORE = Heading("messages in store, user-hours", "history_kept")
ON_SHIFT = Heading("moderators on shift, hours a month", "moderator_hours")

COSTS = (
    TURNED_AWAY,
    Heading("lawful user-days lost at the door a month", "user_days_lost"),
    Heading("lawful talks lost a month (echo)", "conversations_lost"),
    SANCTIONED,
    Heading("lawful user-days lost to sanctions a month", "user_days_barred"),
    Heading("lawful user-hours lost to sanctions a month", "hours_barred"),
    IN_STORE,
    ON_SHIFT,
)

AGES = (
    Heading("adults kept out as minors a month", "adults_misjudged"),
    Heading("talks of adults and minors barred a month (echo)", "conversations_barred"),
)

BEST = (
    IN_ALL,
    Heading("more than under the best, points", column="best.more"),
)

CHEAPEST = (
    ON_SHIFT,
    TURNED_AWAY,
    Heading("one must show", column="best.level"),
    Heading("of age", column="best.age"),
    Heading("messages kept, hours", column="best.message_hours"),
    Heading("logs kept, hours", column="best.log_hours"),
    Heading("read by a detector, share", column="best.talk_read"),
)

COSTS_OF_A_POINT = (TURNED_AWAY, SANCTIONED, IN_STORE, ON_SHIFT)
"""What `sweep` shows of them."""

PRIVACY = (*CHEAPEST[2:], IN_STORE)

RECORDED = (
    ON_SITE,
    Heading("harms, of every offence", "harms"),
    Heading("recorded: complaints to the police", "recorded_harm"),
    Heading("complaints per harm", "recorded_per_harm"),
)

WRONGLY = (
    Heading("reports of lawful users a month", "false_reports"),
    SANCTIONED,
    Heading("lawful user-days lost to sanctions a month", "user_days_barred"),
)

STAFF_BUSY = Heading("staff busy, %", "staff_busy_share", factor=100)

PROCESS = (
    Heading("recognised contacts reported, %", "reported_share", factor=100),
    Heading("false reports a month", "false_reports"),
    Heading("reviews a month", "reviews"),
    STAFF_BUSY,
    Heading("reviews with evidence, %", "evidence_share", factor=100),
    Heading("wait for review, hours", "waiting_hours"),
    Heading("dossiers expired unread a month", "expired"),
    Heading("predators out, sanctions a year", "predators_barred"),
    Heading("back as strangers, of all who were out, returns a year", "returns"),
    Heading("recorded: complaints a year", "recorded_harm"),
)

PRECISION = Heading("of them on predators, %", "detector_precision", factor=100)

DETECTOR = (
    Heading("flags a month", "detector_flags"),
    PRECISION,
    Heading("false alarms a month", "false_alarms"),
)

INVESTIGATORS_BUSY = Heading("investigators busy, %", "investigators_busy_share", factor=100)

POLICE = (
    Heading("files opened a year", "cases"),
    Heading("of them on lawful users", "innocents_investigated"),
    INVESTIGATORS_BUSY,
    Heading("requests sent a year", "requests"),
    Heading("logs there when sent, %", "data_at_request", factor=100),
    Heading("answered with data, %", "data_at_answer", factor=100),
    Heading("identified a year", "identifications"),
    Heading("of them without the site", "identified_without_site"),
    Heading("arrests a year", "arrests"),
    Heading("days from act to arrest", "days_to_arrest"),
    Heading("days on the site until then", "days_at_large"),
    Heading("logs in store once full, user-hours", "logs_kept"),
)

OF_A_COMPARISON = (
    Printed("HARM", (*HARM, TOGETHER_95)),
    Printed("HOW SURE", (LUCK, DOUBT, LOWERS, RAISES, OF_LUCK, ASSUMED)),
    Printed("NOT TOLD APART FROM THE BEST", BEST),
    Printed("CHEAPEST FIRST", CHEAPEST),
    Printed("WHAT DOES THE WORK", ADDS),
    Printed("WHILE IN FORCE", (DAYS_IN_FORCE, *WHILE_IN_FORCE, LOST_IN_FORCE)),
    Printed("ELSEWHERE", (ON_SITE, PREDATORS_OUT, USERS_OUT, IN_ALL, SIDE, ALL_GO_ON, SIDE_IF_ALL, *BREAK_EVEN)),
    Printed("SITES", AT_SITE),
    Printed("PERSON BY PERSON", PERSONS),
    Printed("OVER TIME", QUARTERS),
    Printed("PRIVACY", PRIVACY),
    Printed("TRUE AND RECORDED", RECORDED),
    Printed("SANCTIONED WRONGLY", WRONGLY),
    Printed("TOGETHER", (*TOGETHER_WITH, TOGETHER)),
    Printed("FOR WHOM", FOR_WHOM),
    Printed("BY SEVERITY", SEVERITY),
    Printed("COSTS", COSTS),
    Printed("AGES", AGES),
    Printed("WHAT HAPPENS", PROCESS),
    Printed("THE DETECTOR", DETECTOR),
    Printed("THE POLICE", POLICE),
)
"""The tables that `compare` prints."""
