"""A scenario without its offences and policies: its frame, its numbers, and whether so large a chat can be run."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from sim.rules import names
from sim.rules.declare import ROUNDING, Section, Text, parameter
from sim.rules.errors import Problem, written
from sim.rules.parameters import HOURS_PER_MONTH
from sim.rules.prices import Prices
from sim.rules.sentences import Sentence, Term
from sim.rules.settings import Settings
from sim.scenario.limits import MAX_MEMBERS, MAX_PER_HOUR, MAX_PERSONS, MIN_VISITORS, SHORTEST_MONTH

Cost = Literal["staff", "turned_away", "privacy"]
COSTS: tuple[Cost, ...] = get_args(Cost)
"""What a policy can cost, in the order in which it counts unless a scenario says otherwise."""


class Frame(Section):
    """Which chat is simulated, over which days, how often and how large."""

    title: Text = Field("", max_length=200, description="up to 200 characters")
    site: str = Field(
        "site",
        max_length=40,
        pattern=rf"^{names.SMALL}(?:{names.SMALL}|[0-9_-])*$",
        description="small letters, digits, - and _; first a letter",
    )
    start: dt.date = parameter(
        dt.date(2021, 1, 1), "date", None, None, "First measured day.",
        minimum=dt.date(1970, 1, 1), maximum=dt.date(2200, 1, 1),
    )  # fmt: skip
    days: int = parameter(365, "days", 1, 3650, "Measured days.", minimum=1, maximum=10_000)
    warmup_days: int = parameter(365, "days", 14, 365, "Days before them, not measured.", minimum=0, maximum=3650)
    seeds: int = parameter(20, "seeds", 2, 1000, "Paired runs of every policy.", minimum=1, maximum=100_000)
    scale: float = parameter(
        1.0, "share", 0.01, 1, "Shrinks population and staff together; queues do not shrink exactly.",
        minimum=1e-4, maximum=1,
    )  # fmt: skip
    prefer: tuple[Annotated[Cost, Field()], ...] = Field(
        COSTS,
        min_length=1,
        max_length=len(COSTS),
        strict=False,
        description="Which cost counts first, which next, among policies whose effects are not told apart: some or all "
        "of staff (hours on shift), turned_away (lawful visitors) and privacy (what one must show, how long messages "
        "and logs are kept), none twice",
    )
    prices: Prices = Prices()

    @property
    def months(self) -> tuple[int, ...]:
        """Days at which the months begin in which visitors are counted and, last, end; empty if there is no month.

        There are as many as the window holds of `SHORTEST_MONTH` days, counted back from its end. Each is a twelfth of
        a year or, where so many do not fit, an equal part of the window, with its ends rounded to whole days. Days that
        are left over stand at the beginning, and their visitors are not counted.
        """
        n = self.days // SHORTEST_MONTH
        length = min(HOURS_PER_MONTH / 24, self.days / max(n, 1))
        return tuple(int(self.days - ahead * length + 0.5) for ahead in range(n, -1, -1)) if n else ()

    @property
    def first_weekday(self) -> int:
        """Day of the week on which a run begins, warm-up included: 0 is Monday."""
        return (self.start.weekday() - self.warmup_days) % 7

    def hour_of_week(self, hour: Any) -> Any:
        """Return the hour of the week in which simulated hours fall, counted from the midnight before Monday."""
        return (hour + 24 * self.first_weekday) % 168

    @property
    def hours(self) -> int:
        """Simulated hours of one run, warm-up included."""
        return 24 * (self.warmup_days + self.days)


class Framed(Settings, Frame):
    """The frame and every number of a scenario."""

    @property
    def further_visitors(self) -> float:
        """Monthly visitors of further sites at the most, before `scale`."""
        return 0.0

    def _problems_of_size(self) -> Iterator[Problem]:
        """Yield what makes the population too small to mean anything or too large to run."""
        people = self.population
        name = min("monthly_visitors", "monthly_visitors_start", key=lambda name: getattr(people, name))
        given = getattr(people, name)
        if given * self.scale < MIN_VISITORS - ROUNDING:
            yield Problem(
                ("scale",),
                Sentence(
                    "{name} = {given} at scale = {scale} leaves {left} visitors a month; the model needs at least "
                    "{fewest}. Raise either.",
                    name=f"population.{name}", given=written(given), scale=written(self.scale),
                    left=written(given * self.scale), fewest=MIN_VISITORS,
                ),
            )  # fmt: skip
        for what, quantity, most in self._sizes():
            if quantity > most:
                yield too_large(what, quantity, most)

    def _sizes(self) -> Iterator[tuple[Term, float, float]]:
        """Yield rough upper estimates of what fills memory: quantity in words, its value, the most that is possible."""
        people, predators, members, peak = self.population, self.predators, self._members, self._peak
        offenders = members * predators.p_of_adults * (1 - people.p_under_15 - people.p_15_17)
        visits = members * people.visits_per_month / HOURS_PER_MONTH * peak
        attacks = offenders * predators.visits_per_month / HOURS_PER_MONTH * peak
        yield Term("members at a time"), members + offenders, MAX_MEMBERS
        turnover = (self.days + self.warmup_days) / people.mean_stay_days
        yield Term("members in the course of a run"), (members + offenders) * (1 + turnover), MAX_PERSONS
        yield Term("visits of one class in the busiest hour"), visits * max(people.p_classes), MAX_PER_HOUR
        yield Term("visits of predators in the busiest hour"), attacks, MAX_PER_HOUR
        approaches = attacks * predators.mean_session_hours * predators.approaches_per_hour
        yield Term("approaches in the busiest hour"), approaches, MAX_PER_HOUR
        false_reports = self.most_conversations * self.responses.p_ready_false_report
        yield Term("false reports in the busiest hour"), false_reports, MAX_PER_HOUR / 2

    @property
    def _members(self) -> float:
        """Lawful members at a time, about, at the most."""
        people = self.population
        admitted = max(1 - self.registration.admission.friction_user, 1e-9)
        own = max(people.monthly_visitors, people.monthly_visitors_start)
        audience = (own + self.further_visitors) * self.scale
        return audience / admitted / -math.expm1(-people.visits_per_month)

    @property
    def _peak(self) -> float:
        """Visits in the busiest hour of the week, relative to the mean hour."""
        weights, weekend = self.population.hourly_weights, self.population.rel_weekend
        return 24 * max(weights) / sum(weights) * 7 * max(1, weekend) / (5 + 2 * weekend)

    @property
    def most_conversations(self) -> float:
        """Lawful conversations of the largest class in the busiest hour, about, at the most."""
        people = self.population
        visits = self._members * people.visits_per_month / HOURS_PER_MONTH * self._peak
        return visits * people.mean_session_hours * people.conversations_per_hour * max(people.p_classes)


def too_large(what: Term, n: float, most: float) -> Problem:
    """Return the problem that about so many things are more than are possible."""
    return Problem(
        ("population",),
        Sentence(
            "this scenario is too large to run: about {n} {things}, at most {most} are possible. Lower "
            "scale, population.monthly_visitors or how often persons do something.",
            n=math.ceil(n),
            things=what,
            most=round(most),
        ),
    )
