"""The mechanisms through which rules act, and what is assumed of the world where they do.

A rule says where it is declared to which of these it belongs (`through` in `sim.rules.rulebook`). What `why` takes
apart, what an inert policy is said to lack and what a result is said to rest on are made from that. A new mechanism is
a name here and in `MECHANISMS`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Assumption:
    """Something assumed of the world on which the effect of a policy rests.

    Attributes:
        text: Words; a setting in braces, as ``{responses.p_stay}``, stands for its value under the policy.
        unless: A switch among the rules under which it does not matter: on with the policy and without it.
    """

    text: str
    unless: str = ""


@dataclass(frozen=True)
class Lack:
    """Why a rule moved nothing.

    Attributes:
        counts: Daily counts whose sum over a run is then zero, with a minus those that are taken off.
        text: Words that follow "everything happened as in the baseline:".
    """

    counts: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Mechanism:
    """A way in which rules act.

    Attributes:
        name: Words for people, and the name in tables.
        idle: Why rules that belong to it moved nothing, if none of `lacks` is it.
        lacks: What may be missing of what it works on, the first of all first.
        is_input: Whether its effect on harm is put in (who is turned away, a factor on a hazard) rather than comes
            about in the model, as that of reports does, which must still be read in time and find something.
        switch: Setting of the scenario that switches it off at zero, where no rule does.
        assumes: What its effect rests on, beside what is assumed of the rules themselves.
    """

    name: str
    idle: str
    lacks: tuple[Lack, ...] = ()
    is_input: bool = False
    switch: str = ""
    assumes: tuple[Assumption, ...] = ()


_FOUND = (
    "what evidence does for a review (finds {moderation.p_find_without_evidence} of offenders without, "
    "{moderation.p_find_with_evidence} with)"
)
_REVIEWS = Assumption(_FOUND)
_EVIDENCE = Assumption(_FOUND, unless="reporting.snapshot")
_READINESS = Assumption("who would report at all ({responses.p_ready_to_report} of first contacts recognised)")
_BARS = Assumption(
    "how long a bar holds without accounts (beyond the visit only if the device is recognised, "
    "{registration.p_device_recognised})",
    unless="registration.accounts_persist",
)

_NOTHING_TO_REPORT = Lack(("n_recognise", "n_false_report"), "there was nothing to report")
_NO_REPORTS = Lack(("n_report", "n_false_report"), "nothing was reported")
_NOTHING_FILED = Lack((*_NO_REPORTS.counts, "n_detect", "n_false_alarm"), _NO_REPORTS.text)
_NO_REVIEWS = Lack(("n_review", "n_expire"), "no dossier was reviewed and none expired")
_NOT_PARTED = Lack(("n_bar", "n_find", "n_lose"), "nobody was barred and no pair was parted")
_NO_SANCTIONS = Lack(("n_warn", "n_suspend", "n_bar"), "nobody was sanctioned")
_NOT_ENDED_OTHERWISE = "no bar and no parting of a pair ended otherwise"

DOOR = Mechanism("the door", "nobody who came would have been turned away", is_input=True)
LOOKING_FURTHER = Mechanism("looking further", DOOR.idle, switch="predators.p_retry_absent")
FINDABILITY = Mechanism("findability", _NOT_ENDED_OTHERWISE, (_NOT_PARTED,), is_input=True)
NEW_IDENTITY = Mechanism("the price of a new identity", _NOT_ENDED_OTHERWISE, (_NOT_PARTED,), is_input=True)
ACCOUNTS = Mechanism("accounts that persist", _NOT_ENDED_OTHERWISE, (_NOT_PARTED,))
EVIDENCE = Mechanism(
    "evidence",
    "evidence never changed what a review ended in",
    (_NOTHING_FILED, _NO_REVIEWS, Lack(("n_review", "-n_review_evidence"), "no review lacked evidence")),
    assumes=(_EVIDENCE, _BARS),
)
ANNOUNCED = Mechanism("announced retention", EVIDENCE.idle, is_input=True, switch="predators.p_deterred_by_retention")
READINESS = Mechanism(
    "readiness to report",
    "nobody's decision to report turned on it",
    (_NOTHING_TO_REPORT, _NO_REPORTS),
    assumes=(_READINESS, _REVIEWS, _BARS),
)
DETECTION = Mechanism(
    "detection",
    "no flag of the detector changed anything",
    (Lack(("n_detect", "n_false_alarm"), "the detector flagged nothing"),),
    assumes=(
        Assumption(
            "what a detector sees of what it reads (flags {detection.p_contact} of first contacts, "
            "{detection.p_engaged} of engaged and {detection.p_private} of private ones, and {detection.p_false} of "
            "lawful conversations)"
        ),
        Assumption(
            "how much sooner predators leave a platform that is watched (times {predators.rel_leave_detector} where "
            "everything is read)"
        ),
        _REVIEWS,
        _BARS,
    ),
)
QUEUE = Mechanism(
    "the queue",
    "no dossier was read at another time",
    (_NOTHING_FILED, _NO_REVIEWS, Lack(("n_waiting_hours", "n_expire"), "no dossier waited")),
    assumes=(_REVIEWS, _BARS),
)
SKILL = Mechanism(
    "the skill of reviews", "no review ended otherwise", (_NOTHING_FILED, _NO_REVIEWS), assumes=(_BARS,)
)  # fmt: skip
LADDER = Mechanism("the ladder of sanctions", "no sanction came out otherwise", (_NO_SANCTIONS,), assumes=(_BARS,))
WARNINGS = Mechanism("warnings", "nobody who was reached recognised anything sooner", is_input=True)
LIMITS = Mechanism("limits on new accounts", "nobody would have written to a stranger too soon", is_input=True)
_NOBODY_TOLD = (
    "no rule here rests on an age: nobody taken for too young is kept out (age.gate), or spared messages from adults "
    "(limits.adults_to_minors)"
)
_KEPT_APART = "no adult was kept from writing to somebody known as a minor"
AGES = Mechanism("what the site knows of ages", _NOBODY_TOLD, is_input=True)
AGE_GATE = Mechanism("the age gate", "nobody who came was taken for too young", is_input=True)
APART = Mechanism("keeping adults from minors", _KEPT_APART, is_input=True)
LOOKING_AGAIN = Mechanism("looking past the protected", _KEPT_APART, switch="predators.p_retry_protected")
_NO_POLICE = Lack(("n_case_capacity",), "no file could be taken up, for want of investigators (police.investigators)")
_NO_CASES = Lack(("n_case",), "no file was opened")
_OTHER_EVIDENCE = Assumption("how often a complaint identifies somebody without the site ({police.p_other_evidence})")
_ARRESTS = Assumption(
    "how long it takes from identification to arrest (half of them {police.arrest_delay_median_days} days or more)"
)
_DESKS = Assumption(
    "how many investigators there are and what they take up ({police.investigators} heads, {police.cases_per_month} "
    "files a month each)"
)
_HOST = Assumption(
    "how soon and how often a host answers (after {police.request_days_home} days at home, "
    "{police.request_days_abroad} abroad, {police.request_days_direct} directly; {police.p_answered} of requests, "
    "{police.p_answered_direct} directly)"
)
_IDENTITY = Assumption("how often an account leads to a person ({registration.p_identity})")
LOGS = Mechanism(
    "logs for the police",
    "no request of the police turned on it",
    (_NO_POLICE, _NO_CASES, Lack(("n_request",), "no request was sent to the host")),
    assumes=(_DESKS, _HOST, _IDENTITY, _OTHER_EVIDENCE, _ARRESTS),
)
IDENTITY = Mechanism(
    "what an identity is worth to the police",
    "no identification turned on it",
    (_NO_POLICE, _NO_CASES),
    is_input=True,
    assumes=(_DESKS, _HOST, _OTHER_EVIDENCE, _ARRESTS),
)
REQUESTS = Mechanism(
    "answers to the police",
    "no request of the police ended otherwise",
    (_NO_POLICE, _NO_CASES, Lack(("n_request",), "no request was sent to the host")),
    assumes=(_DESKS, _HOST, _IDENTITY, _OTHER_EVIDENCE, _ARRESTS),
)
REFERRALS = Mechanism(
    "referrals to the police", "nobody was referred", (_NO_POLICE, _NO_SANCTIONS), assumes=(_DESKS, _IDENTITY, _ARRESTS)
)  # fmt: skip
DECOYS = Mechanism(
    "decoys of the police",
    "nobody came upon a decoy",
    assumes=(
        Assumption("how often an approach to a decoy becomes a file ({police.p_decoy_case})"),
        Assumption("how often a decoy identifies somebody by itself ({police.p_decoy_evidence})"),
        _DESKS,
        _ARRESTS,
    ),
)

SEIZURE = Mechanism(
    "what seized data hold",
    "nothing that was seized changed what became of a file",
    (_NO_POLICE, Lack(("n_case_seized",), "nobody was found in what was seized")),
    assumes=(
        Assumption("how many of the predators in seized data are found ({police.p_seized})"),
        _DESKS, _IDENTITY, _ARRESTS,
    ),
)  # fmt: skip
CLOSURE = Mechanism("closure", "no site was closed while anybody came", is_input=True)

MECHANISMS = (
    DOOR, LOOKING_FURTHER, FINDABILITY, NEW_IDENTITY, ACCOUNTS, EVIDENCE, ANNOUNCED, READINESS, DETECTION, QUEUE, SKILL,
    LADDER, WARNINGS, LIMITS, AGES, AGE_GATE, APART, LOOKING_AGAIN, LOGS, IDENTITY, REQUESTS, REFERRALS, DECOYS,
    CLOSURE, SEIZURE,
)  # fmt: skip
"""Every mechanism, in the order of tables. Each rule belongs to one that is held by rules."""

OF_THE_POLICE = (LOGS, IDENTITY, REQUESTS, REFERRALS, SEIZURE)
"""Those that do nothing where nobody investigates."""
