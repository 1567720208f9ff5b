"""The command line: begin, check, explain, run and compare scenarios, sweep rules, vary parameters."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import sim
from sim import questions
from sim.rules.errors import ExperimentError, Problem, ScenarioError, UnansweredError
from sim.rules.language import LANGUAGES, of_environment, speaking, translated, writing
from sim.rules.sentences import Counted, Listed, Sentence, Term, Words, spoken
from sim.scenario.arguments import path_of
from sim.scenario.reading import load
from sim.scenario.shipped import shipped
from sim.study.terminal import lost, prepare, say, tell, warn

# What takes long to import, above all pandas, is imported by the commands that need it.
if TYPE_CHECKING:
    from sim.study.question import Question

CLASSROOM = "scenarios/classroom.toml"
"""The scenario of the examples."""

ARGPARSE = (
    Term("usage: "),
    Term("positional arguments"),
    Term("options"),
    Term("show this help message and exit"),
    Term("argument %(argument_name)s: %(message)s"),
    Term("expected one argument"),
    Term("ignored explicit argument %r"),
    Term("invalid choice: %(value)r (choose from %(choices)s)"),
    Term("not allowed with argument %s"),
    Term("the following arguments are required: %s"),
    Term("unrecognized arguments: %s"),
)
"""What argparse may say here of its own, for the catalogues; its values stand in it as in argparse."""


class _Help(argparse.RawDescriptionHelpFormatter):
    """Says what a parser is given to say in the language that people read.

    It keeps the lines of what stands beside a name, so that a command has its sentence and its example.
    """

    def __init__(self, prog: str, max_help_position: int = 24) -> None:
        super().__init__(prog, max_help_position=max_help_position)

    def add_text(self, text: str | None) -> None:
        super().add_text(text if text is None else translated(text))

    def start_section(self, heading: str | None) -> None:
        super().start_section(heading if heading is None else translated(heading))

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return translated(action.help or "")

    def _split_lines(self, text: str, width: int) -> list[str]:
        return text.splitlines() if "\n" in text else super()._split_lines(text, width)


class _Once(argparse.Action):
    """Keeps the value of an option, which may be given once."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        given = namespace.__dict__.setdefault("options_given", set())
        if option and self.dest in given:
            parser.error(spoken(Sentence("{option} is given twice. Give it once", option=option)))
        given.add(self.dest)
        setattr(namespace, self.dest, True if self.nargs == 0 else values)


class _Flag(_Once):
    """Keeps that an option was given, which may be given once."""

    def __init__(self, option_strings: Sequence[str], dest: str, **rest: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, default=False, **rest)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and whose options are written out and given once, one of them the language.

    Args:
        take: Gives the parser its arguments, when there is something to parse.
        rest: As for any parser.
    """

    def __init__(self, take: Callable[[_Parser], None] = lambda parser: None, **rest: Any) -> None:
        super().__init__(allow_abbrev=False, **rest)
        self._take = take
        self.register("action", None, _Once)
        self.register("action", "store", _Once)
        self.register("action", "store_true", _Flag)
        self.add_argument(
            "--lang", choices=[*LANGUAGES], default=argparse.SUPPRESS, metavar="CODE",
            help="language that is spoken: %(choices)s (that of the environment)",
        )  # fmt: skip

    def filled(self) -> _Parser:
        """Return itself with its arguments."""
        take, self._take = self._take, lambda parser: None
        take(self)
        return self

    def parse_known_args(self, *given: Any, **options: Any) -> Any:
        return super(_Parser, self.filled()).parse_known_args(*given, **options)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        if message:
            tell(message)
        sys.exit(status)

    def error(self, message: str) -> NoReturn:
        self.exit(2, spoken(Sentence("{prog}: {message}. See {prog} --help", prog=self.prog, message=message)))


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        The exit code: 0; 1 if runs failed, a result is not reproduced, or what came out could not be printed; 2 for bad
        input; 3 if what was asked cannot be answered with what there is; 130 if interrupted.
    """
    prepare()
    given = sys.argv[1:] if argv is None else argv
    with speaking(_language_asked(given)), _argparse_translated():
        try:
            code = _done(given)
        except SystemExit as end:  # of the parser: after help, or what is wrong
            if not lost():
                raise
            code = int(end.code or 0)
        if reason := lost():
            tell(
                Sentence(
                    "standard output cannot be written: {reason}. Only what was to be printed is lost", reason=reason
                )
            )
        return code or int(bool(reason))


