"""Compare small runs with those stored. Whatever moves here must have been meant to; see `renew`."""

import pandas as pd
import pytest

from tests.baselines.renew import CASES, COMMAND, Stored, moved, simulated, stored

SHOWN = 12


@pytest.mark.parametrize("name", CASES)
def test_as_stored(name: str) -> None:
    old, new = stored(name), simulated(CASES[name])
    changes = list(moved(old, new))
    apart = [
        table for table in ("daily", "breakdown", "durations", "persons") if old.digests[table] != new.digests[table]
    ]
    if changes or apart:
        lines = [f"{name}: {len(changes)} numbers are not as stored", *changes[:SHOWN]]
        lines += [f"and {len(changes) - SHOWN} more"] if len(changes) > SHOWN else []
        lines += [f"the SHA-256 of {' and '.join(apart)} is not as stored"] if apart else []
        if old.digests["scenario"] != new.digests["scenario"]:
            lines.append(f"the scenario is another one too: {CASES[name].file}, or a default")
        pytest.fail("\n  ".join([*lines, f"If this was meant to be: {COMMAND}"]), pytrace=False)


@pytest.mark.parametrize("name", CASES)
def test_enough_happens_to_notice(name: str) -> None:
    table = stored(name).table
    for quantity in ("n_approach", "n_private", "n_report", "n_review", "n_bar", "n_harm"):
        assert table.loc[quantity].astype(int).sum() >= 20, quantity


def test_what_moved_is_said() -> None:
    def of(**quantities: str) -> Stored:
        return Stored(pd.DataFrame({"baseline/0": quantities}).rename_axis("quantity"), {})

    old = of(n_harm="12", share="0.5", none="nan", gone="1")
    new = of(n_harm="13", share="0.5000000000001", none="nan", new="1")
    assert list(moved(old, new)) == ["gone is gone", "new is new", "n_harm of baseline/0: 12, now 13"]
    assert list(moved(of(share="0.5"), of(share="0.500001"))) == ["share of baseline/0: 0.5, now 0.500001"]
