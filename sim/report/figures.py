"""Figures, each a function that draws into axes: those that it is given, or those of a new figure.

They are `sim.figures`. One alone is a figure that shows itself in a notebook:

    sim.figures.overview(comparison.effects)

In a figure of one's own, with titles and captions of one's own, it takes axes and returns them:

    figure, axes = plt.subplots(1, 3, figsize=(12, 4), layout="constrained")
    sim.figures.overview(comparison.effects, axes=axes[:2])
    sim.figures.course(comparison.counts, axes=axes[2])

Policies stand in the order of their effects, or in that in which they are given. Every figure has the name of its file.
"""

from sim.report.compare_figures import overview, price, recorded, staff
from sim.report.course_figures import by_year, course, difference
from sim.report.doubt_figures import doubt, doubt_shares
from sim.report.drawing import figure_of
from sim.report.flow_figures import flows
from sim.report.police_figures import files
from sim.report.ranges_figures import tornado
from sim.report.sweep_figures import response, response_map
from sim.report.validate_figures import patterns
from sim.report.why_figures import why

__all__ = [
    "by_year",
    "course",
    "difference",
    "doubt",
    "doubt_shares",
    "figure_of",
    "files",
    "flows",
    "overview",
    "patterns",
    "price",
    "recorded",
    "response",
    "response_map",
    "staff",
    "tornado",
    "why",
]
