"""Result folders: whose they are, what they hold, who may write. One is complete when its manifest is there."""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ValidationError

from sim.rules.errors import ScenarioError, dotted, shown
from sim.rules.language import language
from sim.rules.sentences import Listed, Sentence, Term, Words
from sim.study.identity import sha256_of
from sim.study.plan import FORMAT, asked_at_first, differences, no_longer_asked, plan_of
from sim.study.question import Question
from sim.study.store import Store

MANIFEST = "manifest.json"
UNITS = "units"
DICTIONARY = "dictionary.csv"
TABLE = "table.txt"
PAGE = "report.html"
CRATE = "ro-crate-metadata.json"
"""The description of a result as a research object, which is none of its files: it is made of them, later."""
MERGED = ("daily", "breakdown", "durations", "persons")
"""Tables of counts that are merged into the folder."""

_ADVICE = Sentence(
    "Nothing was changed. Name another folder, or begin anew there (--replace; in Python, delete it first)."
)
_OTHER = Sentence("Nothing was changed. Name another folder, or delete this one.")
_CHANGED = Sentence("Restore the file, or make the result again in another folder.")
_READ = Sentence("It takes that version to read it.")


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


def _instant(text: str) -> str:
    """Refuse what is no date and time of some zone."""
    if dt.datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("no zone")
    return text


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
    written: Annotated[str, AfterValidator(_instant)]
    units_made_with: list[str]
    units: dict[str, str]
    tables: dict[str, _Hashes]
    files: dict[str, str]
    rules: dict[str, str]
    plan_sha256: str = ""
    model_sha256: str = ""
    language: str = "en"
    lost: dict[str, str] = {}


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
        yield Store(_units_of(out, plan))


def looked_into(out: Path, question: Question, replace: bool = False) -> Store:
    """Return the store of a result folder to look at alone: nothing is made, locked, put aside or removed.

    Raises:
        ScenarioError: As `opened`, but for another process that writes there.
    """
    check_writable(out, look_only=True)
    plan = plan_of(question, "")
    if not replace:
        _check_same(out, plan)
    elif described(out, _OTHER) and (out / MANIFEST).exists():
        files_of(out)
    return Store(_units_of(out, plan), look_only=True)


