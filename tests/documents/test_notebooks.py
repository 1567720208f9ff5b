"""Every notebook in notebooks/ runs, and its stored text is what it says today (figures are not compared).

``python -m tests.documents.test_notebooks`` runs them and stores their outputs anew.
"""

import os
import re
import sys
import tempfile
import time
import warnings
from pathlib import Path

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import nbformat
    from nbclient import NotebookClient
    from nbformat import NotebookNode

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
RENEW = "python -m tests.documents.test_notebooks"
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
            assert not any(place in text for place in (str(ROOT), str(Path.home()), tempfile.gettempdir())), text


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


def renew() -> None:
    """Run every notebook and store its outputs, without what belongs to this machine or this hour."""
    for path in NOTEBOOKS:
        start = time.perf_counter()
        notebook = executed(path)
        notebook.metadata = nbformat.from_dict(KEPT_METADATA)
        for cell in notebook.cells:
            cell.metadata = nbformat.from_dict({})
        nbformat.write(notebook, path)
        print(f"{path.name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    renew()
