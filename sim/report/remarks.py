"""What every result says of itself: what it may not be taken for, of which days it is, how busy staff is, and notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sim.model.records import DAYS_PER_WINDOW_YEAR
from sim.outcomes.in_force import levers, n_days_that_differ, part_of_window
from sim.outcomes.kept_out import homes_alone
from sim.outcomes.outcomes import IDLE, OVERLOADED
from sim.outcomes.statistics import seeds_to_halve
from sim.outcomes.verdicts import Reason
from sim.report.blocks import Prose
from sim.report.text import plain_number, whole_percent
from sim.rules.declare import Parameter
from sim.rules.errors import shown
from sim.rules.ethics import ETHICS as ETHICS  # a remark like those below
from sim.rules.sentences import Amount, Counted, Listed, Sentence, Term, Words, paragraph
from sim.scenario.scenario import Scenario


def caveat(scenario: Scenario, of: Words = None, further: Words = None) -> Words:
    """Return what every statement of a result must say of itself.

    Args:
        scenario: What was run.
        of: Which harm it is about, if not that on the simulated sites alone.
        further: What one of them says further.
    """
    luck = Sentence("Luck: 95%, Monte Carlo error alone, parameters at the values of this scenario.")
    if scenario.at_defaults:
        luck = Sentence("Luck: 95%, Monte Carlo error alone, parameters at their defaults.")
    return paragraph(of or alone(scenario), luck, further)


def alone(scenario: Scenario) -> Sentence:
    """Say that harm is meant on what is simulated, without that elsewhere."""
    if scenario.sites:
        return Sentence("On the simulated sites alone.")
    return Sentence("On the simulated site alone.")


def assumed_elsewhere(scenario: Scenario) -> Sentence:
    """Say how many of those who are kept out of their site are assumed to go on elsewhere."""
    assumed = scenario.displacement
    predators, users, out = (
        Amount(share, whole_percent) for share in (assumed.p_predators, assumed.p_users, assumed.p_elsewhere)
    )
    harm = Sentence(
        ", where harm is {factor} times as frequent as here under the baseline (displacement.rel_elsewhere)",
        factor=Amount(assumed.rel_elsewhere, plain_number),
    )
    return Sentence(
        "Elsewhere: of those kept out of their site, {predators} of the predators and {users} of the lawful users are "
        "assumed to go on on another one (displacement.p_predators, displacement.p_users){simulated}{harm}.",
        predators=predators, users=users,
        simulated=Sentence(
            ", {share} of them on one that is not simulated (displacement.p_elsewhere), and nowhere if the door of "
            "the simulated one to which they would go keeps them out too; what would undo an effect is reckoned of "
            "those who are then on no simulated site",
            share=out,
        )
        if len(homes_alone(scenario)) < len(scenario.site_names) else None,
        harm=harm if assumed.rel_elsewhere != 1 else None,
    )  # fmt: skip


def title(scenario: Scenario, done: Words) -> Prose:
    """Return the first lines of a result: the scenario, what was done with it, and whether it is made smaller."""
    first = Sentence("{chat}: {done}, {window}.", chat=name(scenario), done=done, window=window(scenario))
    if scenario.scale == 1:
        return Prose((first,))
    scale = Sentence(
        "Population and staff at scale {scale}: absolute numbers are those of the smaller chat.",
        scale=Amount(scenario.scale, plain_number),
    )
    return Prose((first, scale))


def larger_scale(scenario: Scenario) -> Sentence | None:
    """Return the advice to simulate more of the chat, where not all of it is."""
    return Sentence(", or a larger --scale") if scenario.scale < 1 else None


def name(scenario: Scenario) -> str:
    """Return what a scenario is called."""
    return scenario.title or scenario.site


def window(scenario: Scenario) -> Sentence:
    """Say which days were measured, after how many of warm-up."""
    return Sentence(
        "{days} days from {start} after {warmup} days of warm-up",
        days=scenario.days, start=scenario.start, warmup=scenario.warmup_days,
    )  # fmt: skip


def outside_its_range(scenario: Scenario, parameter: Parameter) -> Sentence | None:
    """Say that a parameter has a value outside its plausible range, if it has."""
    value = scenario.value_of(parameter.key)
    if parameter.low <= value <= parameter.high:
        return None
    low, high = (Amount(end, plain_number) for end in (parameter.low, parameter.high))
    return Sentence("{value} here, outside its plausible range {low} to {high}", value=shown(value), low=low, high=high)


def partly_in_force(scenario: Scenario, policies: Iterable[str]) -> Sentence | None:
    """Warn of the policies that are in force on a part of the counted days, with how many, if there are any."""
    found: list[Words] = []
    kinds: set[frozenset[frozenset[int]]] = set()
    for arm in policies:
        every = levers(scenario, arm)
        short = [lever for lever in every if len(lever.days) < scenario.days]
        kinds.add(frozenset(lever.days for lever in short))
        parts = [Sentence("{lever} on {days}", lever=lever.name, days=len(lever.days)) for lever in short]
        if parts and len({lever.days for lever in every}) == 1:  # all levers on the same days are the arm
            found.append(Sentence("{arm} on {days}", arm=arm, days=len(short[0].days)))
        elif parts:
            found.append(Sentence("{arm} ({parts})", arm=arm, parts=Listed(tuple(parts))))
    if not found:
        return None
    rank = None
    if frozenset() in kinds:
        rank = Sentence(", so do not rank these with policies that are in force on every one")
    elif len(kinds) > 1:
        rank = Sentence(", and these are not in force on the same ones, so do not rank them with each other")
    return Sentence(
        "In force on only some of the {days} days that are counted: {arms}. The changes are those of all the "
        "days{rank}.",
        days=scenario.days, arms=Listed(tuple(found), Term("; ")), rank=rank,
    )  # fmt: skip


def marked(scenario: Scenario, arm: str) -> Words:
    """Return the name of an arm, with a mark where it stands beside others though it is in force on some days alone."""
    if not part_of_window(scenario, arm):
        return arm
    days = n_days_that_differ(scenario, arm)
    if not 0 < days < scenario.days:
        return Sentence("{arm} (parts of it in force on some days alone)", arm=arm)
    return Sentence("{arm} (in force on {days} of {of} days)", arm=arm, days=days, of=scenario.days)


_COSTS = {
    "staff": Term("hours of staff on shift"),
    "turned_away": Term("lawful visitors turned away"),
    "privacy": Term("what one must show and how long messages and logs are kept"),
}


def costs_in_words(scenario: Scenario) -> Listed:
    """Return the costs that a scenario prefers, in turn."""
    return Listed(tuple(_COSTS[cost] for cost in scenario.prefer), Term(", then "))


def means_of_all_days(scenario: Scenario, policies: Iterable[str]) -> Sentence | None:
    """Say of policies in force on a part of the counted days that levels are means over all, if there are any."""
    arms = tuple(arm for arm in policies if part_of_window(scenario, arm))
    if not arms:
        return None
    return Sentence(
        "The numbers of {arms} are means over the whole window, the days without the policy, or a part of it, "
        "included. A window that begins with the policy gives those of the policy itself.",
        arms=Listed(arms),
    )


def of_short_window(scenario: Scenario) -> list[Words]:
    """Return what a short window keeps from being counted or compared."""
    notes: list[Words] = []
    if not scenario.months:
        notes.append(
            Sentence(
                "Persons harmed are related to the monthly visitors that the scenario declares, for none are counted: "
                "{reason}.",
                reason=Reason.NO_MONTH,
            )
        )
    if scenario.days < DAYS_PER_WINDOW_YEAR:
        notes.append(
            Counted(
                scenario.days,
                Sentence(
                    "A person harmed counts once in this one day. Scaled up to a year, that may be more than a whole "
                    "year would count, where the same persons are harmed again: compare such rates between windows of "
                    "one length only."
                ),
                Sentence(
                    "A person harmed counts once in these {days} days. Scaled up to a year, that may be more than a "
                    "whole year would count, where the same persons are harmed again: compare such rates between "
                    "windows of one length only.",
                    days=scenario.days,
                ),
            )
        )
    return notes


def of_seeds(n: int) -> Sentence:
    """Say how many seeds would halve an interval of so many."""
    return Sentence(
        "Each interval would be about half as wide with {more} seeds in all instead of {n}.",
        more=seeds_to_halve(n),
        n=n,
    )


def of_staff(shares: Mapping[str, float], estimated: bool = False) -> Iterator[Sentence]:
    """Yield what it means that staff is mostly idle or overloaded, with the arms in which it is.

    Args:
        shares: Shares of capacity by arm; a missing one is no remark.
        estimated: Whether they were estimated before any run.
    """
    source = Sentence(" (an estimate before any run, as if nobody were barred)") if estimated else None
    idle = {arm: share for arm, share in shares.items() if share < IDLE}
    overloaded = {arm: share for arm, share in shares.items() if share > OVERLOADED}
    if idle:
        yield Sentence(
            "staff is mostly idle{source}: busy {where}. There, more staff or faster reading can change next to "
            "nothing. If that cannot be, look at moderation.reviews_per_hour and at how many report.",
            source=source, where=_where(idle, len(shares), estimated),
        )  # fmt: skip
    if overloaded:
        yield Sentence(
            "staff is overloaded{source}: busy {where}. There, the queue grows until dossiers expire unread, and what "
            "is read has waited long.",
            source=source, where=_where(overloaded, len(shares), estimated),
        )  # fmt: skip


def of_investigators(scenario: Scenario, shares: Mapping[str, float]) -> Iterator[Sentence]:
    """Yield what it means that investigators are overloaded, and that a window is short beside the way of a file.

    Args:
        scenario: What was run.
        shares: Shares of their capacity by arm; a missing one is no remark.
    """
    police = scenario.police
    if not police.investigators:
        return
    overloaded = {arm: share for arm, share in shares.items() if share > OVERLOADED}
    if overloaded:
        yield Sentence(
            "investigators are overloaded: busy {where}. There, files wait longer and longer, so that more leads, logs "
            "or answers bring few arrests more. Vary police.investigators.",
            where=_where(overloaded, len(shares), estimated=False),
        )
    if scenario.days < 2 * police.arrest_delay_median_days:
        yield Sentence(
            "the window of {days} days is short beside the way of a file: from identification to arrest alone half of "
            "them take {median} days or more. That nothing is seen of the police here means little; raise days.",
            days=scenario.days, median=Amount(police.arrest_delay_median_days, plain_number),
        )  # fmt: skip


def _where(found: Mapping[str, float], n_arms: int, estimated: bool) -> Sentence:
    """Return how busy staff is in which of the arms; arms that agree are named together."""
    about = Sentence("about ") if estimated else None
    if len(found) == n_arms > 2:
        ends = tuple(Amount(end(found.values()), whole_percent) for end in (min, max))
        if whole_percent(ends[0].value) == whole_percent(ends[1].value):
            ends = ends[:1]
        shares = Listed(ends, Term(" to "))
        return Sentence("{about}{shares} under the baseline and every policy", about=about, shares=shares)
    arms: dict[str, list[str]] = {}
    for arm, share in found.items():
        arms.setdefault(whole_percent(share), []).append(arm)
    each = tuple(
        Sentence(
            "{share} under {arms}",
            share=Amount(found[together[0]], whole_percent),
            arms=Listed(tuple(together), Term(" and ")),
        )
        for together in arms.values()
    )
    return Sentence("{about}{each}", about=about, each=Listed(each))
