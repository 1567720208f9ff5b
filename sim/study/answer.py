"""Answering a question: simulate what is missing, and write the result into its folder."""

from __future__ import annotations

import datetime as dt
import os
import shlex
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sim.model.records import TEXT, to_arrow, write_csv
from sim.outcomes.dictionary import dictionary
from sim.rules.errors import ExperimentError, ScenarioError, UnitsFailedError, failures
from sim.rules.language import language
from sim.rules.sentences import Listed, Sentence, Words, spoken
from sim.scenario.arguments import path_of
from sim.study.folder import (
    CRATE,
    DICTIONARY,
    MANIFEST,
    MERGED,
    PAGE,
    TABLE,
    looked_into,
    opened,
    read_json,
    write_json,
    writing,
)
from sim.study.identity import (
    DIGEST_RULE,
    MODEL_RULE,
    ColumnHashes,
    checkout,
    code_fingerprint,
    model_sha256,
    sha256_of,
    versions,
)
from sim.study.plan import PLAN_RULE, plan_of, plan_sha256
from sim.study.price import cost, seconds_of
from sim.study.progress import Progress
from sim.study.question import Answer, Question
from sim.study.store import LANE_RULE, Kept, Store
from sim.study.task import Task, n_units
from sim.study.workers import check, simulate_all

MOST_ROWS_OF_A_GROUP = 10_000
"""Rows up to which all arms of a task are one group of a merged table: of many small tasks each group costs time."""


def answer(
    question: Question,
    workers: int = 1,
    progress: bool = False,
    out: str | Path | None = None,
    command: str = "",
    replace: bool = False,
    say: Callable[[str], object] = lambda words: None,
    warn: Callable[[str], object] = warnings.warn,
) -> Any:
    """Simulate and return the result; with a folder, keep every finished unit there and write the result into it.

    Where units fail, what is left is answered as far as it can be, and the result says what it is without.

    Args:
        question: What is asked.
        workers: Processes, or a `sim.study.cluster.Cluster`. The result does not depend on it.
        progress: Show how far it is: a bar on a terminal, a line now and then elsewhere.
        out: The folder. What it holds already of this study is not run again; a result of another study is refused.
        command: The command that makes it again; goes into the manifest.
        replace: Begin anew in a folder that holds a result.
        say: Called with text on what to know before it runs: what there is already, and what the rest will cost.
        warn: Called with text on what is missing in the end although the result is right: units that failed, a figure
            that cannot be drawn.

    Raises:
        ScenarioError: If the question, or the folder, does not allow it.
        UnansweredError: If so many units failed that what is left answers nothing; those that did not are kept.
        ExperimentError: If units failed and the question takes all of them, or processes were killed.
        KeyboardInterrupt: If interrupted, with words on how to go on.
    """
    check(workers, question.engine)
    if out is None:
        return _in_memory(question, workers, progress, say, warn)
    out = path_of(out, "out")
    with opened(out, question, command, replace) as store:
        further: tuple[Question, Words] | None = question, None
        while further:
            question, why = further
            tasks, later = question.tasks(), question.later(drawn=True)
            left = store.missing(tasks)
            while store.damaged:
                path = store.damaged.pop()
                words = Sentence(
                    "{path} was cut or changed. It is put aside as {aside}, and its runs are made again.",
                    path=str(path), aside=f"{path.stem}.damaged",
                )  # fmt: skip
                say(spoken(words))
            for known in (why, _already(out, left, tasks)):
                if known:
                    say(spoken(known))
            if left:
                say(spoken(cost(left, workers, question.engine, later, kept=True)))
            try:
                with Progress(progress, [seconds_of(left, workers, question.engine) if left else 0.0, later]) as shown:
                    of, result = _of_what_is_left(question, workers, shown, store)
                    further = question.more(result)
                    if not further:
                        _write(out, question, of.tasks(), store, result, command, shown, warn)
            except KeyboardInterrupt:
                raise KeyboardInterrupt(spoken(_where_it_stands(out, store, tasks, command))) from None
            except ExperimentError as error:
                alone = _alone(out, error.units)
                raise type(error)(*error.args, *alone, _where_it_stands(out, store, tasks, command)) from None
        if result.lost:
            stands = _where_it_stands(out, store, tasks, command)
            warn(spoken(Listed((*failures(result.lost), *_alone(out, [*result.lost]), stands), "\n")))
    return result


