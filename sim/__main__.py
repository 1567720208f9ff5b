"""The command line: begin, check, explain, run and compare scenarios, sweep rules, vary parameters."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import sim
from sim.questions import compare, ranges, reproduce, sweep, validate, why
from sim.questions import run as questions_run
from sim.report import advice, explain
from sim.report.blocks import terminal_width
from sim.rules.errors import ExperimentError, Problem, ScenarioError, shown
from sim.scenario import schema, template
from sim.scenario.arguments import path_of
from sim.scenario.lines import loads
from sim.scenario.reading import load
from sim.scenario.scenario import BASELINE, Scenario
from sim.scenario.shipped import shipped
from sim.study import export
from sim.study.answer import answer
from sim.study.folder import check_writable, files_of
from sim.study.question import Question
from sim.study.terminal import lost, prepare, say, tell
from sim.study.workers import check


class _Help(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of what stands beside a name, so that a command has its sentence and its example."""

    def __init__(self, prog: str, max_help_position: int = 24) -> None:
        super().__init__(prog, max_help_position=max_help_position)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return text.splitlines() if "\n" in text else super()._split_lines(text, width)


class _Once(argparse.Action):
    """Keeps the value of an option, which may be given once."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        given = namespace.__dict__.setdefault("options_given", set())
        if option and self.dest in given:
            parser.error(f"{option} is given twice. Give it once")
        given.add(self.dest)
        setattr(namespace, self.dest, True if self.nargs == 0 else values)


class _Flag(_Once):
    """Keeps that an option was given, which may be given once."""

    def __init__(self, option_strings: Sequence[str], dest: str, **rest: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, default=False, **rest)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and whose options are written out and given once."""

    def __init__(self, **rest: Any) -> None:
        super().__init__(allow_abbrev=False, **rest)
        self.register("action", None, _Once)
        self.register("action", "store", _Once)
        self.register("action", "store_true", _Flag)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        if message:
            tell(message.rstrip("\n"))
        sys.exit(status)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        The exit code: 0; 1 if runs failed, a result is not reproduced, or what came out could not be printed; 2 for bad
        input; 130 if interrupted.
    """
    prepare()
    try:
        code = _done(sys.argv[1:] if argv is None else argv)
    except SystemExit as end:  # of the parser: after help, or what is wrong
        if not lost():
            raise
        code = int(end.code or 0)
    if reason := lost():
        tell(f"standard output cannot be written: {reason}. Only what was to be printed is lost")
    return code or int(bool(reason))


def _done(given: Sequence[str]) -> int:
    """Do what is asked and return the exit code."""
    try:
        if not given:  # nothing was asked, so nothing was done: a script that lost its words must notice
            tell(_parser().format_help())
            return 2
        arguments = _parser().parse_args(given, argparse.Namespace(given=given))
        arguments.command(arguments)
    except KeyboardInterrupt as interrupt:
        tell(". ".join(("interrupted", *map(str, interrupt.args))))
        return 130
    except ExperimentError as error:
        tell(str(error))
        return 1
    except (ScenarioError, OSError) as error:
        tell(str(error))
        return 2
    return 0


def _parser() -> _Parser:
    parser = _Parser(
        prog=_called(),
        description="Compare moderation policies of an anonymous chat by simulation.",
        epilog="%(prog)s COMMAND --help tells more of a command.",
        formatter_class=lambda prog: _Help(prog, max_help_position=16),
    )
    parser.add_argument("--version", action="version", version=f"sim {sim.__version__}", help="print the version")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")

    to_new = _command(
        commands, _new, "Write a scenario to begin with; comments say what its numbers mean.", "mine.toml"
    )
    to_new.add_argument("file", metavar="FILE", help="a new file, whose name ends in .toml")
    to_new.add_argument(
        "--like", metavar="NAME", help=f"begin with a copy of a shipped scenario: {', '.join(shipped())}"
    )

    to_check = _command(
        commands, _check, "Say what is wrong with scenario files, and what they leave unsaid.", _CLASSROOM
    )  # fmt: skip
    to_check.add_argument("files", nargs="+", metavar="FILE")

    to_policies = _command(
        commands, _policies, "List the policies of a scenario and the rules that each changes.", _CLASSROOM
    )
    to_policies.add_argument("file", metavar="FILE")

    explained = _command(commands, _explain, "Say what a name or a word of the tables means.", "told apart")
    explained.add_argument(
        "name", nargs="*", metavar="NAME",
        help="a setting, section, policy, mechanism, offence, outcome, event, daily count, column, row of evidence, or "
        "heading or word of the tables; all of them if left out",
    )  # fmt: skip

    _command(
        commands, _schema, "Print the JSON Schema of scenario files, for editors.", ""
    )  # fmt: skip

    to_run = _command(
        commands,
        _run,
        "Run one policy once, with one seed: an example, not an estimate.",
        f"{_CLASSROOM} --policy email",
    )
    to_run.add_argument("file", metavar="FILE")
    to_run.add_argument("--policy", default=BASELINE, help="a policy of the file (the baseline)")
    to_run.add_argument("--seed", type=literal, default=0, metavar="N", help="which run (0)")
    _add_set(to_run)
    to_run.add_argument("--engine", choices=["array", "agents"], default="array", help="fast, or written to be read")

    to_compare = _command(
        commands, _compare, "Compare policies with the baseline: what changes, at what cost?",
        f"{_CLASSROOM} --policies email,phone",
    )  # fmt: skip
    to_compare.add_argument("file", metavar="FILE")
    to_compare.add_argument("--policies", metavar="A,B", help="policies of the file (all)")
    _add_set(to_compare)
    _add_size(to_compare)
    to_compare.add_argument(
        "--engine", choices=["array", "agents"], default="array", help="fast, or written to be read"
    )

    to_sweep = _command(
        commands, _sweep, "Compare values of one rule, or of two: how much of it?",
        f"{_CLASSROOM} --over reporting.friction=0.2,0.5",
    )  # fmt: skip
    to_sweep.add_argument("file", metavar="FILE")
    to_sweep.add_argument(
        "--over", action="append", required=True, metavar="KEY=A,B,...", help="a rule and its values; once or twice"
    )
    _add_set(to_sweep)
    _add_size(to_sweep)

    to_ranges = _command(
        commands, _ranges, "Vary parameters over their ranges: how much is assumed?",
        f"{_CLASSROOM} --policies phone",
    )  # fmt: skip
    to_ranges.add_argument("file", metavar="FILE")
    to_ranges.add_argument("--policies", metavar="A,B", help="policies of the file (all)")
    to_ranges.add_argument(
        "--parameters", metavar="KEY,...", help="parameters to vary, or all (those declared with a doubt)"
    )
    _add_set(to_ranges)
    _add_size(to_ranges)

    to_why = _command(
        commands, _why, "Take the effect of a policy apart: which mechanisms make it?", f"{_CLASSROOM} --policy email"
    )
    to_why.add_argument("file", metavar="FILE")
    to_why.add_argument("--policy", required=True, metavar="A", help="a policy of the file")
    _add_set(to_why)
    _add_size(to_why)

    to_validate = _command(
        commands, _validate, "Hold the model against what is known of real platforms.", "nulls --seeds 5"
    )  # fmt: skip
    to_validate.add_argument("patterns", nargs="*", metavar="PATTERN", help="number or name of a pattern (all)")
    to_validate.add_argument(
        "--seeds", type=literal, metavar="N", help="runs of every arm (as many as each pattern says)"
    )
    _add_folder(to_validate)

    again = _command(
        commands, _reproduce, "Run a result again from its manifest, and say what is not the same.",
        "results/classroom --sample 2",
    )  # fmt: skip
    again.add_argument("folder", metavar="DIR", help="a result folder")
    some = again.add_mutually_exclusive_group()
    some.add_argument("--sample", type=literal, metavar="N", help="units to run again, drawn by lot (all)")
    some.add_argument("--unit", metavar="NAME", help="run this unit alone, finished or not, to see where it fails")
    again.add_argument("--workers", type=literal, default=1, metavar="N", help="processes (1)")

    exported = _command(
        commands, _export, "Write the tables of a result as CSV, Parquet or JSON.",
        "results/classroom --out results/classroom-csv",
    )  # fmt: skip
    exported.add_argument("folder", metavar="DIR", help="a result folder")
    exported.add_argument("--format", choices=["csv", "parquet", "json"], default="csv", help="(csv)")
    exported.add_argument("--out", required=True, metavar="DIR", help="an empty folder, or a new one")
    return parser


_CLASSROOM = "scenarios/classroom.toml"


def _called() -> str:
    """Return how the program was called."""
    return "anonchat" if Path(sys.argv[0]).stem == "anonchat" else "python -m sim"


def _command(commands: Any, run: Callable[[argparse.Namespace], None], words: str, example: str) -> _Parser:
    """Add a command, called like the function that runs it, with a sentence on what it does and an example."""
    name = run.__name__.strip("_")
    line = f"{_called()} {name} {example}".strip()
    command: _Parser = commands.add_parser(
        name, help=f"{words}\n{line}", description=words, epilog=f"example:\n  {line}", formatter_class=_Help
    )
    command.set_defaults(command=run)
    return command


def _add_set(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="another value of a setting; as often as needed"
    )


def _add_size(command: argparse.ArgumentParser) -> None:
    """Add the options that every comparison over paired runs takes; each is short for a --set of its own."""
    command.add_argument("--seeds", type=literal, metavar="N", help="paired runs of every policy")
    command.add_argument("--days", type=literal, metavar="N", help="measured days")
    command.add_argument("--scale", type=literal, metavar="X", help="share of population and staff simulated")
    _add_folder(command)


def _add_folder(command: argparse.ArgumentParser) -> None:
    """Add the options for processes and for the folder of a result."""
    command.add_argument("--workers", type=literal, default=1, metavar="N", help="processes (1)")
    command.add_argument(
        "--out", metavar="DIR",
        help="folder for finished runs, tables and figures (none); what is there of the same study is not run again",
    )  # fmt: skip
    command.add_argument("--replace", action="store_true", help="begin anew where the folder holds a result")


def _check(arguments: argparse.Namespace) -> None:
    problems: list[Problem | str] = []
    for file in arguments.files:
        try:
            scenario = load(file)
        except ScenarioError as error:
            problems += error.problems
        else:
            n = len(scenario.policies)
            say(f"{file}: right; {n} {'policy' if n == 1 else 'policies'}, {scenario.days} days")
            for line in explain.staff(scenario):
                say(f"{file}: {line}")
            _warn(advice.of_scenario(scenario), f"{file}: ")
    if problems:
        raise ScenarioError(*problems)


def _new(arguments: argparse.Namespace) -> None:
    template.write(arguments.file, arguments.like)
    say(f"{arguments.file}: a scenario that runs as it is. Read it, change it, and check it:")
    say(f"{_called()} check {shlex.quote(arguments.file)}")


def _schema(arguments: argparse.Namespace) -> None:
    say(schema.written().rstrip())


def _policies(arguments: argparse.Namespace) -> None:
    for line in explain.policies(load(arguments.file)):
        say(line)


def _explain(arguments: argparse.Namespace) -> None:
    for line in explain.explain(" ".join(arguments.name) if arguments.name else None):
        say(line)


def _run(arguments: argparse.Namespace) -> None:
    scenario = _scenario(arguments, [arguments.policy])
    _warn(advice.of_small_queue(scenario))
    single = questions_run.run(scenario, arguments.policy, arguments.seed, arguments.engine)
    say(single.summary(terminal_width()))


def _compare(arguments: argparse.Namespace) -> None:
    policies = _names("--policies", arguments.policies)
    _answer(compare.question(_scenario(arguments, policies), policies, engine=arguments.engine), arguments)


def _sweep(arguments: argparse.Namespace) -> None:
    over: dict[str, list[Any]] = {}
    for text in arguments.over:
        key, values = assignments(text)
        if key in over:
            raise ScenarioError(f"--over {key} is given twice. Give its values in one list: --over {key}=A,B,...")
        over[key] = values
    sweep.check_rules(load(arguments.file), over)
    _answer(sweep.question(_scenario(arguments, []), over), arguments)


def _ranges(arguments: argparse.Namespace) -> None:
    policies, parameters = _names("--policies", arguments.policies), _names("--parameters", arguments.parameters)
    scenario = _scenario(arguments, policies)
    _answer(ranges.question(scenario, policies, parameters, arguments.seeds), arguments)


def _why(arguments: argparse.Namespace) -> None:
    _answer(why.question(_scenario(arguments, [arguments.policy]), arguments.policy), arguments)


def _scenario(arguments: argparse.Namespace, policies: Sequence[str] | None) -> Scenario:
    """Return the scenario with the settings and of the policies those asked for, so that no other stands in the way."""
    scenario = load(arguments.file)
    asked = scenario.policies if policies is None else [scenario.arm(name) for name in policies]
    arms = {arm: found for arm, found in scenario.policies.items() if arm in asked}
    return scenario.replace(policies=arms, **_changes(arguments))


def _changes(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that options change: by name with --set, or by an option of their own."""
    changes: dict[str, Any] = {}
    own = {name: getattr(arguments, name, None) for name in ("seeds", "days", "scale")}
    given = [(name, value) for name, value in own.items() if value is not None]
    for key, value in (*map(assignment, arguments.set), *given):
        if key in changes:
            raise ScenarioError(f"{key} is given twice. Give it one value.")
        changes[key] = value
    return changes


