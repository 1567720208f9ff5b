"""Result folders: the only writer. A folder is complete when its manifest is there, which says how it was made."""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
import shlex
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ValidationError

from sim.arguments import path_of
from sim.dictionary import dictionary
from sim.errors import ExperimentError, ScenarioError, dotted, shown
from sim.progress import Progress
from sim.provenance import DIGEST_RULE, ColumnHashes, checkout, code_fingerprint, model_files, versions
from sim.question import Answer, Question
from sim.records import TEXT, to_arrow
from sim.running import check, cost, module_of, seconds_of, simulate_all
from sim.store import LANE_RULE, Kept, Store, Task

FORMAT = 2
"""Version of result folders and their stores; others are refused."""

MANIFEST = "manifest.json"
UNITS = "units"
DICTIONARY = "dictionary.csv"
TABLE = "table.txt"
MERGED = ("daily", "breakdown", "waits")
"""Tables of counts that are merged into the folder."""

_ADVICE = "Nothing was changed. Name another folder, or begin anew there (--replace; in Python, delete it first)."
_OTHER = "Nothing was changed. Name another folder, or delete this one."
_CHANGED = "Restore the file, or make the result again in another folder."
_READ = "It takes that version to read it."


class _Planned(BaseModel):
    """What the description of a store says, and a manifest first."""

    format: int
    command: str
    question: str
    asked: dict[str, Any]
    engine: str
    scenario: dict[str, Any] | None
    policies: dict[str, Any]
    model_files: dict[str, str]


class _Checkout(BaseModel):
    commit: str
    dirty: bool


class _Hashes(BaseModel):
    rows: int
    sha256: dict[str, str]


class _Said(_Planned):
    """What a manifest says."""

    code_fingerprint: str
    git: _Checkout | None
    python: str
    packages: dict[str, str]
    written: str
    units_made_with: list[str]
    units: dict[str, str]
    tables: dict[str, _Hashes]
    files: dict[str, str]
    rules: dict[str, str]


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

    Args:
        question: What is asked.
        workers: Processes. The result does not depend on it.
        progress: Show how far it is: a bar on a terminal, a line now and then elsewhere.
        out: The folder. What it holds already of this study is not run again; a result of another study is refused.
        command: The command that makes it again; goes into the manifest.
        replace: Begin anew in a folder that holds a result.
        say: Called with what to know before it runs: what there is already, and what the rest will cost.
        warn: Called with what is missing in the end although the result is right: a figure that cannot be drawn.

    Raises:
        ScenarioError: If the question, or the folder, does not allow it.
        ExperimentError: If units failed; those that did not are kept.
        KeyboardInterrupt: If interrupted, with words on how to go on.
    """
    check(workers, question.engine)
    tasks, later = question.tasks(), question.later(drawn=out is not None)
    if out is None:
        say(cost(tasks, workers, question.engine, later))
        with Progress(progress, [seconds_of(tasks, workers, question.engine), later]) as shown:
            return question.answer(simulate_all(tasks, workers, question.engine, shown))
    out = path_of(out, "out")
    with opened(out, question, command, replace) as store:
        left, total = store.missing(tasks), sum(len(task.seeds) for task in tasks)
        for path in store.damaged:
            say(f"{path} was cut or changed. It is put aside as {path.stem}.damaged, and its runs are made again.")
        if (n := sum(len(task.seeds) for task in left)) < total:
            say(f"{total - n} of {total} units are in {out} already.")
        if left:
            say(cost(left, workers, question.engine, later))
        try:
            with Progress(progress, [seconds_of(left, workers, question.engine) if left else 0.0, later]) as shown:
                result = question.answer(simulate_all(tasks, workers, question.engine, shown, store))
                _write(out, question, tasks, store, result, command, shown, warn)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(_where_it_stands(out, store, tasks, command)) from None
        except ExperimentError as error:
            again = [shlex.join(("reproduce", str(out), "--unit", unit)) for unit in error.units[:3]]
            alone = [f"Run it alone: {_here(f'python -m sim {words}')}" for words in again]
            raise ExperimentError(*error.args, *alone, _where_it_stands(out, store, tasks, command)) from None
    return result


@contextmanager
def opened(out: Path, question: Question, command: str = "", replace: bool = False) -> Iterator[Store]:
    """Open the store of a result folder for one process alone, making it if need be.

    Raises:
        ScenarioError: If the folder cannot be written, another process has it open, or it is of another study.
    """
    check_writable(out)
    plan = plan_of(question, command)
    units = out / UNITS
    if replace:
        described(out, _OTHER)
    else:
        _check_same(out, plan)
    with ExitStack() as until_the_end:
        with writing(out):
            units.mkdir(parents=True, exist_ok=True)
            lock = until_the_end.enter_context((units / "lock").open("a+", encoding="utf-8"))
            _lock(lock, out)
            if replace:
                _clear(out)
            before = _check_same(out, plan)
            if before is not None:
                plan["policies"] = before["policies"] | plan["policies"]
            for left in out.glob(".new-*"):
                shutil.rmtree(left, ignore_errors=True)
            write_json(plan, units / "store.json")
        model = hashlib.sha256(json.dumps(plan["model_files"]).encode()).hexdigest()
        yield Store(units / f"{question.engine}-{model[:12]}")


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Say of a file that cannot be written to which folder it belongs; what else the system refuses is none of it."""
    try:
        yield
    except OSError as error:
        raise ScenarioError(f"{out} cannot be written: {error.strerror or error}") from None