def _in_memory(
    question: Question,
    workers: int,
    progress: bool,
    say: Callable[[str], object],
    warn: Callable[[str], object],
) -> Answer:
    """Answer a question without a folder. Nothing is kept, so that a second stage runs the first one again."""
    further: tuple[Question, Words] | None = question, None
    while further:
        question, why = further
        if why:
            say(spoken(why))
        tasks, later = question.tasks(), question.later(drawn=False)
        say(spoken(cost(tasks, workers, question.engine, later)))
        with Progress(progress, [seconds_of(tasks, workers, question.engine), later]) as shown:
            _, result = _of_what_is_left(question, workers, shown, None)
            further = question.more(result)
    if result.lost:
        warn(spoken(Listed(tuple(failures(result.lost)), "\n")))
    return result


def planned(question: Question, workers: int = 1, out: Path | None = None, replace: bool = False) -> Iterator[Words]:
    """Yield in words what `answer` would run, what that costs, and a hash of it; nothing is run and nothing written.

    Args:
        question: What is asked.
        workers: Processes.
        out: The folder, if there is to be one; it is looked at and left as it is.
        replace: Whether to begin anew there.

    Raises:
        ScenarioError: If the question, or the folder, does not allow it.
    """
    tasks, later = question.tasks(), question.later(drawn=out is not None)
    store = None if out is None else looked_into(out, question, replace)
    left = tasks if store is None or replace else store.missing(tasks)
    yield Sentence("{n} units, a unit being one seed under all policies that are run together.", n=n_units(tasks))
    if out is not None and store is not None:
        for path in store.damaged:
            yield Sentence("{path} was cut or changed. Its runs would be made again.", path=str(path))
        if there := _already(out, left, tasks):
            yield there
    if left:
        yield cost(left, workers, question.engine, later, kept=out is not None)
    if question.open_end:
        yield question.open_end
    yield Sentence("SHA-256 of what would be run: {sha}", sha=plan_sha256(plan_of(question, "")))
    yield Sentence("Nothing was run, and nothing was written.")


def _of_what_is_left(
    question: Question, workers: int, progress: Progress, store: Store | None
) -> tuple[Question, Answer]:
    """Answer a question without the units that fail; return what could be asked, and the result.

    In memory nothing is kept of a question in which units failed, so that what is left of it is run once more.
    """
    lost: dict[str, str] = {}
    left = question
    while True:
        try:
            result = left.answer(simulate_all(left.tasks(), workers, question.engine, progress, store))
        except UnitsFailedError as error:
            lost |= error.failed
            left = question.without(lost)
        else:
            return left, result.losing(lost) if lost else result


def _already(out: Path, left: Sequence[Task], tasks: Sequence[Task]) -> Sentence | None:
    """Say how many units a folder has already, if it has some."""
    n, total = n_units(left), n_units(tasks)
    there = Sentence("{n} of {total} units are in {out} already.", n=total - n, total=total, out=str(out))
    return there if n < total else None


def _alone(out: Path, units: Sequence[str]) -> list[Sentence]:
    """Say of the first units that failed how each is run alone."""
    again = [shlex.join(("reproduce", str(out), "--unit", unit)) for unit in units[:3]]
    return [Sentence("Run it alone: {command}", command=_here(f"python -m sim {words}")) for words in again]


def _where_it_stands(out: Path, store: Store, tasks: Sequence[Task], command: str) -> Sentence:
    """Say what is kept and how to go on."""
    store.look_again()
    left, total = n_units(store.missing(tasks)), n_units(tasks)
    again = Sentence("Go on: {command}", command=_here(command)) if command else Sentence("Go on by the same call")
    return Sentence(
        "{n} of {total} units are finished and kept in {out}. {again}",
        n=total - left, total=total, out=str(out), again=again,
    )  # fmt: skip


def _here(command: str) -> str:
    """Return a command as it can be given here, with the Python that runs."""
    return f"{shlex.quote(sys.executable)} {command.removeprefix('python ')}"


# -- writing it --------------------------------------------------------------------------------------------------------


