"""Age assurance: what a site asks about ages, what it does with the answer, and what each level of it comes to.

Nobody has an age in years: persons belong to a band (`sim.rules.parameters.CLASSES`), and of each band a share passes
for old enough, worked out here once for each set of rules.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist
from typing import Literal, get_args

from sim.rules import mechanisms as by
from sim.rules.declare import Section, parameter, probability

AgeLevel = Literal["none", "declared", "estimated", "verified"]
Protects = Literal["under_15", "under_18"]
Band = Literal["under_15", "15_17", "adult"]

BANDS: tuple[Band, ...] = get_args(Band)
"""Bands of age, from the youngest on: those of predators are adults."""
BAND_OF_CLASS = (0, 1, 2, 2)
"""Band, by position in `BANDS`, of each class of lawful persons (`sim.rules.parameters.CLASSES`)."""
_YEARS: dict[Band, tuple[float, float]] = {"under_15": (11, 15), "15_17": (15, 18), "adult": (18, 50)}
"""Ages of the bands in years, all equally likely: an assumption, of which only those near a threshold matter."""
_THRESHOLD: dict[Protects, float] = {"under_15": 15, "under_18": 18}
_DEVIATION = math.sqrt(math.pi / 2)
"""Standard deviation of a normal error over its mean absolute value."""
_STEPS = 64
"""Ages of a band that are looked at."""

_AROUND = "few or many of the too young get round an age check"


class AgeCheck(Section):
    """What one level of age assurance is: the things that a check moves."""

    friction_user: float = probability(
        0.0, 0, 0, "Lawful persons who leave rather than have their age checked.",
        through=(by.DOOR, by.LOOKING_FURTHER),
        assumes="the share of lawful users who leave rather than be checked ({before} to {after})",
    )  # fmt: skip
    friction_predator: float = probability(
        0.0, 0, 0, "Predators who leave rather than have their age checked.", through=(by.DOOR, by.LOOKING_FURTHER),
        assumes="the share of predators who leave rather than be checked ({before} to {after})",
    )  # fmt: skip
    p_gets_round: float = probability(
        1.0, 1, 1,
        "Of those too young whom the check itself would tell, the share who pass all the same: by a false statement, "
        "somebody else's face or papers.",
        through=(by.AGES,), assumes="the share of the too young who get round the check ({before} to {after})",
    )  # fmt: skip
    p_misstates: float = probability(
        0.0, 0, 0, "Of the others, the share who pass as well where a gate or a limit depends on it.",
        through=(by.AGES,),
    )  # fmt: skip
    p_cannot_show: float = probability(
        0.0, 0, 0, "Of those old enough, the share whom the check takes for too young because they cannot show it.",
        through=(by.AGES,),
    )  # fmt: skip
    p_poses: float = probability(
        0.0, 0, 0,
        "Predators who pass for too young where adults may not write to those who are, and nobody too young is kept "
        "out.",
        through=(by.AGES,), assumes="the share of predators who pose as too young ({before} to {after})",
    )  # fmt: skip
    error_years: float = parameter(
        0.0, "years", 0, 0, "Mean absolute error of an estimated age (normal); 0: the check knows the age itself.",
        maximum=20, through=(by.AGES,),
    )  # fmt: skip
    buffer_years: float = parameter(
        0.0, "years", 0, 0,
        "Where ages are estimated: whoever is estimated at less than the age asked for and so many years is taken for "
        "too young.", maximum=20,
        through=(by.AGES,),
    )  # fmt: skip


class NoCheck(AgeCheck):
    """Nobody is asked, and nobody is known to be too young."""


class Declared(AgeCheck):
    """Everybody states an age, and nothing is checked."""

    p_gets_round: float = probability(
        0.32, 0.23, 0.5, "Of those too young, the share who state another age anyway.", shape="uniform",
        source="REP-22", standing="sourced",
    )  # fmt: skip
    p_misstates: float = probability(
        0.0, 0, 0.8, "Of the others, the share who state another age where a gate or a limit depends on it.",
        shape="uniform", doubt="minors whom a rule binds state their ages as before or not",
    )  # fmt: skip
    p_poses: float = probability(
        0.3, 0, 0.9, "Predators who state that they are too young where adults may not write to those who are.",
        shape="uniform", doubt="few or most predators state a minor's age",
    )  # fmt: skip


class Estimated(AgeCheck):
    """An age is estimated, from a face for instance."""

    friction_user: float = probability(
        0.4, 0.13, 0.55, "Lawful persons who leave rather than have their age estimated.", shape="uniform",
        source="AGE-13 AGE-14 AGE-12", doubt="few or many lawful users leave rather than have their age checked",
    )  # fmt: skip
    friction_predator: float = probability(
        0.4, 0.1, 0.6, "Predators who leave rather than have their age estimated.", shape="uniform",
        doubt="few or many predators leave rather than have their age checked",
    )  # fmt: skip
    p_gets_round: float = probability(
        0.1, 0, 0.4, "Of those too young whom the estimate would tell, the share who pass all the same.",
        shape="uniform", source="AGE-17 AGE-18", doubt=_AROUND,
    )  # fmt: skip
    p_poses: float = probability(
        0.05, 0, 0.3,
        "Predators who get themselves estimated as too young where adults may not write to those who are.",
        shape="uniform", doubt="few or many predators pass a check as minors",
    )  # fmt: skip
    error_years: float = parameter(
        2.8, "years", 2.4, 4, "Mean absolute error of an estimated age (normal).", shape="uniform", maximum=20,
        source="AGE-07",
    )  # fmt: skip
    buffer_years: float = parameter(
        0.0, "years", 0, 0,
        "Years by which an estimate must lie above the age asked for: 7 where 25 must be shown by an estimate.",
        maximum=20, source="AGE-08",
    )  # fmt: skip


class Verified(AgeCheck):
    """An age is shown by a document, or by somebody who has seen one."""

    friction_user: float = probability(
        0.5, 0.13, 0.8, "Lawful persons who leave rather than show their age.", shape="uniform",
        source="AGE-15 AGE-12", doubt="few or many lawful users leave rather than have their age checked",
    )  # fmt: skip
    friction_predator: float = probability(
        0.5, 0.1, 0.8, "Predators who leave rather than show their age.", shape="uniform",
        doubt="few or many predators leave rather than have their age checked",
    )  # fmt: skip
    p_gets_round: float = probability(
        0.1, 0.02, 0.35, "Of those too young, the share who pass all the same.", shape="uniform", source="AGE-17",
        doubt=_AROUND,
    )  # fmt: skip
    p_cannot_show: float = probability(
        0.05, 0, 0.15, "Of those old enough, the share who have nothing to show it by.", shape="uniform"
    )
    p_poses: float = probability(
        0.02, 0, 0.1, "Predators who pass for too young where adults may not write to those who are.", shape="uniform",
        doubt="few or many predators pass a check as minors",
    )  # fmt: skip


class Protection(Section):
    """Whom the check is to tell, and whether they are kept out, at every level."""

    protects: Protects = parameter(
        "under_18", "age", None, None, "Who is too young: those under_15 or under_18.", minimum=None, through=(by.AGES,)
    )
    gate: bool = parameter(
        False, "yes or no", None, None, "Whoever is taken for too young is not let in.", minimum=None,
        through=(by.AGE_GATE, by.LOOKING_FURTHER),
    )  # fmt: skip


class AgeAssurance(Protection):
    """What a site asks about ages, and what each level of it does."""

    level: AgeLevel = parameter(
        "declared", "level", None, None, "none, declared, estimated or verified.", minimum=None, source="CASE-08",
        standing="sourced",
    )  # fmt: skip
    none: NoCheck = NoCheck()
    declared: Declared = Declared()
    estimated: Estimated = Estimated()
    verified: Verified = Verified()

    @property
    def check(self) -> AgeRules:
        """The numbers of the level in force, and what holds at every level."""
        return AgeRules(**dict(self.at(self.level)), **{name: getattr(self, name) for name in Protection.model_fields})

    def at(self, level: AgeLevel) -> AgeCheck:
        """The numbers of `level`."""
        check: AgeCheck = getattr(self, level)
        return check


class AgeRules(Protection, AgeCheck):
    """What age assurance comes to on one day."""

    @property
    def door(self) -> tuple[float, ...]:
        """What decides who is let in: what `door_for_users` says, and the same of predators."""
        return (*self.door_for_users, self.friction_predator, *self._p_behind_gate[-1:])

    @property
    def door_for_users(self) -> tuple[float, ...]:
        """What decides which lawful persons are let in: friction and, behind a gate, who passes for old enough."""
        return (self.friction_user, *self._p_behind_gate[:-1])

    @property
    def _p_behind_gate(self) -> tuple[float, ...]:
        return self.p_pass(limited=True) if self.gate else ()

    def too_young(self, band: Band) -> bool:
        """Tell whether persons of a band are those whom the check is to tell."""
        return _YEARS[band][1] <= _THRESHOLD[self.protects]

    def p_pass(self, *, limited: bool) -> tuple[float, ...]:
        """Return the shares who pass for old enough: of the lawful persons of each of `BANDS` and, last, of predators.

        Args:
            limited: Whether adults may not write to those taken for too young.
        """
        of_bands = [self._p_band_passes(band, limited) for band in BANDS]
        poses = self.p_poses if limited and not self.gate else 0.0
        return (*of_bands, of_bands[-1] * (1 - poses))  # predators are adults

    def _p_band_passes(self, band: Band, limited: bool) -> float:
        told = float(not self.too_young(band))
        if self.error_years:
            told = _estimated(band, _THRESHOLD[self.protects] + self.buffer_years, self.error_years)
        if not self.too_young(band):
            return told * (1 - self.p_cannot_show)
        p_others = self.p_misstates if self.gate or limited else 0.0
        return told + (1 - told) * (self.p_gets_round + (1 - self.p_gets_round) * p_others)


@cache
def _estimated(band: Band, years: float, error_years: float) -> float:
    """Return the share of a band whose estimated age is at least so many years."""
    first, last = _YEARS[band]
    error = NormalDist(sigma=error_years * _DEVIATION)
    ages = (first + (last - first) * (step + 0.5) / _STEPS for step in range(_STEPS))
    return round(math.fsum(1 - error.cdf(years - age) for age in ages) / _STEPS, 6)
