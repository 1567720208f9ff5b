"""How figures are laid out: a page with title, key and caption, or axes of somebody else; text that fits, and curves.

Data stand where they are; only labels give way. What figures look like is `sim.report.style`, and rows of estimates are
`sim.report.rows`.
"""

from __future__ import annotations

from sim.report.canvas import own_settings  # before matplotlib, which it imports whatever the environment asks for

# isort: split
import io
import os
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from sim.outcomes.statistics import Floats
from sim.report.style import (
    BASE,
    FINE,
    GREY,
    INK,
    LINE,
    SMALL,
    THIN,
    TITLE,
    WIDTH,
    Mark,
    dress,
)
from sim.rules.errors import ScenarioError
from sim.rules.sentences import Sentence, Words, spoken

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.backend_bases import RendererBase

Panels: TypeAlias = NDArray[np.object_]
"""Axes side by side, or one under the other."""

Given: TypeAlias = "Axes | Sequence[Axes] | Panels | None"
"""Axes to draw into; ``None`` for those of a new figure."""

NAMES = 1.75
"""Inches of the longest line of a name at the left of a row."""

LEAST_PERCENT = 1

_DECADES = 10
_MARGIN = 0.08
_LEADING = 1.3
_MOST_LINES = 3
_Given = ParamSpec("_Given")


class Drawing(Figure):
    """A figure that a notebook shows by itself, and a script by `show`; ``savefig`` keeps it."""

    def __repr__(self) -> str:
        title = " ".join(self.get_suptitle().split())
        return f"<Figure {title!r}: .show() opens it, .savefig('name.png') keeps it>"

    def savefig(self, *given: Any, **named: Any) -> None:
        """Keep the figure in a file, with the settings that it was drawn with; arguments are matplotlib's."""
        with own_settings():
            super().savefig(*given, **named)

    def get_tightbbox(self, renderer: RendererBase | None = None, bbox_extra_artists: Any = None) -> Bbox:
        """Return the whole page, in inches: notebooks trim figures to this, and else cut off title, key and caption."""
        return Bbox.from_bounds(0, 0, *self.get_size_inches())

    def _repr_png_(self) -> bytes:
        image = io.BytesIO()
        self.savefig(image, format="png", dpi=100)
        return image.getvalue()

    def show(self, warn: bool = True) -> None:
        """Show the figure: in the notebook, or as a picture in the programme that opens those; say where it is.

        Args:
            warn: Taken for matplotlib's sake.
        """
        python = sys.modules.get("IPython")
        if python and hasattr(python.get_ipython(), "kernel"):
            python.display.display(self)
            return
        with tempfile.NamedTemporaryFile(prefix="sim-", suffix=".png", delete=False) as file:
            self.savefig(file, format="png", dpi=150)
        path = Path(file.name)
        screen = sys.platform in ("darwin", "win32") or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())
        opened = screen and webbrowser.open(path.as_uri())
        print(f"The figure is in {path}." if opened else f"There is no screen to show it on: the figure is in {path}.")


