"""The examples in the documents for maintainers print what stands there."""

import doctest
from pathlib import Path

import pytest

from sim.policies.policy import Policy

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the policies that examples define."""
    monkeypatch.setattr(Policy, "registry", dict(Policy.registry))
    monkeypatch.chdir(ROOT)


def test_examples_of_contributing() -> None:
    found = doctest.testfile(str(ROOT / "CONTRIBUTING.md"), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert found.attempted >= 10
    assert not found.failed