def described(out: Path, advice: str = _READ) -> Any:
    """Return what the folder's study is, from its store or else its manifest; ``None`` if it holds none.

    Args:
        out: The folder.
        advice: What to do if it is of another version.

    Raises:
        ScenarioError: If it cannot be read, or is of another version.
    """
    for path in (out / UNITS / "store.json", out / MANIFEST):
        if path.exists():
            return read_json(path, advice)
    return None


def read_json(path: Path, advice: str = _READ) -> Any:
    """Return what a manifest or the description of a store says.

    Args:
        path: The file.
        advice: What to do if it is of another version.

    Raises:
        ScenarioError: If it cannot be read, or is of another version.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        mend = "" if path.name == MANIFEST else ". Delete this file and give the command again: finished runs are kept"
        raise ScenarioError(f"{path} cannot be read ({getattr(error, 'strerror', None) or error}){mend}.") from None
    version = content.get("format", 1) if isinstance(content, dict) else None
    if version != FORMAT:
        raise ScenarioError(
            f"{path} was written by another version of the simulator (format {shown(version)}, not {FORMAT}). {advice}"
        )
    try:
        (_Said if path.name == MANIFEST else _Planned).model_validate(content, strict=True)
    except ValidationError as error:
        wrong = error.errors()[0]
        given = "is missing" if wrong["type"] == "missing" else f"= {shown(wrong['input'])} is not what belongs there"
        raise ScenarioError(f"{path}: {dotted(wrong['loc'])} {given}. {_CHANGED}") from None
    files = content["files"] if path.name == MANIFEST else ()
    if strange := [name for name in files if Path(name).is_absolute() or ".." in Path(name).parts]:
        raise ScenarioError(f"{path} names {strange[0]}, which is not in its folder; nothing is done with it")
    return content


def files_of(out: Path) -> list[Path]:
    """Return the files of a result, its manifest among them; errors as for `read_json`."""
    return sorted(out / name for name in (*read_json(out / MANIFEST)["files"], MANIFEST))


def check_writable(out: Path) -> None:
    """Check, before anything is computed, that a result can be written there; make the folders above it.

    Raises:
        ScenarioError: If not.
    """
    if out.exists() and not out.is_dir():
        raise ScenarioError(f"{out} is a file; a result is a folder")
    is_result = (out / MANIFEST).exists() or (out / UNITS / "lock").exists()
    if not is_result and out.exists() and any(not _begun(path) for path in out.iterdir()):
        raise ScenarioError(f"{out} holds something else than a result and is left alone; name another folder")
    name = f".{out.name}.probe-{os.getpid()}"
    probe = out / name if out.exists() else out.with_name(name)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        probe.mkdir()
        probe.rmdir()
    except OSError as error:
        raise ScenarioError(f"{out} cannot be written: {error.strerror or error}") from None


def _begun(path: Path) -> bool:
    """Tell whether this is what a process leaves that is killed before it has begun."""
    return path.is_dir() and not any(path.iterdir()) and (path.name == UNITS or ".probe-" in path.name)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, with the same bytes on every machine."""
    frame.to_csv(path, index=False, lineterminator="\n")


