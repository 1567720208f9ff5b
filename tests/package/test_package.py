"""What is installed: the source distribution makes a wheel that holds all it needs and works far from the checkout."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path
from typing import Any

import pytest

from sim.study.identity import code_fingerprint, model_files

ROOT = Path(__file__).parents[2]
NAME = "anonymous-chat-policy-simulator"

BUILD = "import sys; from setuptools import build_meta; getattr(build_meta, sys.argv[1])(sys.argv[2])"

INSTALLED = """
import sys
from importlib.metadata import entry_points
sys.path.insert(0, sys.argv.pop(1))
sys.argv[0] = "/usr/bin/anonchat"
(command,) = entry_points(group="console_scripts", name="anonchat")
sys.exit(command.load()())
"""
"""What the command on PATH does, with the package that lies in a folder."""


def build(what: str, source: Path, target: Path) -> Path:
    """Build a distribution, without a network, and return its file."""
    target.mkdir()
    subprocess.run([sys.executable, "-c", BUILD, what, target], cwd=source, check=True, capture_output=True)
    (file,) = target.iterdir()
    return file


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what a wheel of the source distribution of this checkout holds."""
    folder = tmp_path_factory.mktemp("package")
    source = folder / "checkout"
    shutil.copytree(ROOT / "sim", source / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("scenarios", "tests", "notebooks", "results"):
        (source / name).symlink_to(ROOT / name)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    with tarfile.open(build("build_sdist", source, folder / "source")) as packed:
        packed.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11 has it from 3.11.4 on
        packed.extractall(folder)
    (unpacked,) = folder.glob("anonymous*")
    with zipfile.ZipFile(build("build_wheel", unpacked, folder / "wheel")) as wheel:
        wheel.extractall(folder / "installed")
    return folder / "installed"


@pytest.fixture
def distribution(installed: Path) -> Distribution:
    (found,) = installed.glob("*.dist-info")
    return PathDistribution(found)


def start(installed: Path, folder: Path, *words: str) -> subprocess.Popen[str]:
    """Start the installed command in a folder, with nothing else of the checkout on its path."""
    return subprocess.Popen(
        [sys.executable, "-I", "-c", INSTALLED, installed, *words],
        cwd=folder, env={k: v for k, v in os.environ.items() if not k.startswith("PYTHON")},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def done(installed: Path, folder: Path, *words: str) -> tuple[int, str, str]:
    """Run the installed command in a folder; return its exit code, output and errors."""
    running = start(installed, folder, *words)
    out, err = running.communicate()
    return running.returncode, out, err


def shipped() -> Iterator[tuple[str, Path]]:
    """Yield what a wheel holds beside its metadata: the name there, and the file of the checkout."""
    for path in (ROOT / "sim").rglob("*"):
        if path.is_file() and path.parent.name != "__pycache__":
            yield path.relative_to(ROOT).as_posix(), path
    for path in (ROOT / "scenarios").glob("*.toml"):
        yield f"sim/scenarios/{path.name}", path


def test_it_holds_the_package_and_the_scenarios_and_nothing_else(installed: Path) -> None:
    (metadata,) = installed.glob("*.dist-info")
    files = {path for path in installed.rglob("*") if path.is_file() and metadata not in path.parents}
    assert {path.relative_to(installed).as_posix(): path.read_bytes() for path in files} == {
        name: path.read_bytes() for name, path in shipped()
    }
    assert {"sim/py.typed", "sim/rules/evidence.csv", "sim/scenarios/classroom.toml"} <= {name for name, _ in shipped()}


def test_its_name_says_what_it_is_and_it_has_a_command(distribution: Distribution) -> None:
    assert distribution.metadata["Name"] == NAME
    assert (distribution.read_text("top_level.txt") or "").split() == ["sim"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [entry.name for entry in distribution.entry_points] == [*project["scripts"]] == ["anonchat"]
    assert distribution.metadata["Requires-Python"] == project["requires-python"]
    assert any(str(file).endswith("licenses/LICENSE") for file in distribution.files or ())


def test_it_is_the_same_model(installed: Path) -> None:
    assert code_fingerprint(installed / "sim") == code_fingerprint()
    assert model_files("sim.model.arrays.model", installed / "sim") == model_files("sim.model.arrays.model")


def test_an_empty_folder_is_enough(installed: Path, tmp_path: Path) -> None:
    code, out, err = done(installed, tmp_path, "new", "mine.toml", "--like", "classroom")
    assert (code, err) == (0, "")
    assert out.endswith("\nanonchat check mine.toml\n")
    assert done(installed, tmp_path, "check", "mine.toml")[0] == 0
    small = ("--policies", "email", "--days", "20", "--seeds", "2", "--out", "r")
    code, out, err = done(installed, tmp_path, "compare", "mine.toml", *small)
    assert code == 3 and err.startswith("This cannot be answered")  # so small a study has too few harms
    assert "\nr/effects.csv\n" in out
    manifest = json.loads((tmp_path / "r" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"] == f"python -m sim compare mine.toml {' '.join(small)}"
    assert manifest["git"] is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.toml", "r"]


def test_it_is_called_as_it_was_called(installed: Path, tmp_path: Path) -> None:
    code, out, err = done(installed, tmp_path, "--help")
    assert (code, err) == (0, "")
    assert out.startswith("usage: anonchat [-h] ")
    assert "anonchat compare scenarios/classroom.toml" in out
    assert "python -m sim" not in out
    code, out, err = done(installed, tmp_path, "compare", "scenarios/classroom.toml")
    assert (code, out) == (2, "")
    assert err == (
        "scenarios/classroom.toml: there is no such file. Give the path of a scenario file (TOML). "
        "It is shipped: python -m sim new classroom.toml --like classroom\n"
    )


@pytest.mark.parametrize("interrupt", [signal.default_int_handler, signal.SIG_IGN], ids=["by hand", "in a script"])
def test_a_scheduler_may_end_it(interrupt: Any, installed: Path, tmp_path: Path) -> None:
    own = signal.signal(signal.SIGINT, interrupt)  # a shell without job control lets its background ignore it
    try:
        running = start(installed, tmp_path, "validate")  # minutes, of a scenario that must be found
    finally:
        signal.signal(signal.SIGINT, own)
    assert running.stdout is not None
    begun = running.stdout.readline()
    running.terminate()
    try:
        _, err = running.communicate(timeout=60)
    finally:
        running.kill()
    assert begun.startswith("To simulate: "), err
    assert running.returncode == 130
    assert err.splitlines()[-1].startswith("interrupted")
