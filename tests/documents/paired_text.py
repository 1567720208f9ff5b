"""The paired text of a notebook: its cells without outputs, so that a change can be read and two versions compared.

It is the percent format of Jupytext, which editors open as a notebook; made here so that no other package is needed.
"""

import json

from nbformat import NotebookNode

HEADER = """\
# ---
# # Made from the notebook of the same name by `make baselines`: edit that one.
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
"""


def text_of(notebook: NotebookNode) -> str:
    """Return the cells of a notebook as the text of a Python file: markdown and magics as comments."""
    return HEADER + "".join(f"\n{_head(cell)}\n{_body(cell)}\n" for cell in notebook.cells)


def _head(cell: NotebookNode) -> str:
    kind = [] if cell.cell_type == "code" else [f"[{cell.cell_type}]"]
    metadata = [f"{key}={json.dumps(value, sort_keys=True)}" for key, value in sorted(cell.metadata.items())]
    return " ".join(["# %%", *kind, *metadata])


def _body(cell: NotebookNode) -> str:
    lines = cell.source.split("\n")
    if cell.cell_type == "code":
        return "\n".join(f"# {line}" if line.startswith(("%", "!")) else line for line in lines)
    return "\n".join(f"# {line}".rstrip() for line in lines)
