"""Compare: what stands on the page of a comparison, part by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sim.outcomes.counts import HERE
from sim.outcomes.outcomes import SECOND
from sim.report import choice_tables, course_tables, elsewhere_tables, flow_tables, tables
from sim.report.blocks import Block, Note, Prose
from sim.report.compared import Compared
from sim.report.doubt import Doubt
from sim.report.grounds import settings_behind
from sim.report.parts import Page, Part, Picture, filled, there
from sim.report.remarks import ETHICS, name, window
from sim.report.trust import EXPLAIN, assumptions_that_matter, card
from sim.report.why import ECHO, echo, mechanisms
from sim.rules.sentences import Counted, Listed, Sentence, Term, Words


def page(found: Compared, made: Mapping[str, Any]) -> Page:
    """Return the page of a comparison.

    Args:
        found: The comparison.
        made: What the manifest says of how it was made.
    """
    about = Counted(
        len(found.policies),
        Sentence("1 policy against the baseline, {window}", window=window(found.scenario)),
        Sentence("{n} policies against the baseline, {window}", n=len(found.policies), window=window(found.scenario)),
    )
    first, *others = found.headline.words
    caveats = first.values if isinstance(first, Listed) else (first,)
    told = ECHO if found.apart and found.apart[0].policy == found.named_first[0] and echo(found.apart[0]) else None
    answer = [words for words in (caveats[0], told, *caveats[1:], ETHICS) if words]
    parts = [part for part in _parts(found, made, others) if part.items]
    return Page(name(found.scenario), [about, HELP], answer, parts)


def _parts(found: Compared, made: Mapping[str, Any], others: Sequence[Words]) -> Iterator[Part]:
    """Yield the parts under the answer; `others` is what is said of the other policies."""
    cells, doubt, scenario = found.cells, found.doubt, found.scenario
    effects = ["effects.csv"]
    yield Part("trust", Term("How far to trust it"), [card(made, len(found.seeds), doubt, found.idle)])
    yield Part("compared", Term("What is compared"), [tables.compared(cells)], command=None)
    yield Part(
        "effects",
        Term("What each policy does"),
        [
            Picture("overview", Sentence("Change of serious harm and of the risk of those who remain, by policy")),
            Prose(tuple(map(Note, others))),
            tables.harm(cells),
            *there(
                choice_tables.best(cells, found.best),
                choice_tables.cheapest_first(scenario, found.best),
                choice_tables.what_works(scenario, found.contains),
                choice_tables.together(found.interactions),
            ),
        ],
        stands_in=[
            *effects,
            *filled({"best": found.best, "contains": found.contains, "interactions": found.interactions}),
        ],
    )
    if doubt:
        pictures = [
            Picture("doubt", Sentence("How far each effect on serious harm goes over worlds")),
            Picture("doubt-shares", Sentence("What makes the spread of each effect")),
        ]
        yield Part(
            "doubt",
            Term("How sure that is"),
            [
                *there(tables.how_sure(cells, doubt)),
                *pictures,
                *there(tables.how_sure(cells, doubt, HERE), tables.how_sure(cells, doubt, SECOND)),
                *doubt.analysis(),
            ],
            stands_in=[*effects, *filled(doubt.tables)],
        )
    yield Part(
        "elsewhere",
        Term("And elsewhere"),
        [*there(elsewhere_tables.elsewhere(cells, found.elsewhere), elsewhere_tables.at_sites(cells, found.at_sites))],
        stands_in=["elsewhere.csv", *(["sites.csv"] if scenario.sites else [])],
    )
    yield Part(
        "persons",
        Term("Person by person"),
        [
            *flow_tables.person_by_person(cells, found.flows, found.named_first),
            *_drawn(found, Picture("flows", Sentence("Who is harmed under one alone, and the net, by policy"))),
        ],
        stands_in=filled({"flows": found.flows}),
    )
    yield Part(
        "whom",
        Term("For whom"),
        [*there(tables.for_whom(cells), tables.for_whom_over_worlds(cells), tables.by_severity(cells))],
        stands_in=[*effects, *(["doubt.csv"] if doubt else [])],
    )
    yield Part(
        "costs",
        Term("At what cost"),
        [
            Picture("price", Sentence("Harm spared against lawful visitors turned away, by policy")),
            tables.costs(cells),
            *there(tables.ages(cells)),
            tables.money(cells) or Prose((NO_PRICES,)),
            tables.privacy(cells),
            Picture("staff", Sentence("How busy moderators are, by policy")),
        ],
        stands_in=[*effects, "transparency.csv"],
    )
    yield Part(
        "when",
        Term("When"),
        [
            Picture("course", Sentence("Serious harm under the baseline, over the window")),
            Picture("difference", Sentence("Difference of serious harm from the baseline over time, by policy")),
            *there(
                course_tables.over_time(cells, found.over_time),
                course_tables.by_year(cells, found.over_time),
                course_tables.while_in_force(cells, found.in_force),
            ),
            *_drawn(found, Picture("by_year", Sentence("Change of serious harms in each year, by policy"))),
        ],
        stands_in=["over_time.csv", *filled({"in_force": found.in_force})],
    )
    yield Part("why", Term("What makes it"), _why(found), stands_in=["mechanisms.csv"] if found.apart else [])
    yield Part(
        "happens",
        Term("What happens between harm and sanction"),
        [tables.process(cells, found.busy), *there(tables.detector(cells, found.precision))],
        stands_in=effects,
    )
    yield Part(
        "police",
        Term("What becomes of files of the police"),
        [
            *_drawn(found, Picture("files", Sentence("How files of the police end, by policy"))),
            *there(tables.police(cells)),
        ],
        stands_in=effects,
    )
    yield Part(
        "recorded",
        Term("True harm and recorded harm"),
        [
            Picture("recorded", Sentence("Change of true harm beside that of complaints to the police, by policy")),
            tables.recorded(cells),
        ],
        stands_in=effects,
    )
    yield Part("wrongly", Term("Who is sanctioned wrongly"), [tables.wrongly(cells)], stands_in=effects)
    yield Part(
        "assumptions",
        Term("Assumptions that matter"),
        [*there(assumptions_that_matter(scenario, _that_matter(found))), *_not_varied(doubt)],
        command=EXPLAIN,
    )
    yield Part("limits", Term("What it does not show"), [found.notes], command=None)
    help_too = Term("What it may not be taken for, and where help is found")
    yield Part("ethics", help_too, [Prose((ETHICS, HELP))], command=None)


NO_PRICES = Sentence(
    "In money: not told, for the scenario states no prices. A table [prices] with a source does, and needs no new run."
)
"""What stands where money would."""

HELP = Sentence(
    "In need of help in France: call 17 (police), 119 (children in danger) or 3018 (online violence), or report to "
    "PHAROS (internet-signalement.gouv.fr)."
)
"""Where help is found."""


def _drawn(found: Compared, picture: Picture) -> Iterator[Picture]:
    """Yield a picture if the comparison has what it shows."""
    if picture.name in found.figures():
        yield picture


def _not_varied(doubt: Doubt | None) -> Iterator[Block]:
    """Yield which uncertain numbers were the same in all worlds, if there were worlds."""
    if doubt and doubt.left_out:
        yield Prose((Sentence("Not varied over the worlds: {names}.", names=Listed(tuple(doubt.left_out))),))


def _why(found: Compared) -> list[Block | Picture]:
    """Return what makes the effects of the policies named first, or that it was not asked."""
    if not found.apart:
        words = Sentence(
            "Not asked, or no effect is told apart: --why 2 takes the effects of the two policies named first apart."
        )
        return [Prose((words,))]
    pictures = [
        Picture(f"why-{why.policy}", Sentence("Which mechanisms make the effect of {policy}", policy=why.policy))
        for why in found.apart
    ]
    return [*pictures, *mechanisms(found.apart)]


def _that_matter(found: Compared) -> list[str]:
    """Return the settings that the effects rest on: what stands out over worlds first, then what is declared."""
    behind = settings_behind(found.scenario, [arm for arm in found.policies if arm not in found.idle])
    if found.doubt is None:
        return behind
    shares = found.doubt.parameters
    stand_out = shares[shares["stands_out"].astype(bool)].sort_values("first", ascending=False)["parameter"]
    return [*dict.fromkeys([*map(str, stand_out), *behind])]