def _write(
    out: Path,
    question: Question,
    tasks: Sequence[Task],
    store: Store,
    result: Answer,
    command: str,
    progress: Progress,
    warn: Callable[[str], object],
) -> None:
    """Write the tables and their manifest, then draw: what becomes of a figure costs no result."""
    beside = out / f".new-{os.getpid()}"
    try:
        with writing(out):
            beside.mkdir(parents=True)
            counted = _merge(beside, tasks, store)
            result.fill(beside)
            (beside / TABLE).write_text(result.table() + "\n", encoding="utf-8")
            columns = {path.stem: _columns(path) for path in _tables(beside)}
            write_csv(dictionary(columns, result.columns, question.scenario), beside / DICTIONARY)
            said = _manifest(question, command, tasks, store, counted, result.lost)
            data = {path.name: path.read_bytes() for path in sorted(beside.glob("*.csv"))}
            _put_in_place(beside, out, said)
        made = question.later(drawn=False)
        progress.advance(made)
        try:
            figures = result.drawn()
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            warn(spoken(Sentence("no figure can be drawn ({why}); everything else is there", why=why)))
            figures = {}
        each = (question.later(drawn=True) - made) / max(1, len(figures))
        pictures: dict[str, bytes] = {}
        for name, draw in figures.items():
            try:
                content = draw()
            except Exception as error:
                why = f"{type(error).__name__}: {error}"
                words = Sentence(
                    "the figure {name} cannot be drawn ({why}); everything else is there", name=name, why=why
                )
                warn(spoken(words))
                continue
            with writing(out):
                for ending, drawn in content.items():
                    (beside / "figures").mkdir(exist_ok=True)
                    (beside / "figures" / f"{name}{ending}").write_bytes(drawn)
            pictures[name] = content[".svg"]
            progress.advance(each)
        try:
            page = result.written_page(said, pictures, data)
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            warn(spoken(Sentence("no page can be written ({why}); everything else is there", why=why)))
        else:
            with writing(out):
                (beside / PAGE).write_text(page, encoding="utf-8")
        with writing(out):
            _put_in_place(beside, out, said)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _put_in_place(beside: Path, out: Path, said: dict[str, Any]) -> None:
    """Put new files in place, one by one, and last the manifest, which lists them with those put there before."""
    new = sorted(path.relative_to(beside).as_posix() for path in beside.rglob("*") if path.is_file())
    hashes = {name: sha256_of(beside / name) for name in new}
    said["files"] = dict(sorted((said["files"] | hashes).items()))
    for name in _listed(out) - said["files"].keys():
        (out / name).unlink(missing_ok=True)
    for name in (CRATE, MANIFEST):
        (out / name).unlink(missing_ok=True)
    for name in new:
        (out / name).parent.mkdir(exist_ok=True)
        (beside / name).replace(out / name)
    write_json(said, out / MANIFEST)


def _merge(folder: Path, tasks: Sequence[Task], store: Store) -> dict[str, Any]:
    """Write the counts of all units as one table each, a policy after the other; return their column hashes."""
    hashes = {name: ColumnHashes() for name in MERGED}
    with ExitStack() as files:
        writers: dict[str, pq.ParquetWriter] = {}
        for task in tasks:
            for part in Kept(store, task).parts():
                for name, table in part.tables().items():
                    if name not in MERGED:
                        continue
                    content = to_arrow(name, table)
                    if task.label:
                        variant = [task.label] * len(table)
                        table = pd.concat([pd.Series(variant, name="variant", dtype="str"), table], axis=1)
                        content = content.add_column(0, "variant", pa.array(variant, TEXT))
                    hashes[name].add(table)
                    if name not in writers:
                        path = folder / f"{name}.parquet"
                        writers[name] = files.enter_context(pq.ParquetWriter(path, content.schema, compression="zstd"))
                    if len(table) <= MOST_ROWS_OF_A_GROUP:
                        writers[name].write_table(content)
                        continue
                    for rows in table.groupby("policy").indices.values():
                        writers[name].write_table(content.slice(int(rows[0]), len(rows)))
    return {name: found.found() for name, found in hashes.items()}


def _tables(folder: Path) -> list[Path]:
    """Return the tables of a folder, without its dictionary."""
    found = [*folder.glob("*.parquet"), *folder.glob("*.csv")]
    return sorted(path for path in found if path.name != DICTIONARY)


def _columns(table: Path) -> list[str]:
    if table.suffix == ".csv":
        return [str(column) for column in pd.read_csv(table, nrows=0)]
    return list(pq.read_schema(table).names)


def _manifest(
    question: Question,
    command: str,
    tasks: Sequence[Task],
    store: Store,
    counted: Mapping[str, Any],
    lost: Mapping[str, str],
) -> dict[str, Any]:
    """Return what a manifest says: how the result was made, hashes of all that was counted, and no file yet."""
    plan = plan_of(question, command)
    return {
        **plan,
        "plan_sha256": plan_sha256(plan),
        "model_sha256": model_sha256(plan["model_files"]),
        "code_fingerprint": code_fingerprint(),
        "git": checkout(),
        **versions(),
        "language": language(),
        "written": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "units_made_with": store.made_with(tasks),
        "lost": dict(lost),
        "units": {task.unit(seed): Kept(store, task).digest(seed) for task in tasks for seed in task.seeds},
        "tables": dict(counted),
        "files": {},
        "rules": {"column": DIGEST_RULE, "unit": LANE_RULE, "model": MODEL_RULE, "plan": PLAN_RULE},
    }


def _listed(out: Path) -> set[str]:
    """Return the files that the folder's manifest lists, if it has one."""
    with suppress(ScenarioError):
        return {*read_json(out / MANIFEST)["files"]}
    return set()
