"""Who may import whom. The tables are the design: change them on purpose or not at all."""

import subprocess
import sys

import pytest

from tests.structure.modules import MODULES, PACKAGE, imported, part

LAYERS = {
    "declare": "",
    "terminal": "declare",
    "parameters": "declare",
    "draws": "",
    "records": "",
    "evidence": "",
    "provenance": "",
    "hints": "declare",
    "names": "",
    "errors": "declare hints",
    "lines": "errors",
    "offences": "declare names",
    "rules": "declare parameters",
    "policies": "declare errors hints parameters rules",
    "scenario": "declare errors names offences parameters policies rules",
    "arguments": "errors scenario",
    "reading": "arguments declare errors hints lines names offences rules scenario",
    "schema": "declare names rules scenario",
    "template": "arguments declare errors parameters",
    "population": "draws parameters scenario",
    "day": "draws population",
    "crowd": "day draws parameters population scenario",
    "world": "crowd day draws population scenario",
    "decisions": "draws parameters population rules scenario world",
    "sanctions": "decisions draws rules",
    "state": "decisions draws rules sanctions world",
    "observe": "arguments day draws errors parameters population records scenario state",
    "processes": "day decisions draws observe population rules sanctions state world",
    "hourly": "arguments errors records scenario",
    "model": "arguments decisions draws errors hourly observe processes records rules scenario state world",
    "agents": "arguments day decisions draws errors hourly parameters population records sanctions scenario world",
    "statistics": "draws",
    "outcomes": "parameters records scenario",
    "workload": "decisions outcomes parameters population rules scenario",
    "advice": "declare errors parameters rules scenario template workload",
    "mechanisms": "rules",
    "headings": "outcomes parameters",
    "text": "errors rules scenario",
    "progress": "terminal text",
    "canvas": "",
    "drawing": "canvas outcomes scenario statistics",
    "figures": "canvas drawing outcomes rules scenario statistics text",
    "table": "headings outcomes parameters records rules scenario statistics text workload",
    "tornado": "headings scenario statistics text",
    "transparency": "outcomes scenario statistics",
    "dictionary": "declare outcomes parameters records rules scenario",
    "explain": "declare dictionary errors evidence headings mechanisms offences outcomes parameters records rules "
    "scenario workload",
    "store": "errors provenance records scenario",
    "running": "agents arguments errors model progress records scenario store text",
    "question": "arguments errors records running scenario store text",
    "results": "arguments canvas dictionary errors progress provenance question records running store",
    "experiment": "arguments errors figures outcomes question records results running scenario statistics "
    "store table text transparency",
    "attribution": "arguments errors experiment figures headings mechanisms outcomes question records results rules "
    "scenario statistics store text",
    "sensitivity": "arguments declare errors experiment figures outcomes parameters "
    "question records results rules scenario statistics store text tornado",
    "response": "arguments declare errors experiment figures headings hints outcomes parameters "
    "policies question records results rules scenario sensitivity statistics store table text",
    "patterns": "draws errors population reading rules scenario statistics",
    "validation": "arguments errors headings patterns question records results running scenario statistics store text",
    "reproduce": "arguments attribution errors experiment progress provenance question records response results "
    "running sensitivity store validation",
    "exports": "arguments errors records results",
    "__init__": "attribution experiment model reading response scenario sensitivity",
    "__main__": "advice arguments attribution errors experiment explain exports lines question reading reproduce "
    "response results running scenario schema sensitivity template terminal text validation",
}
"""Module or folder: the others of the package that it may import, all of which stand above it."""

PACKAGES = {
    "mesa": {"hourly", "agents"},
    "matplotlib": {
        *("attribution", "canvas", "drawing", "experiment", "figures", "question", "response", "sensitivity"),
    },
    "pandas": {
        *("attribution", "patterns", "transparency", "validation"),
        *("agents", "experiment", "figures", "observe", "outcomes", "records"),
        *("response", "results", "sensitivity", "table", "tornado"),
        *("dictionary", "exports", "provenance", "reproduce", "store"),
    },
    "pyarrow": {"exports", "records", "reproduce", "results", "store"},
    "tqdm": {"progress"},
    "joblib": {"running"},
    "scipy": {"statistics"},
}
"""Package: the modules and folders that need it, and nobody else."""

CHOSEN = ("mesa", "numpy", "matplotlib", "pandas", "tqdm")
"""Packages that the project was asked to be built with."""

LONGEST = 540


def test_the_table_of_layers_has_every_module_and_only_looks_up() -> None:
    assert set(LAYERS) == {part(module) for module in MODULES}
    above: set[str] = set()
    for layer, allowed in LAYERS.items():
        assert set(allowed.split()) <= above, layer
        above.add(layer)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_layer_may(module: str) -> None:
    found = {name.split(".")[1] for name in imported(MODULES[module]) if name.startswith("sim.")}
    assert found <= {part(module), *LAYERS[part(module)].split()}


def test_the_engines_share_neither_state_nor_process() -> None:
    apart = {"state", "observe", "processes", "model"}
    assert not apart & set(LAYERS["agents"].split())
    assert not any("agents" in LAYERS[layer].split() for layer in apart)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_imported_only_where_it_is_needed(package: str) -> None:
    users = {part(m) for m, tree in MODULES.items() if package in {part(name) for name in imported(tree)}}
    assert users == PACKAGES[package]


def test_every_package_that_was_asked_for_is_in_use() -> None:
    used = {part(name) for tree in MODULES.values() for name in imported(tree)}
    assert set(CHOSEN) <= used


@pytest.mark.parametrize("module", MODULES)
def test_no_module_is_too_long_to_read(module: str) -> None:
    text = (PACKAGE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST


def test_what_is_slow_to_import_is_imported_late() -> None:
    code = "import sys, sim; print(*sorted({'mesa', 'matplotlib', 'scipy', 'joblib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
