"""What a run records: kinds of events, daily counts, the breakdown. Facts only; statistics are made of them later.

Both engines write through `Recorder`-shaped tables with the columns given here, in canonical order, so that two runs
can be compared byte by byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, Protocol

import pandas as pd
import pyarrow as pa

Role = Literal["predator", "target", "person", "user", "flagger", "site", "police", "nobody"]
"""Part in an event: of a contact its predator and its target; without a contact a person, lawful or not; and who has no
name: a user, a trusted flagger, the site, the police, nobody."""


@dataclass(frozen=True)
class Kind:
    """A kind of event.

    Attributes:
        name: Name in the events table and, with ``n_`` before it, in the daily table.
        step: Step of the hour in which it happens (see `MODEL.md` section 3).
        meaning: One sentence.
        detail: Meaning of the column ``detail`` for this kind, or empty (then it is 0).
        actor: Who acts.
        on: On whom.
        words: What the details of a contact's event mean, by value, where that is worth a word.
    """

    name: str
    step: int
    meaning: str
    detail: str = ""
    actor: Role = "predator"
    on: Role = "target"
    words: Mapping[int, str] = field(default_factory=dict)

    @property
    def of_contact(self) -> bool:
        """Whether it belongs to a contact, and so to an offence and a class of target in the breakdown."""
        return self.on in ("predator", "target")

    def told(self, detail: int) -> str:
        """Return what happened in words."""
        words = self.words.get(detail)
        return f"{self.meaning.rstrip('.')}: {words}." if words else self.meaning


_STAGES = {0: "first contact", 1: "engaged", 2: "private", 3: "off the platform"}
_PLACES = {1: "on the platform", 2: "off it", 3: "on the platform, redirected", 4: "off it, redirected"}

_BY_TARGET: Final = ("target", "predator")
_BY_SITE: Final = ("site", "person")
_BY_POLICE: Final = ("police", "person")
_SOURCES = {
    0: "on a complaint", 1: "on a referral by the site", 2: "on what a decoy learned",
    4: "on what was seized of a site",
}  # fmt: skip
_IDENTIFIED = {1: "by logs and the account", 2: "by logs and a payment", 3: "by evidence that is not the site's"}
_REASONS = {
    1: "the logs were gone", 2: "the logs lead to nobody", 3: "the request was never answered",
    4: "what would be asked for is too old", 5: "the person identified has done nothing",
}  # fmt: skip

KINDS: Final = (
    Kind(
        "shut", 1, "The closure of a site ends a contact on it, or between two who were parted there.", "stage", "site",
        "predator", _STAGES,
    ),
    Kind(
        "approach", 2, "A predator approaches a stranger.", "1 if redirected: the first person drawn was absent",
        words={1: "in place of somebody absent or protected because of a policy"},
    ),
    Kind(
        "decoy", 2, "A predator approaches a decoy of the police.", "1 if it is a lead for the police", "person",
        "nobody", {1: "it is a lead"},
    ),
    Kind("engage", 3, "A first contact becomes an engaged conversation."),
    Kind("private", 3, "An engaged conversation turns private."),
    Kind("leave", 3, "A private contact leaves the platform."),
    Kind(
        "harm", 3, "A contact reaches harm.", "1 if on the platform, 2 if off it, plus 2 if redirected", words=_PLACES
    ),
    Kind("fade", 3, "A contact fades.", "stage 0, 1, 2, or 3 off the platform", words=_STAGES),
    Kind(
        "recognise", 3, "The target recognises the contact for what it is.", "stage", *_BY_TARGET, _STAGES
    ),
    Kind("block", 3, "The target blocks the predator, which ends the contact.", "stage", *_BY_TARGET, _STAGES),
    Kind("withdraw", 3, "The target ends a recognised contact without a block.", "stage", *_BY_TARGET, _STAGES),
    Kind("stay", 3, "The target goes on with a recognised contact.", "stage", *_BY_TARGET, _STAGES),
    Kind("report", 3, "The target reports the predator to the site.", "stage", *_BY_TARGET, _STAGES),
    Kind("flag", 3, "A trusted flagger reports the predator to the site.", "stage", "flagger", "predator", _STAGES),
    Kind("detect", 3, "The site's detector flags the predator.", "stage", "site", "predator", _STAGES),
    Kind(
        "seek", 3, "The blocked predator will come upon the target once more, under a new identity.", "stage",
        words=_STAGES,
    ),
    Kind("lose", 3, "A session's end or a bar parts the two for good.", "stage", words=_STAGES),
    Kind("find", 3, "A session's end or a bar parts the two; they can find each other again.", "stage", words=_STAGES),
    Kind("meet", 3, "A parted pair meets again on the platform.", "stage", words=_STAGES),
    Kind("miss", 3, "A parted pair would have met, but one is kept out or has left for good.", "stage", words=_STAGES),
    Kind("lapse", 3, "A parted pair gives each other up.", "stage", words=_STAGES),
    Kind(
        "complain", 3, "A complaint reaches the police (recorded harm).", "1 if after harm, 0 if after recognition",
        *_BY_TARGET, {0: "after recognition", 1: "after harm"},
    ),
    Kind("false_report", 3, "A lawful user is reported.", "gravity 0, 1, 2", "user", "person"),
    Kind("false_alarm", 3, "The site's detector flags a lawful user.", "gravity 0, 1, 2", *_BY_SITE),
    Kind("open", 3, "A dossier is opened.", "1 if on a predator", *_BY_SITE),
    Kind(
        "review", 4, "A dossier is reviewed.", "1 with evidence + 2 if on a predator + 4 if it ends in a sanction",
        *_BY_SITE,
    ),
    Kind("warn", 4, "An account is warned.", "hours the person is kept out: 0", *_BY_SITE),
    Kind("suspend", 4, "An account is suspended.", "hours the person is kept out: 0 nobody", *_BY_SITE),
    Kind("bar", 4, "An account is barred.", "hours the person is kept out: 0 nobody, -1 for ever", *_BY_SITE),
    Kind("refer", 4, "The site refers somebody to the police.", "1 if a predator", *_BY_SITE),
    Kind("expire", 4, "A dossier expires unread.", "1 if on a predator", *_BY_SITE),
    Kind(
        "return", 5, "A barred person comes back as a stranger to the site.",
        "1 under a new identity, 2 with a device that is no longer recognised", "person", "nobody",
    ),
    Kind(
        "complain_earlier", 6, "A complaint about harm before the run reaches the police (recorded harm).",
        "row of the table of offences", "police", "nobody",
    ),
    Kind("case", 6, "The police open a file on somebody.", "source 0, 1, 2, 4", *_BY_POLICE, _SOURCES),
    Kind("take_up", 6, "An investigator takes a file up.", "source 0, 1, 2, 4", *_BY_POLICE, _SOURCES),
    Kind(
        "take_up_earlier", 6, "An investigator takes up a complaint about harm before the run, which names nobody.",
        "", "police", "nobody",
    ),
    Kind(
        "request", 6, "The police ask the host for data.", "1 if the logs are still there when it is sent", *_BY_POLICE
    ),
    Kind(
        "answer", 6, "A request reaches the host, who answers at once or never.",
        "0 never, 1 the logs are gone, 2 with data", *_BY_POLICE,
        {0: "it is never answered", 1: "the logs are gone", 2: "with data"},
    ),
    Kind("identify", 6, "The police identify somebody.", "by what, 1 to 3", *_BY_POLICE, _IDENTIFIED),
    Kind("close", 6, "The police close a file without an arrest.", "reason 1 to 5", *_BY_POLICE, _REASONS),
    Kind("arrest", 6, "The police arrest a predator.", "source 0, 1, 2, 4", *_BY_POLICE, _SOURCES),
    Kind("stop", 6, "An arrest ends a contact.", "stage", "police", "predator", _STAGES),
)  # fmt: skip
"""Every kind of event, by the step of the hour. In tables those of one second stand in the order of their names."""

DAYS_PER_WINDOW_YEAR = 365
"""Days of a year of the window, in which a person counts as harmed once."""

EVENT_COLUMNS: Final = (
    "policy", "seed", "hour", "step", "second", "event", "actor_kind", "actor", "target_kind", "target", "contact",
    "site", "offence", "detail",
)  # fmt: skip
"""Columns of the events table. ``hour`` counts from the start of the warm-up; second 0 is the hour's beginning."""


