"""The tables of a comparison: what becomes of harm, when, for whom and how it weighs, the price, and what happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.outcomes.best import asked_for
from sim.outcomes.counts import HEADLINE
from sim.outcomes.effects import words_of
from sim.outcomes.in_force import n_days_that_differ, part_of_window
from sim.outcomes.outcomes import BY_NAME, MONEY, SECOND
from sim.outcomes.statistics import FEWEST_EVENTS
from sim.outcomes.verdicts import Verdict
from sim.outcomes.workload import staffing
from sim.report import headings
from sim.report.blocks import Block, Column, Table
from sim.report.cells import CHANGES, LEVELS, Cells, cost, level
from sim.report.doubt import Doubt
from sim.report.remarks import means_of_all_days, partly_in_force
from sim.report.text import (
    DASH,
    capitalised,
    number,
    plain_number,
    short,
)
from sim.report.worlds import share_cell
from sim.rules.sentences import Amount, Listed, Sentence, Term, Words, paragraph
from sim.scenario.scenario import BASELINE, Scenario

NOTHING = {Verdict.IDENTICAL, Verdict.TOO_FEW, Verdict.NO_HARM, DASH}
"""What stands in the cells of a table that says nothing, and is left out."""


def harm(cells: Cells) -> Block:
    """Return the changes of serious harm in all and here, and of the risk of those who remain, with their verdicts."""
    columns = []
    for head in headings.HARM:
        columns.append(Column(Term(head.words), [cells.relative(p, head.outcome) for p in cells.policies]))
        columns.append(Column(Term("verdict"), [cells.verdict(p, head.outcome) for p in cells.policies]))
        if head.outcome == HEADLINE and len(cells.policies) > 1:
            wider = [cells.simultaneous(p, head.outcome) for p in cells.policies]
            columns.append(Column(Term(headings.TOGETHER_95.words), wider))
    known = not any(Verdict.NO_PERCENTAGE in column.cells for column in columns)
    few = any(Verdict.TOO_FEW in column.cells for column in columns)
    note = paragraph(
        partly_in_force(cells.scenario, cells.policies),
        Sentence(
            "Under the baseline the model has {harmed} {persons} and {harms} {per_day}.",
            harmed=cells.levels(HEADLINE)[0], persons=cells.unit(HEADLINE),
            harms=cells.levels(SECOND)[0], per_day=cells.unit(SECOND),
        ),
        Sentence("Such levels of harm are not identified, only changes are."),
        here(cells.scenario),
        Sentence(
            "Those who remain: lawful users whom neither the door nor a bar kept out that day; the days of the others "
            "are among the costs and not in the risk."
        ),
        Sentence("Too few: under {fewest} events in both.", fewest=FEWEST_EVENTS) if few else None,
        None if known else Sentence(
            "No percentage: the baseline is not told apart from zero, so nothing is said in percent of it; the "
            "differences stand in effects.csv."
        ),
    )  # fmt: skip
    return Table(Term("HARM"), CHANGES, [cells.names()], columns, note)


def here(scenario: Scenario) -> Sentence:
    """Say what is called here, and what elsewhere."""
    if scenario.sites:
        return Sentence("Here: on the simulated sites alone. Elsewhere: on sites that are not simulated.")
    return Sentence("Here: on the simulated site alone. Elsewhere: on sites that are not simulated.")


def how_sure(cells: Cells, doubt: Doubt | None, outcome: str = HEADLINE) -> Block | None:
    """Return doubt beside luck of persons seriously harmed here and elsewhere, or of another outcome, if it was asked.

    Args:
        cells: The effects, with what is left of them over worlds.
        doubt: All that was found over worlds, if there are any.
        outcome: Name of the outcome.
    """
    worlds = [of for policy in cells.policies if (of := cells.worlds(policy, outcome)) is not None]
    if doubt is None or doubt.unanswered:
        return None
    columns = [
        Column(Term(headings.LUCK.words), [cells.relative(policy, outcome) for policy in cells.policies]),
        Column(Term(headings.DOUBT.words), [of.cell for of in worlds]),
        Column(Term(headings.LOWERS.words), [_of(of.lowers, of.known) if of.enough else DASH for of in worlds]),
        Column(Term(headings.RAISES.words), [_of(of.raises, of.known) if of.enough else DASH for of in worlds]),
    ]
    of_luck, of_assumed = ([getattr(of, name) for of in worlds] for name in ("luck", "assumed"))
    for head, shares in ((headings.OF_LUCK, of_luck), (headings.ASSUMED, of_assumed)):
        if any(share.value == share.value for share in shares):
            columns.append(Column(Term(head.words), [share_cell(share) for share in shares]))
    days = doubt.scenario.days, doubt.scenario.warmup_days
    note = paragraph(
        Sentence(
            "Luck: runs of this scenario that differ by chance alone. Doubt: {n} worlds, in each of which {other}, "
            "drawn from their plausible ranges; the median, in brackets the range in which 90% of worlds lie, and of "
            "fewer than 19 all of them.",
            n=doubt.draws, other=doubt.other(),
        ),
        doubt.harms(),
        Sentence(
            "Worlds are of {days} days after {warmup} of warm-up, to have them sooner, and not of {own}: effects that "
            "build up are smaller there.",
            days=days[0], warmup=days[1], own=cells.scenario.days,
        )
        if days != (cells.scenario.days, cells.scenario.warmup_days)
        else None,
    )  # fmt: skip
    if outcome != HEADLINE:
        kind = Sentence("{outcome}: change from the baseline, luck beside doubt", outcome=Term(BY_NAME[outcome].label))
        return Table(Term("HOW SURE"), kind, [cells.names()], columns)
    kind = Sentence("change of persons seriously harmed, here and elsewhere, from the baseline, luck beside doubt")
    return Table(Term("HOW SURE"), kind, [cells.names()], columns, note)


def _of(k: int, n: int) -> Sentence:
    return Sentence("{k} of {n}", k=k, n=n)


def for_whom(cells: Cells) -> Block | None:
    """Return the changes of serious harm by class of victim, if there are any."""
    columns = [
        Column(Term(head.words), [cells.if_any(p, head.outcome) for p in cells.policies]) for head in headings.FOR_WHOM
    ]
    if {cell for column in columns for cell in column.cells} <= NOTHING:
        return None
    note = Sentence(
        "But for the first column: here. Elsewhere minors and adults are harmed each at a rate of their own."
    )
    return Table(Term("FOR WHOM, persons seriously harmed"), CHANGES, [cells.names()], columns, note)


def for_whom_over_worlds(cells: Cells) -> Block | None:
    """Return how far these changes go over worlds, if that was asked."""
    columns = []
    for head in headings.FOR_WHOM:
        worlds = [cells.worlds(policy, head.outcome) for policy in cells.policies]
        columns.append(Column(Term(head.words), [DASH if of is None else of.cell for of in worlds]))
    if {cell for column in columns for cell in column.cells} <= NOTHING:
        return None
    kind = Term("change from the baseline over the worlds (doubt): median and range")
    return Table(Term("FOR WHOM, OVER THE WORLDS"), kind, [cells.names()], columns)


def compared(cells: Cells) -> Block:
    """Return what is compared: the site as it is, and what each policy changes."""
    scenario = cells.scenario
    asked, police = asked_for(scenario, BASELINE), scenario.police
    site = Sentence(
        "the site as it is: {visitors} visitors a month, registration: {level}, messages kept for {hours} hours, logs "
        "for {log_hours}, {staff}{beside}{investigators}",
        visitors=Amount(scenario.population.monthly_visitors, number), level=asked.level, hours=asked.message_hours,
        log_hours=asked.log_hours, staff=staffing(scenario.platform.rules), beside=_other_sites(scenario),
        investigators=Sentence(
            "; host: {host}; {n} investigators, {files} files a month each",
            host=scenario.cooperation.host, n=Amount(police.investigators, plain_number),
            files=Amount(police.cases_per_month, plain_number),
        ) if police.investigators else None,
    )  # fmt: skip
    words: list[Words] = [site, *(words_of(scenario.policies[policy]) for policy in cells.policies)]
    days = [scenario.days, *(n_days_that_differ(scenario, policy) for policy in cells.policies)]
    return Table(
        Term("POLICIES"),
        Term("what is compared"),
        [cells.names(baseline=True)],
        [Column(Term("what it is"), words, left=True), Column(Term(headings.DAYS_IN_FORCE.words), days)],
    )


def _other_sites(scenario: Scenario) -> Listed | None:
    """Return what the further sites are, each in a few words, if there are any."""
    found: list[Words] = []
    further = zip(scenario.site_names[1:], scenario.platforms[1:], scenario.audiences[1:], strict=True)
    for site, platform, audience in further:
        if not platform.rules.operation.open:
            found.append(Sentence("; beside it {site}, closed", site=site))
            continue
        found.append(
            Sentence(
                "; beside it {site}: {visitors} visitors a month of its own, registration: {level}, {staff}",
                site=site, visitors=Amount(audience.monthly_visitors, number), level=platform.registration.level,
                staff=staffing(platform.rules),
            )
        )  # fmt: skip
    return Listed(tuple(found), Term("")) if found else None


def by_severity(cells: Cells) -> Block | None:
    """Return changes of all harms under each way of weighing them, with the order of the policies."""
    own = (
        len({offence.severity_own for offence in cells.scenario.offences}) > 1
    )  # else each harm counts alike there too
    heads = [head for head in headings.SEVERITY if own or head != headings.BY_OWN_WEIGHTS]
    moved = [p for p in cells.policies if any(cells.resolved(p, head.outcome) for head in heads)]
    if len(moved) < 2:
        return None
    columns = [Column(Term(head.words), [cells.relative(p, head.outcome) for p in moved]) for head in heads]
    names = Column(Term("policy"), [short(p) for p in moved], left=True)
    note = _order(cells, heads, moved)
    return Table(Term("BY SEVERITY, harms of every offence here"), CHANGES, [names], columns, note)


def _order(cells: Cells, heads: Sequence[headings.Heading], moved: Sequence[str]) -> Sentence | None:
    """Return the order of the policies under each way of weighing harms, but for those of a part of the window."""
    ranked = [policy for policy in moved if not part_of_window(cells.scenario, policy)]
    if len(ranked) < 2:
        return None
    others = tuple(policy for policy in moved if policy not in ranked)
    without = Sentence(" (without {policies}, in force on a part of the window)", policies=Listed(others))
    orders = []
    for head in heads:
        falls = {policy: cells.number(policy, head.outcome) for policy in ranked}
        order: list[str] = sorted(falls, key=falls.__getitem__)
        orders.append(Listed(tuple(order)))
    if len({*orders}) > 1:
        each = [
            Sentence("{weights}: {policies}.", weights=Amount(Term(head.words), capitalised), policies=order)
            for head, order in zip(heads, orders, strict=True)
        ]
        return Sentence(
            "The order of the policies by their means{without}, the largest fall first, depends on the weights. {each}",
            each=paragraph(*each),
            without=without if others else None,
        )
    if len(heads) > 2:
        return Sentence(
            "The order of the policies by their means{without}, the largest fall first, is the same under all three: "
            "{policies}.",
            policies=orders[0], without=without if others else None,
        )  # fmt: skip
    return Sentence(
        "The order of the policies by their means{without}, the largest fall first, is the same under both: "
        "{policies}.",
        policies=orders[0], without=without if others else None,
    )  # fmt: skip


def _columns(cells: Cells, of: Sequence[headings.Heading]) -> list[Column]:
    return [Column(Term(head.words), cells.levels(head.outcome, head.factor)) for head in of]


def costs(cells: Cells) -> Block:
    """Return what every policy costs lawful users, and what it takes."""
    note = paragraph(
        Sentence(
            "Echo: an assumed input, conversations an hour, times the hours lost; no finding. So is who is turned away."
        ),
        Sentence("Sanctions: warnings, suspensions and bans. Intervals of all of this stand in effects.csv."),
        means_of_all_days(cells.scenario, cells.policies),
        cells.visitors_not_counted(),
    )
    return Table(Term("COSTS"), LEVELS, [cells.names(baseline=True)], _columns(cells, headings.COSTS), note)


def ages(cells: Cells) -> Block | None:
    """Return what rules about ages cost those who are adults, or minors; nothing where no rule rests on an age."""
    if not cells.scenario.rests_on_ages:
        return None
    note = paragraph(
        Sentence(
            "Adults kept out as minors: nothing but a check of age keeps them out. Talks barred follow from hours of "
            "those taken for minors and an assumed input, conversations an hour; no finding."
        ),
        means_of_all_days(cells.scenario, cells.policies),
        cells.visitors_not_counted(),
    )
    return Table(Term("AGES"), LEVELS, [cells.names(baseline=True)], _columns(cells, headings.AGES), note)


def money(cells: Cells) -> Block | None:
    """Return what each policy costs in money, if the scenario states prices."""
    prices = cells.scenario.prices
    if not prices.stated:
        return None
    unit = Sentence("{currency} a month", currency=prices.currency)
    columns = [
        Column(unit, cells.levels(MONEY)[1:]),
        Column(
            Sentence("{unit} more than under the baseline", unit=unit), [cells.change(p, MONEY) for p in cells.policies]
        ),
    ]
    priced = (
        (prices.moderator_hour, Term("an hour of a moderator on shift")),
        (prices.user_day_lost, Term("a user-day lost at the door or to a sanction")),
        (prices.conversation_lost, Term("a conversation lost")),
    )
    stated = [
        Sentence("{price} {currency} {of}", price=Amount(price, number), currency=prices.currency, of=of)
        for price, of in priced
        if price
    ]
    note = paragraph(
        Sentence("Prices are those of the scenario: {stated}.", stated=Listed(tuple(stated))),
        Sentence("Their source: {source}.", source=prices.source)
        if prices.source
        else Sentence("No source is given for them."),
        Sentence("Harm has no price here, and what is spared of it stands in no table of money."),
    )
    return Table(Term("MONEY"), LEVELS, [cells.names()], columns, note)


def privacy(cells: Cells) -> Block:
    """Return what each policy takes of privacy: what one must show, and how long messages and logs are kept."""
    arms = (BASELINE, *cells.policies)
    *of_asked, in_store = headings.PRIVACY
    asked = zip(*(asked_for(cells.scenario, arm) for arm in arms), strict=True)
    columns = [
        Column(Term(head.words), [cost(value) for value in of_arms])
        for head, of_arms in zip(of_asked, asked, strict=True)
    ]
    columns.append(Column(Term(in_store.words), cells.levels(in_store.outcome)))
    note = Sentence(
        "What one must show, of oneself and of one's age: the most that is asked for on some day; messages and "
        "connection logs: the longest that they are kept; a detector: the largest share of what is written that it "
        "reads."
    )
    return Table(Term("PRIVACY"), LEVELS, [cells.names(baseline=True)], columns, note)


def recorded(cells: Cells) -> Block:
    """Return true harm beside recorded harm: what happened, and what the police was told."""
    columns = [
        Column(Term(head.words), [cells.relative(p, head.outcome) for p in cells.policies])
        for head in headings.RECORDED
    ]
    note = Sentence(
        "True harm is what happened in the model; recorded harm is what was told to the police. Where complaining is "
        "made easier, recorded harm rises without one harm more: a rise of complaints is no rise of harm, and a fall "
        "no fall."
    )
    return Table(Term("TRUE AND RECORDED"), CHANGES, [cells.names()], columns, note)


def wrongly(cells: Cells) -> Block:
    """Return what befalls lawful users who are reported or sanctioned though they did nothing."""
    note = Sentence(
        "Warnings, suspensions and bans of lawful users, all of them wrong; intervals stand in effects.csv."
    )
    return Table(
        Term("SANCTIONED WRONGLY"), LEVELS, [cells.names(baseline=True)], _columns(cells, headings.WRONGLY), note
    )


def process(cells: Cells, busy: Mapping[str, float]) -> Block:
    """Return what happens between harm and sanction, staff busy as `busy` has it for every arm."""
    columns = _columns(cells, headings.PROCESS)
    shares = [level(headings.STAFF_BUSY.factor * share) for share in busy.values()]
    columns[headings.PROCESS.index(headings.STAFF_BUSY)] = Column(Term(headings.STAFF_BUSY.words), shares)
    dashes = any(DASH in column.cells for column in columns)
    note = paragraph(
        Sentence(
            "Complaints to the police are recorded harm: another thing than the true harm above. Out: suspended or "
            "banned."
        ),
        Sentence("A dash: in no seed have both the policy and the baseline something to take a share or a mean of.")
        if dashes
        else None,
        Sentence("Numbers are of all simulated sites together.") if cells.scenario.sites else None,
        means_of_all_days(cells.scenario, cells.policies),
    )
    return Table(Term("WHAT HAPPENS"), LEVELS, [cells.names(baseline=True)], columns, note)


def detector(cells: Cells, precision: Mapping[str, float]) -> Block | None:
    """Return what a detector flags, its precision as `precision` has it for every arm; nothing where there is none."""
    if not cells.scenario.detects:
        return None
    columns = _columns(cells, headings.DETECTOR)
    shares = [level(headings.PRECISION.factor * share) for share in precision.values()]
    columns[headings.DETECTOR.index(headings.PRECISION)] = Column(Term(headings.PRECISION.words), shares)
    note = paragraph(
        Sentence(
            "Flags wait for the same staff as reports. How many are on predators follows from how many predators there "
            "are among those read, which nobody has measured: a level, to be read with care. A dash: no flags."
        ),
        means_of_all_days(cells.scenario, cells.policies),
    )
    return Table(Term("THE DETECTOR"), LEVELS, [cells.names(baseline=True)], columns, note)


def police(cells: Cells) -> Block | None:
    """Return what becomes of files of the police; nothing where nobody investigates."""
    if not cells.scenario.police.investigators:
        return None
    note = Sentence(
        "A file is about one person; whose file was closed gets another one with the next lead, so that files which "
        "close sooner are more files, not more suspects. Complaints about harm before the run name nobody and only "
        "take investigators' time. Files on lawful users come of referrals alone. Logs are personal data of everybody "
        "on the site, here as once they have been kept for so long. Intervals stand in effects.csv."
    )
    columns = _columns(cells, headings.POLICE)
    return Table(Term("THE POLICE"), LEVELS, [cells.names(baseline=True)], columns, note)
