"""The store of an experiment: a checked file for every unit of work, so that nothing finished is lost or mixed.

A unit is one seed of one task, all policies as lanes. Its file is written beside its place and renamed, so it is whole
or not there, and its name carries a hash of its content, so that a file that was cut or changed is known and its unit
run again. What is in the file depends on the unit alone: not on when it ran, with which other seeds, in which process.

Lanes are found by what they depend on (the scenario, the seed, their rules day by day), not by their names.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sim.errors import ScenarioError
from sim.provenance import difference, digest, versions
from sim.records import TABLES, Records
from sim.scenario import BASELINE, Scenario

MEMORY_OF_A_PART = 64e6
"""About so many bytes of tables does `Kept.parts` hold at a time, however many units there are."""


@dataclass(frozen=True)
class Task:
    """Step loops to run: a scenario, which of its arms, with which seeds.

    Attributes:
        scenario: What to simulate.
        arms: Arms of it, the baseline first.
        seeds: Seeds, rising.
        events: Kinds of events to keep; none if empty.
        label: What sets it apart from other tasks of the same study; empty if it is the only one.
    """

    scenario: Scenario = field(repr=False)
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    events: tuple[str, ...] = ()
    label: str = ""

    def unit(self, seed: int) -> str:
        """Return the name of one of its units, for people."""
        return f"{self.label}/seed-{seed}" if self.label else f"seed-{seed}"

    @cached_property
    def fingerprint(self) -> str:
        """A hash of what its units depend on, seed and rules set aside."""
        return hashlib.sha256(f"{self.scenario.fingerprint()} {' '.join(self.events)}".encode()).hexdigest()

    @cached_property
    def lanes(self) -> dict[str, str]:
        """A hash of what sets the lane of each arm apart, by arm."""
        return {arm: self.scenario.fingerprint(arm) for arm in self.arms}


@dataclass(frozen=True)
class Lane:
    """One policy with one seed, as it lies in a file.

    Attributes:
        arm: Name that the policy had when it was run.
        sha256: Hash of everything that was counted, by `lane_digest`.
    """

    arm: str
    sha256: str


@dataclass(frozen=True)
class Shard:
    """A file of the store: a unit, or those of its lanes that were run together.

    Attributes:
        path: Where it is.
        task: Fingerprint of the task.
        seed: The seed.
        lanes: By the fingerprint of their rules.
        made_with: Versions of Python and NumPy.
    """

    path: Path
    task: str
    seed: int
    lanes: Mapping[str, Lane]
    made_with: str

    def table(self) -> pa.Table:
        """Return everything in the file; the column ``table`` says to which table a row belongs.

        Raises:
            ScenarioError: If the file was cut or changed since it was found.
        """
        try:
            return pq.read_table(io.BytesIO(_content(self.path)), use_threads=False)
        except (OSError, ValueError) as error:
            raise ScenarioError(f"{self.path}: {error}. Run the same command again.") from None

    def records(self) -> Records:
        """Return everything in the file as tables."""
        return _records(self.table())


class Store:
    """The units of a study.

    One process opens it at a time, looks at what there is and what is missing; its workers only call `save`.

    Args:
        folder: Where the files are.

    Attributes:
        damaged: Files that were cut or changed. They are put aside, and their units run again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged: list[Path] = []
        self._shards: dict[str, dict[int, list[Shard]]] = {}
        self._seen: set[Path] = set()

    def missing(self, tasks: Iterable[Task]) -> list[Task]:
        """Return what is not there yet, the seeds together that lack the same arms. The baseline always runs along.

        Raises:
            ScenarioError: If two files do not agree about a lane.
        """
        left = []
        for task in tasks:
            lanes, units = task.lanes, self._units(task)
            lacking: dict[tuple[str, ...], list[int]] = {}
            for seed in task.seeds:
                there = {lane for shard in units.get(seed, []) for lane in shard.lanes}
                if arms := [arm for arm in task.arms if lanes[arm] not in there]:
                    lacking.setdefault(tuple(dict.fromkeys((BASELINE, *arms))), []).append(seed)
            left += [
                Task(task.scenario, arms, tuple(seeds), task.events, task.label) for arms, seeds in lacking.items()
            ]
        return left

    def add(self, shards: Iterable[Shard]) -> None:
        """Take note of files that were written since.

        Raises:
            ScenarioError: If one does not agree with another about a lane.
        """
        for shard in shards:
            if shard.path in self._seen:
                continue
            unit = self._shards.setdefault(shard.task, {}).setdefault(shard.seed, [])
            for other in unit:
                for lane in other.lanes.keys() & shard.lanes.keys():
                    if other.lanes[lane].sha256 != shard.lanes[lane].sha256:
                        raise ScenarioError(disagreement(other, lane, shard.records()))
            self._seen.add(shard.path)
            unit.append(shard)
            unit.sort(key=lambda s: s.path.name)

    def look_again(self) -> None:
        """Find what workers wrote that were killed before they could say so."""
        for task in list(self._shards):
            self._look(task)

    def holding(self, task: Task, seed: int, arm: str) -> Shard | None:
        """Return a file that holds the lane of an arm, if there is one."""
        lane = task.lanes[arm]
        return next((shard for shard in self._units(task).get(seed, []) if lane in shard.lanes), None)

    def made_with(self, tasks: Iterable[Task]) -> list[str]:
        """Return the versions that made the units of tasks, each once."""
        return sorted({s.made_with for t in tasks for seed in t.seeds for s in self._units(t).get(seed, [])})

    def _units(self, task: Task) -> dict[int, list[Shard]]:
        fingerprint = task.fingerprint
        if fingerprint not in self._shards:
            self._shards[fingerprint] = {}
            self._look(fingerprint)
        return self._shards[fingerprint]

    def _look(self, task: str) -> None:
        """Take note of every whole file there is; put others aside and clear away what was never finished."""
        folder = _folder(self.folder, task)
        for path in folder.glob(f".*{_PART}*"):
            with suppress(OSError):
                path.unlink()
        for path in sorted(folder.glob("*.parquet")):
            if path not in self._seen:
                try:
                    found = _read(path)
                except ValueError:
                    path.replace(path.with_suffix(".damaged"))
                    self.damaged.append(path)
                else:
                    self.add([found])


