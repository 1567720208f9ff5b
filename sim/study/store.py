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
import platform
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sim.model.records import TEXT, Records, of_arrow, to_arrow
from sim.rules.errors import ScenarioError
from sim.rules.sentences import Sentence
from sim.scenario.scenario import BASELINE
from sim.study.identity import Columns, difference
from sim.study.task import Task

MEMORY_OF_A_PART = 64e6
"""About so many bytes of tables does `Kept.parts` hold at a time, however many units there are."""


@dataclass(frozen=True)
class Lane:
    """One policy with one seed, as it lies in a file.

    Attributes:
        arm: Name that the policy had when it was run.
        sha256: Hash of everything that was counted, by `lane_digests`.
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
        rows: Rows of each table, which follow each other in the file.
        made_with: Versions of Python and NumPy.
    """

    path: Path
    task: str
    seed: int
    lanes: Mapping[str, Lane]
    rows: Mapping[str, int]
    made_with: str

    def tables(self) -> dict[str, pa.Table]:
        """Return the tables in the file by name.

        Raises:
            ScenarioError: If the file was cut or changed since it was found.
        """
        try:
            whole = pq.read_table(io.BytesIO(_content(self.path)), use_threads=False)
        except OSError as error:
            found = Sentence("{path}: {error}. Run the same command again.", path=str(self.path), error=str(error))
            raise ScenarioError(found) from None
        except ValueError:
            found = Sentence("{path}: this file was cut or changed. Run the same command again.", path=str(self.path))
            raise ScenarioError(found) from None
        ends = accumulate(self.rows.values())
        return {
            name: of_arrow(name, whole.slice(end - n, n))
            for (name, n), end in zip(self.rows.items(), ends, strict=True)
        }

    def records(self) -> Records:
        """Return everything in the file as records."""
        return Records(**{name: table.to_pandas() for name, table in self.tables().items()})


class Store:
    """The units of a study.

    One process opens it at a time, looks at what there is and what is missing; its workers only call `save`.

    Args:
        folder: Where the files are.
        look_only: Whether to leave everything as it is: for a look at what another process may be writing.

    Attributes:
        damaged: Files that were cut or changed. They are put aside, and their units run again.
    """

    def __init__(self, folder: Path, look_only: bool = False) -> None:
        self.folder = folder
        self._look_only = look_only
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
                        raise ScenarioError(disagreement(other, shard.lanes[lane].arm, lane, shard.records()))
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
        for path in folder.glob(f".*{_PART}*") if not self._look_only else ():
            with suppress(OSError):
                path.unlink()
        for path in sorted(folder.glob("*.parquet")):
            if path not in self._seen:
                try:
                    found = _read(path)
                    if found.task != task:
                        raise ValueError("this file is of another task")
                except (ValueError, LookupError, TypeError, IsADirectoryError):
                    if not self._look_only:
                        path.replace(path.with_suffix(".damaged"))
                    self.damaged.append(path)
                else:
                    self.add([found])


