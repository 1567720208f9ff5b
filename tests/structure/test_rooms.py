"""Rooms of the package, and which may know of which. The table is the design: change it on purpose or not at all."""

import subprocess
import sys

import pytest

from tests.structure.modules import MODULES, PACKAGE, imported, room

ROOMS = {
    "rules": "",
    "policies": "rules",
    "scenario": "rules policies",
    "model.records": "",
    "model.hourly": "rules scenario model.records",
    "model.world": "rules scenario",
    "model.decisions": "rules scenario model.world",
    "model.arrays": "rules scenario model.records model.hourly model.world model.decisions",
    "model.agents": "rules scenario model.records model.hourly model.world model.decisions",
    "model.engines": "rules model.records model.arrays model.agents",
    "outcomes": "rules policies scenario model.records model.world model.decisions",
    "study": "rules scenario model.records model.engines outcomes",
    "report": "rules policies scenario model.records model.engines outcomes",
    "questions": "rules policies scenario model.records model.engines outcomes study report",
    "__init__": "rules scenario model.arrays report questions",
    "__main__": "rules scenario study report questions",
}
"""Room: the others that it may import, all of which stand above it. `model.engines` knows the engines by name alone."""

PACKAGES = {
    "mesa": {"model.hourly", "model.agents"},
    "matplotlib": {"report"},
    "pandas": {"model.records", "model.arrays", "model.agents", "outcomes", "study", "report", "questions"},
    "pyarrow": {"model.records", "study"},
    "tqdm": {"study"},
    "joblib": {"study"},
    "distributed": {"study"},
    "scipy": {"outcomes"},
    "SALib": {"outcomes"},
    "jinja2": {"report"},
    "openpyxl": {"study"},
    "rocrate": {"study"},
}
"""Package: the rooms that need it, and nobody else."""

CHOSEN = ("mesa", "numpy", "matplotlib", "pandas", "tqdm")
"""Packages that the project was asked to be built with."""

LONGEST = 540


def of_the_package(module: str) -> set[str]:
    """Return the modules of the package that one imports."""
    found = set()
    for name in imported(MODULES[module]):
        parts = name.split(".")[1:] if name.startswith("sim.") else []
        while parts and ".".join(parts) not in MODULES:
            parts.pop()
        if parts:
            found.add(".".join(parts))
    return found - {module}


GRAPH = {module: of_the_package(module) for module in MODULES}


def test_the_table_has_every_room_and_none_knows_of_a_later_one() -> None:
    assert set(ROOMS) == {room(module) for module in MODULES if not module.endswith("__init__") or module == "__init__"}
    above: set[str] = set()
    for name, allowed in ROOMS.items():
        assert set(allowed.split()) <= above, name
        above.add(name)


def test_maintainers_are_told_of_every_room() -> None:
    told = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    folders = {path.parent.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")} - {"."}
    assert [folder for folder in sorted(folders) if f"| `sim/{folder}/` |" not in told] == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_room_may(module: str) -> None:
    own = room(module)
    assert {room(name) for name in GRAPH[module]} <= {own, *ROOMS.get(own, "").split()}


def test_there_is_no_circle() -> None:
    left = {module: set(names) for module, names in GRAPH.items()}
    while free := [module for module, names in left.items() if not names & left.keys()]:
        for module in free:
            del left[module]
    assert not left, "these import each other"


def test_the_engines_do_not_know_of_each_other() -> None:
    assert "model.agents" not in ROOMS["model.arrays"].split()
    assert "model.arrays" not in ROOMS["model.agents"].split()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_imported_only_where_it_is_needed(package: str) -> None:
    users = {room(m) for m, tree in MODULES.items() if package in {name.split(".")[0] for name in imported(tree)}}
    assert users == PACKAGES[package]


def test_every_package_that_was_asked_for_is_in_use() -> None:
    used = {name.split(".")[0] for tree in MODULES.values() for name in imported(tree)}
    assert set(CHOSEN) <= used


@pytest.mark.parametrize("module", MODULES)
def test_no_module_is_too_long_to_read(module: str) -> None:
    text = (PACKAGE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST


def test_what_is_slow_to_import_is_imported_late() -> None:
    slow = {"mesa", "matplotlib", "scipy", "joblib", "dask", "openpyxl", "rocrate"}
    code = f"import sys, sim; print(*sorted({slow} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
