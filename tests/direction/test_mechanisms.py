"""In which direction the mechanisms of moderation move things, each with its reason; "more" as in `test_direction`."""

import pandas as pd
import pytest

from sim.model.arrays.model import simulate
from sim.model.records import Records
from sim.policies.limits import LimitsPolicy
from sim.policies.moderation import ModerationPolicy
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.policies.retention import RetentionPolicy
from sim.policies.sanctions import SanctionsPolicy
from sim.policies.warnings import WarningsPolicy
from tests.direction.test_direction import chat, clearly_more, total

SEEDS = list(range(8))
SMALL = {
    "days": 20,
    "warmup_days": 5,
    "population.monthly_visitors": 1_500.0,
    "population.monthly_visitors_start": 1_500.0,
}
STAFF = ModerationPolicy(staff=3.0)
ARMS = {
    "staff": (STAFF,),
    "warned-first": (STAFF, SanctionsPolicy(ladder_hours=(0,))),
    "suspended-first": (STAFF, SanctionsPolicy(ladder_hours=(6,))),
    "identity": (STAFF, SanctionsPolicy(binds="identity")),
    "device": (STAFF, SanctionsPolicy(binds="device")),
    "copies": (ReportingPolicy(snapshot=True),),
    "trained": (ModerationPolicy(training=0.6),),
    "answered": (ReportingPolicy(rel_ready=1.5),),
    "guided": (ReportingPolicy(rel_false=0.5),),
    "newest": (ModerationPolicy(triage="newest"),),
    "most-reported": (ModerationPolicy(triage="most_reported"),),
    "warnings": (WarningsPolicy(p_reached=0.6, rel_recognise=3.0, p_kept_per_week=0.6),),
    "cooling-off": (LimitsPolicy(cooling_off_hours=72),),
    "cooling-off-visits": (RegistrationPolicy(level="none"), LimitsPolicy(cooling_off_hours=72)),
}


@pytest.fixture(scope="module")
def records() -> Records:
    """A chat with e-mail accounts, a short memory, a backlog, and members who come and go."""
    changes = {
        "policies": ARMS,
        "days": 28,
        "population.monthly_visitors": 2_000.0,
        "population.monthly_visitors_start": 2_000.0,
        "population.mean_stay_days": 60.0,
        "reporting.friction": 0.3,
        "moderation.staff": 0.3,
        "moderation.dossier_expiry_hours": 100,
        "moderation.p_clear_with_evidence": 0.7,
        "moderation.p_clear_without_evidence": 0.7,
    }
    return simulate(chat(**SMALL | changes), SEEDS, ["baseline", *ARMS])


def share(records: Records, arm: str, part: str, whole: str) -> pd.Series:
    return total(records, arm, part) / total(records, arm, whole)


@pytest.mark.parametrize("ladder", ["warned-first", "suspended-first"])
def test_a_ladder_before_the_ban_leaves_predators_online_for_longer_where_accounts_persist(
    records: Records, ladder: str
) -> None:
    """The first offence found costs nothing, or hours, where it cost the account, and days until the next one."""
    assert clearly_more(total(records, ladder, "n_predator_hours"), total(records, "staff", "n_predator_hours"))
    assert clearly_more(total(records, "staff", "n_bar"), total(records, ladder, "n_bar"))


@pytest.mark.parametrize("binds", ["device", "identity"])
def test_bans_that_bind_more_than_the_account_mean_fewer_returns_and_fewer_predator_hours(
    records: Records, binds: str
) -> None:
    """Some of those who would have come back under a new account cannot, and are out for good."""
    assert clearly_more(total(records, "staff", "n_return"), total(records, binds, "n_return"))
    assert clearly_more(total(records, "staff", "n_predator_hours"), total(records, binds, "n_predator_hours"))


def test_the_identity_binds_more_returns_than_the_device(records: Records) -> None:
    """At the defaults an identity is harder to replace, and who returns in spite of it does so in spite of a device."""
    device, identity = (share(records, binds, "n_return", "n_bar") for binds in ("device", "identity"))
    assert clearly_more(device, identity)