@dataclass(frozen=True)
class Kept:
    """The runs of a task in a store, all of whose units are there: see `sim.model.records.Runs`."""

    store: Store
    task: Task

    def parts(self) -> Iterator[Records]:
        """Yield the records, as many policies and seeds at a time as `MEMORY_OF_A_PART` allows."""
        arms, seeds = sorted(self.task.arms), self.task.seeds
        first = self._read(seeds[0], arms).values()
        of_a_lane = sum(8 * table.num_rows * table.num_columns for table in first) / len(arms)
        lanes = max(1, int(MEMORY_OF_A_PART / of_a_lane))
        n_arms, n_seeds = max(1, lanes // len(seeds)), min(lanes, len(seeds))
        for i in range(0, len(arms), n_arms):
            for j in range(0, len(seeds), n_seeds):
                units = [self._read(seed, arms[i : i + n_arms]) for seed in seeds[j : j + n_seeds]]
                tables = {name: pa.concat_tables(unit[name] for unit in units).to_pandas() for name in units[0]}
                yield Records.joined([Records(**tables)])

    def digest(self, seed: int) -> str:
        """Return a hash of everything that was counted in a unit, by `unit_digest`."""
        lanes = self.task.lanes
        return unit_digest({arm: self._shard(seed, arm).lanes[lanes[arm]].sha256 for arm in self.task.arms})

    def _read(self, seed: int, arms: Iterable[str]) -> dict[str, pa.Table]:
        """Return what is kept of some lanes of a unit by table, under the names that their arms have now."""
        named: list[tuple[Shard, dict[str, str]]] = []
        for arm in arms:
            shard = self._shard(seed, arm)
            before = shard.lanes[self.task.lanes[arm]].arm
            names = next((names for other, names in named if other is shard and before not in names), None)
            if names is None:
                named.append((shard, names := {}))
            names[before] = arm
        found: dict[str, list[pa.Table]] = {}
        for shard, names in named:
            for name, table in shard.tables().items():
                found.setdefault(name, []).append(_renamed(table, names))
        return {name: pa.concat_tables(tables) for name, tables in found.items()}

    def _shard(self, seed: int, arm: str) -> Shard:
        shard = self.store.holding(self.task, seed, arm)
        if shard is None:
            folder, unit = str(self.store.folder), self.task.unit(seed)
            raise ScenarioError(Sentence("{folder}: {unit} is not there", folder=folder, unit=unit))
        return shard


def damaged(folder: Path) -> list[Path]:
    """Return the files below a folder that were cut or changed; nothing is put aside."""
    found = []
    for path in sorted(folder.rglob("seed-*.parquet")):
        try:
            _read(path)
        except (OSError, ValueError, LookupError, TypeError):
            found.append(path)
    return found


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
    tables, made_with = records.tables(), _made_with()
    arrow = {name: to_arrow(name, table) for name, table in tables.items()}
    sha256 = lane_digests(tables)
    shards = []
    for seed in task.seeds:
        lanes = {lane: Lane(arm, sha256[arm, seed]) for arm, lane in task.lanes.items()}
        base = task.lanes[BASELINE]
        if seed in known and known[seed].lanes[base].sha256 != lanes[base].sha256:
            again = Records(**{name: table[table["seed"] == seed] for name, table in tables.items()})
            raise ScenarioError(disagreement(known[seed], BASELINE, base, again))
        of_unit = {name: table.filter(pc.equal(table["seed"], seed)) for name, table in arrow.items()}
        rows = {name: table.num_rows for name, table in of_unit.items()}
        said = {
            "task": task.fingerprint,
            "seed": seed,
            "lanes": {lane: [kept.arm, kept.sha256] for lane, kept in lanes.items()},
            "rows": rows,
            "made_with": made_with,
        }
        path = _write(_folder(folder, task.fingerprint), seed, of_unit, said)
        shards.append(Shard(path, task.fingerprint, seed, lanes, rows, made_with))
    return shards


LANE_RULE = (
    "Of a lane: the hashes of its rows in daily, breakdown, durations, persons and, where kept, events, without the "
    "column policy, joined by blanks. Of a unit: a line for each arm in alphabetical order: its name, a blank, the "
    "hash of its lane."
)
"""How `lane_digests` and `unit_digest` hash what was counted; stands in every manifest."""


def lane_digests(tables: Mapping[str, pd.DataFrame]) -> dict[tuple[str, int], str]:
    """Return a SHA-256 over all that was counted in each lane, whatever its name: by `LANE_RULE`.

    Args:
        tables: Tables of records in canonical order, so that the rows of a lane follow each other.

    Returns:
        By policy and seed.
    """
    lanes = tables["daily"][["policy", "seed"]].drop_duplicates().itertuples(index=False)
    found: dict[tuple[str, int], list[str]] = {(str(policy), int(seed)): [] for policy, seed in lanes}
    for table in tables.values():
        rows = table.groupby(["policy", "seed"]).indices
        columns = Columns(table.drop(columns="policy"))
        for lane, hashes in found.items():
            at = np.asarray(rows.get(lane, ()), np.int64)
            first, end = (int(at[0]), int(at[-1]) + 1) if at.size else (0, 0)
            if end - first != at.size:
                raise ValueError(f"the rows of {lane} do not follow each other")
            hashes.append(columns.digest(first, end))
    return {lane: hashlib.sha256(" ".join(hashes).encode()).hexdigest() for lane, hashes in found.items()}


def unit_digest(lanes: Mapping[str, str]) -> str:
    """Return a SHA-256 over the digests of lanes by arm: by `LANE_RULE`."""
    return hashlib.sha256("".join(f"{arm} {lanes[arm]}\n" for arm in sorted(lanes)).encode()).hexdigest()


def disagreement(stored: Shard, arm: str, lane: str, again: Records) -> Sentence:
    """Say where the lane of an arm that was run again is not what is stored, maybe under another name."""
    before, after = (
        {name: rows[rows["policy"] == named].assign(policy=arm) for name, rows in records.tables().items()}
        for named, records in ((stored.lanes[lane].arm, stored.records()), (arm, again))
    )
    return Sentence(
        "{path}: {arm} with seed {seed}, run again, is not what is stored here. {difference}. Stored with {then}, now "
        "{now}. It was not kept. Name another folder.",
        path=str(stored.path),
        arm=arm,
        seed=str(stored.seed),
        difference=next(d for name in before if (d := difference(before[name], after[name], name))),
        then=stored.made_with,
        now=_made_with(),
    )


# -- files -------------------------------------------------------------------------------------------------------------

_NAME = re.compile(r"seed-\d+\.([0-9a-f]{32})\.parquet")
_KEY = b"sim"
_PART = ".part-"


def _folder(store: Path, task: str) -> Path:
    return store / task[:16]


def _write(folder: Path, seed: int, tables: Mapping[str, pa.Table], said: Mapping[str, Any]) -> Path:
    """Write a file beside its place and rename it; the same tables give the same bytes.

    A Parquet file has one set of columns, so the tables stand one after the other, and the column ``table`` says which
    it is; columns that a table has not are empty there and take no room.
    """
    named = [table.append_column("table", pa.array([name] * table.num_rows, TEXT)) for name, table in tables.items()]
    rows = pa.concat_tables(named, promote_options="default").replace_schema_metadata({_KEY: json.dumps(said)})
    texts = [field.name for field in rows.schema if not pa.types.is_integer(field.type)]
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
    return Shard(path, said["task"], said["seed"], lanes, said["rows"], said["made_with"])


def _renamed(table: pa.Table, names: Mapping[str, str]) -> pa.Table:
    """Return the rows of some policies under other names."""
    there = {*pc.unique(table["policy"]).to_pylist()}
    if not there <= names.keys():
        table = table.filter(pc.is_in(table["policy"], pa.array([*names], table["policy"].type)))
    if all(before == now for before, now in names.items()):
        return table
    policy = pa.array([names[before] for before in table["policy"].to_pylist()], table["policy"].type)
    return table.set_column(table.schema.get_field_index("policy"), "policy", policy)


def _made_with() -> str:
    return f"Python {platform.python_version()}, NumPy {np.__version__}"
