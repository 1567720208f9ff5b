"""The command line: begin, check, explain, run and compare scenarios."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from sim import advice, experiment, explain, patterns, schema, template
from sim.errors import Problem, ScenarioError
from sim.reading import load
from sim.scenario import BASELINE

MAX_WORKERS = 1000
"""Processes that can be asked for."""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0, 2 for bad input, 130 if interrupted."""
    try:
        given = sys.argv[1:] if argv is None else argv
        arguments = _parser().parse_args(given, argparse.Namespace(given=given))
        arguments.command(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read the output, for instance `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ScenarioError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> _Parser:
    parser = _Parser(
        prog="python -m sim", description="Compare moderation policies of an anonymous chat by simulation."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    new = commands.add_parser("new", help="write a scenario to begin with, with comments")
    new.add_argument("file", type=Path, metavar="FILE", help="a new file, whose name ends in .toml")
    new.set_defaults(command=_new)

    check = commands.add_parser("check", help="say what is wrong with scenario files, and what they leave unsaid")
    check.add_argument("files", nargs="+", metavar="FILE")
    check.set_defaults(command=_check)

    policies = commands.add_parser("policies", help="list the policies of a scenario and the rules they change")
    policies.add_argument("file", metavar="FILE")
    policies.set_defaults(command=_policies)

    explained = commands.add_parser("explain", help="say what a name means, with unit, range and source")
    explained.add_argument(
        "name", nargs="?", metavar="NAME",
        help="a setting, section, policy, outcome, event, daily count or row of evidence; all of them if left out",
    )  # fmt: skip
    explained.set_defaults(command=_explain)

    printed = commands.add_parser("schema", help="print the JSON Schema of scenario files, for editors")
    printed.set_defaults(command=_schema)

    run = commands.add_parser("run", help="run one policy once")
    run.add_argument("file", metavar="FILE")
    run.add_argument("--policy", default=BASELINE, help="a policy of the file (the baseline)")
    run.add_argument("--seed", type=int, default=0, metavar="N", help="which run (0)")
    run.add_argument("--engine", choices=["array", "agents"], default="array", help="fast, or written to be read")
    run.set_defaults(command=_run)

    compare = commands.add_parser("compare", help="compare policies with the baseline over paired runs")
    compare.add_argument("file", metavar="FILE")
    compare.add_argument("--policies", metavar="A,B", help="policies of the file (all)")
    compare.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="another value of a setting")
    compare.add_argument("--seeds", type=int, metavar="N", help="paired runs of every policy")
    compare.add_argument("--days", type=int, metavar="N", help="measured days")
    compare.add_argument("--scale", type=float, metavar="X", help="share of population and staff simulated")
    compare.add_argument("--workers", type=_workers, default=1, metavar="N", help="processes (1)")
    compare.add_argument("--engine", choices=["array", "agents"], default="array", help="fast, or written to be read")
    compare.add_argument("--out", type=Path, metavar="DIR", help="folder for tables and figures (none)")
    compare.set_defaults(command=_compare)

    validate = commands.add_parser("validate", help="hold the model against what is known of real platforms")
    validate.add_argument("patterns", nargs="*", metavar="PATTERN", help="number or name of a pattern (all)")
    validate.add_argument("--seeds", type=int, metavar="N", help="runs of every arm (as many as each pattern says)")
    validate.add_argument("--workers", type=_workers, default=1, metavar="N", help="processes (1)")
    validate.add_argument("--out", type=Path, metavar="DIR", help="folder for the table (none)")
    validate.set_defaults(command=_validate)
    return parser


def _workers(text: str) -> int:
    """Read a number of processes."""
    if not text.isdecimal() or not 1 <= int(text) <= MAX_WORKERS:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; it takes a whole number from 1 to {MAX_WORKERS}")
    return int(text)


def _check(arguments: argparse.Namespace) -> None:
    problems: list[Problem | str] = []
    for file in arguments.files:
        try:
            scenario = load(file)
        except ScenarioError as error:
            problems += error.problems
        else:
            n = len(scenario.policies)
            print(f"{file}: right; {n} {'policy' if n == 1 else 'policies'}, {scenario.days} days")
            _warn(advice.of_scenario(scenario), f"{file}: ")
    if problems:
        raise ScenarioError(*problems)


def _new(arguments: argparse.Namespace) -> None:
    template.write(arguments.file)
    print(f"{arguments.file}: a scenario that runs as it is. Read it, change it, and check it:")
    print(f"python -m sim check {shlex.quote(str(arguments.file))}")


def _schema(arguments: argparse.Namespace) -> None:
    print(schema.written(), end="")


def _policies(arguments: argparse.Namespace) -> None:
    for line in explain.policies(load(arguments.file)):
        print(line)


def _explain(arguments: argparse.Namespace) -> None:
    for line in explain.explain(arguments.name):
        print(line)


def _run(arguments: argparse.Namespace) -> None:
    scenario = load(arguments.file)
    _warn(advice.of_small_queue(scenario))
    run = experiment.run(scenario, arguments.policy, arguments.seed, arguments.engine)
    print(run.summary())


def _compare(arguments: argparse.Namespace) -> None:
    changes = dict(assignment(text) for text in arguments.set)
    for name in ("seeds", "days", "scale"):
        if getattr(arguments, name) is not None:
            changes[name] = getattr(arguments, name)
    scenario = load(arguments.file).replace(**changes)
    policies = [p.strip() for p in arguments.policies.split(",")] if arguments.policies else list(scenario.policies)
    if arguments.out is not None:
        experiment.check_writable(arguments.out)
    experiment.check_request(scenario, policies, scenario.seeds)
    _warn(advice.of_small_queue(scenario))
    _warn(advice.of_idle_levels(scenario, changes))
    print(experiment.cost(scenario, len(policies), scenario.seeds, arguments.workers, arguments.engine), flush=True)
    comparison = experiment.compare(
        scenario, policies, workers=arguments.workers, engine=arguments.engine, progress=True
    )
    print(comparison.table())
    if arguments.out is not None:
        for file in comparison.write(arguments.out, f"python -m sim {shlex.join(arguments.given)}"):
            print(file)


def _validate(arguments: argparse.Namespace) -> None:
    asked = patterns.chosen(arguments.patterns)
    patterns.check(arguments.seeds)
    if arguments.out is not None:
        patterns.make_folder(arguments.out)
    print(f"To run: {', '.join(pattern.name for pattern in asked)}.\n", flush=True)
    results = patterns.validate(arguments.patterns, arguments.seeds, arguments.workers)
    print(patterns.report(results))
    if arguments.out is not None:
        for file in patterns.write(results, arguments.out):
            print(file)


def assignment(text: str) -> tuple[str, Any]:
    """Return key and value of ``KEY=VALUE``; a bare word is a text."""
    key, equals, value = (part.strip() for part in text.partition("="))
    if not key or not equals or not value:
        raise ScenarioError(f"--set {text} is not allowed. It takes KEY=VALUE, such as reporting.friction=0.2.")
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except (ValueError, RecursionError):
        return key, value


def _warn(warnings: Iterable[str], where: str = "") -> None:
    """Print warnings, which keep nothing from running."""
    for warning in warnings:
        print(f"{where}warning: {warning}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