def _language_asked(given: Sequence[str]) -> str:
    """Return the language that words ask for, or else the environment; the parser, which speaks it, comes later."""
    found = of_environment(os.environ)
    options = takewhile(lambda word: word != "--", given)
    for word, following in pairwise((*options, "")):
        option, equals, value = word.partition("=")
        code = value if equals else following
        if option == "--lang" and code in LANGUAGES:  # the parser refuses another one
            found = code
    return found


@contextmanager
def _argparse_translated() -> Iterator[None]:
    """Let argparse find its own words in our catalogue, within, in place of the one that the whole process has."""
    names = vars(argparse)
    before = {name: names[name] for name in ("_", "ngettext")}
    names["_"] = translated
    names["ngettext"] = lambda one, many, n: translated(one if writing().one(n) else many)
    try:
        yield
    finally:
        names.update(before)


def _done(given: Sequence[str]) -> int:
    """Do what is asked and return the exit code."""
    try:
        if not given:  # nothing was asked, so nothing was done: a script that lost its words must notice
            tell(_parser().format_help())
            return 2
        arguments = _parser().parse_args(given, argparse.Namespace(given=given))
        return arguments.command(arguments) or 0
    except KeyboardInterrupt as interrupt:
        tell(Listed((Sentence("interrupted"), *map(str, interrupt.args)), ". "))
        return 130
    except UnansweredError as error:
        tell(str(error))
        return 3
    except ExperimentError as error:
        tell(str(error))
        return 1
    except (ScenarioError, OSError) as error:
        tell(str(error))
        return 2


def _parser() -> _Parser:
    parser = _Parser(
        prog=_called(),
        description="Compare moderation policies of an anonymous chat by simulation.",
        epilog="%(prog)s COMMAND --help tells more of a command.\n\n"
        "exit codes: 0 done; 1 runs failed, or a result is not reproduced; 2 bad input;\n"
        "3 with what there is, this cannot be answered; 130 interrupted",
        formatter_class=lambda prog: _Help(prog, max_help_position=16),
    )
    parser.add_argument("--version", action="version", version=f"sim {sim.__version__}", help="print the version")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")

    to_new = _command(
        commands, _new, "Write a scenario to begin with; comments say what its numbers mean.", "mine.toml"
    )
    to_new.add_argument("file", metavar="FILE", help="a new file, whose name ends in .toml")
    like = Sentence("begin with a copy of a shipped scenario: {names}", names=Listed(tuple(shipped())))
    to_new.add_argument("--like", metavar="NAME", help=spoken(like))

    to_check = _command(
        commands, _check, "Say what is wrong with scenario files, and what they leave unsaid.", CLASSROOM
    )
    to_check.add_argument("files", nargs="+", metavar="FILE")

    to_policies = _command(
        commands, _policies, "List the policies of a scenario and the rules that each changes.", CLASSROOM
    )
    to_policies.add_argument("file", metavar="FILE")

    explained = _command(commands, _explain, "Say what a name or a word of the tables means.", "told apart")
    explained.add_argument(
        "name", nargs="*", metavar="NAME",
        help="a setting, section, policy, mechanism, offence, outcome, event, daily count, column, row of evidence, or "
        "heading or word of the tables; all of them if left out",
    )  # fmt: skip

    _command(commands, _schema, "Print the JSON Schema of scenario files, for editors.", "")

    for name, told in questions.told().items():
        _command(
            commands, partial(_ask, name), told.words, told.example, name,
            take=lambda parser, name=name: questions.command(name).take(parser),
        )  # fmt: skip

    exported = _command(
        commands, _export, "Write the tables of a result as CSV, Parquet or JSON, or as one workbook.",
        "results/classroom --out results/classroom-csv",
    )  # fmt: skip
    exported.add_argument("folder", metavar="DIR", help="a result folder")
    exported.add_argument("--format", choices=["csv", "parquet", "json", "xlsx"], default="csv", help="(csv)")
    exported.add_argument(
        "--decimal", choices=[".", ","], default=".",
        help="decimal mark of CSV; with a comma, semicolons stand between columns, as many spreadsheets expect (.)",
    )  # fmt: skip
    exported.add_argument("--out", required=True, metavar="DIR", help="an empty folder, or a new one")
    return parser


def _called() -> str:
    """Return how the program was called."""
    return "anonchat" if Path(sys.argv[0]).stem == "anonchat" else "python -m sim"


