"""Say what a name means, from what is declared: settings, policies, outcomes, events, evidence, tables and words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial

from sim.model.records import COUNTS, KINDS, Kind
from sim.outcomes import dictionary, workload
from sim.outcomes.counts import HERE, WAITS
from sim.outcomes.outcome import Outcome
from sim.policies.policy import Policy
from sim.report.blocks import labelled
from sim.report.declared import Results, gist_of, glossary, outcomes, own_tables, printed_tables, sections, settings
from sim.report.formula import GIVEN, formula
from sim.report.headings import Heading, Printed
from sim.report.settings import (
    Lines,
    default_of,
    of_evidence,
    of_offence,
    of_policy,
    of_section,
    of_setting,
    value_of,
    values_of,
)
from sim.report.text import whole_percent, without_marks
from sim.rules.errors import ScenarioError, written
from sim.rules.evidence import evidence
from sim.rules.mechanisms import MECHANISMS, Mechanism
from sim.rules.offences import OFFENCES
from sim.rules.rulebook import RULES, Rules, rules_through
from sim.rules.sentences import Amount, Listed, Sentence, Term, Words, spoken
from sim.rules.settings import SWEPT
from sim.scenario.scenario import BASELINE, Scenario


@dataclass(frozen=True)
class Topic:
    """Something that can be explained by its name.

    Attributes:
        name: Its name, the same in every language, or the words that it is; a section and a policy may share one.
        group: What sort of thing it is, in words.
        gist: What it is, in a line.
        told: Returns the lines that explain it.
    """

    name: str | Term
    group: Term
    gist: Words
    told: Callable[[], Lines]

    def called(self, name: str) -> bool:
        """Tell whether it has a name: its own in English, or as it reads now."""
        return name.casefold() in (self.name.casefold(), spoken(self.name).casefold())

    def begins(self, words: str) -> bool:
        """Tell whether its name begins with words."""
        return any(re.match(rf"{re.escape(words)}\b", name, re.IGNORECASE) for name in (self.name, spoken(self.name)))


HEADING, COLUMN, DAILY_COUNT = Term("heading"), Term("column"), Term("daily count")


def topics(results: Results) -> Iterator[Topic]:
    """Yield everything that can be explained, group by group.

    Args:
        results: What each command finds, whose tables are explained too.
    """
    for setting in settings().values():
        gist = Sentence("{default}: {meaning}", default=default_of(setting), meaning=Term(setting.meaning))
        yield Topic(setting.key, Term("setting"), gist, partial(of_setting, setting))
    for name, section in sections().items():
        yield Topic(name, Term("section"), Term(gist_of(section)), partial(of_section, name, section))
    for name, kind in Policy.registry.items():
        if name:
            yield Topic(name, Term("policy"), Term(gist_of(kind)), partial(of_policy, kind))
    for offence in OFFENCES:
        yield Topic(offence.name, Term("offence"), Term(offence.label), partial(of_offence, offence))
    for outcome in outcomes():
        gist = Sentence("{label} ({unit})", label=Term(outcome.label), unit=Term(outcome.unit))
        yield Topic(outcome.name, Term("outcome"), gist, partial(_outcome, outcome))
    for event in KINDS:
        yield Topic(event.name, Term("event"), Term(event.meaning), partial(_event, event))
    for column, meaning in _columns().items():
        yield Topic(column, DAILY_COUNT, meaning, partial(_column, column))
    for row in evidence().values():
        gist = Sentence("{measured}: {values}", measured=row.parameter, values=values_of(row))
        yield Topic(row.id, Term("evidence"), gist, partial(of_evidence, row))
    for mechanism in MECHANISMS:
        gist = Sentence("of {rules}", rules=Listed(rules_through(mechanism)))
        yield Topic(Term(mechanism.name), Term("mechanism"), gist, partial(_mechanism, mechanism))
    yield from _of_tables(results)
    for word, meaning_of_word in glossary().items():
        yield Topic(Term(word), Term("word"), _plainly(meaning_of_word), partial(_word, word))


def _of_tables(results: Results) -> Iterator[Topic]:
    """Yield columns of files, printed tables and their headings."""
    own, counts = own_tables(results), _columns()
    for name, holds in dictionary.by_name(own).items():
        if name not in counts and name not in SWEPT:  # a rule that is swept is a setting
            yield Topic(name, COLUMN, _terms([c.words for c in holds.values()], "; "), partial(_held, name, holds))
    tables = dict(printed_tables(results))
    for printed, commands in tables.items():
        gist = _terms([heading.words for heading in printed.headings], "; ")
        yield Topic(Term(printed.title), Term("table"), gist, partial(_printed, printed, commands, own))
    for heading in dict.fromkeys(heading for printed in tables for heading in printed.headings):
        titles = _terms([printed.title for printed in tables if heading in printed.headings], ", ")
        told = partial(_heading, heading, titles, own)
        yield Topic(Term(heading.words), HEADING, _behind(heading, own), told)


def _terms(texts: Sequence[str], link: str) -> Listed:
    """Return declared texts one after the other, each once."""
    return Listed(tuple(map(Term, dict.fromkeys(texts))), link)


def explain(results: Results, name: str | None = None) -> Lines:
    """Yield the lines that explain a name or, without one, a line for everything that has one; see `topics`.

    Raises:
        ScenarioError: If nothing is called so; the message says what may be meant.
    """
    known = list(topics(results))
    if name is None:
        for topic in known:
            if topic.group == "setting":
                yield spoken(Sentence("{name} = {gist}", name=topic.name, gist=topic.gist))
            else:
                said = Sentence("{name} ({group}): {gist}", name=topic.name, group=topic.group, gist=topic.gist)
                yield spoken(said)
        return
    found = [topic for topic in known if topic.called(name)]
    if not found and name:  # a heading without its unit
        found = [topic for topic in known if topic.group == HEADING and topic.begins(name)]
    if not found and "." in name:  # a column of a table, as headings name it
        table, _, column = name.casefold().partition(".")
        if column in dictionary.columns_of(table, own_tables(results)):
            found = [topic for topic in known if topic.group in (COLUMN, DAILY_COUNT) and topic.name == column]
    if not found:
        raise ScenarioError(_unknown(name, [spoken(topic.name) for topic in known]))
    for topic in found:
        yield from topic.told()


def _unknown(name: str, known: list[str]) -> Sentence:
    """Say that nothing has a name, and what may be meant."""
    inner = [k for k in known if len(name) > 2 and name.lower() in k.lower()]
    lower = {k.lower(): k for k in known}
    near = [lower[k] for k in get_close_matches(name.lower(), lower, n=5)]
    advice = Sentence("python -m sim explain lists all.")
    if meant := tuple(dict.fromkeys(near + inner))[:8]:
        advice = Sentence("Did you mean {meant}?", meant=Listed(meant))
    return Sentence(
        "{name} is no setting, section, policy, mechanism, outcome, event, count, column, row of evidence, heading or "
        "word. {advice}",
        name=name or written(name), advice=advice,
    )  # fmt: skip


# -- policies of a scenario -------------------------------------------------------------------------------------------


def policies(scenario: Scenario) -> Lines:
    """Yield the policies of a scenario in words and, for each rule that an arm changes, its value before and after."""
    yield spoken(Sentence("{arm}: nothing is changed; every policy is compared with it", arm=BASELINE))
    for site, platform in zip(scenario.site_names, scenario.platforms, strict=True):
        yield f"  {spoken(_at(scenario, site, _staff(platform.rules)))}"
    for arm, found in scenario.policies.items():
        yield spoken(Sentence("{arm}:", arm=arm))
        for policy in found:
            end = Sentence(" until {day}", day=policy.end) if policy.end else None
            start = policy.start or scenario.start
            lever = Sentence("{lever}, from {day}{end}", lever=policy.said(), day=start, end=end)
            yield f"  {spoken(lever)}"
        if scenario.inert(arm):
            said = Sentence("inert: equal to the baseline on every day, so it changes nothing")
            yield f"  {spoken(said)}"
            continue
        by_site = zip(scenario.site_names, scenario.platforms, scenario.changes_by_site(arm), strict=True)
        for site, platform, by_day in by_site:
            before = platform.rules
            for day, rules in by_day:
                if rules != before:
                    yield from _changed(scenario, site, platform.rules, rules, scenario.start + dt.timedelta(day))
                before = rules


def _at(scenario: Scenario, site: str, said: Words) -> Words:
    """Say of which site something is said, where there are several."""
    return Sentence("{site}: {said}", site=site, said=said) if scenario.sites else said


def _staff(rules: Rules) -> Sentence:
    return Sentence("staff: {staffing}", staffing=workload.staffing(rules))


def _changed(scenario: Scenario, site: str, before: Rules, rules: Rules, since: dt.date) -> Lines:
    """Yield the rules of a site that are others than the baseline's since a day."""
    said = Sentence("rules from {day}, baseline -> policy:", day=since)
    yield f"  {spoken(_at(scenario, site, said))}"
    changed = [rule for rule in RULES if rules.value_of(rule) != before.value_of(rule)]
    if not changed:
        yield f"    {spoken(Sentence('all as in the baseline'))}"
    for rule in changed:
        values = {name: value_of(of.value_of(rule)) for name, of in (("was", before), ("now", rules))}
        said = Sentence(
            "{rule}: {was} -> {now} ({unit})",
            rule=rule, was=values["was"], now=values["now"], unit=Term(RULES[rule].unit),
        )  # fmt: skip
        yield f"    {spoken(said)}"
    if workload.staffing(rules) != workload.staffing(before):
        yield f"    {spoken(_staff(rules))}"


