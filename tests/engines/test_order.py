"""The order in which agents act, rows stand and hashes fall changes no byte."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sim.model import agents
from sim.model.arrays import model
from sim.model.arrays.state import DEAD, Contacts
from sim.model.records import Records
from sim.scenario.scenario import Scenario
from sim.study.identity import digest
from tests.engines.chats import BUSY, LEVERS, TABLES, arms, assert_same

SHORT = BUSY.replace(days=6, warmup_days=5, policies={name: LEVERS[name] for name in ("phone", "shift")})
HASH_SEED = "4711"


@cache
def plain() -> Records:
    return agents.Chat(SHORT, 1, "phone").run()


@pytest.mark.parametrize("shuffle", [1, 2])
def test_shuffled_agents(shuffle: int) -> None:
    chat = agents.Chat(SHORT, 1, "phone", shuffle=shuffle)
    assert_same(chat.run(), plain())
    # The order did differ: the generator that shuffles is another one.
    assert agents.Chat(SHORT, shuffle=shuffle).random.random() != agents.Chat(SHORT).random.random()


def test_permuted_contacts() -> None:
    permuted = model.ChatModel(SHORT, [1], arms(SHORT), events=True)
    luck = np.random.default_rng(5)
    while permuted.hour < SHORT.hours:
        permuted.step()
        permuted.state.contacts = in_another_order(permuted.state.contacts, luck)
    assert_same(permuted.record.records(), model.simulate(SHORT, [1], arms(SHORT), events=True))


def in_another_order(contacts: Contacts, luck: np.random.Generator) -> Contacts:
    """Return a table with the rows of the contacts that have not ended, in any order."""
    rows = luck.permutation((contacts.status[: contacts.n] != DEAD).nonzero()[0])
    found = Contacts()
    found.append(**{name: getattr(contacts, name)[rows] for name in contacts.COLUMNS})
    return found


def digests() -> list[str]:
    array = model.simulate(SHORT, [1], arms(SHORT), events=True)
    one = agents.Chat(SHORT, 1, "shift").run()
    return [digest(getattr(records, table)) for records in (array, one) for table in TABLES]


def test_another_hash_seed() -> None:
    code = "from tests.engines import test_order as t; print(hash('site'), *t.digests())"
    root = Path(__file__).parents[2]
    fresh = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root, env=os.environ | {"PYTHONHASHSEED": HASH_SEED}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    site, *found = fresh.stdout.split()
    assert int(site) != hash("site")
    assert found == digests()


def test_agents_refuse_a_population_too_large_for_them() -> None:
    with pytest.raises(ValueError, match="20,000 members at most"):
        agents.Chat(Scenario(days=1, warmup_days=0, scale=0.05))
    members = agents.Chat(Scenario(days=1, warmup_days=0, scale=0.02)).world.membership
    assert 10_000 < (members.high - members.low).sum(axis=2).max() <= agents.MAX_PERSONS