class Count(NamedTuple):
    """A daily count: its unit, and its meaning in words."""

    unit: str
    meaning: str


COUNTS: Final = {
    "n_visits": Count("visits", "visits of lawful users that happened"),
    "n_visits_moved_in": Count("visits", "of these, visits of users who are at home on another site"),
    "n_visits_turned_away": Count("visits", "visits of lawful users turned away at the door"),
    "n_visits_barred": Count(
        "visits", "visits of lawful users whom the door of their home let in and who were barred when they began"
    ),
    "n_user_days": Count(
        "user-days", "days on which a lawful user began a visit, neither turned away at the door nor barred"
    ),
    "n_user_days_moved_in": Count("user-days", "of these, days of users who are at home on another site"),
    "n_user_days_turned_away": Count(
        "user-days", "days on which a lawful user would have begun a visit but for the door"
    ),
    "n_user_days_barred": Count(
        "user-days", "days on which a lawful user, let in at home by the door, would have begun a visit but for a bar"
    ),
    "n_user_hours": Count("user-hours", "hours that lawful users were online"),
    "n_user_hours_turned_away": Count("user-hours", "hours that lawful users would have been online but for the door"),
    "n_user_hours_limited": Count(
        "user-hours",
        "hours that lawful users were online with an account too new to write to strangers "
        "(new identities after a bar left out)",
    ),
    "n_user_hours_protected": Count(
        "user-hours", "hours that lawful users were online whom the site takes for minors and adults may not write to"
    ),
    "n_minor_hours": Count("user-hours", "of the hours that lawful users were online, those of persons under 18"),
    "n_minor_hours_turned_away": Count(
        "user-hours", "hours that lawful users under 18 would have been online but for the door"
    ),
    "n_minor_hours_barred": Count(
        "user-hours", "hours that lawful users under 18 would have been online at home but for a bar"
    ),
    "n_minor_hours_moved_in": Count(
        "user-hours", "of the hours that users under 18 were online, those of users who are at home on another site"
    ),
    "n_user_hours_barred": Count("user-hours", "hours that lawful users would have been online at home but for a bar"),
    "n_monthly_visitors": Count(
        "persons",
        "lawful users and predators let in at least once in the month that ends this day (30 or 31 days, counted back "
        "from the end of the window; none in a window of less)",
    ),
    "n_monthly_turned_away": Count("persons", "lawful users turned away in that month and never let in"),
    "n_monthly_misjudged": Count(
        "persons",
        "of these, adults whom nothing but an age check keeps out, which takes them for minors (on its last day)",
    ),
    "n_predator_hours": Count("predator-hours", "hours that predators were online"),
    "n_predator_hours_turned_away": Count(
        "predator-hours", "hours that predators would have been online but for the door"
    ),
    "n_predator_hours_barred": Count(
        "predator-hours", "hours that predators would have been online at home but for a bar"
    ),
    "n_predator_hours_in_custody": Count(
        "predator-hours", "hours that predators who are at home on the site would have been online but for an arrest"
    ),
    "n_user_hours_moved_in": Count(
        "user-hours", "of the hours that lawful users were online, those of users who are at home on another site"
    ),
    "n_predator_hours_moved_in": Count(
        "predator-hours", "of the hours that predators were online, those of predators who are at home on another site"
    ),
    "n_monthly_moved": Count(
        "persons",
        "of the lawful users turned away in that month and never let in, those let in at least once on another site",
    ),
    "n_persons_harmed": Count(
        "persons", "persons seriously harmed for the first time in this year of the window, on whatever site"
    ),
    "n_minors_harmed": Count("persons", "persons under 18 among them, but for victims outside the site"),
    "n_harm_serious": Count("harms", "harms under an offence that counts as serious"),
    "n_harm_off_platform": Count("harms", "harms off the platform"),
    "n_harm_redirected": Count(
        "harms", "harms of persons approached in place of somebody absent or protected because of a policy"
    ),
    "n_recognise_on_platform": Count("recognitions", "recognitions on the platform, where the target could report"),
    "n_block_on_platform": Count("blocks", "recognitions on the platform after which the target blocks the predator"),
    "n_ignore_on_platform": Count(
        "recognitions", "recognitions on the platform after which the target neither blocks nor reports"
    ),
    "n_review_evidence": Count("reviews", "reviews with evidence still there"),
    "n_review_predator": Count("reviews", "reviews of predators' dossiers"),
    "n_warn_user": Count("warnings", "warnings of lawful users"),
    "n_suspend_user": Count("suspensions", "suspensions of lawful users"),
    "n_bar_user": Count("bars", "bars on lawful users"),
    "n_wait_hours": Count("dossier-hours", "hours that the dossiers reviewed this day had waited"),
    "n_waiting": Count("dossiers", "dossiers waiting at the end of the day"),
    "n_waiting_hours": Count(
        "dossier-hours", "sum over the hours of the day of the dossiers waiting at the end of the hour"
    ),
    "n_capacity": Count("reviews", "reviews that the staff could have done"),
    "n_moderator_milli_hours": Count("thousandths of an hour", "thousandths of an hour that moderators were on shift"),
    "n_history_hours": Count(
        "message-hours",
        "user-hours of the day times the hours for which their messages are kept (message-hours stored)",
    ),
    "n_snapshot_hours": Count(
        "dossier-hours", "sum over the hours of the day of the open dossiers with a copy of a conversation"
    ),
    "n_log_hours": Count(
        "connection-hours",
        "user-hours of the day times the hours for which connection logs are kept (connection-hours stored)",
    ),
    "n_identified_hours": Count("user-hours", "hours that lawful users were online with an account that persists"),
    "n_decoy_milli_hours": Count("thousandths of an hour", "thousandths of an hour that decoys were online"),
    "n_case_user": Count("files", "files on lawful users"),
    "n_case_referral": Count("files", "files opened on a referral by the site"),
    "n_case_decoy": Count("files", "files opened on what a decoy learned"),
    "n_case_seized": Count("files", "files opened on what was seized of a site"),
    "n_case_capacity": Count("files", "files that investigators could have taken up"),
    "n_case_waiting_hours": Count(
        "file-hours", "sum over the hours of the day of the files that wait to be taken up at the end of the hour"
    ),
    "n_request_data": Count("requests", "requests whose logs were still there when they were sent"),
    "n_answer_data": Count("answers", "answers with data: the logs were still there when the request arrived"),
    "n_identify_payment": Count("identifications", "identifications by logs and a payment"),
    "n_identify_other": Count("identifications", "identifications by evidence that is not the site's"),
    "n_identify_hours": Count("hours", "hours from the act to the identification, of those of this day"),
    "n_close_no_data": Count("files", "files closed because the logs were gone"),
    "n_close_no_identity": Count("files", "files closed because the logs lead to nobody"),
    "n_close_no_answer": Count("files", "files closed because a request was never answered"),
    "n_close_too_old": Count("files", "files closed because what would be asked for is too old"),
    "n_close_cleared": Count("files", "files closed because the person identified has done nothing"),
    "n_arrest_referral": Count("arrests", "arrests in files opened on a referral by the site"),
    "n_arrest_decoy": Count("arrests", "arrests in files opened on what a decoy learned"),
    "n_arrest_seized": Count("arrests", "arrests in files opened on what was seized of a site"),
    "n_arrest_hours": Count("hours", "hours from the act to the arrest, of those of this day"),
    "n_at_large_hours": Count(
        "hours", "hours from joining the site, or from the beginning of the run, to the arrest, of those of this day"
    ),
    "n_felt_risk_milli": Count("thousandths", "felt risk at the end of the day, in thousandths"),
}
"""Daily counts beside the number of events of each kind, by column."""

