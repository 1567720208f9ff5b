"""A result as a research object: a description of its folder that archives and machines can read (RO-Crate).

It says what the files are, with their hashes, and of which run of which software, with what scenario, they came.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import pandas as pd

import sim
from sim.rules.errors import ScenarioError
from sim.rules.ethics import ETHICS
from sim.rules.sentences import Listed, Sentence, Term, Words, spoken
from sim.scenario.arguments import path_of
from sim.study.folder import CRATE, DICTIONARY, MANIFEST, TABLE, finished, pages_of, write_json, writing
from sim.study.identity import code_fingerprint, sha256_of

if TYPE_CHECKING:
    from rocrate.model.contextentity import ContextEntity
    from rocrate.rocrate import ROCrate

VERSION = "1.2"
"""Of RO-Crate."""

LICENCE = "https://spdx.org/licenses/MIT"
"""Of the software, under which its results are given on too."""

_KINDS = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
"""Media types by the endings of names, the same on every machine."""


def describe(folder: str | Path) -> Path:
    """Describe a finished result as a research object: write ``ro-crate-metadata.json`` into its folder.

    It is none of the files that the manifest lists. Of the same result it has the same bytes, whenever it is written.

    Args:
        folder: The result.

    Returns:
        The file.

    Raises:
        ScenarioError: If there is no result, a file is not the one that was written, the folder cannot be written, or
            rocrate is not installed.
    """
    folder = path_of(folder, "folder")
    if find_spec("rocrate") is None:
        raise ScenarioError(
            Sentence("a research object needs rocrate, which is not installed: python -m pip install rocrate")
        )
    said, there = finished(folder)
    with writing(folder):
        write_json(_crate(folder, said, there).metadata.generate(), folder / CRATE)
    return folder / CRATE


def _crate(folder: Path, said: Mapping[str, Any], there: list[str]) -> ROCrate:
    """Return the description of a folder."""
    from rocrate.rocrate import ROCrate  # late: it is of an extra

    crate = ROCrate(version=VERSION)
    licence = _add(crate, LICENCE, "CreativeWork", {"name": "MIT License", "identifier": "MIT"})
    scenario = said["scenario"] or {}
    name = str(scenario.get("title") or scenario.get("site") or said["question"])
    crate.name, crate.description = name, spoken(ETHICS)
    crate.root_dataset["datePublished"] = said["written"]
    columns = pd.read_csv(folder / DICTIONARY, dtype=str, keep_default_na=False).groupby("table", sort=False)["column"]
    tables = {str(table): [*names] for table, names in columns}
    files = {}
    for file in (*there, MANIFEST, *pages_of(folder, there)):
        about = {
            "name": file,
            "description": spoken(_description(file, tables)),
            "encodingFormat": _KINDS.get(PurePath(file).suffix, "application/octet-stream"),
            "contentSize": str((folder / file).stat().st_size),
            "sha256": sha256_of(folder / file),
        }
        files[file] = crate.add_file(folder / file, file, properties=about)
    run = {
        "name": f"sim {said['question']}",
        "description": said["command"],
        "endTime": said["written"],
        "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
        "instrument": _software(crate, said, licence),
        "result": [files[file] for file in (*there, MANIFEST)],
    }
    if scenario:
        of = {
            "name": name,
            "description": spoken(Term("The scenario as it was run, with all of its settings.")),
            "encodingFormat": "application/json",
            "text": json.dumps(scenario),
        }
        run["object"] = [_add(crate, "#scenario", "CreativeWork", of)]
    crate.root_dataset["mentions"] = [_add(crate, "#run", "CreateAction", run)]
    return crate


def _description(file: str, tables: Mapping[str, list[str]]) -> Words:
    """Say what a file is."""
    path = PurePath(file)
    if file == DICTIONARY:
        return Term("What every column of the tables means, and in which unit.")
    if file == MANIFEST:
        return Term("Command, scenario as run, seeds, versions, and hashes of all that was made.")
    if file == TABLE:
        return Term("The result as text.")
    if path.suffix == ".html":
        return Term("The result as a page.")
    if path.suffix in (".png", ".svg"):
        return Term("A figure of the result.")
    return Sentence("A table with the columns {names}.", names=Listed(tuple(tables.get(path.stem, ()))))


def _software(crate: ROCrate, said: Mapping[str, Any], licence: ContextEntity) -> ContextEntity:
    """Add what made the result. Its version is told where it is the one that is here."""
    git = said["git"] or {}
    about: dict[str, Any] = {
        "name": "sim",
        "description": spoken(Term("An agent-based simulator of moderation policy on anonymous chat.")),
        "license": licence,
        "identifier": [f"sha256:{said['code_fingerprint']}", *([f"commit:{git['commit']}"] if git else [])],
        "softwareRequirements": [
            _add(crate, f"#{name}", "SoftwareApplication", {"name": name, "softwareVersion": version})
            for name, version in {"Python": said["python"], **said["packages"]}.items()
        ],
    }
    if git.get("dirty"):
        about["creativeWorkStatus"] = spoken(Term("with changes that were not committed"))
    if said["code_fingerprint"] == code_fingerprint():
        about["softwareVersion"] = sim.__version__
    return _add(crate, "#sim", "SoftwareApplication", about)


def _add(crate: ROCrate, name: str, kind: str, about: Mapping[str, Any]) -> ContextEntity:
    """Add something that is no file."""
    from rocrate.model.contextentity import ContextEntity

    return crate.add(ContextEntity(crate, name, {"@type": kind, **about}))
