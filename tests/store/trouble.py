"""The made-up engine, but seed 1 raises an error and seed 3 kills the process, in a worker as anywhere."""

import os
from typing import Any

from sim.model.records import Records
from tests.parts import synthetic


def simulate(scenario: Any, seeds: Any, policies: Any, **options: Any) -> Records:
    """Invent the records of every policy and seed, or fail."""
    if 1 in seeds:
        raise ZeroDivisionError("of all things")
    if 3 in seeds:
        os._exit(7)
    return synthetic.simulate(scenario, seeds, policies, **options)
