"""Run tests in a copy of the project, its folder, and write down which passed and how the others failed."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import sim
from tests.faults.harness import ASSERTION, FOUND


class Watch:
    """Writes down what becomes of the tests."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.failed: dict[str, str] = {}

    def pytest_configure(self) -> None:
        """Let a failing example stay as large as it was found: that it fails is all that is asked."""
        from hypothesis import Phase, settings

        settings.register_profile("faults", phases=[Phase.explicit, Phase.generate])
        settings.load_profile("faults")

    def pytest_exception_interact(self, node: Any, call: Any) -> None:
        """Note how a test, its fixture or its import failed."""
        asserted = call.excinfo.errisinstance((AssertionError, pytest.fail.Exception))
        self.failed[node.nodeid] = ASSERTION if asserted else call.excinfo.typename

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note that a test passed."""
        if report.when == "call" and report.passed:
            self.passed.append(report.nodeid)


def main(tests: list[str]) -> int:
    """Run the tests; return pytest's exit code."""
    here = Path.cwd()
    assert Path(sim.__file__).is_relative_to(here), f"{sim.__file__} is not the package of the copy in {here}"
    watch = Watch()
    code = pytest.main(["-q", "--tb=short", "-p", "no:cacheprovider", "-p", "no:xdist", *tests], plugins=[watch])
    assert Path(sys.modules["sim"].__file__ or "").is_relative_to(here)
    Path(FOUND).write_text(json.dumps({"passed": watch.passed, "failed": watch.failed}), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
