"""What comes of a file of the police: whose turn it is, what a request finds, who is identified, and when arrested."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from sim.model.decisions.codes import (
    BY_LOGS,
    BY_PAYMENT,
    COMPLAINT,
    DECOY,
    EARLIER,
    MICRO,
    REFERRAL,
    SEIZED,
)
from sim.model.decisions.either import yes_or_no
from sim.model.decisions.numbers import DELAY_CELLS, Numbers
from sim.model.world.draws import POISSON_UNITS, Bools, Draws, Number, Purpose, Word, below, pick, unit
from sim.model.world.keys import SLOT
from sim.model.world.world import World
from sim.rules.parameters import HOURS_PER_MONTH, Police
from sim.rules.rulebook import Rules

EARLIER_HOURS: Final = round(10 * 12 * HOURS_PER_MONTH)
"""Ten years, over which harm before the run goes back."""

URGENCY = {COMPLAINT: 0, REFERRAL: 1, DECOY: 1, EARLIER: 2, SEIZED: 1}
"""How grave a lead is by itself. A complaint after harm is as grave as the gravest."""

GRAVEST = 2


def urgency(source: int, after_harm: bool) -> int:
    """Return how grave a lead is: about harm; a referral's, a decoy's or of seized data; recognised in time."""
    return GRAVEST if after_harm else URGENCY[source]


def capacity_micro(police: Police, scale: float) -> int:
    """Return millionths of a file that the investigators can take up in an hour."""
    return round(police.investigators * scale * police.cases_per_month / HOURS_PER_MONTH * MICRO)


def turn(urgency: int, opened: int, police: Police) -> tuple[int, int]:
    """Return what says whose turn it is, the least first; files that are alike in it follow their own order."""
    return (-urgency if police.order == "gravest" else 0), opened


@yes_or_no
def refers(word: Word, p_refer: Number) -> bool | Bools:
    """Tell whether the site refers to the police whom a review sanctions; whom it refers seldom it refers often too."""
    return unit(word) < p_refer


@yes_or_no
def has_evidence(word: Word, p: Number) -> bool | Bools:
    """Tell whether a lead brings evidence that identifies somebody, whatever the site keeps."""
    return unit(word) < p


@yes_or_no
def is_found(word: Word, p_seized: Number) -> bool | Bools:
    """Tell whether investigators find a predator in seized data; whom they find in a little they find in much too."""
    return unit(word) < p_seized


def too_old(newest: int, hour: int, police: Police) -> bool:
    """Tell whether the data of a connection are too old to be asked for in an hour."""
    return hour - newest > 24 * police.max_data_age_days


def request_hours(word: int, hour: int, rules: Rules, numbers: Numbers) -> int:
    """Return after how many hours, at least one, a request sent in an hour reaches the host, who then answers at once.

    A direct answer takes no longer than another one would.
    """
    police, host = numbers.police, rules.cooperation.host
    at_home = host == "home" or (host == "moves" and hour < numbers.host_moves)
    days = police.request_days_home if at_home else police.request_days_abroad
    if rules.cooperation.direct:
        days = min(days, police.request_days_direct)
    return max(1, pick(word, numbers.request_spread) * round(24 * 1000 * days) // (1000 * MICRO))


def answered(word: int, rules: Rules, police: Police) -> bool:
    """Tell whether a request is ever answered; one that is by a host who answers seldom is by one who does often."""
    usual, direct = police.p_answered, police.p_answered_direct
    return unit(word) < (max(usual, direct) if rules.cooperation.direct else usual)


def pays(word: int, predator: bool, rules: Rules) -> bool:
    """Tell whether somebody pays."""
    return unit(word) < rules.freemium.p_paying * (rules.freemium.rel_predators if predator else 1)


def identified_by(draws: Draws, seed: int, person: int, predator: bool, rules: Rules) -> int:
    """Return what of the site's data leads to a person whose connection is known: `BY_LOGS`, `BY_PAYMENT` or 0.

    How hard somebody is to trace is a trait: whom a weak identity gives away, a strong one does too.
    """
    traced = unit(draws.word(Purpose.IDENTITY, seed, person))
    if traced < rules.registration.p_identity:
        return BY_LOGS
    paid = pays(draws.word(Purpose.PAYING, seed, person), predator, rules)
    return BY_PAYMENT if paid and traced < rules.freemium.p_identity else 0


def arrest_hours(word: int, numbers: Numbers) -> int:
    """Return after how many hours, at least one, somebody identified is arrested."""
    return max(1, pick(word, numbers.arrest_hours))


def earlier_complaints(
    world: World, seed: int, harms: Sequence[int], numbers: Numbers, day: int
) -> Iterator[tuple[int, int, int]]:
    """Yield the complaints of a day about harm before the run: hour, which harm and a word, which settles ties.

    Harm as frequent as in the warm-up goes back `EARLIER_HOURS` before it. Of harm in every hour of that time the same
    share of persons complain, after the same delays; complaints at once, and after a contact that was recognised, are
    left out. They name nobody of the model.

    Args:
        world: The world.
        seed: Index of the seed.
        harms: Harms of the warm-up, by offence, site after site: which of them is ``site * n_offences + offence``.
        numbers: Numbers of the scenario.
        day: Day, counted from the beginning of the warm-up.
    """
    warm_hours = 24 * world.scenario.warmup_days
    if not warm_hours:
        return
    begins = np.arange(24 * day, 24 * day + 24)
    delays = numbers.delay_hours
    until = delays.searchsorted(begins + EARLIER_HOURS, side="right") - delays.searchsorted(begins, side="right")
    late = (1 - numbers.p_at_once) * int(until.sum()) / DELAY_CELLS
    means = [
        round(n / warm_hours * float(numbers.p_complain[which % len(numbers.p_complain), 1]) * late * POISSON_UNITS)
        for which, n in enumerate(harms)
    ]
    every, index = np.arange(len(means)), np.full(len(means), seed)
    counts = world.draws.poisson(Purpose.N_EARLIER, index, every, np.full(len(means), day), np.array(means, np.int64))
    for which, count in enumerate(counts.tolist()):
        for slot in range(count):
            word = world.draws.word(Purpose.EARLIER, seed, which, SLOT.pack(day, slot))
            yield 24 * day + below(word, 24), which, word >> 1