def _command(
    commands: Any,
    run: Callable[[argparse.Namespace], int | None],
    words: str,
    example: str,
    name: str = "",
    **options: Any,
) -> _Parser:
    """Add a command with a sentence on what it does and an example; unless named, it is called as what runs it.

    What runs it returns an exit code, or nothing if all is well.
    """
    name = name or run.__name__.strip("_")
    line = f"{_called()} {name} {example}".strip()
    command: _Parser = commands.add_parser(
        name,
        help=f"{translated(words)}\n{line}",
        description=words,
        epilog=spoken(Sentence("example:\n  {line}", line=line)),
        formatter_class=_Help,
        **options,
    )
    command.set_defaults(command=run)
    return command


def _check(arguments: argparse.Namespace) -> None:
    from sim.report import advice, explain

    problems: list[Problem | Words] = []
    for file in arguments.files:
        try:
            scenario = load(file)
        except ScenarioError as error:
            problems += error.problems
        else:
            n, days = len(scenario.policies), scenario.days
            one = Sentence("{file}: right; 1 policy, {days} days", file=file, days=days)
            say(Counted(n, one, Sentence("{file}: right; {n} policies, {days} days", file=file, n=n, days=days)))
            for line in explain.staff(scenario):
                say(Sentence("{file}: {line}", file=file, line=line))
            warn(advice.of_scenario(scenario), file)
    if problems:
        raise ScenarioError(*problems)


def _new(arguments: argparse.Namespace) -> None:
    from sim.scenario import template

    template.write(arguments.file, arguments.like)
    ready = Sentence("{file}: a scenario that runs as it is. Read it, change it, and check it:", file=arguments.file)
    say(ready)
    say(" ".join((_called(), "check", shlex.quote(arguments.file))))


def _schema(arguments: argparse.Namespace) -> None:
    from sim.scenario import schema

    say(schema.written().rstrip())


def _policies(arguments: argparse.Namespace) -> None:
    from sim.report import explain

    for line in explain.policies(load(arguments.file)):
        say(line)


def _explain(arguments: argparse.Namespace) -> None:
    from sim.report import explain

    for line in explain.explain(questions.results(), " ".join(arguments.name) if arguments.name else None):
        say(line)


def _ask(name: str, arguments: argparse.Namespace) -> int:
    """Ask what a command asks: answer its question, or say what there is to say; return the exit code."""
    asked = questions.command(name).ask(arguments)
    if not isinstance(asked, str):
        return _answer(asked, arguments)
    say(asked)
    return 0


def _answer(asked: Question, arguments: argparse.Namespace) -> int:
    """Say what a question costs, answer it, print the answer and, if a folder was named, the names of its files.

    Returns:
        The exit code.

    Raises:
        UnansweredError: If it is no answer, when all is printed.
    """
    from sim.report import advice
    from sim.report.blocks import terminal_width
    from sim.study.answer import answer, planned
    from sim.study.command import assignment, workers_given
    from sim.study.folder import PAGE, check_writable, files_of
    from sim.study.workers import check

    out = None if arguments.out is None else path_of(arguments.out, "--out")
    workers = workers_given(arguments)
    check(workers, asked.engine)
    if out is not None:
        check_writable(out, arguments.plan)
    if asked.scenario:
        warn(advice.of_small_queue(asked.scenario))
        settings = (assignment(text)[0] for text in getattr(arguments, "set", ()))
        warn(advice.of_idle_levels(asked.tasks()[0].scenario, settings))
    if arguments.plan:
        for line in planned(asked, workers, out, arguments.replace):
            say(line)
        return 0
    command = f"python -m sim {shlex.join(word for word in arguments.given if word != '--replace')}"
    found = answer(asked, workers, True, out, command, arguments.replace, say, lambda words: warn([words]))
    say(found.table(terminal_width()))
    if out is not None:
        for file in files_of(out):
            say(str(Path(arguments.out) / file.relative_to(out)))
        if (out / PAGE).exists():
            say(Sentence("To be read and handed on: {page}", page=str(Path(arguments.out) / PAGE)))
    if found.unanswered:
        raise UnansweredError(found.unanswered)
    return int(bool(found.lost))


def _export(arguments: argparse.Namespace) -> None:
    from sim.study.export import export

    for file in export(
        arguments.folder, arguments.out, arguments.format, arguments.decimal, lambda words: warn([words])
    ):
        say(str(file))


def command() -> NoReturn:
    """Run the command that this process was started with, by ``python -m sim`` or ``anonchat``, and end the process."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a scheduler's Ctrl-C, also where a shell ignores ours
    sys.exit(main())


if __name__ == "__main__":
    command()