def staff(scenario: Scenario) -> Lines:
    """Yield who works when under the baseline, and under each policy that changes it, and what that comes to."""
    before = {
        site: workload.staffing(platform.rules)
        for site, platform in zip(scenario.site_names, scenario.platforms, strict=True)
    }
    for site, staffing in before.items():
        yield spoken(_at(scenario, site, Sentence("staff under {arm}: {staffing}", arm=BASELINE, staffing=staffing)))
    for arm in scenario.policies:
        for site, by_day in zip(scenario.site_names, scenario.changes_by_site(arm), strict=True):
            for staffing in dict.fromkeys(workload.staffing(rules) for _, rules in by_day):
                if staffing != before[site]:
                    said = Sentence("staff under {arm}: {staffing}", arm=arm, staffing=staffing)
                    yield spoken(_at(scenario, site, said))


# -- outcomes, events and counts --------------------------------------------------------------------------------------


def _names_in(text: str) -> set[str]:
    """Return the names that a formula in words reads."""
    return set(text.replace("(", " ").replace(")", " ").split())


_BETTER = {
    "lower": Term("lower"),
    "higher": Term("higher"),
    "neither": Term("neither: it is no good or harm by itself"),
}

_WAITED = {
    f"wait_{name}_hours": Sentence(
        "the shortest wait that covers {share} of the reviewed dossiers of a run", share=Amount(share, whole_percent)
    )
    for name, share in WAITS.items()
}
_OF_THE_WINDOW = {
    **_WAITED,
    "harmed_elsewhere": Sentence(
        "persons harmed elsewhere in a run, more than under the baseline: hours kept out of the site (turned away and "
        "barred) beyond the baseline's, times the share of those who go on where nothing is simulated "
        "(displacement.p_predators or displacement.p_users), times persons harmed for each such hour online under the "
        "baseline, times displacement.rel_elsewhere; of predators or of users, whichever is more, minors and adults "
        "each at a rate of their own"
    ),
    "minors_harmed_elsewhere": Sentence("the minors among persons harmed elsewhere in a run, of the same side"),
}
"""What is added up over the whole window alone, beside the columns."""


