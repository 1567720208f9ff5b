"""Further sites beside the first one: each with a rulebook and an audience of its own."""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic import SerializerFunctionWrapHandler, model_serializer, model_validator

from sim.rules.age import AgeAssurance
from sim.rules.declare import Section, parameter
from sim.rules.registration import Registration
from sim.rules.rulebook import Platform, Rulebook
from sim.rules.sentences import Sentence, WordsError
from sim.scenario.limits import MIN_VISITORS


class Audience(NamedTuple):
    """Whose home a site is, before `scale`, and how much it attracts those of others who are kept out there."""

    monthly_visitors_start: float
    monthly_visitors: float
    attraction: float

    @property
    def most_visitors(self) -> float:
        """Monthly visitors at their most, whether the audience grows or shrinks."""
        return max(self.monthly_visitors_start, self.monthly_visitors)


class Site(Rulebook[Registration, AgeAssurance]):
    """A further site. What its rulebook leaves out is as on the first site."""

    monthly_visitors: float = parameter(
        0.0, "unique visitors a month", None, None,
        "Persons whose home it is, at the end of growth, before `scale`; 0 for a site without members of its own.",
        maximum=20_000_000,
    )  # fmt: skip
    monthly_visitors_start: float | None = parameter(
        None, "unique visitors a month", None, None, "The same at the start of the window (as at the end).",
        maximum=20_000_000,
    )  # fmt: skip
    attraction: float = parameter(
        1.0, "factor", None, None,
        "How many of those kept out of other sites go on here, relative to the first site.", maximum=1000,
    )  # fmt: skip
    registration: Registration = Registration()
    age: AgeAssurance = AgeAssurance()

    @model_validator(mode="after")
    def _check(self) -> Site:
        fewest = min(self.audience[:2])
        if 0 < fewest < MIN_VISITORS or (not fewest and self.audience.most_visitors):
            raise WordsError(
                Sentence(
                    "monthly_visitors = {visitors}, from {start} on, is too small an audience: give at least {fewest}, "
                    "or 0 for a site without members of its own.",
                    visitors=str(self.monthly_visitors), start=str(self.audience.monthly_visitors_start),
                    fewest=MIN_VISITORS,
                )
            )  # fmt: skip
        return self

    @model_serializer(mode="wrap")
    def _as_given(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Write what was given alone: the rest is as on the first site, whatever that is."""
        return _given(write(self), self)

    @property
    def audience(self) -> Audience:
        """Whose home it is, and how much it attracts others."""
        start = self.monthly_visitors if self.monthly_visitors_start is None else self.monthly_visitors_start
        return Audience(start, self.monthly_visitors, self.attraction)

    def platform(self, first: Platform) -> Platform:
        """Return the site as the baseline has it, given the first one."""
        own = {name: value for name, value in self.model_dump().items() if name in Platform.model_fields}
        return Platform.model_validate(_over(first.model_dump(), own))


def _given(written: dict[str, Any], section: Section) -> dict[str, Any]:
    """Return what was given of a section out of all that is written of it."""
    given = {name: getattr(section, name) for name in type(section).model_fields if name in section.model_fields_set}
    return {
        name: _given(written[name], value) if isinstance(value, Section) else written[name]
        for name, value in given.items()
    }


def _over(settings: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Return settings with others laid over them, section by section."""
    return settings | {
        key: _over(settings[key], value) if isinstance(value, dict) else value for key, value in own.items()
    }