DAILY_COLUMNS: Final = ("policy", "seed", "site", "day", *(f"n_{k.name}" for k in KINDS), *COUNTS)
"""Columns of the daily table; ``day`` counts from the start of the measured window; all ``n_`` are int64."""

BREAKDOWN_COLUMNS: Final = ("policy", "seed", "year", "site", "offence", "victim_class", "quantity", "count")
"""Columns of the breakdown. Quantities: every kind of event of a contact, and ``persons_harmed`` (distinct persons a
year of the window, also in rows with offence or victim_class ``all``, which do not add up over offences)."""


DURATIONS: Final = {
    "review": "from the opening of a dossier to its review",
    "take_up": "from the opening of a file of the police until an investigator takes it up",
    "request": "age of the connection that the police ask for when a request is sent",
    "identify": "from the act that the file is about to the identification",
    "arrest": "from the act that the file is about to the arrest",
    "at_large": "from joining the site, or from the beginning of the run, to the arrest",
}
"""What durations are of, by the name of their kind."""

DURATION_COLUMNS: Final = ("policy", "seed", "year", "site", "kind", "hours", "count")
"""Columns of the table of durations: which of `DURATIONS`, how many whole hours it took, and how often so, int64."""


FLOWS: Final = {
    "both": "seriously harmed in that year under the baseline and under the policy",
    "spared": (
        "under the baseline alone, and the doors of the policy let the person in to some simulated site on the day of "
        "the baseline's first harm of the year"
    ),
    "absent": (
        "under the baseline alone, and the doors of the policy let the person in to no simulated site on that day"
    ),
    "put_off": (
        "under the baseline alone, and the contact that did it goes on under the policy with the same person when the "
        "window ends; these are in neither of the two before"
    ),
    "new": "under the policy alone, and approached in nobody's place",
    "redirected": "under the policy alone, and approached in place of somebody absent or protected because of the "
    "policy",
    "outside": "outside victims, each a new person: those under the policy less those under the baseline",
    "members": "who could be: lawful users who were members before the year's end, since the run began",
}
"""What becomes of persons under a policy beside the baseline of the same seed; each in one of them, but `members`."""