def _units_of(out: Path, plan: Mapping[str, Any]) -> Path:
    """Return where the units are that an engine made with this version of the model."""
    model = hashlib.sha256(json.dumps(plan["model_files"]).encode()).hexdigest()
    return out / UNITS / f"{plan['engine']}-{model[:12]}"


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Say of a file that cannot be written to which folder it belongs; what else the system refuses is none of it."""
    try:
        yield
    except OSError as error:
        raise _not_written(out, error.strerror or str(error)) from None


def _not_written(out: Path, why: str) -> ScenarioError:
    return ScenarioError(Sentence("{out} cannot be written: {why}", out=str(out), why=why))


def check_folder(folder: Path) -> None:
    """Refuse what is no folder, and so no result.

    Raises:
        ScenarioError: If it is none.
    """
    if not folder.is_dir():
        raise ScenarioError(Sentence("{folder} is no folder; name a result folder", folder=str(folder)))


def described(out: Path, advice: Words = _READ) -> Any:
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


def read_json(path: Path, advice: Words = _READ) -> Any:
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
        why = getattr(error, "strerror", None) or str(error)
        mend = Sentence(" Delete this file and give the command again: finished runs are kept.")
        raise ScenarioError(
            Sentence(
                "{path} cannot be read ({why}).{mend}",
                path=str(path), why=why, mend=None if path.name == MANIFEST else mend,
            )
        ) from None  # fmt: skip
    version = content.get("format", 1) if isinstance(content, dict) else None
    if version != FORMAT:
        raise ScenarioError(
            Sentence(
                "{path} was written by another version of the simulator (format {version}, not {now}). {advice}",
                path=str(path), version=shown(version), now=FORMAT, advice=advice,
            )
        )  # fmt: skip
    try:
        (_Said if path.name == MANIFEST else _Planned).model_validate(content, strict=True)
    except ValidationError as error:
        wrong = error.errors()[0]
        where, given = dotted(wrong["loc"]), shown(wrong["input"])
        missing = Sentence("{where} is missing", where=where)
        strange = Sentence("{where} = {given} is not what belongs there", where=where, given=given)
        raise ScenarioError(
            Sentence(
                "{path}: {wrong}. {advice}",
                path=str(path), wrong=missing if wrong["type"] == "missing" else strange, advice=_CHANGED,
            )
        ) from None  # fmt: skip
    files = content["files"] if path.name == MANIFEST else ()
    if outside := [name for name in files if Path(name).is_absolute() or ".." in Path(name).parts]:
        raise ScenarioError(
            Sentence(
                "{path} names {file}, which is not in its folder; nothing is done with it",
                path=str(path), file=outside[0],
            )
        )  # fmt: skip
    return content


def files_of(out: Path) -> list[Path]:
    """Return the files of a result, its manifest among them; errors as for `read_json`."""
    return sorted(out / name for name in (*read_json(out / MANIFEST)["files"], MANIFEST))


def finished(out: Path) -> tuple[Any, list[str]]:
    """Return what the manifest of a finished result says, and which of its files are there, each as it was written.

    Raises:
        ScenarioError: If there is no result, or a file is another one than was written.
    """
    if not (out / MANIFEST).exists():
        raise ScenarioError(Sentence("{out} is no finished result: it has no {name}", out=str(out), name=MANIFEST))
    said = read_json(out / MANIFEST)
    there = [name for name in said["files"] if (out / name).exists()]
    for name in there:
        if sha256_of(out / name) != said["files"][name]:
            changed = Sentence(
                "{file} is not the file that was written: python -m sim reproduce {out} says more",
                file=str(out / name), out=str(out),
            )  # fmt: skip
            raise ScenarioError(changed)
    return said, there


def add_page(out: Path, page: str) -> Path:
    """Write a page into a result folder, in the language that is read now; the manifest, if it is there, lists it.

    Returns:
        The file: `PAGE`, or one named after the language where that is another one than the result's.

    Raises:
        ScenarioError: If it cannot be written.
    """
    said = read_json(out / MANIFEST) if (out / MANIFEST).exists() else None
    same = (said or {}).get("language", "en") == language()
    path = out / (PAGE if same else f"report.{language()}.html")
    with writing(out):
        _write_whole(page, path)
        if said is not None:
            said["files"] = dict(sorted((said["files"] | {path.name: sha256_of(path)}).items()))
            write_json(said, out / MANIFEST)
    return path


def pages_of(out: Path, listed: Collection[str]) -> list[str]:
    """Return the names of the pages that were made of a result later, so that its manifest does not list them."""
    return sorted({path.name for path in out.glob("report*.html")}.difference(listed))


def check_writable(out: Path, look_only: bool = False) -> None:
    """Check, before anything is computed, that a result can be written there; make the folders above it.

    Args:
        out: The folder.
        look_only: Whether to make nothing, and to ask the system instead of trying it out.

    Raises:
        ScenarioError: If not.
    """
    if out.exists() and not out.is_dir():
        raise ScenarioError(Sentence("{out} is a file; a result is a folder", out=str(out)))
    is_result = (out / MANIFEST).exists() or (out / UNITS / "lock").exists()
    if not is_result and out.exists() and any(not _begun(path) for path in out.iterdir()):
        raise ScenarioError(
            Sentence("{out} holds something else than a result and is left alone; name another folder", out=str(out))
        )
    if look_only:
        there = next(path for path in (out, *out.parents) if path.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            raise _not_written(out, os.strerror(errno.EACCES if there.is_dir() else errno.ENOTDIR))
        return
    name = f".{out.name}.probe-{os.getpid()}"
    probe = out / name if out.exists() else out.with_name(name)
    with writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        probe.mkdir()
        probe.rmdir()


def _begun(path: Path) -> bool:
    """Tell whether this is what a process leaves that is killed before it has begun."""
    return path.is_dir() and not any(path.iterdir()) and (path.name == UNITS or ".probe-" in path.name)


def _check_same(out: Path, now: Mapping[str, Any]) -> Any:
    """Return what study the folder holds, ``None`` if none, and refuse another one than this.

    Raises:
        ScenarioError: With what is not the same.
    """
    before = described(out, _OTHER)
    if before is None:
        return None
    if found := next(differences(out, before, now), None):
        raise ScenarioError(Sentence("{another}. {advice}", another=found, advice=_ADVICE))
    made = read_json(out / MANIFEST, _OTHER)["asked"] if (out / MANIFEST).exists() else {}
    if lacking := tuple(no_longer_asked(asked_at_first(made), asked_at_first(now["asked"]))):
        raise ScenarioError(
            Sentence(
                "{out} holds a result with {lacking}, which this does not ask for. Nothing was changed. Ask for all of "
                "it and for what is to be added, or name another folder.",
                out=str(out), lacking=Listed(lacking, Term("; ")),
            )
        )  # fmt: skip
    return before


def _lock(lock: Any, out: Path) -> None:
    """Take the folder for this process; the system gives it back when the process ends, however it ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise ScenarioError(
            Sentence(
                "{out} is being written by another process ({process}). Wait until it is done and run the command "
                "again, or name another folder.",
                out=str(out), process=lock.read().strip(),
            )
        ) from None  # fmt: skip
    lock.truncate(0)
    lock.write(f"process {os.getpid()}\n")
    lock.flush()


def _clear(out: Path) -> None:
    """Remove a result with its units, and nothing else, last what says of which study they are."""
    first = [path for path in (out / UNITS).iterdir() if path.name not in ("lock", "store.json")]
    first.append(out / CRATE)
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


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write a manifest or the description of a store: all of it or nothing."""
    _write_whole(json.dumps(content, indent=2) + "\n", path)


def _write_whole(text: str, path: Path) -> None:
    beside = path.with_name(f".{path.name}.part-{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
