"""The command line: begin, check, explain, run and compare scenarios, sweep rules, vary parameters."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from sim import (
    advice,
    attribution,
    experiment,
    explain,
    exports,
    reproduce,
    response,
    results,
    schema,
    sensitivity,
    template,
    validation,
)
from sim.errors import ExperimentError, Problem, ScenarioError
from sim.question import Question
from sim.reading import load
from sim.scenario import BASELINE
from sim.text import terminal_width

MAX_WORKERS = 1000
"""Processes that can be asked for."""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0, 1 if runs failed, 2 for bad input, 130 if interrupted."""
    try:
        given = sys.argv[1:] if argv is None else argv
        arguments = _parser().parse_args(given, argparse.Namespace(given=given))
        arguments.command(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt as interrupt:
        print(". ".join(("interrupted", *map(str, interrupt.args))), file=sys.stderr)
        return 130
    except ExperimentError as error:
        print(error, file=sys.stderr)
        return 1
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
    _add_size(compare)
    compare.add_argument("--engine", choices=["array", "agents"], default="array", help="fast, or written to be read")
    compare.set_defaults(command=_compare)

    sweep = commands.add_parser("sweep", help="compare values of one rule, or of two, with the baseline")
    sweep.add_argument("file", metavar="FILE")
    sweep.add_argument(
        "--over", action="append", required=True, metavar="KEY=A,B,...", help="a rule and its values; once or twice"
    )
    _add_size(sweep)
    sweep.set_defaults(command=_sweep)

    ranges = commands.add_parser("ranges", help="say how far effects depend on uncertain parameters")
    ranges.add_argument("file", metavar="FILE")
    ranges.add_argument("--policies", metavar="A,B", help="policies of the file (all)")
    ranges.add_argument(
        "--parameters", metavar="KEY,...", help="parameters to vary, or all (those declared with a doubt)"
    )
    _add_size(ranges)
    ranges.set_defaults(command=_ranges)

    why = commands.add_parser("why", help="say which mechanism makes a policy's effect")
    why.add_argument("file", metavar="FILE")
    why.add_argument("--policy", required=True, metavar="A", help="a policy of the file")
    _add_size(why)
    why.set_defaults(command=_why)

    validate = commands.add_parser("validate", help="hold the model against what is known of real platforms")
    validate.add_argument("patterns", nargs="*", metavar="PATTERN", help="number or name of a pattern (all)")
    validate.add_argument("--seeds", type=int, metavar="N", help="runs of every arm (as many as each pattern says)")
    _add_folder(validate)
    validate.set_defaults(command=_validate)

    again = commands.add_parser("reproduce", help="run a result again from its manifest and say what is not the same")
    again.add_argument("folder", type=Path, metavar="DIR", help="a result folder")
    some = again.add_mutually_exclusive_group()
    some.add_argument("--sample", type=int, metavar="N", help="units to run again, drawn by lot (all)")
    some.add_argument("--unit", metavar="NAME", help="run this unit alone, finished or not, to see where it fails")
    again.add_argument("--workers", type=_workers, default=1, metavar="N", help="processes (1)")
    again.set_defaults(command=_reproduce)

    exported = commands.add_parser("export", help="write the tables of a result as CSV, Parquet or JSON")
    exported.add_argument("folder", type=Path, metavar="DIR", help="a result folder")
    exported.add_argument("--format", choices=["csv", "parquet", "json"], default="csv", help="(csv)")
    exported.add_argument("--out", type=Path, required=True, metavar="DIR", help="an empty folder, or a new one")
    exported.set_defaults(command=_export)
    return parser


def _add_size(command: argparse.ArgumentParser) -> None:
    """Add the options that every comparison over paired runs takes."""
    command.add_argument("--seeds", type=int, metavar="N", help="paired runs of every policy")
    command.add_argument("--days", type=int, metavar="N", help="measured days")
    command.add_argument("--scale", type=float, metavar="X", help="share of population and staff simulated")
    _add_folder(command)


def _add_folder(command: argparse.ArgumentParser) -> None:
    """Add the options for processes and for the folder of a result."""
    command.add_argument("--workers", type=_workers, default=1, metavar="N", help="processes (1)")
    command.add_argument(
        "--out", type=Path, metavar="DIR",
        help="folder for finished runs, tables and figures (none); what is there of the same study is not run again",
    )  # fmt: skip
    command.add_argument("--replace", action="store_true", help="begin anew where the folder holds a result")


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
    print(run.summary(terminal_width()))


def _compare(arguments: argparse.Namespace) -> None:
    changes = dict(assignment(text) for text in arguments.set) | _given(arguments)
    scenario = load(arguments.file).replace(**changes)
    asked = experiment.question(scenario, _names(arguments.policies), engine=arguments.engine)
    _answer(asked, arguments, advice.of_idle_levels(scenario, changes))


def _sweep(arguments: argparse.Namespace) -> None:
    over: dict[str, list[Any]] = {}
    for text in arguments.over:
        key, values = assignments(text)
        if key in over:
            raise ScenarioError(f"--over {key} is given twice. Give its values in one list: --over {key}=A,B,...")
        over[key] = values
    scenario = load(arguments.file).replace(policies={}, **_given(arguments))
    _answer(response.question(scenario, over), arguments)


def _ranges(arguments: argparse.Namespace) -> None:
    scenario = load(arguments.file).replace(**_given(arguments))
    policies, parameters = _names(arguments.policies), _names(arguments.parameters)
    _answer(sensitivity.question(scenario, policies, parameters, arguments.seeds), arguments)


def _why(arguments: argparse.Namespace) -> None:
    scenario = load(arguments.file).replace(**_given(arguments))
    _answer(attribution.question(scenario, arguments.policy), arguments)


def _answer(asked: Question, arguments: argparse.Namespace, warnings: Iterable[str] = ()) -> None:
    """Say what a question costs, answer it, print the answer and, if a folder was named, the names of its files."""
    out = arguments.out
    if out is not None:
        results.check_writable(out)
    _warn([*(advice.of_small_queue(asked.scenario) if asked.scenario else ()), *warnings])
    command = f"python -m sim {shlex.join(word for word in arguments.given if word != '--replace')}"
    found = results.answer(asked, arguments.workers, True, out, command, arguments.replace, _say)
    print(found.table(terminal_width()))
    for file in results.files_of(out) if out is not None else ():
        print(file)


def _say(words: str) -> None:
    """Print a line at once. If nobody reads it, the work goes on."""
    try:
        print(words, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _given(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings of the scenario that options of their own change."""
    return {
        name: getattr(arguments, name)
        for name in ("seeds", "days", "scale")
        if getattr(arguments, name, None) is not None
    }


def _names(text: str | None) -> list[str] | None:
    return [name.strip() for name in text.split(",")] if text else None


def _validate(arguments: argparse.Namespace) -> None:
    _answer(validation.question(arguments.patterns, arguments.seeds), arguments)


def _reproduce(arguments: argparse.Namespace) -> None:
    if arguments.unit is not None:
        print(reproduce.run_alone(arguments.folder, arguments.unit))
        return
    found = reproduce.reproduce(arguments.folder, arguments.sample, arguments.workers, progress=True)
    if found.differences:
        raise ExperimentError(found.text())
    print(found.text())


def _export(arguments: argparse.Namespace) -> None:
    for file in exports.export(arguments.folder, arguments.out, arguments.format):
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


def assignments(text: str) -> tuple[str, list[Any]]:
    """Return key and values of ``KEY=A,B,...``; a bare word is a text."""
    key, equals, values = (part.strip() for part in text.partition("="))
    if not key or not equals or not all(value.strip() for value in values.split(",")):
        raise ScenarioError(f"--over {text} is not allowed. It takes KEY=A,B,..., such as reporting.friction=0.2,0.5.")
    return key, [assignment(f"{key}={value}")[1] for value in values.split(",")]


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))  # a scheduler's Ctrl-C
    sys.exit(main())