def _answer(asked: Question, arguments: argparse.Namespace) -> None:
    """Say what a question costs, answer it, print the answer and, if a folder was named, the names of its files."""
    out = None if arguments.out is None else path_of(arguments.out, "--out")
    check(arguments.workers, asked.engine)
    if out is not None:
        check_writable(out)
    if asked.scenario:
        _warn(advice.of_small_queue(asked.scenario))
        _warn(advice.of_idle_levels(asked.tasks()[0].scenario, (assignment(text)[0] for text in arguments.set)))
    command = f"python -m sim {shlex.join(word for word in arguments.given if word != '--replace')}"
    found = answer(asked, arguments.workers, True, out, command, arguments.replace, say, lambda words: _warn([words]))
    say(found.table(terminal_width()))
    if out is not None:
        for file in files_of(out):
            say(f"{Path(arguments.out) / file.relative_to(out)}")


def _names(option: str, text: str | None) -> list[str] | None:
    """Return the names that an option gives with commas between them; nothing if it is not given."""
    names = None if text is None else [name.strip() for name in text.split(",")]
    if names is not None and not all(names):
        raise ScenarioError(f"{option} {shown(text)} is not allowed. It takes names with commas between: {option} A,B.")
    return names


def _validate(arguments: argparse.Namespace) -> None:
    _answer(validate.question(arguments.patterns, arguments.seeds), arguments)