def test_a_copy_kept_with_the_report_raises_the_share_of_reviews_with_evidence(records: Records) -> None:
    """With a backlog longer than the memory, messages are gone when the review comes, and the copy is not."""
    ours, theirs = (share(records, arm, "n_review_evidence", "n_review") for arm in ("copies", "baseline"))
    assert clearly_more(ours, theirs)
    assert clearly_more(total(records, "copies", "n_bar"), total(records, "baseline", "n_bar"))


def waits(events: pd.DataFrame) -> pd.DataFrame:
    """Return the waits of dossiers reviewed: those that a trusted flagger reported to, and the others."""
    moves = events[events.event.isin(["open", "flag", "review", "expire"])]
    order = moves.event.map({"open": 0, "flag": 1, "review": 2, "expire": 2})
    moves = moves.assign(order=order).sort_values(["seed", "target", "hour", "order"])
    dossier = (moves.event == "open").cumsum()
    grouped = moves.groupby(dossier)
    table = pd.DataFrame({
        "seed": grouped["seed"].first(),
        "wait": grouped["hour"].max() - grouped["hour"].min(),
        "flagged": grouped["event"].agg(lambda kinds: "flag" in set(kinds)),
        "reviewed": grouped["event"].agg(lambda kinds: "review" in set(kinds)),
    })  # fmt: skip
    return table[table["reviewed"]]


def test_dossiers_that_trusted_flaggers_reported_wait_less() -> None:
    """They are read before all others."""
    arms = {"flagged": (ReportingPolicy(p_flagged=0.1),)}
    few = {"moderation.staff": 0.4, "reporting.friction": 0.3, "policies": arms}
    events = simulate(chat(**SMALL | few), SEEDS, ["flagged"], events=True).events
    assert events is not None
    table = waits(events[events.target_kind == "predator"])
    assert table.groupby(["seed", "flagged"]).size().min() > 10
    flagged, others = (table[table["flagged"] == f].groupby("seed")["wait"].mean() for f in (True, False))
    assert clearly_more(others, flagged)


def test_training_finds_more_offenders_and_hits_fewer_innocents(records: Records) -> None:
    """Errors of both kinds are removed from the same reviews."""
    trained, usual = (
        total(records, arm, "n_bar") - total(records, arm, "n_bar_user") for arm in ("trained", "baseline")
    )
    assert clearly_more(trained, usual)
    assert clearly_more(total(records, "baseline", "n_bar_user"), total(records, "trained", "n_bar_user"))


def test_answers_bring_more_reports_and_guidance_fewer_false_ones(records: Records) -> None:
    """Each acts on its own share of those who report."""
    assert clearly_more(total(records, "answered", "n_report"), total(records, "baseline", "n_report"))
    assert clearly_more(total(records, "baseline", "n_false_report"), total(records, "guided", "n_false_report"))


def test_with_the_newest_first_reviews_come_sooner_and_more_dossiers_expire_unread(records: Records) -> None:
    """With a backlog the newest has hardly waited, and what is passed over once is hardly ever the newest again."""
    newest, oldest = (share(records, arm, "n_wait_hours", "n_review") for arm in ("newest", "baseline"))
    assert clearly_more(oldest, newest)
    assert clearly_more(total(records, "newest", "n_expire"), total(records, "baseline", "n_expire"))


def test_with_the_most_reported_first_more_of_the_dossiers_read_are_of_predators(records: Records) -> None:
    """Where accounts persist a predator is reported by one target after the other, an innocent once."""
    ours, theirs = (share(records, arm, "n_review_predator", "n_review") for arm in ("most-reported", "baseline"))
    assert clearly_more(ours, theirs)