def _outcome(outcome: Outcome) -> Lines:
    text = formula(outcome)
    yield spoken(Sentence("{name}, an outcome: {label}", name=outcome.name, label=Term(outcome.label)))
    yield labelled(Term("unit"), Term(outcome.unit))
    yield labelled(Term("better"), _BETTER[outcome.better])
    yield labelled(Term("formula"), text)
    for name, meaning in (_columns() | GIVEN | _OF_THE_WINDOW).items():
        if name in _names_in(text):
            yield labelled("", Sentence("{name}: {meaning}", name=name, meaning=meaning))
    if outcome.name.startswith(HERE) and not outcome.over_time:
        yield labelled("", Term("persons of one class or offence, each counted once in a year of the window"))
    if outcome.harm:
        yield labelled(
            Term("harm"), Term("true harm of the model: only its changes between policies mean anything, not its level")
        )
    for kind in Policy.registry.values():
        if outcome.name in kind.seen_in:
            yield labelled(Term("moved by"), Sentence("the policy {name}", name=kind.name))


def _event(event: Kind) -> Lines:
    yield spoken(
        Sentence(
            "{name}, an event of step {step} of the hour: {meaning}",
            name=event.name, step=event.step, meaning=Term(event.meaning),
        )
    )  # fmt: skip
    if event.detail:
        yield labelled(Term("detail"), Term(event.detail))
    count = f"n_{event.name}"
    counted = Sentence("by day as {count}", count=count)
    if event.of_contact:
        counted = Sentence("by day as {count} and in the breakdown", count=count)
    yield labelled(Term("counted"), counted)


