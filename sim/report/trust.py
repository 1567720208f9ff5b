"""The card of trust: how far an answer can be relied on, and what it stands on."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sim.outcomes.counts import HEADLINE
from sim.outcomes.patterns import KINDS
from sim.outcomes.statistics import seeds_to_halve
from sim.outcomes.verdicts import Verdict
from sim.report.blocks import Column, Table
from sim.report.doubt import Doubt
from sim.report.parts import Card
from sim.report.settings import cited
from sim.report.text import plain_number, size
from sim.report.worlds import range_in_words, told, worlds_of
from sim.rules.declare import Parameter
from sim.rules.errors import shown
from sim.rules.evidence import evidence
from sim.rules.sentences import Amount, Listed, Sentence, Term, Words
from sim.rules.settings import SETTINGS
from sim.scenario.scenario import Scenario

PATTERNS_FOUND = Path(__file__).with_name("patterns_found.csv")
"""What became of the patterns with this version of the model: patterns.csv of ``python -m sim validate``."""


EXPLAIN = Term("python -m sim explain NAME")
"""The command that tells all of a setting."""


PASSED = (Verdict.PASSED, Verdict.SIGN_PASSED)


def card(made: Mapping[str, Any], n_seeds: int, doubt: Doubt | None, inert: Iterable[str]) -> Card:
    """Return the card of a comparison.

    Args:
        made: What the manifest says of how the result was made.
        n_seeds: How many seeds each arm was run with.
        doubt: What is left of the effects over worlds, if that was asked.
        inert: Policies that changed nothing.
    """
    luck = Sentence(
        "{n} seeds, each under every arm; intervals are of 95%; {more} seeds in all would halve them",
        n=n_seeds, more=seeds_to_halve(n_seeds),
    )  # fmt: skip
    worlds, assumed, not_varied = _of_doubt(doubt)
    idle = tuple(inert)
    return Card(
        (
            (Term("Luck"), luck),
            (Term("Doubt"), worlds),
            (Term("Resting on assumptions"), assumed),
            (Term("Not varied"), not_varied),
            (Term("Held against reality"), _patterns()),
            (
                Term("Policies that changed nothing here"),
                Listed(idle) if idle else Term("none"),
            ),
            (Term("What was run (SHA-256)"), str(made["plan_sha256"])),
            (Term("Code of the model (SHA-256)"), str(made.get("model_sha256", ""))),
        )
    )


def _of_doubt(doubt: Doubt | None) -> tuple[Words, Words, Words]:
    """Return what is said of doubt, of the share that is assumed and of what was not varied."""
    if doubt is None:
        return (
            Sentence("not asked: --doubt 24 asks it"),
            of_settings(),
            Sentence("every parameter: all are as in the scenario, for doubt was not asked"),
        )
    rows = doubt.spreads[doubt.spreads["outcome"] == HEADLINE].to_dict("records")
    known = [share for row in rows if told(share := worlds_of(row).assumed)]
    most = max((share for share in known), key=lambda share: share.value, default=None)
    assumed = Sentence(
        "{settings}{share}",
        settings=of_settings(),
        share=Sentence("; at most {share} of the spread of an effect rests on such", share=Amount(most, size))
        if most
        else None,
    )
    if doubt.unanswered:
        worlds = Sentence(
            "asked and not answered: only {known} of {n} worlds have harms enough", known=doubt.n_known, n=doubt.draws
        )
    else:
        worlds = Sentence(
            "{worlds}, in each of which {other}", worlds=range_in_words(doubt.n_known), other=doubt.other()
        )
    left_out = Sentence("{n} numbers, which are named under the assumptions that matter", n=len(doubt.left_out))
    return worlds, assumed, left_out if doubt.left_out else Term("nothing that is uncertain")


def of_settings() -> Sentence:
    """Say how many of the numbers of the model are measured."""
    ranged = [parameter for parameter in SETTINGS.values() if parameter.has_range]
    assumed = sum(parameter.standing == "assumed" for parameter in ranged)
    return Sentence("{assumed} of the {n} uncertain numbers of the model are assumed", assumed=assumed, n=len(ranged))


def assumptions_that_matter(scenario: Scenario, keys: Iterable[str]) -> Table | None:
    """Return what is assumed, each with its value here, range, standing and source; ``None`` if it is nothing."""
    settings = [SETTINGS[key] for key in keys if key in SETTINGS]
    if not settings:
        return None
    return Table(
        Term("ASSUMPTIONS THAT MATTER"),
        Term("numbers that the answer rests on"),
        [Column(Term("setting"), [setting.key for setting in settings], left=True)],
        [
            Column(Term("what it is"), [Term(setting.meaning) for setting in settings], left=True),
            Column(Term("here"), [shown(scenario.value_of(setting.key)) for setting in settings]),
            Column(Term("plausible range"), [_range(setting) for setting in settings]),
            Column(Term("unit"), [Term(setting.unit) for setting in settings], left=True),
            Column(Term("standing"), [Term(setting.standing) for setting in settings], left=True),
            Column(Term("source"), [_sources(setting) for setting in settings], left=True),
        ],
        Sentence(
            "Assumed: nobody has measured it, and sources, where any are named, bound its range. python -m sim explain "
            "NAME tells all of a setting or a source."
        ),
    )


def _range(setting: Parameter) -> Sentence:
    low, high = (Amount(end, plain_number) for end in (setting.low, setting.high))
    return Sentence("{low} to {high}", low=low, high=high)


def _sources(setting: Parameter) -> Words:
    rows = [evidence()[source] for source in setting.sources]
    said = (Sentence("{row}: {source}", row=row.id, source=cited(row)) for row in rows)
    return Listed(tuple(said), "; ") if rows else Term("none")


@cache
def _found() -> list[dict[str, str]]:
    with PATTERNS_FOUND.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _patterns() -> Words:
    """Say how many patterns of real platforms the model passes, by kind."""
    failed = tuple(Term(row["quantity"]) for row in _found() if row["result"] not in PASSED)
    return Sentence(
        "of patterns known of real platforms the model passes: {kinds}. It does not pass: {failed}. (python -m sim "
        "validate makes these)",
        kinds=Listed(tuple(_passed_by_kind())), failed=Listed(failed, Term("; ")),
    )  # fmt: skip


def _passed_by_kind() -> Iterator[Words]:
    for kind, words in KINDS.items():
        of_kind = [row["result"] for row in _found() if row["kind"] == kind]
        if of_kind:
            passed = sum(result in PASSED for result in of_kind)
            yield Sentence("{kind} {passed} of {n}", kind=Term(words), passed=passed, n=len(of_kind))
