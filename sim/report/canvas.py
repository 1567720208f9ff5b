"""What figures are drawn with: matplotlib, imported and set the same way wherever this runs."""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_OF_THE_SESSION = ("backend", "backend_fallback", "interactive", "toolbar", "figure.hooks")
"""Settings of matplotlib that are none of a drawing."""

_OWN = {"svg.hashsalt": "sim", "svg.fonttype": "path", "text.parse_math": False}
"""What is set otherwise than matplotlib does: the same bytes each time, and names drawn as they are written."""

_Given = ParamSpec("_Given")


@contextmanager
def own_settings() -> Iterator[None]:
    """Draw with matplotlib's own settings and `_OWN`, whatever a file, the environment or this session has set."""
    import matplotlib

    own: dict[Any, Any] = {k: v for k, v in matplotlib.rcParamsDefault.items() if k not in _OF_THE_SESSION} | _OWN
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=matplotlib.MatplotlibDeprecationWarning)
        warnings.filterwarnings("ignore", "Glyph .* missing from")  # a font has not every letter there is
        with matplotlib.rc_context(own):
            yield


def _import_matplotlib() -> None:
    """Import matplotlib even where the environment asks for a backend that it does not know: none is needed here."""
    wanted = os.environ.pop("MPLBACKEND", None) if "matplotlib" not in sys.modules else None
    if wanted is None:
        return
    try:
        import matplotlib
    finally:
        os.environ["MPLBACKEND"] = wanted
    with suppress(ValueError):
        matplotlib.rcParams["backend"] = wanted


def in_own_settings(draw: Callable[_Given, Figure]) -> Callable[_Given, Figure]:
    """Let a function draw within `own_settings`."""

    @wraps(draw)
    def within(*given: _Given.args, **named: _Given.kwargs) -> Figure:
        with own_settings():
            return draw(*given, **named)

    return within


def rendered(draw: Callable[[], Figure]) -> dict[str, bytes]:
    """Draw a figure and return it as PNG and SVG, by ending, without a date: the same figure gives the same bytes."""
    with own_settings():
        figure, png, svg = draw(), io.BytesIO(), io.BytesIO()
        figure.savefig(png, format="png", dpi=150, metadata={"Software": None})
        figure.set_layout_engine("none")  # laid out once is enough, and the same for both
        figure.savefig(svg, format="svg", metadata={"Date": None})
    return {".png": png.getvalue(), ".svg": svg.getvalue()}


_import_matplotlib()
