"""Figure of the police: what becomes of their files."""

from __future__ import annotations

from sim.report.canvas import in_own_settings  # before matplotlib, which it imports whatever the environment asks for

# isort: split
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.patches import Patch

from sim.outcomes.counts import Counts
from sim.report.drawing import NAMES, Given, Sheet, note, under
from sim.report.rows import rows
from sim.report.style import BLUE, FINE, GREY, INK, THIN, VERMILION, WIDTH, number_axis
from sim.report.text import number
from sim.rules.sentences import Amount, Sentence, Term, Words, spoken
from sim.scenario.scenario import BASELINE

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class _End(NamedTuple):
    """How a file can end: the daily count, how its part of a bar looks, and what it is called."""

    daily: str
    colour: str
    hatch: str
    words: Words


_ENDS = (
    _End("n_arrest", BLUE, "", Sentence("arrest")),
    _End("n_close_cleared", "#56B4E9", "...", Sentence("cleared: an innocent")),
    _End("n_close_no_data", VERMILION, "", Sentence("the logs were gone")),
    _End("n_close_no_answer", "#E69F00", "///", Sentence("never answered")),
    _End("n_close_no_identity", "#CC79A7", "xxx", Sentence("the logs led to nobody")),
    _End("n_close_too_old", GREY, "", Sentence("too old to ask")),
)


@in_own_settings
def files(counts: Counts, policies: Sequence[str] | None = None, axes: Given = None) -> Axes:
    """Draw how files of the police end, a year, under the baseline and each policy, and how many are opened.

    Args:
        counts: The counts of every arm and the baseline.
        policies: The arms, in the order in which to draw them; all, in that of the scenario, if none are given.
        axes: Axes to draw into; those of a new figure if none are given.

    Returns:
        The axes.
    """
    sums = counts.sums()
    a_year = {count: sums.a_year(count).groupby("policy").mean() for count in ("n_case", *(end.daily for end in _ENDS))}
    there = [arm for arm in counts.scenario.policies if arm in a_year["n_case"].index]
    arms = [BASELINE, *(there if policies is None else policies)]
    sheet = Sheet(axes, 0.36 * len(arms) + 0.6)
    panel = sheet.axes
    rows(panel, [spoken(Term("baseline")), *arms[1:]])
    for place, arm in enumerate(arms):
        left = 0.0
        for end in _ENDS:
            n = float(a_year[end.daily][arm])
            panel.barh(
                place, n, left=left, height=0.6, color=end.colour, hatch=end.hatch, edgecolor="white", linewidth=THIN
            )
            left += n
        opened = float(a_year["n_case"][arm])
        panel.plot([opened] * 2, [place - 0.4, place + 0.4], color=INK, linewidth=2)
        said = Sentence("{arrests} arrests", arrests=Amount(float(a_year["n_arrest"][arm]), number))
        note(panel, spoken(said), (max(left, opened), place), (5, 0), fontsize=FINE, color=BLUE)
    panel.set_xlim(0, panel.get_xlim()[1] * 1.14)
    number_axis(panel, "x")
    under(panel, Sentence("Files a year, mean over the seeds; dark line: files opened"), WIDTH - NAMES - 0.3)
    key = [Patch(facecolor=end.colour, hatch=end.hatch, edgecolor="white", label=spoken(end.words)) for end in _ENDS]
    caption = Sentence(
        "A file is about one person. Files take months: those that end in the window were partly opened before it, and "
        "some that were opened in it are open at its end."
    )
    sheet.finish(Sentence("What becomes of files of the police"), caption, key)
    return panel
