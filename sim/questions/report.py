"""Report: write the page of a result anew, in the language that is read, and describe the result for an archive."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sim.questions import question_of
from sim.report.result import page_without_answer
from sim.rules.errors import ScenarioError, UnansweredError
from sim.rules.language import language
from sim.rules.sentences import Listed, Sentence, Words
from sim.scenario.arguments import path_of
from sim.study import folder as folders
from sim.study.command import Command
from sim.study.identity import model_sha256
from sim.study.merged import Merged, MergedTables
from sim.study.plan import plan_sha256
from sim.study.question import Answer, Question
from sim.study.store import Kept, Store


def report(folder: str | Path) -> Path:
    """Write the page of a result that is in a folder; nothing is run.

    It is ``report.html``, or ``report.fr.html`` where it is in another language than the result. Of a result that is
    not finished it tells what there is so far, and says so first.

    Args:
        folder: The result.

    Returns:
        The page.

    Raises:
        ScenarioError: If there is no result, its counts are not there, or the folder cannot be written.
    """
    folder = path_of(folder, "folder")
    folders.check_folder(folder)
    plan = folders.described(folder)
    if plan is None:
        raise ScenarioError(Sentence("{folder} is no result: there is nothing to report", folder=str(folder)))
    page = _finished(folder) if (folder / folders.MANIFEST).exists() else _unfinished(folder, plan)
    return folders.add_page(folder, page)


def _finished(folder: Path) -> str:
    """Return the page of a finished result, made of its counts."""
    made, there = folders.finished(folder)
    question, lost = question_of(made), made.get("lost", {})
    if lost:
        question = question.without(lost)
    tables, tasks = MergedTables(folder), question.tasks()
    if not tables.complete(tasks):
        raise ScenarioError(
            Sentence(
                "{folder} has not all of its counts ({files}). Give the command that made it again: {command}",
                folder=str(folder), files=Listed(tuple(f"{name}.parquet" for name in folders.MERGED)),
                command=made["command"] or Sentence("the call that made it"),
            )
        )  # fmt: skip
    result = question.answer(Merged(tables, task) for task in tasks)
    data = {name: (folder / name).read_bytes() for name in there if name.endswith(".csv")}
    drawn = {Path(name).stem: (folder / name).read_bytes() for name in there if name.endswith(".svg")}
    same_words = made.get("language", "en") == language()
    return _page(result.losing(lost) if lost else result, made, data, drawn if same_words else {})


def _unfinished(folder: Path, plan: Any) -> str:
    """Return the page of what there is of a result that is not finished."""
    question = question_of(plan)
    store = folders.looked_into(folder, question)
    missing = _missing(question, store)
    made = {**plan, "plan_sha256": plan_sha256(plan), "model_sha256": model_sha256(plan["model_files"])}
    banner = Sentence(
        "HALF-FINISHED: {missing} of {n} runs are missing, so that this is no result yet. Go on with: {command}",
        missing=len(missing), n=len({task.unit(seed) for task in question.tasks() for seed in task.seeds}),
        command=plan["command"] or Sentence("the call that began it"),
    )  # fmt: skip
    for asked in (question, question.core()):
        try:
            lacking = _missing(asked, store)
            left = asked.without(lacking) if lacking else asked
            return _page(left.answer(Kept(store, task) for task in left.tasks()), made, {}, {}, banner)
        except UnansweredError:
            continue
    return page_without_answer(made, banner)


def _missing(question: Question, store: Store) -> dict[str, str]:
    """Return the names of the units that are not there, as those that failed are told."""
    return {task.unit(seed): "" for task in store.missing(question.tasks()) for seed in task.seeds}


def _page(result: Answer, made: Any, data: dict[str, bytes], drawn: dict[str, bytes], banner: Words = None) -> str:
    """Return a page whose figures are those that were drawn in its language, and else are drawn now."""
    figures = result.drawn(png=False)
    pictures = {name: drawn[name] if name in drawn else draw()[".svg"] for name, draw in figures.items()}
    return result.written_page(made, pictures, data, banner)


# -- the command -------------------------------------------------------------------------------------------------------


def _take(command: ArgumentParser) -> None:
    command.add_argument("folder", metavar="DIR", help="a result folder, finished or not")
    command.add_argument(
        "--research-object",
        action="store_true",
        help="describe the result for archives and machines too (RO-Crate, ro-crate-metadata.json)",
    )


def _ask(given: Namespace) -> str:
    return "\n".join(map(str, _written(given)))


def _written(given: Namespace) -> Iterator[Path]:
    page = report(given.folder)
    yield Path(given.folder) / page.name
    if given.research_object:
        from sim.study.research_object import describe  # late: it takes a package that is not always there

        yield Path(given.folder) / describe(given.folder).name


COMMAND = Command(
    "Write the page of a result anew, to be handed on: report.html.", "results/classroom --lang fr",
    _take, _ask, after="reproduce",
)  # fmt: skip