def _columns() -> dict[str, Words]:
    """Return every count of the daily table with its meaning."""
    events = {
        f"n_{kind.name}": Sentence("number of events {name}: {meaning}", name=kind.name, meaning=Term(kind.meaning))
        for kind in KINDS
    }
    return events | {name: Term(count.meaning) for name, count in COUNTS.items()}


def _column(column: str) -> Lines:
    yield spoken(
        Sentence(
            "{name}, a count of the daily table, by policy, seed and day: {meaning}",
            name=column, meaning=_columns()[column],
        )
    )  # fmt: skip
    used = [outcome.name for outcome in outcomes() if column in _names_in(formula(outcome))]
    if used:
        yield labelled(Term("outcomes"), Listed(tuple(used)))


# -- mechanisms, columns and headings ---------------------------------------------------------------------------------


def _mechanism(mechanism: Mechanism) -> Lines:
    what = Term("comes about in the model")
    if mechanism.is_input:
        what = Term("put in: shares or factors that the scenario states")
    yield spoken(
        Sentence(
            "{name}, a mechanism through which policies work, which why holds as in the baseline: {what}",
            name=Term(mechanism.name), what=what,
        )
    )  # fmt: skip
    for rule in rules_through(mechanism):
        meant = Sentence("{name}: {meaning}", name=rule, meaning=Term(RULES[rule].meaning))
        yield labelled(Term("rule"), meant)
    if key := mechanism.switch:
        held = Sentence("{name} = 0: {meaning}", name=key, meaning=Term(settings()[key].meaning))
        yield labelled(Term("held by"), held)


def _held(name: str, holds: Mapping[tuple[str, ...], dictionary.Meaning]) -> Lines:
    for tables, column in holds.items():
        of = Listed(tables, Term(" and "))
        yield spoken(
            Sentence("{name}, a column of {tables}: {meaning}", name=name, tables=of, meaning=Term(column.words))
        )
        yield labelled(Term("unit"), Term(column.unit))


def _printed(printed: Printed, commands: str, own: dictionary.Tables) -> Lines:
    yield spoken(
        Sentence("{title}, a printed table of {commands}; its headings:", title=Term(printed.title), commands=commands)
    )
    for heading in printed.headings:
        meant = Sentence("{heading}: {meaning}", heading=Term(heading.words), meaning=_behind(heading, own))
        yield f"  {spoken(meant)}"


def _behind(heading: Heading, own: dictionary.Tables) -> Words:
    """Return what stands under a heading, in words."""
    if heading.outcome:
        outcome = next(outcome for outcome in outcomes() if outcome.name == heading.outcome)
        return Sentence("the outcome {name}, {label}", name=outcome.name, label=Term(outcome.label))
    if heading.column:
        table, _, column = heading.column.partition(".")
        meaning = Term(dictionary.meaning_of(table, column, own).words)
        return Sentence("the column {name}, {meaning}", name=heading.column, meaning=meaning)
    return Term(heading.meaning)


def _heading(heading: Heading, titles: Words, own: dictionary.Tables) -> Lines:
    yield spoken(
        Sentence(
            "{heading}, a heading of the printed tables {titles}: {meaning}",
            heading=Term(heading.words), titles=titles, meaning=_behind(heading, own),
        )
    )  # fmt: skip
    for outcome in outcomes():
        if outcome.name == heading.outcome:
            yield from _outcome(outcome)


# -- words ------------------------------------------------------------------------------------------------------------


def _plainly(meaning: str) -> Amount:
    """Return a meaning of the glossary as a terminal shows it."""
    return Amount(Term(meaning), without_marks)


def _word(word: str) -> Lines:
    yield spoken(
        Sentence("{word}, a word of the model: {meaning}.", word=Term(word), meaning=_plainly(glossary()[word]))
    )
    if alike := [key for key in settings() if key.rpartition(".")[2] == word and key != word]:
        yield labelled(Term("settings"), Listed(tuple(alike)))