def of_weeks(records: Records, arm: str, part: str, whole: str, first: int, last: int) -> pd.Series:
    days = records.daily[(records.daily.policy == arm) & records.daily.day.between(7 * first, 7 * last - 1)]
    sums = days.groupby("seed")[[part, whole]].sum()
    return sums[part] / sums[whole]


def test_warnings_raise_recognition_and_less_in_later_weeks(records: Records) -> None:
    """Those reached recognise at a multiple of the hazard, and that fades from week to week."""
    gain = [
        of_weeks(records, "warnings", "n_recognise", "n_approach", first, last)
        - of_weeks(records, "baseline", "n_recognise", "n_approach", first, last)
        for first, last in ((0, 1), (3, 4))
    ]
    assert clearly_more(gain[0], pd.Series(0.0, gain[0].index))
    assert clearly_more(gain[0], gain[1])


def test_a_cooling_off_period_lowers_approaches_and_without_accounts_binds_nearly_everybody(records: Records) -> None:
    """With accounts only newcomers and those back after a ban wait; without, every visit is a newcomer's."""
    made = {arm: total(records, arm, "n_approach") for arm in ("baseline", "cooling-off", "cooling-off-visits")}
    assert clearly_more(made["baseline"], made["cooling-off"])
    assert (made["cooling-off"] > 0.5 * made["baseline"]).all()
    assert (made["cooling-off-visits"] == 0).all(), "no visit lasts for three days"
    with_accounts, without = (
        share(records, arm, "n_user_hours_limited", "n_user_hours") for arm in ("cooling-off", "cooling-off-visits")
    )
    assert (without == 1).all()
    assert ((with_accounts > 0) & (with_accounts < 0.2)).all()


def test_deterrence_by_announced_retention_lowers_approaches_but_not_what_messages_prove() -> None:
    """Who is deterred does not write; what the others wrote is still there at the review."""
    arms = {"kept": (RetentionPolicy(message_hours=720),)}
    bold, timid = (
        simulate(
            chat(**SMALL | {"days": 15, "policies": arms, "predators.p_deterred_by_retention": p}),
            SEEDS,
            ["baseline", "kept"],
        )
        for p in (0.0, 0.3)
    )
    assert clearly_more(total(bold, "kept", "n_approach"), total(timid, "kept", "n_approach"))
    assert (total(timid, "kept", "n_approach") < 0.9 * total(timid, "baseline", "n_approach")).all()
    for records in (bold, timid):
        ours, theirs = (share(records, arm, "n_review_evidence", "n_review") for arm in ("kept", "baseline"))
        assert clearly_more(ours, theirs)


def test_blocked_predators_seek_most_where_accounts_are_cheap_and_persist() -> None:
    """To seek takes a new identity and a way to find the target: the first is dear at one end, the second at the other.

    Without an account few find each other again; with a document few come back as somebody else; with an e-mail
    address both are easy.
    """
    levels = ("email", "phone", "document")
    arms = {level: (RegistrationPolicy(level=level),) for level in levels}
    seeking = {"policies": arms, "registration.level": "none", "predators.p_seek_after_block": 1.0}
    records = simulate(chat(**SMALL | seeking), SEEDS, ["baseline", *arms])
    none, email, phone, document = (
        share(records, arm, "n_seek", "n_recognise_on_platform") for arm in ("baseline", *levels)
    )
    assert clearly_more(email, none)
    assert clearly_more(email, phone)
    assert clearly_more(phone, document)


def test_where_the_blocked_seek_their_targets_are_met_engaged_and_recognise_once_more() -> None:
    """A contact that a block would have ended begins once more, at the cost of no place while the two are apart."""
    setting = SMALL | {"days": 12, "registration.email.findability": 0.9, "policies": {}}
    give_up, seek = (
        simulate(chat(**setting | {"predators.p_seek_after_block": p}), SEEDS, ["baseline"]) for p in (0.0, 1.0)
    )
    for outcome in ("n_meet", "n_recognise", "n_engage"):
        assert clearly_more(total(seek, "baseline", outcome), total(give_up, "baseline", outcome))
