"""In which direction a detector moves things, each with its reason; "more" as in `test_direction`."""

import pandas as pd
import pytest

from sim.model.arrays.model import simulate
from sim.model.records import Records
from sim.policies.detection import DetectionPolicy
from sim.policies.moderation import ModerationPolicy
from tests.direction.test_direction import chat, clearly_more, total

SEEDS = list(range(8))
BLIND = DetectionPolicy(coverage=1.0, p_contact=0.0, p_engaged=0.0, p_private=0.0, p_false=0.05)
PLENTY = ModerationPolicy(staff=50.0, shift_start_hour=0, shift_hours=24)
ARMS = {
    "alarms": (BLIND,),
    "staffed": (PLENTY,),
    "read-half": (PLENTY, DetectionPolicy(coverage=0.5)),
    "read-all": (PLENTY, DetectionPolicy(coverage=1.0)),
}


@pytest.fixture(scope="module")
def records() -> Records:
    """A chat with e-mail accounts, whose staff has more to read than it can; nobody leaves because of a detector."""
    changes = {
        "policies": ARMS, "days": 20, "warmup_days": 5, "retention.message_hours": 12,
        "predators.rel_leave_detector": 1.0, "reporting.friction": 0.3, "moderation.staff": 2.0,
        "moderation.dossier_expiry_hours": 100, "moderation.p_clear_with_evidence": 0.7,
    }  # fmt: skip
    return simulate(chat(**changes), SEEDS, ["baseline", *ARMS])


def wait(records: Records, arm: str) -> pd.Series:
    return total(records, arm, "n_wait_hours") / total(records, arm, "n_review")


def test_false_alarms_before_overloaded_staff_mean_longer_waits_and_fewer_predators_reviewed_and_barred(
    records: Records,
) -> None:
    """The same hands read more dossiers on nobody; the others wait longer, and are read when messages are gone."""
    assert (total(records, "alarms", "n_detect") == 0).all()
    assert clearly_more(wait(records, "alarms"), wait(records, "baseline"))
    for outcome in ("n_review_predator", "n_review_evidence"):
        assert clearly_more(total(records, "baseline", outcome), total(records, "alarms", outcome))
    barred = {arm: total(records, arm, "n_bar") - total(records, arm, "n_bar_user") for arm in ("baseline", "alarms")}
    assert clearly_more(barred["baseline"], barred["alarms"])


def test_where_everything_is_read_at_once_more_detection_bars_more_predators_and_lowers_harm(records: Records) -> None:
    """Whom nobody reported is found too, and sooner than a target recognises anything."""
    for less, more in (("staffed", "read-half"), ("read-half", "read-all")):
        assert clearly_more(total(records, less, "n_predator_hours"), total(records, more, "n_predator_hours"))
        assert clearly_more(total(records, less, "n_harm"), total(records, more, "n_harm"))


def test_more_detection_sanctions_more_innocents(records: Records) -> None:
    """Each false alarm is one more review that may err."""
    for less, more in (("staffed", "read-half"), ("read-half", "read-all")):
        assert clearly_more(total(records, more, "n_bar_user"), total(records, less, "n_bar_user"))


def test_a_watched_platform_moves_harm_off_it() -> None:
    """Leaving sooner competes with harm on the platform, and with the flags that would come too late."""
    blind = {"blind": (BLIND.model_copy(update={"p_false": 0.0}),)}
    common = {"policies": blind, "days": 20, "contacts.off_harm_per_hour": 0.05}
    stays, leaves = (
        simulate(chat(**common, **{"predators.rel_leave_detector": rel}), SEEDS, ["baseline", "blind"])
        for rel in (1.0, 4.0)
    )
    assert clearly_more(total(leaves, "blind", "n_leave"), total(stays, "blind", "n_leave"))
    assert (total(leaves, "baseline", "n_leave") == total(stays, "baseline", "n_leave")).all()
    off = [total(r, "blind", "n_harm_off_platform") for r in (stays, leaves)]
    on = [total(r, "blind", "n_harm") - o for r, o in zip((stays, leaves), off, strict=True)]
    assert clearly_more(off[1], off[0])
    assert clearly_more(on[0], on[1])