# -- the folder's study ------------------------------------------------------------------------------------------------


def plan_of(question: Question, command: str) -> dict[str, Any]:
    """Return what says of a study what it is; ``policies`` are those asked for, and with those of earlier commands."""
    scenario, asked = question.scenario.content() if question.scenario else None, question.asked()
    named = [*asked.get("policies", ()), *([asked["policy"]] if "policy" in asked else ())]
    return {
        "format": FORMAT,
        "command": command,
        "question": question.name,
        "asked": asked,
        "engine": question.engine,
        "scenario": scenario,
        "policies": {arm: scenario["policies"][arm] for arm in named} if scenario else {},
        "model_files": model_files(module_of(question.engine)),
    }


def _check_same(out: Path, now: Mapping[str, Any]) -> Any:
    """Return what study the folder holds, ``None`` if none, and refuse another one than this.

    Raises:
        ScenarioError: With what is not the same.
    """
    before = described(out, _OTHER)
    if before is None:
        return None
    if before["question"] != now["question"]:
        raise ScenarioError(f"{out} holds the result of {before['question']}, not of {now['question']}. {_ADVICE}")
    if before["engine"] != now["engine"]:
        raise ScenarioError(f"{out} was simulated with the engine {before['engine']}, not {now['engine']}. {_ADVICE}")
    differ = sorted(name for name, _ in before["model_files"].items() ^ now["model_files"].items())
    if differ:
        files = ", ".join(f"sim/{name}" for name in dict.fromkeys(differ))
        raise ScenarioError(f"{out} was made with another version of the model ({files} differ). {_ADVICE}")
    changes = list(_changes(before, now)) if now["scenario"] else []
    if changes:
        more = f"; and {len(changes) - 3} more" if len(changes) > 3 else ""
        raise ScenarioError(f"{out} holds runs of another scenario: {'; '.join(changes[:3])}{more}. {_ADVICE}")
    made = read_json(out / MANIFEST, _OTHER)["asked"] if (out / MANIFEST).exists() else {}
    if lacking := list(_less(made, now["asked"])):
        raise ScenarioError(
            f"{out} holds a result with {'; '.join(lacking)}, which this does not ask for. Nothing was changed. Ask "
            "for all of it and for what is to be added, or name another folder."
        )
    return before


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Yield in words what two studies have not in common: settings, and policies of one name."""
    one, other = (dict(_values(plan["scenario"])) for plan in (before, now))
    for key in dict.fromkeys((*other, *one)):
        if one.get(key) != other.get(key):
            yield f"{key} is {one.get(key, 'not set')} there, now {other.get(key, 'not set')}"
    for arm, levers in now["policies"].items():
        if arm in before["policies"] and before["policies"][arm] != levers:
            yield f"policy {arm} is {json.dumps(before['policies'][arm])} there, now {json.dumps(levers)}"


def _less(before: Any, now: Any, of: str = "") -> Iterator[str]:
    """Yield in words what was asked before and is not asked now."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key, value in before.items():
            yield from _less(value, now.get(key), key)
    elif isinstance(before, list):
        gone = [value for value in before if value not in (now or ())]
        if gone:
            yield f"{of} {', '.join(map(str, gone[:5]))}{', ...' * (len(gone) > 5)}"
    elif isinstance(before, int) and isinstance(now, int):
        if now < before:
            yield f"{of} {before}"
    elif before != now:
        yield f"the default {of}" if before is None else f"{of} {before}"


