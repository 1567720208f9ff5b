"""Whom a door keeps out, person by person."""

import pandas as pd
import pytest

from sim.model.arrays.model import simulate
from sim.model.records import Records
from sim.policies.moderation import ModerationPolicy
from sim.policies.set import SetPolicy
from sim.scenario.scenario import BASELINE
from tests.direction.test_direction import chat

ARMS = {
    "door": (SetPolicy(rule="registration.friction_user", value=0.3),),
    "higher": (SetPolicy(rule="registration.friction_user", value=0.6),),
    "staff": (ModerationPolicy(staff=3.0),),
}
SEEDS = range(4)


@pytest.fixture(scope="module")
def records() -> Records:
    return simulate(chat(days=30, policies=ARMS), SEEDS, [BASELINE, *ARMS])


def flows(records: Records, arm: str) -> pd.Series:
    return records.persons[records.persons["policy"] == arm].groupby("flow")["count"].sum()


def test_a_door_keeps_out_its_share_of_those_who_were_harmed(records: Records) -> None:
    """Tolerance has nothing to do with harm, so that of them the door keeps out the share that it keeps out of all."""
    door, higher = flows(records, "door"), flows(records, "higher")
    n = door[["both", "spared", "absent"]].sum()
    # Persons who are kept out may still be harmed off the platform, by a contact that began before.
    assert n > 100 and 0.4 * n > door["absent"] > 0.15 * n
    assert higher["absent"] > 1.5 * door["absent"]
    assert door["redirected"] > 0


def test_whom_staff_reaches_nobody_is_absent(records: Records) -> None:
    found = flows(records, "staff")
    assert "absent" not in found and "redirected" not in found and found["spared"] > 0


def test_classes_add_up_to_those_who_are_harmed_under_each(records: Records) -> None:
    harmed = records.breakdown.query("quantity == 'persons_harmed' and offence == 'all' and victim_class != 'all'")
    by_class = harmed.groupby(["policy", "seed", "victim_class"])["count"].sum()
    for arm in ARMS:
        persons = records.persons[records.persons["policy"] == arm]
        for of, without in ((BASELINE, ("new", "redirected")), (arm, ("spared", "absent", "put_off"))):
            theirs = persons[~persons["flow"].isin((*without, "outside", "members"))]
            assert theirs.groupby(["seed", "victim_class"])["count"].sum().to_dict() == by_class[of].to_dict()
