"""Experiments: run policies over seeds, compare them in pairs, keep what came out. The only writer of results."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from sim import table
from sim.errors import ScenarioError, suggestion
from sim.outcomes import HEADLINE, by_seed, outcomes_of, sums_of
from sim.records import BREAKDOWN_COLUMNS, DAILY_COLUMNS, EVENT_COLUMNS, KINDS, Records
from sim.scenario import BASELINE, Scenario
from sim.statistics import Interval, paired_effect

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Engine = Literal["array", "agents"]

MEMORY_OF_A_PROCESS = 400e6
"""Bytes that the seeds sharing one step loop may take together."""

DIGEST_RULE = (
    "Column by column, in order: the name in UTF-8 and a zero byte; then whole numbers as 8 bytes each (signed, little "
    "end first), anything else as text in UTF-8 with a zero byte after each value."
)
"""How `digest` hashes a table; stands in every manifest."""

_ENGINES: dict[Engine, str] = {"array": "sim.model", "agents": "sim.agents"}

_PACKAGES = ("numpy", "pandas", "scipy", "pydantic", "mesa", "joblib", "pyarrow", "matplotlib")


@dataclass(frozen=True)
class Comparison:
    """Policies compared with the baseline, seed by seed.

    Attributes:
        scenario: What was run.
        policies: The arms, without the baseline, in the scenario's order.
        seeds: The seeds, each run under every arm.
        engine: ``array`` or ``agents``.
        effects: One row per policy and outcome; ``relative`` is a share, ``low`` and ``high`` end 95% intervals.
        daily: Daily counts of every run.
        breakdown: Counts by year, offence and class of every run.
    """

    scenario: Scenario = field(repr=False)
    policies: tuple[str, ...]
    seeds: tuple[int, ...]
    engine: Engine
    effects: pd.DataFrame = field(repr=False)
    daily: pd.DataFrame = field(repr=False)
    breakdown: pd.DataFrame = field(repr=False)

    def table(self) -> str:
        """Return the comparison as text for a terminal: the headline sentence, tables, and what to know of them."""
        return table.comparison(self.scenario, self.policies, len(self.seeds), self.effects, self.daily)

    def plot(self, outcome: str = HEADLINE) -> Figure:
        """Draw the difference from the baseline over time, one panel a policy, with its 95% band over the seeds.

        Raises:
            ScenarioError: If there is no such outcome, or it has no course over time.
        """
        from sim import figures

        found = {o.name: o for o in outcomes_of(self.scenario) if o.over_time}
        if outcome not in found:
            raise ScenarioError(f"no outcome over time is called {outcome!r}; there are: {', '.join(found)}")
        return figures.differences(self.scenario, self.policies, self.daily, self.effects, found[outcome])

    def write(self, out: str | Path, command: str = "") -> list[Path]:
        """Write effects, daily counts, breakdown, table, manifest and figures into a folder.

        Everything is first written beside it and then renamed, so the folder is complete or not there; an older
        result is replaced, anything else is left alone.

        Args:
            out: The folder.
            command: The command that makes it again; goes into the manifest.

        Returns:
            The files written.

        Raises:
            ScenarioError: If the folder cannot be written or holds something else than a result.
        """
        out = Path(out)
        check_writable(out)
        manifest = self._manifest(command)
        beside = _beside(out, "new")
        try:
            beside.mkdir()
            (beside / "figures").mkdir()
            self.effects.to_csv(beside / "effects.csv", index=False, lineterminator="\n")
            self.daily.to_parquet(beside / "daily.parquet", index=False)
            self.breakdown.to_parquet(beside / "breakdown.parquet", index=False)
            (beside / "table.txt").write_text(self.table() + "\n", encoding="utf-8")
            (beside / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
            self._write_figures(beside / "figures")
            _put_in_place(beside, out)
        except OSError as error:
            raise ScenarioError(f"{out} cannot be written: {error.strerror or error}") from None
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        return sorted(path for path in out.rglob("*") if path.is_file())

    def _write_figures(self, folder: Path) -> None:
        from sim import figures

        figures.save(self.plot(), folder / "difference")
        figures.save(figures.overview(self.policies, self.effects), folder / "overview")
        figures.save(figures.price(self.policies, self.effects), folder / "price")

    def _manifest(self, command: str) -> dict[str, Any]:
        package = Path(__file__).parent
        return {
            "command": command,
            "engine": self.engine,
            "seeds": list(self.seeds),
            "policies": list(self.policies),
            "scenario": self.scenario.model_dump(mode="json", exclude={"policies"})
            | {
                "policies": {
                    arm: {
                        name: [p.model_dump(mode="json", exclude_none=True) for p in found if p.name == name]
                        for name in sorted({p.name for p in found})
                    }
                    for arm, found in self.scenario.policies.items()
                }
            },
            "scenario_fingerprint": self.scenario.fingerprint(),
            "code_fingerprint": code_fingerprint(package),
            "git": _git(package.parent),
            "python": platform.python_version(),
            "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
            "sha256": {"daily": digest(self.daily), "breakdown": digest(self.breakdown)},
            "sha256_rule": DIGEST_RULE,
        }


@dataclass(frozen=True)
class Run:
    """One run: one policy, one seed. Not an estimate.

    Attributes:
        scenario: What was run.
        policy: The arm, or ``baseline``.
        seed: The seed.
        engine: ``array`` or ``agents``.
        daily: Daily counts.
        breakdown: Counts by year, offence and class.
        events: Every event, warm-up included, or ``None`` if they were not asked for.
    """

    scenario: Scenario = field(repr=False)
    policy: str
    seed: int
    engine: Engine
    daily: pd.DataFrame = field(repr=False)
    breakdown: pd.DataFrame = field(repr=False)
    events: pd.DataFrame | None = field(repr=False)

    def summary(self) -> str:
        """Return the outcomes of this run as text for a terminal."""
        return table.summary(self.scenario, self.policy, self.seed, self.daily)

    def trace(self, contact: int) -> pd.DataFrame:
        """Return the events of one contact, with the time of the clock and in words.

        Raises:
            ScenarioError: If the run kept no events, or none of this contact.
        """
        events = _events_of(self)
        found = events[events["contact"] == contact]
        if found.empty or contact < 0:
            raise ScenarioError(f"the run has no contact {contact}; see the column contact of its events")
        zero = dt.datetime.combine(self.scenario.start, dt.time()) - dt.timedelta(days=self.scenario.warmup_days)
        seconds = (found["hour"] * 3600 + found["second"]).tolist()
        kinds = {kind.name: kind for kind in KINDS}
        words = [kinds[e].told(d) for e, d in zip(found["event"], found["detail"], strict=True)]
        times = pd.Series([zero + dt.timedelta(seconds=s) for s in seconds], found.index)
        traced = found.drop(columns=["policy", "seed", "step", "contact"]).assign(time=times, words=words)
        front = ["time", "event", "words"]
        return traced[[*front, *traced.columns.drop(front)]].reset_index(drop=True)


def compare(
    scenario: Scenario,
    policies: Iterable[str] | None = None,
    seeds: int | Sequence[int] | None = None,
    workers: int = 1,
    engine: Engine = "array",
    progress: bool = False,
) -> Comparison:
    """Run policies and the baseline over the same seeds and compare them in pairs.

    Args:
        scenario: What to run.
        policies: Arms of the scenario; all of them if not given.
        seeds: How many (then 0, 1, 2, ...) or which; as many as the scenario says if not given.
        workers: Processes. The results do not depend on it.
        engine: ``array`` (fast) or ``agents`` (to be read; small chats only).
        progress: Show a bar, where there is a terminal.

    Raises:
        ScenarioError: If a policy is unknown, there is none, or there are fewer than two seeds.
    """
    arms = _arms(scenario, policies)
    numbers = _seeds(scenario.seeds if seeds is None else seeds)
    records = _simulate_all(scenario, numbers, (BASELINE, *arms), workers, engine, progress)
    return Comparison(
        scenario, arms, numbers, engine, effects_of(scenario, arms, records), records.daily, records.breakdown
    )


def run(
    scenario: Scenario, policy: str = BASELINE, seed: int = 0, engine: Engine = "array", events: bool = False
) -> Run:
    """Run one policy with one seed.

    Args:
        scenario: What to run.
        policy: An arm of the scenario, or ``baseline``.
        seed: A whole number of at least 0.
        engine: ``array`` (fast) or ``agents`` (to be read; small chats only).
        events: Keep every event, for `Run.trace` and `first_difference`.

    Raises:
        ScenarioError: If the policy is unknown or the seed not allowed.
    """
    if policy != BASELINE:
        _arms(scenario, [policy])
    _check_seeds([seed])
    records = _canonical([_engine(engine)(scenario, [seed], [policy], events=events)])
    return Run(scenario, policy, seed, engine, records.daily, records.breakdown, records.events)


def first_difference(one: Run, other: Run) -> pd.DataFrame | None:
    """Return the first event at which two runs part: of two engines, two policies, two versions of the code.

    The names of the policies do not count. Beside the first event that only one run has stands the first that only the
    other has of the same contact, if there is one.

    Returns:
        One or two events, the column ``run`` saying whose each is, or ``None`` if all events are the same.

    Raises:
        ScenarioError: If a run kept no events.
    """
    tables = [_events_of(r).drop(columns="policy") for r in (one, other)]
    columns = list(tables[0].columns)
    both = tables[0].merge(tables[1], how="outer", on=columns, indicator="run")
    alone = both[both["run"] != "both"].sort_values(columns, ignore_index=True)
    if alone.empty:
        return None
    alone["run"] = alone["run"].map({"left_only": "one", "right_only": "other"}).astype("str")
    first = alone.iloc[0]
    same = alone[(alone["run"] != first["run"]) & (alone["contact"] == first["contact"]) & (first["contact"] >= 0)]
    found = pd.concat([alone.iloc[:1], same.iloc[:1]], ignore_index=True)
    return found[["run", *columns]]


def cost(scenario: Scenario, n_policies: int, seeds: int, workers: int, engine: Engine = "array") -> str:
    """Say what a comparison will cost: hours simulated, time and memory, from a rule of thumb.

    Args:
        scenario: What is to be run.
        n_policies: Arms, the baseline not counted.
        seeds: Seeds of each.
        workers: Processes.
        engine: ``array`` or ``agents``.
    """
    arms = n_policies + 1
    groups = _groups(scenario, range(seeds), arms, workers, engine)
    busy = min(workers, len(groups))
    price = [_price(scenario, arms, len(group), engine) for group in groups]
    seconds = 2 + sum(s for s, _ in price) / busy
    memory = 0.15e9 * (busy if busy > 1 else 0) + 0.15e9 + busy * max(m for _, m in price)
    time = f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"
    process = "1 process" if busy == 1 else f"{busy} processes"
    return (
        f"To simulate: {scenario.hours * arms * seeds:,} hours = {seeds} seeds x {arms} policies with the baseline x "
        f"{scenario.warmup_days + scenario.days} days ({scenario.warmup_days} of them warm-up).\n"
        f"About {time} and {memory / 1e9:.1f} GB in {process}."
    )


def _price(scenario: Scenario, arms: int, seeds: int, engine: Engine) -> tuple[float, float]:
    """Return roughly the seconds and bytes of one step loop; measured on a two-core development machine."""
    population = scenario.population
    visitors = seeds * scenario.scale * max(population.monthly_visitors_start, population.monthly_visitors)
    if engine == "agents":
        return scenario.hours * arms * visitors * 0.5e-6, 2e3 * visitors
    an_hour = 400e-6 + 3e-6 * arms * seeds + visitors * (0.8e-9 + 0.15e-9 * arms)
    return scenario.hours * an_hour, visitors * (200 + 30 * arms) + 300 * scenario.days * arms * seeds


def _groups(scenario: Scenario, seeds: Sequence[int], arms: int, workers: int, engine: Engine) -> list[tuple[int, ...]]:
    """Share the seeds out: together in one step loop as far as memory allows, spread over the workers."""
    if engine == "agents":
        size = 1
    else:
        _, of_a_seed = _price(scenario, arms, 1, engine)
        size = max(1, min(int(MEMORY_OF_A_PROCESS / of_a_seed), -(-len(seeds) // workers)))
    return [tuple(seeds[i : i + size]) for i in range(0, len(seeds), size)]


def _engine(name: Engine) -> Callable[..., Records]:
    if name not in _ENGINES:
        raise ScenarioError(f"no engine is called {name!r}; there are {' and '.join(_ENGINES)}")
    simulate: Callable[..., Records] = import_module(_ENGINES[name]).simulate
    return simulate


def _simulate_all(
    scenario: Scenario, seeds: Sequence[int], arms: Sequence[str], workers: int, engine: Engine, progress: bool
) -> Records:
    """Run every arm with every seed; same tables whatever the workers."""
    from joblib import Parallel, delayed
    from tqdm import tqdm

    if workers < 1:
        raise ScenarioError(f"{workers} workers cannot do anything; at least 1 is needed")
    simulate = _engine(engine)
    groups = _groups(scenario, seeds, len(arms), workers, engine)
    hours = scenario.hours * len(groups)
    with tqdm(total=hours, unit="h", file=sys.stderr, disable=None if progress else True, leave=False) as bar:
        parts = []
        if min(workers, len(groups)) == 1:
            parts = [simulate(scenario, group, arms, progress=bar.update) for group in groups]
        else:
            tasks = (delayed(simulate)(scenario, group, arms) for group in groups)
            for part in Parallel(n_jobs=workers, return_as="generator_unordered")(tasks):
                parts.append(part)
                bar.update(scenario.hours)
    return _canonical(parts)


def _canonical(parts: Sequence[Records]) -> Records:
    """Put the tables of several groups of runs together, sorted by their columns."""

    def join(tables: list[pd.DataFrame], by: Sequence[str]) -> pd.DataFrame:
        return pd.concat(tables, ignore_index=True).sort_values(list(by), ignore_index=True)

    events = [p.events for p in parts if p.events is not None]
    return Records(
        join([p.daily for p in parts], DAILY_COLUMNS[:4]),
        join([p.breakdown for p in parts], BREAKDOWN_COLUMNS),
        join(events, EVENT_COLUMNS) if events else None,
    )


def effects_of(scenario: Scenario, policies: Sequence[str], records: Records) -> pd.DataFrame:
    """Return the table of effects: one row per policy and outcome, as `Comparison.effects`."""
    sums = sums_of(scenario, records.daily, records.breakdown)
    found = [(o, o.formula(sums), sums.table[list(o.behind)].sum(axis=1)) for o in outcomes_of(scenario)]
    rows = []
    for policy in policies:
        for outcome, value, behind in found:
            effect = paired_effect(
                by_seed(value, BASELINE),
                by_seed(value, policy),
                (float(by_seed(behind, BASELINE).sum()), float(by_seed(behind, policy).sum())),
                f"{policy}/{outcome.name}",
                outcome.harm,
            )
            rows.append({"policy": policy, "outcome": outcome.name, "unit": outcome.unit} | _flat(asdict(effect)))
    return pd.DataFrame(rows).astype({"seeds_to_halve": "Int64"})


def _flat(effect: dict[str, Any]) -> dict[str, Any]:
    """Spread intervals over three columns each: the name, and the name with ``_low`` and ``_high``."""
    columns: dict[str, Any] = {}
    for name, value in effect.items():
        if isinstance(value, Interval):
            prefix = "" if name == "difference" else f"{name}_"
            columns |= {name: value.value, f"{prefix}low": value.low, f"{prefix}high": value.high}
        else:
            columns[name] = value
    return columns


def check_request(scenario: Scenario, policies: Iterable[str] | None, seeds: int | Sequence[int]) -> None:
    """Refuse what `compare` would refuse, before anything is said of its cost.

    Raises:
        ScenarioError: If a policy is unknown, there is none, or there are fewer than two seeds.
    """
    _arms(scenario, policies)
    _seeds(seeds)


def _arms(scenario: Scenario, policies: Iterable[str] | None) -> tuple[str, ...]:
    known = list(scenario.policies)
    asked = known if policies is None else [p for p in policies if p != BASELINE]
    for name in asked:
        if name not in known:
            has = ", ".join(known) or "none"
            raise ScenarioError(f"no policy is called {name!r}. {suggestion(name, known)}The scenario has: {has}.")
    if not asked:
        raise ScenarioError("there is no policy to compare with the baseline")
    return tuple(name for name in known if name in asked)


def _seeds(seeds: int | Sequence[int]) -> tuple[int, ...]:
    numbers = tuple(range(seeds)) if isinstance(seeds, int) else tuple(sorted(set(seeds)))
    if len(numbers) < 2:
        raise ScenarioError(
            f"{len(numbers)} seed gives no interval: compare takes at least 2 (use run for a single one)"
        )
    _check_seeds(numbers)
    return numbers


def _check_seeds(seeds: Iterable[int]) -> None:
    for seed in seeds:
        if not 0 <= seed < 2**63:
            raise ScenarioError(f"{seed} is no seed; seeds are whole numbers from 0 to 2^63 - 1")


def _events_of(run: Run) -> pd.DataFrame:
    if run.events is None:
        raise ScenarioError("this run kept no events; run it again with events=True")
    return run.events


def digest(frame: pd.DataFrame) -> str:
    """Return a SHA-256 over the values of a table, the same on every machine: by `DIGEST_RULE`."""
    sha = hashlib.sha256()
    for name, column in frame.items():
        sha.update(f"{name}\0".encode())
        if pd.api.types.is_integer_dtype(column):
            sha.update(column.to_numpy().astype("<i8").tobytes())
        else:
            sha.update("".join(f"{value}\0" for value in column).encode())
    return sha.hexdigest()


def code_fingerprint(package: Path) -> str:
    """Return a SHA-256 over the package's Python files and evidence table: relative name, zero byte, content, each."""
    sha = hashlib.sha256()
    for path in sorted([*package.rglob("*.py"), package / "evidence.csv"]):
        sha.update(f"{path.relative_to(package).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return sha.hexdigest()


def _git(root: Path) -> dict[str, Any] | None:
    """Return the commit and whether files under version control were changed since; ``None`` outside a checkout."""
    if not (root / ".git").exists():
        return None

    def ask(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        changed = ask("status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)results")
        return {"commit": ask("rev-parse", "HEAD"), "dirty": bool(changed)}
    except (OSError, subprocess.CalledProcessError):
        return None


def check_writable(out: Path) -> None:
    """Check, before anything is computed, that a result can be written there; make the folders above it.

    Raises:
        ScenarioError: If not.
    """
    if out.exists() and not out.is_dir():
        raise ScenarioError(f"{out} is a file; a result is a folder")
    if out.exists() and any(out.iterdir()) and not (out / "manifest.json").exists():
        raise ScenarioError(f"{out} holds something else than a result and is left alone; name another folder")
    probe = _beside(out, "probe")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        probe.mkdir()
        probe.rmdir()
    except OSError as error:
        raise ScenarioError(f"{out} cannot be written: {error.strerror or error}") from None


def _beside(out: Path, purpose: str) -> Path:
    return out.absolute().with_name(f".{out.absolute().name}.{purpose}-{os.getpid()}")


def _put_in_place(new: Path, out: Path) -> None:
    """Rename a complete folder to its place; what was there goes only when the new one stands."""
    old = _beside(out, "old")
    if out.exists():
        out.rename(old)
    try:
        new.rename(out)
    except OSError:
        if old.exists():
            old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)
