"""Sanctions and what comes of them: strikes, bars, returns."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.model.decisions.codes import NANO, NEVER
from sim.model.world.draws import Draws, Purpose, exponential, unit
from sim.rules.rulebook import Rules

AS_BEFORE, NEW_IDENTITY, DEVICE_FORGOTTEN = range(3)
"""As whom somebody comes back after a bar: known to the site, or a stranger to it in one of two ways."""


def sanction_hours(strikes: int, rules: Rules) -> int:
    """Return the sanction after so many earlier ones: 0 a warning, NEVER a ban, between them hours of suspension."""
    ladder = rules.sanctions.ladder_hours
    return ladder[strikes] if strikes < len(ladder) else NEVER


def p_recognised(rules: Rules) -> float:
    """Return the probability that the device of a barred visitor without an account is recognised."""
    rel = rules.sanctions.rel_recognised_device if rules.sanctions.binds == "device" else 1
    return min(1, rules.registration.p_device_recognised * rel)


def p_return(rules: Rules) -> float:
    """Return the probability that somebody barred comes back under a new identity."""
    rel: float = 1
    if rules.sanctions.binds == "identity" and rules.registration.accounts_persist:
        rel = rules.sanctions.rel_return_identity
    elif rules.sanctions.binds == "device":
        rel = rules.sanctions.rel_return_device
    return rules.registration.p_return * rel


def _decides(
    draws: Draws, seed: int, person: int, dossier: int, purposes: tuple[Purpose, Purpose, Purpose], p: float,
    p_constant: float,
) -> bool:  # fmt: skip
    """Decide once a dossier: a share `p_constant` of decisions follows the person's own trait, as in `chance`."""
    constant, trait, fresh = purposes
    if unit(draws.word(constant, seed, person, dossier)) < p_constant:
        return bool(unit(draws.word(trait, seed, person)) < p)
    return bool(unit(draws.word(fresh, seed, person, dossier)) < p)


def known_until(
    draws: Draws, seed: int, person: int, dossier: int, hour: int, session: int, rules: Rules, p_constant: float
) -> int:
    """Return the first hour in which the site no longer knows whom it sanctioned in an hour.

    An account that persists is known for good. A device that is recognised is forgotten after an exponential time; if
    it is not recognised, nobody is known from the next hour on.

    Args:
        draws: Where words come from.
        seed: Index of the seed.
        person: Id.
        dossier: `dossier_key`.
        hour: Hour of the review.
        session: Hour in which the account's visit began, -1 if the account persists.
        rules: Rules in force.
        p_constant: Share of decisions that follow a person's own trait.
    """
    if session < 0:
        return NEVER
    purposes = (Purpose.DEVICE_CONSTANT, Purpose.DEVICE_TRAIT, Purpose.DEVICE_FRESH)
    if not _decides(draws, seed, person, dossier, purposes, p_recognised(rules), p_constant):
        return hour + 1
    units = exponential(draws.word(Purpose.DEVICE_KNOWN, seed, person, dossier))
    return hour + 2 + math.floor(units * rules.registration.device_known_days * 24 / NANO)


@dataclass(frozen=True)
class Strikes:
    """Sanctions so far that the site can put down to somebody.

    Attributes:
        known: Those in which the account persisted or the device was recognised.
        until: First hour in which these are no longer put down to the person.
        visit: Session of the visit-long account sanctioned last.
        of_visit: Strikes on that account.
    """

    known: int = 0
    until: int = 0
    visit: int = -1
    of_visit: int = 0

    def count(self, known_until: int, session: int, hour: int) -> int:
        """Return the strikes that a sanction finds: of whom the site recognises, or of the account of this visit."""
        of_person = self.known if known_until > hour + 1 and self.until > hour else 0
        return max(of_person, self.of_visit if session == self.visit else 0)

    def after(self, known_until: int, session: int, hour: int) -> Strikes:
        """Return the strikes with one more."""
        n = self.count(known_until, session, hour) + 1
        known, until = (n, known_until) if known_until > hour + 1 else (self.known, self.until)
        visit, of_visit = (session, n) if session >= 0 else (self.visit, self.of_visit)
        return Strikes(known, until, visit, of_visit)


def sanction(
    draws: Draws, seed: int, person: int, dossier: int, hour: int, session_end: int, known_until: int, length: int,
    rules: Rules, p_constant: float,
) -> tuple[int, int]:  # fmt: skip
    """Return the first hour in which somebody sanctioned may be back, and as whom.

    Where the site knows them, it binds until it is over, they return under a new identity, or their device is no longer
    recognised. Otherwise it binds for the rest of the visit at most, if that is still going on. A warning keeps nobody
    out.

    Args:
        draws: Where words come from.
        seed: Index of the seed.
        person: Id.
        dossier: `dossier_key`.
        hour: Hour of the review; a bar binds from the next hour on.
        session_end: First hour after the visit.
        known_until: `known_until`.
        length: `sanction_hours`.
        rules: Rules in force.
        p_constant: Share of decisions that follow a person's own trait.

    Returns:
        The hour, and `AS_BEFORE`, `NEW_IDENTITY` or `DEVICE_FORGOTTEN`.
    """
    over = NEVER if length >= NEVER else hour + 1 + length
    if known_until <= hour + 1:
        return min(over, max(session_end, hour + 1)), AS_BEFORE
    if length == 0:
        return over, AS_BEFORE
    ends = [(over, AS_BEFORE), (max(known_until, session_end), DEVICE_FORGOTTEN)]
    purposes = (Purpose.RETURN_CONSTANT, Purpose.RETURN_TRAIT, Purpose.RETURN_FRESH)
    if _decides(draws, seed, person, dossier, purposes, p_return(rules), p_constant):
        units = exponential(draws.word(Purpose.RETURN_DELAY, seed, person, dossier))
        ends.append((hour + 2 + math.floor(units * rules.registration.return_delay_hours / NANO), NEW_IDENTITY))
    return min(ends)


def sanction_event(length: int) -> str:
    """Return the kind of event that a sanction is."""
    return "bar" if length >= NEVER else "suspend" if length else "warn"


def hours_out(hour: int, until: int) -> int:
    """Return for how many hours a sanction decided in an hour keeps a person out: -1 for ever."""
    return -1 if until >= NEVER else until - (hour + 1)
