"""One person barred changes only what involves them."""

from __future__ import annotations

from functools import cache

import pandas as pd

from sim.model.arrays.model import ChatModel
from sim.model.decisions.codes import NEVER
from sim.rules.offences import OFFENCES
from tests.engines.chats import BUSY

SAME = "same"
"""An arm without policies: a second lane that equals the baseline until somebody is barred in it."""

CHAT = BUSY.replace(**{
    "policies": {SAME: ()},
    "days": 12,
    "warmup_days": 4,
    # Nobody else is barred or arrested, files of one predator do not keep investigators from those of another, and no
    # predator's contacts crowd each other out.
    "moderation.staff": 0,
    "police.investigators": 0,
    "undercover.decoys": 0.0,
    "predators.contacts_at_once": 50,
    # All target the largest class, so that the barred are few among those drawn.
    "offences": tuple(offence.model_copy(update={"target_weights": (0, 0, 1, 0)}) for offence in OFFENCES),
})  # fmt: skip
BAR_HOUR = 24 * (CHAT.warmup_days + 3) + 13
SEEDS = [1, 2]
LANE = 3
"""Place of the arm `SAME` under the second seed."""


@cache
def usual() -> pd.DataFrame:
    found = ChatModel(CHAT, SEEDS, ["baseline", SAME], events=True).run().events
    assert found is not None
    return found


def with_one_barred(person: int, *, predator: bool) -> pd.DataFrame:
    """Run again, with one person barred for good in one lane."""
    chat = ChatModel(CHAT, SEEDS, ["baseline", SAME], events=True)
    while chat.hour < BAR_HOUR:
        chat.step()
    chat.state.bar(LANE, person, predator, BAR_HOUR - 1, NEVER, False)
    found = chat.run().events
    assert found is not None
    return found


def of_lane(events: pd.DataFrame) -> pd.DataFrame:
    return events[(events["policy"] == SAME) & (events["seed"] == SEEDS[1])]


def others(events: pd.DataFrame) -> pd.DataFrame:
    return events[(events["policy"] != SAME) | (events["seed"] != SEEDS[1])].reset_index(drop=True)


def involves(events: pd.DataFrame, person: int) -> pd.Series:
    return (events["actor"] == person) | (events["target"] == person)


def most_involved(column: str, kind: str) -> int:
    """Return who is in most approaches after the bar."""
    events = of_lane(usual()).query("event == 'approach' and hour >= @BAR_HOUR")
    assert set(events[f"{column}_kind"]) == {kind}
    return int(events[column].mode()[0])


def test_one_predator_barred_changes_only_events_with_that_predator() -> None:
    barred = most_involved("actor", "predator")
    before, after = usual(), with_one_barred(barred, predator=True)
    pd.testing.assert_frame_equal(others(after), others(before))
    ours, theirs = of_lane(after), of_lane(before)
    rest = [frame[~involves(frame, barred)].reset_index(drop=True) for frame in (ours, theirs)]
    pd.testing.assert_frame_equal(*rest)
    assert len(rest[0]) > 1000
    later = [frame[involves(frame, barred) & (frame["hour"] >= BAR_HOUR)] for frame in (ours, theirs)]
    assert not set(later[0]["event"]) & {"approach", "engage", "private", "meet"}
    assert (later[1]["event"] == "approach").sum() > 20


def approaches(events: pd.DataFrame) -> dict[int, tuple[int, int]]:
    """Return predator and target by contact."""
    rows = events[events["event"] == "approach"]
    numbers = rows[["contact", "actor", "target"]].to_numpy().tolist()
    return {contact: (actor, target) for contact, actor, target in numbers}


def contacts_that_may_change(ours: pd.DataFrame, theirs: pd.DataFrame, barred: int) -> set[int]:
    """Return contacts that are or would be with the barred, and those that a changed one makes possible or forbids.

    A predator approaches nobody twice who is still in contact with them, nor twice in one hour (``contact >> 6``).
    """
    now, then = approaches(ours), approaches(theirs)
    everybody = now.keys() | then.keys()
    changed = {contact for contact in everybody if now.get(contact) != then.get(contact)}
    found = {contact for contact, (_, target) in then.items() if target == barred}
    while True:
        hours = {contact >> 6 for contact in found}
        pairs = {lane[contact] for lane in (now, then) for contact in found & lane.keys()}
        more = {contact for contact in changed if contact >> 6 in hours}
        more |= {contact for contact in everybody if {now.get(contact), then.get(contact)} & pairs}
        if more <= found:
            return found
        found |= more


def test_one_user_barred_changes_only_contacts_that_would_have_been_with_them() -> None:
    barred = most_involved("target", "user")
    before, after = usual(), with_one_barred(barred, predator=False)
    pd.testing.assert_frame_equal(others(after), others(before))
    ours, theirs = of_lane(after), of_lane(before)
    touched = contacts_that_may_change(ours, theirs, barred)
    predators = {contact >> 25 for contact in touched}

    def rest(events: pd.DataFrame) -> pd.DataFrame:
        # Reports of those contacts open dossiers.
        dossiers = (events["contact"] == -1) & events["target"].isin(predators)
        return events[~events["contact"].isin(touched) & ~dossiers & ~involves(events, barred)].reset_index(drop=True)

    pd.testing.assert_frame_equal(rest(ours), rest(theirs))
    assert len(rest(ours)) > 1000
    with_them = {contact for contact, (_, target) in approaches(theirs).items() if target == barred}
    assert len(touched) < 2 * len(with_them)
    # From then on nobody approaches the barred, and the same intents find somebody else.
    later = approaches(ours[ours["hour"] >= BAR_HOUR])
    assert barred not in {target for _, target in later.values()}
    assert len(with_them & later.keys()) > 5