def _reproduce(arguments: argparse.Namespace) -> None:
    if arguments.unit is not None:
        say(reproduce.run_alone(arguments.folder, arguments.unit))
        return
    found = reproduce.reproduce(arguments.folder, arguments.sample, arguments.workers, progress=True)
    if not found.complete:
        raise ExperimentError(found.text())
    say(found.text())


def _export(arguments: argparse.Namespace) -> None:
    for file in export.export(arguments.folder, arguments.out, arguments.format):
        say(str(file))


def assignment(text: str) -> tuple[str, Any]:
    """Return key and value of ``KEY=VALUE``; a bare word is a text."""
    key, equals, value = (part.strip() for part in text.partition("="))
    if not key or not equals or not value:
        raise ScenarioError(f"--set {text} is not allowed. It takes KEY=VALUE, such as reporting.friction=0.2.")
    return key, literal(value)


def literal(text: str) -> Any:
    """Return what a value means in a scenario file; a bare word is a text."""
    try:
        return loads(f"value = {text}")["value"]
    except ValueError:
        return text


def _warn(warnings: Iterable[str], where: str = "") -> None:
    """Print warnings, which keep nothing from running."""
    for warning in warnings:
        tell(f"{where}warning: {warning}")


def assignments(text: str) -> tuple[str, list[Any]]:
    """Return key and values of ``KEY=A,B,...``; a bare word is a text."""
    key, equals, values = (part.strip() for part in text.partition("="))
    found = _apart(values)
    if not key or not equals or not all(found):
        raise ScenarioError(f"--over {text} is not allowed. It takes KEY=A,B,..., such as reporting.friction=0.2,0.5.")
    return key, [assignment(f"{key}={value}")[1] for value in found]


def _apart(values: str) -> list[str]:
    """Split at the commas that stand in no brackets and no quotes."""
    found, depth, quote = [""], 0, ""
    for character in values:
        if character == "," and depth == 0 and not quote:
            found.append("")
            continue
        found[-1] += character
        if character in "\"'":
            quote = character if not quote else "" if character == quote else quote
        elif not quote:
            depth = max(0, depth + (character in "[{") - (character in "]}"))
    return [value.strip() for value in found]


def command() -> NoReturn:
    """Run the command that this process was started with, by ``python -m sim`` or ``anonchat``, and end the process."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a scheduler's Ctrl-C, also where a shell ignores ours
    sys.exit(main())


if __name__ == "__main__":
    command()
