"""What figures are drawn with: matplotlib, imported and set the same way wherever this runs."""

from __future__ import annotations

import io
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from xml.sax.saxutils import quoteattr

from sim.report.style import FONTS, SETTINGS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_OF_THE_SESSION = ("backend", "backend_fallback", "interactive", "toolbar", "figure.hooks")
"""Settings of matplotlib that are none of a drawing."""

_OWN = {"svg.hashsalt": "sim", "svg.fonttype": "none", "text.parse_math": False, **SETTINGS}
"""What is set otherwise than matplotlib does: the same bytes each time, names drawn as they are written, text that can
be searched and chosen, and the house style."""

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


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


def in_own_settings(draw: Callable[_Given, _Made]) -> Callable[_Given, _Made]:
    """Let a function draw within `own_settings`."""

    @wraps(draw)
    def within(*given: _Given.args, **named: _Given.kwargs) -> _Made:
        with own_settings():
            return draw(*given, **named)

    return within


def rendered(draw: Callable[[], Figure], name: str, png: bool = True) -> dict[str, bytes]:
    """Draw a figure and return it as SVG and PNG, by ending, without a date: the same figure gives the same bytes.

    Args:
        draw: What draws it.
        name: The name of its file, by which no two figures on one page have an id in common.
        png: Whether it is wanted as PNG too, which takes longer.
    """
    found = {}
    with own_settings():
        figure, svg, dots = draw(), io.StringIO(), io.BytesIO()
        if layout := figure.get_layout_engine():
            layout.execute(figure)
        figure.set_layout_engine("none")  # laid out once is enough, and the same for both
        figure.savefig(svg, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
        title = " ".join(figure.get_suptitle().split())
        found[".svg"] = for_a_page(svg.getvalue(), name, title).encode()
        if png:
            figure.savefig(dots, format="png", dpi=150, metadata={"Software": None})
            found[".png"] = dots.getvalue()
    return found


def for_a_page(svg: str, name: str, title: str) -> str:
    """Return what matplotlib wrote as an element of a page: small, with ids and a style of its own.

    Text stays text, in a font that every system has in these widths.

    Args:
        svg: A file that matplotlib wrote.
        name: What its ids begin with.
        title: What is read out in its place.
    """
    # Numbered as they come: matplotlib makes names of the last digits of floats, which not every run has alike.
    meant = {of: f"{name}-{n}" for n, of in enumerate(dict.fromkeys(re.findall(r'(?:url\(|href=")#([^)"]+)', svg)))}

    def tag(found: re.Match[str]) -> str:
        """Return a tag without ids that nothing refers to, a font and decimals that nobody sees."""
        said = re.sub(r' id="([^"]*)"', lambda of: f' id="{meant[of[1]]}"' if of[1] in meant else "", found[0])
        said = re.sub(r'(url\(#|href="#)([^)"]+)', lambda of: f"{of[1]}{meant[of[2]]}", said)
        said = re.sub(r" font-family: [^;\"]*;?", "", said)
        return re.sub(r"\d+\.\d{3,}", lambda of: f"{float(of[0]):.2f}".rstrip("0").rstrip("."), said)

    body = svg[svg.index("<svg") :]
    style = re.search(r"<defs>\s*<style[^>]*>\*{(.*?)}</style>\s*</defs>", body)
    assert style, "matplotlib writes its style otherwise"
    body = re.sub(r"<!--.*?-->", "", body.replace(style[0], "", 1))  # it would hold for all of the page
    body = re.sub(r"\n\s*", "\n", re.sub(r"<[^>]*>", tag, body))
    own = f'style="{style[1]}; font-family: {FONTS}" role="img" aria-label={quoteattr(title)}'
    return body.replace("<svg", f"<svg {own}", 1)


_import_matplotlib()
