"""The table of offences: multipliers on the common hazards. Rows are data; no code names one."""

from __future__ import annotations

from pydantic import Field, model_validator

from sim.rules import names
from sim.rules.declare import Section, Text, parameter
from sim.rules.sentences import Sentence, WordsError


class Offence(Section):
    """One row of the table of offences: multipliers on the common hazards. Rows are data; no code names one."""

    name: str = Field(
        min_length=1, max_length=40, pattern=rf"^{names.SMALL}(?:{names.SMALL}|[0-9_])*$",
        description="up to 40 small letters, digits and _; first a letter",
    )  # fmt: skip
    label: Text = Field("", max_length=80, description="name in words, up to 80 characters")
    serious: bool = parameter(True, "yes or no", None, None, "Harm counts in the headline.", minimum=None)
    weight: int = parameter(1, "weight among predators", None, None, "Relative number of predators.", maximum=10_000)
    target_weights: tuple[int, int, int, int] = Field(
        strict=False, description="four whole numbers: how much under_15, 15_17, adult, minority are sought"
    )
    rel_harm: float = parameter(1.0, "factor", 0.3, 3, "Harm relative to the common hazard.", maximum=100)
    rel_leave: float = parameter(1.0, "factor", 0.3, 3, "Leaving the platform, likewise.", maximum=100)
    rel_recognise: float = parameter(1.0, "factor", 0.3, 3, "Recognition by the target, likewise.", maximum=100)
    rel_report: float = parameter(1.0, "factor", 0.2, 1, "Readiness to report, likewise.", maximum=1)
    rel_detect: float = parameter(
        1.0, "factor", 0, 3, "Flags of a detector that reads the contact, likewise: how far it can see the offence.",
        maximum=100,
    )  # fmt: skip
    rel_complain: float = parameter(1.0, "factor", 0.2, 3, "Complaints to the police, likewise.", maximum=5)
    outside: bool = parameter(
        False, "yes or no", None, None, "The harm falls on somebody who never used the site: each time a new person.",
        minimum=None,
    )  # fmt: skip
    severity_sentence: float = parameter(
        10.0, "years", None, None, "Weight of a harm by the longest sentence.", maximum=1000
    )
    severity_own: float = parameter(
        1.0, "weight", None, None, "Weight of a harm as the scenario's author sees it.", maximum=1000
    )

    @model_validator(mode="after")
    def _check(self) -> Offence:
        if min(self.target_weights) < 0 or not 0 < sum(self.target_weights) <= 10_000:
            raise WordsError(Sentence("target_weights takes four whole numbers of at least 0, not all of them 0."))
        return self


OFFENCES = (
    Offence(
        name="grooming_of_minors", label="Grooming of minors", weight=40, target_weights=(3, 5, 0, 0),
        severity_sentence=10,
    ),
    Offence(
        name="image_based_abuse", label="Image-based abuse", weight=15, target_weights=(1, 3, 2, 2), rel_harm=1.5,
        rel_report=0.8, rel_complain=0.7, severity_sentence=2,
    ),
    Offence(
        name="exploitation_of_minors", label="Sexual exploitation of minors for money", weight=8,
        target_weights=(1, 4, 0, 0), rel_harm=0.8, rel_recognise=0.8, rel_report=0.6, rel_complain=0.5,
        severity_sentence=15,
    ),
    Offence(
        name="ambush_of_minorities", label="Ambush of targeted minorities", weight=4, target_weights=(0, 1, 0, 6),
        rel_harm=1.2, rel_leave=1.2, rel_complain=1.5, severity_sentence=15,
    ),
    Offence(
        name="recruitment", label="Recruitment for assaults on third persons", weight=3, target_weights=(0, 0, 1, 0),
        rel_harm=0.5, rel_report=0.8, rel_complain=0.3, outside=True, severity_sentence=20,
    ),
    Offence(
        name="drug_dealing", label="Drug dealing", serious=False, weight=30, target_weights=(0, 1, 3, 3), rel_harm=3,
        rel_recognise=0.6, rel_report=0.3, rel_complain=0.02, severity_sentence=5,
    ),
)  # fmt: skip
"""The rows shipped. Shares and target weights are assumptions of the reference case; results by offence illustrate."""