def blank(width: float, height: float) -> Figure:
    """Return a figure without pyplot that a notebook shows by itself."""
    figure = Drawing((width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def figure_of(draw: Callable[_Given, Axes | Panels], *given: _Given.args, **named: _Given.kwargs) -> Figure:
    """Return the figure that a function makes which is given no axes."""
    first: Axes = np.ravel(np.asarray(draw(*given, **named), object))[0]
    figure = first.figure
    assert isinstance(figure, Figure)
    return figure


class Sheet:
    """What a figure is drawn on: axes that were given, or a page of our own with title, key and caption.

    Attributes:
        panels: The axes, in the house style.
    """

    panels: Panels

    def __init__(
        self, given: Given, height: float, n: int = 1, columns: int = 1, width: float = WIDTH, **grid: Any
    ) -> None:
        """Take the axes that were given, or make those of a new figure.

        Args:
            given: Axes to draw into, as many as there are panels; ``None`` for a new figure.
            height: Inches of all panels of a new figure, without its title, key and caption.
            n: Panels.
            columns: How many of them stand side by side in a new figure.
            width: Inches of a new figure.
            grid: How its panels hang together, as matplotlib's ``subplots`` takes it.

        Raises:
            ScenarioError: If other than so many axes are given.
        """
        self._height, self._figure = height, None
        if given is None:
            self._figure = blank(width, height)
            made = self._figure.subplots(-(-n // columns), columns, squeeze=False, **grid).ravel()
            for spare in made[n:]:
                spare.set_visible(False)
            self.panels = made[:n]
        else:
            self.panels = np.ravel(np.asarray(given, object))
            if len(self.panels) != n:
                raise ScenarioError(
                    Sentence("this figure takes {n} axes, and {given} were given", n=n, given=len(self.panels))
                )
        for axes in self.panels:
            dress(axes)

    @property
    def axes(self) -> Axes:
        """The only panel."""
        axes: Axes = self.panels[0]
        return axes

    def finish(self, title: Words, caption: Words, key: Sequence[Artist] = (), unit: Words = None) -> None:
        """Write title, key and caption on a page of our own; axes of somebody else have their own.

        Args:
            title: What the figure shows.
            caption: What to know of it.
            key: What marks mean that is said nowhere else.
            unit: That of the upright axis of all panels, where they have one: under the title, or at the first panel.
        """
        if self._figure is None:
            self.axes.set_ylabel(spoken(unit))
            return
        figure, width = self._figure, self._figure.get_figwidth()
        head = wrapped(spoken(title), width - 2 * _MARGIN, TITLE, bold=True)
        foot = wrapped(spoken(caption), width - 2 * _MARGIN, FINE)
        rows = _key_rows(key, width - 2 * _MARGIN)
        below_head = wrapped(spoken(unit), width - 2 * _MARGIN, SMALL)
        title_end = _MARGIN + _inches(head.count("\n") + 1, TITLE) + 0.05
        unit_end = title_end + (_inches(below_head.count("\n") + 1, SMALL) if unit else 0)
        above = unit_end + _inches(len(rows), 1.3 * SMALL) + 0.04
        below = _MARGIN + _inches(foot.count("\n") + 1, FINE) + 0.06
        height = above + self._height + below
        figure.set_size_inches(width, height)
        figure.set_layout_engine(
            "constrained", rect=(0, below / height, 1, self._height / height), w_pad=_MARGIN, h_pad=0.03
        )
        left = _MARGIN / width
        places: dict[str, Any] = {"x": left, "ha": "left"}
        top = 1 - _MARGIN / height
        figure.suptitle(head, y=top, va="top", fontsize=TITLE, fontweight="bold", linespacing=_LEADING - 0.1, **places)
        figure.supxlabel(
            foot, y=_MARGIN / height, va="bottom", fontsize=FINE, color=GREY, linespacing=_LEADING - 0.05, **places
        )
        for row, handles in enumerate(rows):
            inches = unit_end + _inches(row, 1.3 * SMALL)
            legend = figure.legend(
                handles=handles, loc="upper left", bbox_to_anchor=(left, 1 - inches / height), ncols=len(handles),
                frameon=False, fontsize=SMALL, borderpad=0, borderaxespad=0, handlelength=_HANDLE, columnspacing=_GAP,
            )  # fmt: skip
            legend.set_in_layout(False)
        if unit:
            figure.text(left, 1 - title_end / height, below_head, fontsize=SMALL, color=GREY, va="top", in_layout=False)
        for text in (figure._suptitle, figure._supxlabel):  # type: ignore[attr-defined]
            text.set_in_layout(False)


_HANDLE, _GAP = 1.6, 1.6
"""Widths of a mark in a key and of what is between two of them, in letters."""


def _inches(lines: float, size: float) -> float:
    return lines * size * _LEADING / 72


def _key_rows(key: Sequence[Artist], inches: float) -> list[list[Artist]]:
    """Return what marks mean in rows that are no wider than this."""
    rows: list[list[Artist]] = []
    left = 0.0
    for handle in key:
        wide = width_of(str(handle.get_label()), SMALL) + (_HANDLE + 0.8 + _GAP) * SMALL / 72
        if wide > left:
            rows.append([])
            left = inches
        rows[-1].append(handle)
        left -= wide
    return rows


# -- text --------------------------------------------------------------------------------------------------------------


def width_of(text: str, size: float, bold: bool = False) -> float:
    """Return the inches of a line of text."""
    width: float = text_to_path.get_text_width_height_descent(text, _font(size, bold), False)[0]
    return 1.02 * width / 72


@cache
def _font(size: float, bold: bool) -> FontProperties:
    return FontProperties(size=size, weight="bold" if bold else "normal")


def wrapped(text: str, inches: float, size: float, bold: bool = False) -> str:
    """Return a text in lines of no more than so many inches; names are broken behind a hyphen, or anywhere."""
    lines = [""]
    for word in text.split():
        for piece in _pieces(word, inches, size, bold):
            glue = " " if lines[-1] and piece.startswith(" ") else ""
            longer = f"{lines[-1]}{glue}{piece.strip()}"
            if lines[-1] and width_of(longer, size, bold) > inches:
                lines.append(piece.strip())
            else:
                lines[-1] = longer
    return "\n".join(lines)


def _pieces(word: str, inches: float, size: float, bold: bool) -> list[str]:
    """Return a word, with a blank before it, in pieces that fit into a line, whole if it does."""
    if width_of(word, size, bold) <= inches:
        return [f" {word}"]
    pieces, rest = [], word
    while width_of(rest, size, bold) > inches:
        most = max(n for n in range(1, len(rest)) if n == 1 or width_of(rest[:n], size, bold) <= inches)
        cut = 1 + max(rest[:most].rfind(sign) for sign in "-_.")
        pieces.append(rest[: cut or most])
        rest = rest[cut or most :]
    return [f" {pieces[0]}", *pieces[1:], rest]


def name_lines(name: str, inches: float = NAMES, size: float = BASE) -> str:
    """Return the name of a row in up to three lines."""
    lines = wrapped(name, inches, size).split("\n")
    return "\n".join(lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 1], f"{lines[_MOST_LINES - 1]}…"])


def over(axes: Axes, words: Words, inches: float, bold: bool = True, room: float = 0) -> None:
    """Write what axes show above them at the left.

    Args:
        axes: The axes.
        words: What they show.
        inches: How wide a line may be.
        bold: Whether it is a name, and not a unit.
        room: Points that are left free under it.
    """
    text, size = spoken(words), BASE if bold else SMALL
    axes.set_title(
        wrapped(text, inches, size, bold), loc="left", fontsize=size, fontweight="bold" if bold else "normal",
        color=INK if bold else GREY, pad=4 + room,
    )  # fmt: skip


def under(axes: Axes, words: Words, inches: float) -> None:
    """Write what the axis under a panel shows, with its unit."""
    axes.set_xlabel(wrapped(spoken(words), inches, SMALL), fontsize=SMALL, color=INK)


def above(axes: Axes, x: float, text: str, colour: str = INK, line: int = 0, inwards: bool = True) -> None:
    """Write a text above axes, at the left of `x` where that is in their right half, else at the right of it.

    Args:
        axes: The axes.
        x: Where, from 0 at their left end to 1.
        text: What to write.
        colour: In what colour.
        line: How many lines further up.
        inwards: The other way round if not.
    """
    side = "right" if (x > 0.5) is inwards else "left"
    aside = {True: 0, False: 4 if side == "left" else -4}[inwards]
    note(axes, text, (x, 1), (aside, 3 + line * DIRECTIONS), "axes fraction", color=colour, ha=side, va="bottom")


def note(
    axes: Axes, text: str, at: tuple[float, float], points: tuple[float, float], of: Any = "data", **look: Any
) -> None:
    """Write a small text so many points to the right of a place and above it.

    Args:
        axes: The axes.
        text: What to write.
        at: The place.
        points: How far from it.
        of: What the place is measured in, as matplotlib takes it.
        look: How the text looks, likewise.
    """
    said: dict[str, Any] = {"fontsize": SMALL, "va": "center", "annotation_clip": False} | look
    axes.annotate(text, at, xytext=points, xycoords=of, textcoords="offset points", **said)


DIRECTIONS = 13
"""Points that a line of words takes above axes: `sim.report.rows.directions`, for one."""


# -- curves ------------------------------------------------------------------------------------------------------------


def steps(axes: Axes, edges: Floats, bands: Floats, mark: Mark | None) -> None:
    """Draw a level for each period from edge to edge, with its band; where one is missing there is a gap."""
    colour = mark.colour if mark else GREY
    low, high = (np.append(bands[:, i], bands[-1, i]) for i in (1, 2))
    axes.fill_between(edges, low, high, step="post", color=colour, alpha=0.22, linewidth=0)
    axes.stairs(bands[:, 0], edges, baseline=None, color=colour, linewidth=LINE)
    if mark:
        axes.plot((edges[:-1] + edges[1:]) / 2, bands[:, 0], ls="", **mark.style() | {"markersize": 4})


def spread_out(axes: Axes, x: Floats) -> None:
    """Make an axis logarithmic if the values span a decade; 0 has a place of its own at its left end."""
    above = x[x > 0]
    if len(above) > 1 and x.min() >= 0 and above.max() >= _DECADES * above.min():
        if x.min() == 0:
            axes.set_xscale("symlog", linthresh=above.min(), linscale=0.3)
        else:
            axes.set_xscale("log")


def apart(places: Sequence[float], heights: Sequence[float]) -> Floats:
    """Return places, in their order, moved up as little as it takes for labels of these heights not to overlap."""
    moved = np.array(places, float)
    for one, other in pairwise(np.argsort(places, kind="stable")):
        moved[other] = max(moved[other], moved[one] + (heights[one] + heights[other]) / 2)
    return moved


def name_at_ends(axes: Axes, said: Sequence[Words], ends: Sequence[float], upright: float, inches: float) -> None:
    """Write the name of each curve at the right of its end, the first one's darker.

    Args:
        axes: The axes, as they stay.
        said: The names.
        ends: How high the curves end.
        upright: About how many inches the axes are high.
        inches: How wide a line may be.
    """
    names = [name_lines(spoken(name), inches, SMALL) for name in said]
    line = axes.get_ylim()[1] * 1.4 * SMALL / 72 / upright
    places = apart(ends, [line * (name.count("\n") + 1) for name in names])
    for n, (name, end, place) in enumerate(zip(names, ends, places, strict=True)):
        axes.annotate(
            name, (axes.get_xlim()[1], end), xytext=(12, place), textcoords=("offset points", "data"), fontsize=SMALL,
            color=GREY if n else INK, va="center", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": GREY, "lw": 0.5, "relpos": (0, 0.5)},
        )  # fmt: skip


def at_least_a_percent(ends: tuple[float, float]) -> tuple[float, float]:
    """Return the ends of an axis of percent so that nothing looks large only because all is small."""
    return min(ends[0], -LEAST_PERCENT), max(ends[1], LEAST_PERCENT)


def zero(axes: Axes, along: str = "x") -> None:
    """Draw the line at zero."""
    (axes.axvline if along == "x" else axes.axhline)(0, color=INK, linewidth=THIN + 0.2, zorder=1)
