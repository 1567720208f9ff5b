"""What a study is: the plan that stands in its folder, what of it decides the counts, and in what it is another one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sim.model.engines import module_of
from sim.rules.sentences import Listed, Sentence, Term, Words
from sim.scenario.scenario import NO_PART_OF_RUNS
from sim.study.identity import model_files
from sim.study.question import Question

FORMAT = 2
"""Version of result folders and their stores; others are refused."""


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


PLAN_RULE = (
    "SHA-256 of JSON with sorted keys, without blanks, of what decides the counts: question, engine, model_files, "
    "asked (without named, and without seeds that are not below first, if there is a first stage), "
    f"and scenario without {', '.join(NO_PART_OF_RUNS)}, its policies those of policies if there are any."
)
"""How `plan_sha256` hashes what is to be run; stands in every manifest."""


def plan_sha256(plan: Mapping[str, Any]) -> str:
    """Return a SHA-256 over what decides the counts of a study, by `PLAN_RULE`: of a plan as of a manifest."""
    scenario = plan["scenario"]
    if scenario is not None:
        scenario = {key: value for key, value in scenario.items() if key not in NO_PART_OF_RUNS}
        scenario["policies"] = plan["policies"] or scenario["policies"]
    decides = {name: plan[name] for name in ("question", "engine", "model_files")}
    decides |= {"scenario": scenario, "asked": asked_at_first(plan["asked"])}
    return hashlib.sha256(json.dumps(decides, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def asked_at_first(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was asked before anything was run: what followed a first stage, seeds or mechanisms, was not."""
    first, before = asked.get("first"), {key: value for key, value in asked.items() if key != "named"}
    return before | {"seeds": [seed for seed in asked["seeds"] if seed < first]} if first else before


def differences(out: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Sentence]:
    """Yield in what the study of a folder is another one than this."""
    if before["question"] != now["question"]:
        yield Sentence(
            "{out} holds the result of {before}, not of {now}",
            out=str(out), before=before["question"], now=now["question"],
        )  # fmt: skip
    if before["engine"] != now["engine"]:
        yield Sentence(
            "{out} was simulated with the engine {before}, not {now}",
            out=str(out), before=before["engine"], now=now["engine"],
        )  # fmt: skip
    differ = sorted(name for name, _ in before["model_files"].items() ^ now["model_files"].items())
    if differ:
        files = Listed(tuple(f"sim/{name}" for name in dict.fromkeys(differ)))
        yield Sentence("{out} was made with another version of the model ({files} differ)", out=str(out), files=files)
    changes = list(_changes(before, now)) if now["scenario"] else []
    if changes:
        more = (Sentence("and {n} more", n=len(changes) - 3),) if len(changes) > 3 else ()
        shown_here = Listed((*changes[:3], *more), Term("; "))
        yield Sentence("{out} holds runs of another scenario: {changes}", out=str(out), changes=shown_here)


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Sentence]:
    """Yield what two studies have not in common: settings, and policies of one name."""
    one, other = (dict(_values(plan["scenario"])) for plan in (before, now))
    for key in dict.fromkeys((*other, *one)):
        if one.get(key) != other.get(key):
            was, value = (str(of[key]) if key in of else Term("not set") for of in (one, other))
            yield Sentence("{key} is {was} there, now {now}", key=key, was=was, now=value)
    for arm, levers in now["policies"].items():
        if arm in before["policies"] and before["policies"][arm] != levers:
            was, value = (json.dumps(of) for of in (before["policies"][arm], levers))
            yield Sentence("policy {arm} is {was} there, now {now}", arm=arm, was=was, now=value)


def no_longer_asked(before: Any, now: Any, of: str = "") -> Iterator[Words]:
    """Yield in words what was asked before and is not asked now."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key, value in before.items():
            yield from no_longer_asked(value, now.get(key), key)
    elif isinstance(before, list):
        gone = [value for value in before if value not in (now or ())]
        if gone:
            yield f"{of} {', '.join(map(str, gone[:5]))}{', ...' * (len(gone) > 5)}"
    elif of == "halfwidth":  # narrower is more
        if before and not 0 < (now or 0) <= before:
            yield f"{of} {before}"
    elif isinstance(before, int) and isinstance(now, int):
        if now < before:
            yield f"{of} {before}"
    elif before != now:
        yield Sentence("the default {setting}", setting=of) if before is None else f"{of} {before}"


def _values(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if prefix or key not in ("policies", *NO_PART_OF_RUNS):
            if isinstance(value, dict):
                yield from _values(value, f"{prefix}{key}.")
            else:
                yield f"{prefix}{key}", value
