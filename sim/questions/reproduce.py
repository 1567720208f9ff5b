"""Reproduce: run a result again from its manifest alone, and say what is not the same, and where."""

from __future__ import annotations

import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.model.engines import engine_of, module_of
from sim.model.records import Records
from sim.questions import question_of
from sim.rules.errors import ExperimentError, ScenarioError
from sim.rules.language import speaking
from sim.rules.sentences import Listed, Sentence, Term, Words, spoken
from sim.scenario.arguments import language_of, path_of, whole_number
from sim.study.command import Command, add_workers, literal, workers_given
from sim.study.folder import DICTIONARY, MANIFEST, MERGED, TABLE, UNITS, check_folder, described, read_json
from sim.study.identity import ColumnHashes, checkout, code_fingerprint, difference, model_files, sha256_of, versions
from sim.study.merged import Merged, MergedTables
from sim.study.plan import plan_sha256
from sim.study.price import seconds_of
from sim.study.progress import Progress
from sim.study.store import Kept, Store, damaged, lane_digests, unit_digest
from sim.study.task import Task, n_units
from sim.study.workers import check, simulate_all

SAME_TO = 1e-6
"""Share by which a number of a derived table may differ where versions differ; counts never may."""


@dataclass(frozen=True)
class Reproduction:
    """What came out of running a result again.

    Attributes:
        notes: How the result was made, and what is not as it was then.
        checked: What was done.
        differences: What is not the same; empty if everything is.
        missing: Files of the result that are not there, so that nothing could be held against them.
    """

    notes: tuple[Words, ...]
    checked: tuple[Words, ...]
    differences: tuple[Words, ...]
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether the whole result is there and all that was compared is the same."""
        return not self.differences and not self.missing

    def text(self) -> str:
        """Return it all as text for a terminal."""
        if self.differences:
            verdict = Sentence("NOT REPRODUCED:")
        elif self.missing:
            verdict = Sentence("INCOMPLETE: all that was compared is the same, but the result is not all there:")
        else:
            verdict = Sentence("REPRODUCED: all that was compared is the same.")
        found = (*self.differences, *(Sentence("{file} is not there", file=name) for name in self.missing))
        lines = (*self.notes, *self.checked, verdict, *(Listed(("-", line), " ") for line in found))
        return spoken(Listed(lines, "\n"))


def reproduce(folder: str | Path, sample: int | None = None, workers: int = 1, progress: bool = False) -> Reproduction:
    """Run units of a result again and make its tables again; nothing in the folder is changed.

    Its tables are made in the language in which the result was.

    Args:
        folder: The result. Its manifest is enough to run it; what else is there is held against it, and what is not
            there is told. Its units may have been deleted.
        sample: Run so many units again, drawn by lot, and those whose stored counts are not those of the manifest; all
            units if not given.
        workers: Processes, or a `sim.study.cluster.Cluster`.
        progress: Show how far it is: a bar on a terminal, elsewhere a line now and then.

    Raises:
        ScenarioError: If the folder is no finished result of this version, or the sample is not allowed.
        ExperimentError: If units failed.
    """
    folder = path_of(folder, "folder")
    manifest = _manifest(folder)
    made_in = language_of(manifest.get("language", "en"))
    lost: dict[str, str] = manifest.get("lost", {})
    question = question_of(manifest)
    if lost:
        question = question.without(lost)
    check(workers, question.engine)
    tasks = question.tasks()
    kept = MergedTables(folder)
    held, columns = _held(kept, tasks)
    wrong = [name for name, sha in held.items() if sha != manifest["units"].get(name)]
    again = _chosen(tasks, wrong, sample)
    files, missing, differences = _files(folder, manifest)
    differences += _plan(manifest)
    differences += _columns(columns, manifest)
    differences += _unreadable(kept, missing)
    with tempfile.TemporaryDirectory() as made:
        store = Store(Path(made) / "units")
        with Progress(progress, [seconds_of(again, workers, question.engine)]) as shown:
            runs = list(simulate_all(again, workers, question.engine, shown, store))
        differences += _units(again, store, kept, manifest)
        whole = sample is None
        if not whole and (wrong or not kept.complete(tasks)):
            checked = Sentence(
                "tables: not made again, as the counts are not all there or not right; without --sample they are"
            )
        else:
            from_runs = runs if whole else [Merged(kept, task) for task in tasks]
            again_too = Sentence(" of the units run again") if whole else None
            checked = Sentence("tables: made again from the counts{again}", again=again_too)
            exactly = _same_versions(manifest)
            with speaking(made_in):
                result = question.answer(from_runs).losing(lost)
                differences += _derived(folder, result, Path(made) / "result", exactly)
            missing |= {path.name for path in (Path(made) / "result").iterdir() if not (folder / path.name).is_file()}
    units = tuple(task.unit(seed) for task in again for seed in task.seeds)
    named = None if whole else Sentence(": {units}", units=Listed(units))
    run_again = Sentence("units: {n} of {total} run again{named}", n=len(units), total=n_units(tasks), named=named)
    return Reproduction(
        tuple(_notes(manifest)),
        (files, run_again, checked),
        tuple(differences),
        tuple(sorted(missing)),
    )


def run_alone(folder: str | Path, unit: str) -> str:
    """Run one unit of a study in this process, so that an error shows where it comes from; nothing is kept.

    Args:
        folder: A result folder, finished or not.
        unit: Name of the unit, such as ``seed-7``.

    Returns:
        What to say of it.

    Raises:
        ScenarioError: If there is no such unit.
    """
    folder = path_of(folder, "folder")
    plans = [described(folder), read_json(folder / MANIFEST) if (folder / MANIFEST).exists() else None]
    asked = [question_of(plan) for plan in plans if plan is not None]
    if not asked:
        raise _no_result(folder)
    for question, task in ((of, task) for of in asked for task in of.tasks()):
        for seed in task.seeds:
            if task.unit(seed) == unit:
                run = engine_of(question.engine)
                records = Records.joined([run(task.scenario, [seed], task.arms, events=task.events or False)])
                lanes = lane_digests(records.tables())
                counted = unit_digest({arm: lanes[arm, seed] for arm in task.arms})
                stored = read_json(folder / MANIFEST)["units"].get(unit) if (folder / MANIFEST).exists() else None
                as_stored = None
                if stored:
                    same = Sentence(", and all that was counted is as stored")
                    as_stored = same if counted == stored else Sentence(", and all that was counted is not as stored")
                return spoken(
                    Sentence("{unit} ran to its end{as_stored} ({sha}).", unit=unit, as_stored=as_stored, sha=counted)
                )
    raise ScenarioError(
        Sentence(
            "{folder} has no unit {unit}; it has {units} and so on",
            folder=str(folder), unit=repr(unit),
            units=Listed(tuple(task.unit(task.seeds[0]) for task in asked[0].tasks()[:5])),
        )
    )  # fmt: skip


def _manifest(folder: Path) -> Any:
    check_folder(folder)
    if not (folder / MANIFEST).exists():
        plan = described(folder)
        if plan is None:
            raise _no_result(folder)
        begun = plan["command"] or Sentence("the call that began it")
        raise ScenarioError(
            Sentence("{folder} is not finished. Go on with: {command}", folder=str(folder), command=begun)
        )
    return read_json(folder / MANIFEST)


def _no_result(folder: Path) -> ScenarioError:
    return ScenarioError(Sentence("{folder} is no result: it has no {file}", folder=str(folder), file=MANIFEST))


def _chosen(tasks: Sequence[Task], wrong: Sequence[str], sample: int | None) -> list[Task]:
    """Return the units to run again: all, or some by lot and those with another hash."""
    names = [task.unit(seed) for task in tasks for seed in task.seeds]
    if sample is None:
        return list(tasks)
    n = whole_number(sample, "sample", 1, len(names))
    drawn = {*np.random.default_rng().choice(names, n, replace=False).tolist(), *wrong}
    some = [replace(task, seeds=tuple(seed for seed in task.seeds if task.unit(seed) in drawn)) for task in tasks]
    return [task for task in some if task.seeds]


# -- what is stored ----------------------------------------------------------------------------------------------------


def _held(kept: MergedTables, tasks: Sequence[Task]) -> tuple[dict[str, str], dict[str, ColumnHashes]]:
    """Return a hash of every unit as the merged tables have it, if they have all of it, and those of their columns."""
    units: dict[str, str] = {}
    columns = {name: ColumnHashes() for name in kept.names}
    complete = kept.complete(tasks)
    for task in tasks:
        lanes: dict[int, dict[str, str]] = {seed: {} for seed in task.seeds}
        for arm in sorted(task.arms):
            tables = kept.rows(task, [arm])
            for name, rows in tables.items():
                variant = [pd.Series([task.label] * len(rows), name="variant", dtype="str")] if task.label else []
                columns[name].add(pd.concat([*variant, rows], axis=1))
            if complete:
                for (_, seed), sha in lane_digests(Records.joined([Records(**tables)]).tables()).items():
                    lanes.setdefault(seed, {})[arm] = sha
        if complete:
            units |= {task.unit(seed): unit_digest(lanes[seed]) for seed in task.seeds}
    return units, columns


# -- what is not the same ----------------------------------------------------------------------------------------------


def _notes(manifest: Mapping[str, Any]) -> Iterator[Sentence]:
    """Yield how the result was made and what is otherwise now."""
    yield Sentence("made by: {command}", command=manifest["command"] or Sentence("a call from Python"))
    made, now = manifest["git"], checkout()
    if made is None:
        yield Sentence("checkout: none then")
    else:
        dirty = Sentence("; files had been changed and not committed, so the commit alone does not say what was run")
        elsewhere = now is not None and now["commit"] != made["commit"]
        yield Sentence(
            "checkout: {commit}{here}{dirty}",
            commit=made["commit"][:12],
            here=Sentence(" (here: {commit})", commit=now["commit"][:12]) if now and elsewhere else None,
            dirty=dirty if made["dirty"] else None,
        )
    yield Sentence("plan: {sha}", sha=plan_sha256(manifest))
    if lost := manifest.get("lost"):
        units = tuple(f"{unit} ({error})" for unit, error in lost.items())
        yield Sentence("made without: {units}", units=Listed(units))
    if files := manifest["model_files"].items() ^ model_files(module_of(manifest["engine"])).items():
        others = tuple(sorted({f"sim/{name}" for name, _ in files}))
        yield Sentence("model: not the same; other files: {files}", files=Listed(others))
    elif manifest["code_fingerprint"] != code_fingerprint():
        yield Sentence("model: the same; other files of the simulator are not (tables, figures or levers)")
    else:
        yield Sentence("code: the same")
    then, today = ({"python": v["python"], **v["packages"]} for v in (manifest, versions()))
    changed = tuple(
        Sentence("{package} {then} then, {now} now", package=name, then=then[name], now=str(today.get(name)))
        for name in then
        if then[name] != today.get(name)
    )
    same = Sentence("the same")
    yield Sentence("versions: {changed}", changed=Listed(changed, Term("; ")) if changed else same)
    if len(several := manifest["units_made_with"]) > 1:
        versions_then = Listed(tuple(several), Term("; "))
        yield Sentence("units were made with several versions: {versions}", versions=versions_then)


def _plan(manifest: Mapping[str, Any]) -> Iterator[Sentence]:
    """Yield that what the manifest describes is not what its hash says was to be run, if so."""
    said, found = manifest.get("plan_sha256"), plan_sha256(manifest)
    if said not in (None, found):
        yield Sentence(
            "the manifest describes another plan than was run: its hash is {found}, and was {said}",
            found=found, said=said,
        )  # fmt: skip


def _same_versions(manifest: Mapping[str, Any]) -> bool:
    return {key: manifest[key] for key in ("python", "packages")} == versions()


def _files(folder: Path, manifest: Mapping[str, Any]) -> tuple[Sentence, set[str], list[Words]]:
    """Say which files are there, and return those that are not, and which are not as they were written."""
    listed = {*manifest["files"], *(f"{name}.parquet" for name in MERGED), TABLE, DICTIONARY}
    absent = {name for name in listed if not (folder / name).is_file()}
    there = {name: sha for name, sha in manifest["files"].items() if name not in absent}
    changed = [name for name, sha in there.items() if sha256_of(folder / name) != sha]
    without = Sentence("; NOT THERE, so not compared: {files}", files=Listed(tuple(sorted(absent))))
    words = Sentence(
        "files: {n} of {listed} as they were written{without}",
        n=len(there) - len(changed), listed=len(listed), without=without if absent else None,
    )  # fmt: skip
    unlisted = sorted(listed - absent - there.keys())
    cut = [str(path.relative_to(folder)) for path in damaged(folder / UNITS)]
    return (
        words,
        absent,
        [
            *(Sentence("{file} is not the file that was written", file=name) for name in changed),
            *(Sentence("{file} is not listed in the manifest", file=name) for name in unlisted),
            *(
                Sentence("{file} was cut or changed; the command that made the result runs it again", file=name)
                for name in cut
            ),
        ],
    )


def _unreadable(kept: MergedTables, missing: Collection[str]) -> Iterator[Words]:
    """Yield the merged tables that are there and cannot be read, or lack columns."""
    for name in MERGED:
        if name not in kept.names and f"{name}.parquet" not in missing:
            yield kept.flaw(name)


def _columns(found: Mapping[str, ColumnHashes], manifest: Mapping[str, Any]) -> Iterator[Words]:
    """Yield the columns of merged tables that have not the hashes of the manifest."""
    for name, hashes in found.items():
        was, now = (content.get("sha256", {}) for content in (manifest["tables"].get(name, {}), hashes.found()))
        unlike = tuple(column for column in now if now[column] != was.get(column))
        if unlike:
            yield Sentence(
                "{file}: the hashes of its columns {columns} are not those of the manifest",
                file=f"{name}.parquet", columns=Listed(unlike),
            )  # fmt: skip


def _units(again: Sequence[Task], store: Store, kept: MergedTables, manifest: Mapping[str, Any]) -> Iterator[Words]:
    """Yield where units that were run again are not as stored: in the manifest, and in the merged tables."""
    for task in again:
        for seed in task.seeds:
            name, found = task.unit(seed), Kept(store, replace(task, seeds=(seed,)))
            words = list(_rows(found, seed, kept))
            if words:
                yield Sentence("{unit}: {difference}", unit=name, difference=words[0])
            elif found.digest(seed) != manifest["units"].get(name):
                yield Sentence("{unit}: what was counted has another hash than in the manifest", unit=name)


def _rows(found: Kept, seed: int, kept: MergedTables) -> Iterator[Words]:
    """Yield where the stored rows of a unit are not those of the run."""
    for part in found.parts():
        for arm in sorted({*part.daily["policy"]}):
            stored = kept.rows(found.task, [arm], seed)
            for name, rows in stored.items():
                table = part.tables()[name]
                of_arm = Sentence("{file}, of {arm}", file=f"{name}.parquet", arm=arm)
                if words := difference(rows, table[table["policy"] == arm], of_arm):
                    yield words


def _derived(folder: Path, result: Any, made: Path, exactly: bool) -> Iterator[Words]:
    """Make the derived tables again and yield where the stored ones are not the same."""
    made.mkdir(parents=True)
    result.fill(made)
    for path in sorted(made.glob("*.csv")):
        stored = folder / path.name
        if stored.exists() and (words := _of_csv(stored, path, exactly)):
            yield words
    stored, text = folder / TABLE, result.table().splitlines()
    if stored.exists():
        lines = stored.read_text(encoding="utf-8", errors="replace").splitlines()
        for number in range(max(len(lines), len(text))):
            one, other = (
                repr(all_of[number]) if number < len(all_of) else Term("'nothing'") for all_of in (lines, text)
            )
            if one != other:
                yield Sentence(
                    "{file}, line {line}: {stored}; made again: {other}",
                    file=TABLE, line=str(number + 1), stored=one, other=other,
                )  # fmt: skip
                return


def _of_csv(stored: Path, again: Path, exactly: bool) -> Words:
    """Say where two tables in CSV differ first, to the last digit or to `SAME_TO`."""
    try:
        one, other = (pd.read_csv(path, dtype=str, keep_default_na=False) for path in (stored, again))
    except ValueError as error:
        return Sentence("{file} cannot be read as a table: {error}", file=stored.name, error=str(error))
    if not exactly and one.shape == other.shape and list(one) == list(other):
        for column in other:
            before, now = (pd.to_numeric(table[column], errors="coerce").to_numpy() for table in (one, other))
            close = np.isclose(before, now, rtol=SAME_TO, atol=0)
            other[column] = other[column].where(~close, one[column])
    return difference(one, other, stored.name)


# -- the command -------------------------------------------------------------------------------------------------------


def _take(command: ArgumentParser) -> None:
    command.add_argument("folder", metavar="DIR", help="a result folder")
    some = command.add_mutually_exclusive_group()
    some.add_argument("--sample", type=literal, metavar="N", help="units to run again, drawn by lot (all)")
    some.add_argument("--unit", metavar="NAME", help="run this unit alone, finished or not, to see where it fails")
    add_workers(command)


def _ask(given: Namespace) -> str:
    if given.unit is not None:
        return run_alone(given.folder, given.unit)
    found = reproduce(given.folder, given.sample, workers_given(given), progress=True)
    if not found.complete:
        raise ExperimentError(found.text())
    return found.text()


COMMAND = Command(
    "Run a result again from its manifest, and say what is not the same.", "results/classroom --sample 2",
    _take, _ask, after="validate",
)  # fmt: skip
