"""Every file in scenarios/ is sound: it can be read, and every policy in it runs, in both engines, with equal results.

Each is made small, and moved to begin shortly before the first dated policy does, so that a few days see all of them.
"""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import sim
from sim.__main__ import main
from sim.model import agents
from sim.model.arrays import model
from sim.rules.declare import declared
from sim.rules.evidence import evidence
from sim.rules.settings import SECTIONS
from sim.scenario import schema
from sim.scenario.scenario import BASELINE, Scenario

FOLDER = Path(__file__).parents[2] / "scenarios"
FILES = sorted(path.name for path in FOLDER.glob("*.toml"))
VISITORS = 400
LONG_AFTER = 120
MORE_PREDATORS = {"predators.p_of_adults": 0.05}
MUST = {"classroom", "coco", "generic_chat", "moderators", "police", "registration", "reporting", "retention"}


def small(scenario: Scenario) -> Scenario:
    """Return a scenario with few visitors, many of them predators, over a few days that see its policies.

    Those that begin long after the first one are left out.
    """
    starts = sorted({p.start for found in scenario.policies.values() for p in found if p.start}) or [scenario.start]
    start = max(scenario.start, starts[0] - dt.timedelta(days=1))
    soon = starts[0] + dt.timedelta(days=LONG_AFTER)
    arms = {
        arm: found for arm, found in scenario.policies.items() if all(not p.start or p.start <= soon for p in found)
    }
    days = (max(begin for begin in starts if begin <= soon) - start).days + 2
    people = scenario.population
    scale = min(scenario.scale, VISITORS / min(people.monthly_visitors, people.monthly_visitors_start))
    return scenario.replace(start=start, days=days, warmup_days=2, scale=scale, policies=arms, **MORE_PREDATORS)


def test_the_scenarios_that_teach_are_there() -> None:
    assert {Path(file).stem for file in FILES} >= MUST


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_checked_by_the_command_line(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert not main(["check", str(FOLDER / file)])
    out, warnings = capsys.readouterr()
    assert file in out
    # Idle or overloaded staff, short logs, a small scale or a value out of its range may be what a file is about;
    # then it says so itself.
    odd = r"(mostly idle|overloaded|less long than messages|not shrink exactly|plausible: [\d.]+ to [\d.]+\d)"
    said = {re.search(odd, line) for line in warnings.splitlines()}
    text = (FOLDER / file).read_text(encoding="utf-8")
    assert all(found and found[1] in text for found in said), warnings


@pytest.mark.parametrize("file", FILES)
def test_a_file_says_what_it_is(file: str) -> None:
    scenario = sim.load(FOLDER / file)
    assert scenario.title
    assert len(scenario.policies) >= 4
    assert not [name for name in scenario.policies if scenario.inert(name)]
    assert (FOLDER / file).read_text(encoding="utf-8").startswith(f"#:schema ./{schema.NAME}\n# ")


def said(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield setting, value and comment: of a setting's own line, or of a line that comes after its name."""
    key = value = section = ""
    for line in text.splitlines():
        code, _, comment = line.partition("#")
        if heading := re.match(r"\[(.*)\]", code):
            section = heading[1]
        elif setting := re.match(r"(\w+) = (.*)", code.strip()):
            key, value = f"{section}.{setting[1]}", setting[2]
        elif named := re.findall(rf"`((?:{'|'.join(SECTIONS)})\.[\w.]+)`", comment):
            key, value = named[-1], ""
        yield key, value, comment


@pytest.mark.parametrize("file", FILES)
def test_what_comments_quote_is_what_is_declared(file: str) -> None:
    settings = {parameter.key: parameter for parameter in declared(SECTIONS)}
    text = (FOLDER / file).read_text(encoding="utf-8")
    assert set(re.findall(r"\b(?:CASE|REP|MOD|EVA|REG|AGE|RET|LAW)-\d+", text)) <= set(evidence())
    assert len(re.findall(r"#.*plausible", text)) == len(re.findall(r"#.*plausible: [\d.]+ to [\d.]+\b", text))
    for key, value, comment in said(text):
        if quoted := re.search(r"plausible: ([\d.]+) to ([\d.]+\d|\d)", comment):
            assert [settings[key].low, settings[key].high] == [float(end) for end in quoted.groups()], key
        if value and (times := re.search(r"\b(half|twice|four times|six times) the default", comment)):
            factor = {"half": 0.5, "twice": 2, "four times": 4, "six times": 6}[times[1]]
            assert float(value) == pytest.approx(factor * settings[key].default), key
        if value and "upper end of its range" in comment:
            assert float(value) == settings[key].high, key


@pytest.mark.parametrize("file", FILES)
def test_every_policy_runs_in_both_engines(file: str) -> None:
    scenario = small(sim.load(FOLDER / file))
    arms = [BASELINE, *scenario.policies]
    fast, slow = (simulate(scenario, [3], arms) for simulate in (model.simulate, agents.simulate))
    assert set(fast.daily["policy"]) == set(arms)
    assert (fast.daily.groupby("policy")["n_visits"].sum() > 0).all()
    assert fast.daily["n_approach"].sum() > 0
    for table in ("daily", "breakdown"):
        pd.testing.assert_frame_equal(getattr(fast, table), getattr(slow, table))
