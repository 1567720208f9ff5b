"""Something of all that is printed: each question answered once, with an engine that invents its counts."""

import datetime as dt
from collections.abc import Iterator, Sequence

import sim
from sim.policies.age import AgePolicy
from sim.policies.detection import DetectionPolicy
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.questions import validate
from sim.report.blocks import Block
from sim.report.parts import Page
from sim.report.result import Result
from sim.report.run import summary
from sim.rules.offences import OFFENCES
from sim.scenario.sites import Site
from sim.study.answer import answer
from tests.parts import synthetic
from tests.theory import toy


def printed() -> Iterator[Sequence[Block]]:
    """Yield what every question prints, and what a run does."""
    for result in results():
        yield result.blocks()
    with synthetic.in_place():
        alone = sim.run(synthetic.SCENARIO.replace(policies={"phone": (RegistrationPolicy(level="phone"),)}), "phone")
    yield summary(alone.scenario, "phone", 0, alone.daily)


def pages() -> Iterator[Page]:
    """Yield the pages of what every question finds."""
    for result in results():
        yield result.page({"plan_sha256": "", "model_files": {}})


def results() -> Iterator[Result]:
    """Yield an answer to every question that prints one: together all of their tables, and most of their sentences."""
    both = {"easy": (ReportingPolicy(friction=0.2),), "phone": (RegistrationPolicy(level="phone"),)}
    own = [o.model_copy(update={"severity_own": 1.0 + n}) for n, o in enumerate(OFFENCES)]
    late = RegistrationPolicy(level="phone", start=synthetic.SCENARIO.start + dt.timedelta(30))
    arms = both | {"both": (*both["easy"], *both["phone"]), "late": (late,)}
    scenario = synthetic.SCENARIO.replace(policies=arms, offences=own)
    with synthetic.in_place():
        yield sim.compare(scenario.replace(**{"police.investigators": 1.0}), seeds=4)
        watched = {"gate": (AgePolicy(gate=True),), "read": (DetectionPolicy(coverage=0.5),)}
        yield sim.compare(scenario.replace(policies=watched), seeds=3)
        yield sim.compare(scenario.replace(sites={"rival": Site(monthly_visitors=10_000.0)}), ["phone"], seeds=3)
        yield sim.sweep(scenario, {"reporting.friction": [0.2, 0.9]}, seeds=3)
        yield sim.ranges(scenario, ["phone"], seeds=3)
        yield sim.why(scenario, "both", seeds=3)
    with toy.where(a=lambda at, luck: at[0] + at[2] - 1, b=lambda at, luck: 0.5) as moved:
        yield sim.doubt(moved, draws=300)
        yield sim.compare(moved, seeds=3, doubt=16)
    yield answer(validate.question(["responses"]))
