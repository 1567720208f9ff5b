"""Every shipped scenario counts what it counted, on both engines. Whatever moves here must have been meant to."""

import pytest

from sim.model.engines import Engine
from tests.baselines import shipped
from tests.baselines.renew import COMMAND

pytestmark = pytest.mark.slow

MEANT = f"if this was meant to be: {COMMAND}"


@pytest.mark.parametrize("engine", ["array", "agents"])
@pytest.mark.parametrize("name", shipped.NAMES)
def test_counts_are_those_stored(name: str, engine: Engine) -> None:
    before = {table: sha for table, sha in shipped.stored()[name].items() if table != "effects"}
    now = shipped.counted(shipped.small(name), engine)
    apart = [table for table in before | now if before.get(table) != now.get(table)]
    assert not apart, f"the SHA-256 of {' and '.join(apart)} is not as stored; {MEANT}"


@pytest.mark.parametrize("name", shipped.NAMES)
def test_effects_are_those_stored(name: str) -> None:
    same = shipped.effects(shipped.small(name)) == shipped.stored()[name]["effects"]
    assert same, f"the SHA-256 of the effects is not as stored; {MEANT}"


def test_every_scenario_is_there() -> None:
    assert sorted(shipped.stored()) == shipped.NAMES