OUTSIDE = "outside"
"""Stands for the class of outside victims, of whom nothing is known."""

FLOW_COLUMNS: Final = ("policy", "seed", "year", "site", "flow", "victim_class", "count")
"""Columns of the table of persons: which of `FLOWS`, and how many persons. The site is that of the first harm of the
year, under the baseline if there was one, and of members their home. Where the baseline is not run along, there are no
rows; the baseline beside itself has everybody in ``both``."""


TABLES: Final = {
    "daily": (DAILY_COLUMNS, 4),
    "breakdown": (BREAKDOWN_COLUMNS, len(BREAKDOWN_COLUMNS)),
    "durations": (DURATION_COLUMNS, len(DURATION_COLUMNS)),
    "persons": (FLOW_COLUMNS, len(FLOW_COLUMNS)),
    "events": (EVENT_COLUMNS, len(EVENT_COLUMNS)),
}
"""Every table that runs leave behind: its columns, and by how many of them, from the first on, its rows are sorted."""


TEXTS: Final = {
    *("policy", "site", "offence", "victim_class", "quantity", "event", "actor_kind", "target_kind", "kind", "flow"),
}
"""Columns that hold names; all others hold whole numbers."""

TEXT = pa.string()
"""The Arrow type of names in every file, whatever pandas makes of them in memory."""