def _values(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if prefix or key not in ("policies", "title", "seeds"):
            if isinstance(value, dict):
                yield from _values(value, f"{prefix}{key}.")
            else:
                yield f"{prefix}{key}", value


def _lock(lock: Any, out: Path) -> None:
    """Take the folder for this process; the system gives it back when the process ends, however it ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise ScenarioError(
            f"{out} is being written by another process ({lock.read().strip()}). Wait until it is done and run the "
            "command again, or name another folder."
        ) from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()}\n")
    lock.flush()


def _clear(out: Path) -> None:
    """Remove a result with its units, and nothing else, last what says of which study they are."""
    first = [path for path in (out / UNITS).iterdir() if path.name not in ("lock", "store.json")]
    listed = files_of(out) if (out / MANIFEST).exists() else []
    for path in (
        *first,
        *(file for file in listed if file.name != MANIFEST),
        out / MANIFEST,
        out / UNITS / "store.json",
    ):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _where_it_stands(out: Path, store: Store, tasks: Sequence[Task], command: str) -> str:
    """Say what is kept and how to go on."""
    store.look_again()
    left = sum(len(task.seeds) for task in store.missing(tasks))
    total = sum(len(task.seeds) for task in tasks)
    again = f": {_here(command)}" if command else " by the same call"
    return f"{total - left} of {total} units are finished and kept in {out}. Go on{again}"


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
            (beside / "figures").mkdir(parents=True)
            counted = _merge(beside, tasks, store)
            result.fill(beside)
            (beside / TABLE).write_text(result.table() + "\n", encoding="utf-8")
            columns = {path.stem: _columns(path) for path in _tables(beside)}
            write_csv(dictionary(columns, question.scenario), beside / DICTIONARY)
            said = _manifest(question, command, tasks, store, counted)
            _put_in_place(beside, out, said)
        made = question.later(drawn=False)
        progress.advance(made)
        try:
            figures = result.drawn()
        except Exception as error:
            warn(f"no figure can be drawn ({type(error).__name__}: {error}); everything else is there")
            figures = {}
        each = (question.later(drawn=True) - made) / max(1, len(figures))
        for name, draw in figures.items():
            try:
                content = draw()
            except Exception as error:
                warn(f"the figure {name} cannot be drawn ({type(error).__name__}: {error}); everything else is there")
                continue
            with writing(out):
                for ending, data in content.items():
                    (beside / "figures" / f"{name}{ending}").write_bytes(data)
            progress.advance(each)
        with writing(out):
            _put_in_place(beside, out, said)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _put_in_place(beside: Path, out: Path, said: dict[str, Any]) -> None:
    """Put new files in place, one by one, and last the manifest, which lists them with those put there before."""
    new = sorted(path.relative_to(beside).as_posix() for path in beside.rglob("*") if path.is_file())
    hashes = {name: hashlib.sha256((beside / name).read_bytes()).hexdigest() for name in new}
    said["files"] = dict(sorted((said["files"] | hashes).items()))
    (out / "figures").mkdir(exist_ok=True)
    for name in _listed(out) - said["files"].keys():
        (out / name).unlink(missing_ok=True)
    (out / MANIFEST).unlink(missing_ok=True)
    for name in new:
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
) -> dict[str, Any]:
    """Return what a manifest says: how the result was made, hashes of all that was counted, and no file yet."""
    return {
        **plan_of(question, command),
        "code_fingerprint": code_fingerprint(),
        "git": checkout(),
        **versions(),
        "written": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "units_made_with": store.made_with(tasks),
        "units": {task.unit(seed): Kept(store, task).digest(seed) for task in tasks for seed in task.seeds},
        "tables": dict(counted),
        "files": {},
        "rules": {"column": DIGEST_RULE, "unit": LANE_RULE},
    }


def _listed(out: Path) -> set[str]:
    """Return the files that the folder's manifest lists, if it has one."""
    with suppress(ScenarioError):
        return {*read_json(out / MANIFEST)["files"]}
    return set()


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write a manifest or the description of a store: all of it or nothing."""
    beside = path.with_name(f".{path.name}.part-{os.getpid()}")
    try:
        beside.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