@dataclass(frozen=True)
class Kept:
    """The runs of a task in a store, all of whose units are there: see `sim.records.Runs`."""

    store: Store
    task: Task

    def parts(self) -> Iterator[Records]:
        """Yield the records, as many policies and seeds at a time as `MEMORY_OF_A_PART` allows."""
        arms, seeds = sorted(self.task.arms), self.task.seeds
        of_a_lane = max(8 * lane.num_rows * lane.num_columns for lane in self._read(seeds[0], arms).values())
        lanes = max(1, int(MEMORY_OF_A_PART / of_a_lane))
        n_arms, n_seeds = max(1, lanes // len(seeds)), min(lanes, len(seeds))
        for i in range(0, len(arms), n_arms):
            for j in range(0, len(seeds), n_seeds):
                units = [self._read(seed, arms[i : i + n_arms]) for seed in seeds[j : j + n_seeds]]
                yield _records(pa.concat_tables(lane for unit in units for lane in unit.values()))

    def digest(self, seed: int) -> str:
        """Return a hash of everything that was counted in a unit, by `unit_digest`."""
        lanes = self.task.lanes
        return unit_digest({arm: self._shard(seed, arm).lanes[lanes[arm]].sha256 for arm in self.task.arms})

    def _read(self, seed: int, arms: Iterable[str]) -> dict[str, pa.Table]:
        """Return what is kept of lanes of a unit, by the names that their arms have now."""
        lanes, read, found = self.task.lanes, {}, {}
        for arm in arms:
            shard = self._shard(seed, arm)
            if shard.path not in read:
                read[shard.path] = shard.table()
            rows = read[shard.path].filter(pc.equal(read[shard.path]["policy"], shard.lanes[lanes[arm]].arm))
            named = pa.array([arm] * rows.num_rows, rows.schema.field("policy").type)
            found[arm] = rows.set_column(rows.schema.get_field_index("policy"), "policy", named)
        return found

    def _shard(self, seed: int, arm: str) -> Shard:
        shard = self.store.holding(self.task, seed, arm)
        if shard is None:
            raise ScenarioError(f"{self.store.folder}: {self.task.unit(seed)} is not there")
        return shard


def save(folder: Path, task: Task, records: Records, known: Mapping[int, Shard]) -> list[Shard]:
    """Write the units of a step loop, a file for each seed.

    Args:
        folder: Of the store.
        task: What was run.
        records: What came out.
        known: For some seeds a file in which the baseline stands already; this one must be the same.

    Returns:
        The files.

    Raises:
        ScenarioError: If a baseline is another than before; then nothing of its unit is written.
        OSError: If a file cannot be written; then it is not there.
    """
    lanes, fingerprint = task.lanes, task.fingerprint
    whole = _together(records)
    made_with = _made_with()
    shards = []
    for seed in task.seeds:
        of_unit = {name: table[table["seed"] == seed] for name, table in records.tables().items()}
        found = {lanes[arm]: Lane(arm, lane_digest(of_unit, arm)) for arm in task.arms}
        base = lanes[BASELINE]
        if seed in known and known[seed].lanes[base].sha256 != found[base].sha256:
            raise ScenarioError(disagreement(known[seed], base, Records(**of_unit)))
        said = {
            "task": fingerprint,
            "seed": seed,
            "lanes": {lane: [kept.arm, kept.sha256] for lane, kept in found.items()},
            "made_with": made_with,
        }
        rows = whole.filter(pc.equal(whole["seed"], seed))
        path = _write(_folder(folder, fingerprint), seed, rows.replace_schema_metadata({_KEY: json.dumps(said)}))
        shards.append(Shard(path, fingerprint, seed, found, made_with))
    return shards


LANE_RULE = (
    "Of a lane: the hashes of its rows in daily, breakdown, waits and, where kept, events, without the column policy, "
    "joined by blanks. Of a unit: a line for each arm in alphabetical order: its name, a blank, the hash of its lane."
)
"""How `lane_digest` and `unit_digest` hash what was counted; stands in every manifest."""


def lane_digest(tables: Mapping[str, pd.DataFrame], arm: str) -> str:
    """Return a SHA-256 over everything that was counted in a lane, whatever its name: by `LANE_RULE`."""
    lane = (digest(table[table["policy"] == arm].drop(columns="policy")) for table in tables.values())
    return hashlib.sha256(" ".join(lane).encode()).hexdigest()


def unit_digest(lanes: Mapping[str, str]) -> str:
    """Return a SHA-256 over the digests of lanes by arm: by `LANE_RULE`."""
    return hashlib.sha256("".join(f"{arm} {lanes[arm]}\n" for arm in sorted(lanes)).encode()).hexdigest()


def disagreement(stored: Shard, lane: str, again: Records) -> str:
    """Say where a lane that was run again is not what is stored."""
    arm = stored.lanes[lane].arm
    before, after = (
        {name: table[table["policy"] == arm] for name, table in records.tables().items()}
        for records in (stored.records(), again)
    )
    words = next(d for name in before if (d := difference(before[name], after[name], name)))
    return (
        f"{stored.path}: {arm} with seed {stored.seed}, run again, is not what is stored here. {words}. "
        f"Stored with {stored.made_with}, now {_made_with()}. Nothing was added. Name another folder."
    )


# -- files -------------------------------------------------------------------------------------------------------------

_NAME = re.compile(r"seed-\d+\.([0-9a-f]{32})\.parquet")
_KEY = b"sim"
_PART = ".part-"
_TEXTS = ["table", "policy", "site", "offence", "victim_class", "quantity", "event", "actor_kind", "target_kind"]


def _folder(store: Path, task: str) -> Path:
    return store / task[:16]


def _write(folder: Path, seed: int, rows: pa.Table) -> Path:
    """Write a file beside its place and rename it; the same rows give the same bytes."""
    texts = [name for name in _TEXTS if name in rows.column_names]
    content = io.BytesIO()
    pq.write_table(rows, content, compression="zstd", use_dictionary=texts, write_statistics=False)
    data = content.getbuffer()
    path = folder / f"seed-{seed}.{hashlib.sha256(data).hexdigest()[:32]}.parquet"
    beside = folder / f".{path.stem}{_PART}{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        beside.write_bytes(data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def _content(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        ValueError: If they are not those that were written.
    """
    content = path.read_bytes()
    named = _NAME.fullmatch(path.name)
    if named is None or hashlib.sha256(content).hexdigest()[:32] != named[1]:
        raise ValueError("this file was cut or changed")
    return content


def _read(path: Path) -> Shard:
    said = json.loads(pq.read_schema(io.BytesIO(_content(path))).metadata[_KEY])
    lanes = {lane: Lane(*kept) for lane, kept in said["lanes"].items()}
    return Shard(path, said["task"], said["seed"], lanes, said["made_with"])


def _together(records: Records) -> pa.Table:
    """Put the tables of records into one, which says of each row from which it is."""
    found = []
    for name, table in records.tables().items():
        rows = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
        found.append(rows.append_column("table", pa.array([name] * rows.num_rows, pa.large_string())))
    return pa.concat_tables(found, promote_options="default").combine_chunks()


def _records(rows: pa.Table) -> Records:
    """Take the tables of records apart again."""
    found = {
        name: rows.filter(pc.equal(rows["table"], name)).select(columns).to_pandas()
        for name, (columns, _) in TABLES.items()
        if {*columns} <= {*rows.column_names}
    }
    return Records.joined([Records(**found)])


def _made_with() -> str:
    used = versions()
    return f"Python {used['python']}, NumPy {used['packages']['numpy']}"