def schema_of(name: str) -> pa.Schema:
    """Return the Arrow columns of a table: names are `TEXT`, whole numbers int64."""
    return pa.schema([(column, TEXT if column in TEXTS else pa.int64()) for column in TABLES[name][0]])


def to_arrow(name: str, table: pd.DataFrame) -> pa.Table:
    """Return a table as it is kept in files: the same for every version of pandas and all of its options."""
    return pa.Table.from_pandas(table, schema_of(name), preserve_index=False).replace_schema_metadata(None)


def of_arrow(name: str, table: pa.Table) -> pa.Table:
    """Return the columns of a table that was read from a file, with their types whatever it has for them."""
    return table.select(TABLES[name][0]).cast(schema_of(name))


class Runs(Protocol):
    """Runs of several policies over the same seeds, in memory or in a store."""

    def parts(self) -> Iterator[Records]:
        """Yield the records in canonical order, some policies or some seeds of one policy at a time."""


@dataclass(frozen=True)
class Records:
    """Everything that a group of runs left behind.

    Attributes:
        daily: One row per policy, seed, site and measured day, columns `DAILY_COLUMNS`.
        breakdown: Columns `BREAKDOWN_COLUMNS`.
        durations: Columns `DURATION_COLUMNS`: how often something took how long.
        persons: Columns `FLOW_COLUMNS`: persons harmed beside the baseline, person by person.
        events: Columns `EVENT_COLUMNS` in canonical order (sorted by them), warm-up included; ``None`` if not asked
            for.
    """

    daily: pd.DataFrame
    breakdown: pd.DataFrame
    durations: pd.DataFrame
    persons: pd.DataFrame
    events: pd.DataFrame | None = None

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name, those that are there."""
        return {name: table for name in TABLES if (table := getattr(self, name)) is not None}

    def parts(self) -> Iterator[Records]:
        """Yield itself: all policies at a time, see `Runs`."""
        yield self

    @classmethod
    def joined(cls, parts: Iterable[Records]) -> Records:
        """Put the tables of several groups of runs together in canonical order."""
        tables = [part.tables() for part in parts]
        found = {}
        for name in tables[0]:
            columns, sorted_by = TABLES[name]
            whole = pd.concat([part[name] for part in tables], ignore_index=True)
            found[name] = whole.sort_values(list(columns[:sorted_by]), ignore_index=True)
        return cls(**found)


def duration_table(rows: Iterable[tuple[str, int, int, str, str, int, int]]) -> pd.DataFrame:
    """Return rows as a table of durations in canonical order."""
    return _table("durations", rows)


def person_table(rows: Iterable[tuple[str, int, int, str, str, str, int]]) -> pd.DataFrame:
    """Return rows as a table of persons in canonical order, those without persons left out."""
    return _table("persons", [row for row in rows if row[-1]])


def event_table(rows: Iterable[tuple[object, ...]] | pd.DataFrame = ()) -> pd.DataFrame:
    """Return rows as a table of events in canonical order."""
    return _table("events", rows)


def _table(name: str, rows: Iterable[tuple[Any, ...]] | pd.DataFrame) -> pd.DataFrame:
    """Return rows as a table all of whose columns are sorted by, with the same types where there are none."""
    columns, _ = TABLES[name]
    types = {column: "str" if column in TEXTS else "int64" for column in columns}
    return pd.DataFrame(rows, columns=list(columns)).astype(types).sort_values(list(columns), ignore_index=True)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, with the same bytes on every machine."""
    frame.to_csv(path, index=False, lineterminator="\n")
