"""Every notebook in notebooks/ runs, its stored text is what it says today (figures are not compared), and the paired
text beside it has the same cells.

``python -m tests.documents.test_notebooks`` runs them and stores their outputs and the paired texts anew; with names
(``02_one_hour``), only those.
"""

import ast
import os
import re
import sys
import tempfile
import time
import warnings
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import nbformat
    from nbclient import NotebookClient
    from nbformat import NotebookNode

    from tests.documents.paired_text import text_of

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
RENEW = "python -m tests.documents.test_notebooks"
README = (ROOT / "README.md").read_text(encoding="utf-8")
KEPT_OF_CELLS = ("jupyter", "tags")
KEPT_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def executed(path: Path) -> NotebookNode:
    """Return a notebook run by this Python, in its own folder, with this package."""
    notebook = read(path)
    before = dict(os.environ)
    os.environ |= {"PYTHONPATH": str(ROOT), "COLUMNS": "120", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    try:
        client = NotebookClient(
            notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the Jupyter client, none of ours
            client.execute()
    finally:
        os.environ.clear()
        os.environ.update(before)
    return notebook


def texts(cell: NotebookNode) -> list[str]:
    """Return the text of a cell's outputs; of a figure only that there is one."""
    found = []
    for output in cell.get("outputs", ()):
        data = output.get("data", {"text/plain": output.get("text", "")})
        if "image/png" in data:
            found.append("a figure")
        else:
            found += [str(data[kind]) for kind in sorted(data) if kind.startswith("text/")]
    return found


def of_this_machine(text: str) -> list[str]:
    """Return what in a text belongs to a machine or to the hour of the run: paths, addresses, durations."""
    places = [str(ROOT), str(Path.home()), tempfile.gettempdir()]
    path = r"(?<![\w.<:/])/[A-Za-z_][\w.-]*/[\w.-]+|\b[A-Za-z]:\\\w+|\b0x[0-9a-f]{6,}"
    duration = r"\b(?:wall time|cpu times?|it/s|s/it)\b|\b\d+(?:\.\d+)? ?(?:ms|µs|s|sec|seconds)\b"
    return [place for place in places if place in text] + re.findall(f"{path}|{duration}", text, re.I)


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.name)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS


def test_outputs_are_stored_in_order_and_clean(path: Path) -> None:
    code = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert sum("a figure" in texts(cell) for cell in code) >= 1
    assert sum(bool(texts(cell)) for cell in code) >= len(code) / 2
    for cell in code:
        assert not [o for o in cell.outputs if o.output_type == "error" or o.get("name") == "stderr"], cell.source
        for text in [cell.source, *texts(cell)]:
            assert not re.search(r"Warning|Traceback|<Figure ", text), text
            assert not of_this_machine(text), text
        assert not re.search(r"perf_counter|\.now\(|\.today\(|%%?time", cell.source), cell.source
    for cell in read(path).cells:
        assert set(cell.metadata) <= set(KEPT_OF_CELLS), cell.source


@pytest.mark.parametrize(
    "text",
    [
        "see /home/someone/x.py",
        "C:\\Users",
        "<object at 0x7f3a9c0012>",
        "Wall time: 3 s",
        "done in 2.1 seconds",
        "9 it/s",
    ],
)
def test_traces_of_a_machine_are_seen(text: str) -> None:
    assert of_this_machine(text)


@pytest.mark.parametrize(
    "text", ["<b>a</b><i>c</i>", "2024-01-10 16:51:44", "../scenarios/x.toml", "and/or", "a <br/>"]
)
def test_and_nothing_else_is(text: str) -> None:
    assert not of_this_machine(text)


def test_prose_has_no_results_typed_by_hand(path: Path) -> None:
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            bare = re.sub(r"`[^`]*`|95%", "", cell.source)
            assert not re.search(r"\d", bare), cell.source


def test_it_says_today_what_is_stored(path: Path) -> None:
    for old, new in zip(read(path).cells, executed(path).cells, strict=True):
        assert texts(new) == texts(old), (
            f"{path.name} says something else now; if that was meant: {RENEW}\n{old.source}"
        )


def test_its_paired_text_has_the_same_cells(path: Path) -> None:
    text = path.with_suffix(".py").read_text(encoding="utf-8")
    assert text == text_of(read(path)), f"{path.name} was changed; now renew its paired text: {RENEW} {path.stem}"
    ast.parse(text)


def test_no_paired_text_is_left_alone() -> None:
    assert sorted(path.with_suffix(".ipynb") for path in (ROOT / "notebooks").glob("*.py")) == NOTEBOOKS


def test_the_readme_lists_it(path: Path) -> None:
    assert f"](notebooks/{path.name})" in README


@pytest.mark.parametrize("path", NOTEBOOKS[1:], ids=lambda path: path.name)
def test_it_has_exercises_with_solutions_at_the_end(path: Path) -> None:
    cells = read(path).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert "## What the small scale distorts" in prose
    exercises = re.findall(r"^\* ", prose.split("## Exercises")[1], re.M)
    solved = ["solution" in cell.metadata.get("tags", ()) for cell in cells]
    assert solved == sorted(solved), "solutions come last"
    hidden = [cell.metadata.get("jupyter") == {"source_hidden": True} for cell in cells if cell.cell_type == "code"]
    assert sum(hidden) == len(exercises) >= 2
    assert hidden == [s for s, cell in zip(solved, cells, strict=True) if cell.cell_type == "code"]


def renew(names: list[str]) -> None:
    """Run notebooks, all or those named, and store outputs and paired text, without traces of this machine and hour."""
    for path in [path for path in NOTEBOOKS if not names or path.stem in names]:
        start = time.perf_counter()
        notebook = executed(path)
        notebook.metadata = nbformat.from_dict(KEPT_METADATA)
        for cell in notebook.cells:
            cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k in KEPT_OF_CELLS})
        nbformat.write(notebook, path)
        path.with_suffix(".py").write_text(text_of(notebook), encoding="utf-8")
        print(f"{path.name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    renew(sys.argv[1:])
