"""Results say whole sentences: a template stands where it is used, names its values, and no prose is glued together.

So a catalogue can translate every sentence as a whole, and a page can show a number as what it is. Verdicts are named
by their codes; their words stand in one place.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from string import Formatter

import pytest

from sim.outcomes.verdicts import Reason, Verdict
from sim.report import text
from sim.rules import words
from sim.rules.sentences import Amount, Code, Counted, Listed, Sentence, Term, paragraph, spoken
from sim.scenario.limits import SHORTEST_MONTH
from tests.structure.modules import MODULES, room

NO_RESULTS = {
    "report.text": "how numbers read",
    "report.style": "what pictures look like",
    "report.drawing": "how pictures are laid out",
    "report.rows": "how pictures are laid out",
    "report.canvas": "what pictures are drawn with",
    "report.blocks": "how words are laid out",
}
"""Modules of the room that make no words of results, with what they make."""

SPEAKING = [module for module in MODULES if room(module) == "report" and module not in NO_RESULTS]

REFUSING = [
    module
    for module in MODULES
    if room(module).partition(".")[0] in ("rules", "policies", "scenario", "model", "outcomes")
]
"""Modules whose errors are read by those who write scenarios and ask questions."""

FOR_PROGRAMMERS = {
    "model.arrays.places": "a class of state that does not say how it spreads",
    "outcomes.counts": "days that nobody has added up",
    "outcomes.dictionary": "a column that nobody has declared",
    "outcomes.sets": "a range without a shape, which questions refuse before",
}
"""Modules with an error that only a change of this program can raise, with what it is."""

DECLARING = {"Sentence": 1, "Term": 1, "Heading": 4, "Printed": 1}
"""What declares words: how many of its arguments, the first ones, may be texts."""

SAYING = {"say", "tell", "warn", "note", "ScenarioError", "ExperimentError", "UnansweredError", "KeyboardInterrupt"}
"""Functions that print what they are given, and errors that people read."""

Place = tuple[int, str]


def is_prose(words: str) -> bool:
    """Tell whether a text is more than a word: a name, a code or punctuation alone is none."""
    return bool(re.search(r"[A-Za-z]", words) and re.search(r"\s", words))


def glued(tree: ast.Module, but: frozenset[str] = frozenset()) -> Iterator[Place]:
    """Yield every text of several words, or with values in it, that is neither a template nor a label, and its line.

    Args:
        tree: A module.
        but: Names of functions and constants of it that are not looked at.
    """
    yield from prose([node for node in tree.body if not names_of(node) & but])


def refused(tree: ast.Module) -> Iterator[Place]:
    """Yield likewise what errors that are raised, and problems, say without a sentence."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc:
            yield from prose([node.exc])
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "Problem":
            yield from prose([*node.args])


def prose(nodes: Sequence[ast.AST]) -> Iterator[Place]:
    """Yield such texts in parts of a module."""
    said = [*nodes]
    while said:
        node = said.pop()
        if isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            continue  # errors and docstrings
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called == "instance_of":  # which raises an error
                continue
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            literals = [value for value in given[: DECLARING.get(called, 0)] if isinstance(value, ast.Constant)]
            said += [node.func, *(value for value in given if value not in literals)]
            continue
        if isinstance(node, ast.JoinedStr):
            constant = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
            if re.search(r"\s", constant) and not re.fullmatch(r"[\W\d]*", constant.replace("\n", "")):
                yield node.lineno, ast.unparse(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_prose(node.value):
            yield node.lineno, node.value
        said += ast.iter_child_nodes(node)


def said_at_once(tree: ast.Module) -> Iterator[Place]:
    """Yield every f-string and literal of several words that is printed or is an error, and its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in SAYING:
            for given in node.args:
                literal = isinstance(given, ast.Constant) and isinstance(given.value, str) and is_prose(given.value)
                if literal or isinstance(given, ast.JoinedStr):
                    yield given.lineno, ast.unparse(given)


def names_of(node: ast.AST) -> set[str]:
    """Return the names that a statement of a module gives."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def templates(tree: ast.AST) -> Iterator[tuple[int, str | None, set[str | None]]]:
    """Yield the line of every sentence, its template if that is a literal, and the names of the values it is given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Sentence":
            first = node.args[0] if len(node.args) == 1 else None
            template = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
            yield node.lineno, template, {keyword.arg for keyword in node.keywords}


def places(template: str) -> set[str]:
    """Return the names in a template; that of a place which says how to format is ``"?"``."""
    fields = [field for field in Formatter().parse(template) if field[1] is not None]
    return {name if name and name.isidentifier() and not (form or turn) else "?" for _, name, form, turn in fields}


@pytest.mark.parametrize("module", SPEAKING)
def test_no_prose_is_glued_together(module: str) -> None:
    dictionary = {"COLUMNS"}  # which tells of files
    found = sorted(glued(MODULES[module], frozenset(dictionary)))
    assert not found, f"sim/{module}: make it a Sentence with named values, or a Term"


@pytest.mark.parametrize("module", [m for m in MODULES if room(m) in ("study", "questions", "__main__")])
def test_what_is_printed_or_an_error_is_a_sentence(module: str) -> None:
    assert not list(said_at_once(MODULES[module])), f"sim/{module}: make it a Sentence with named values, or a Term"


@pytest.mark.parametrize(
    "planted",
    ['raise ScenarioError(f"{out} is a file")', 'self.say("Nothing was run.")', 'progress.note(f"{n} failed")'],
)
def test_planted_words_that_are_no_sentence_are_seen(planted: str) -> None:
    assert list(said_at_once(ast.parse(planted)))


@pytest.mark.parametrize("module", [module for module in REFUSING if module not in FOR_PROGRAMMERS])
def test_what_is_refused_is_refused_in_sentences(module: str) -> None:
    found = sorted(refused(MODULES[module]))
    assert not found, f"sim/{module}: make it a Sentence with named values"


@pytest.mark.parametrize("module", MODULES)
def test_every_template_is_a_literal_that_names_its_values(module: str) -> None:
    for line, template, values in templates(MODULES[module]):
        assert template is not None, f"sim/{module}, line {line}: the template is no literal"
        assert places(template) == values, f"sim/{module}, line {line}: {template}"


@pytest.mark.parametrize(
    "module", [module for module in MODULES if room(module) in ("report", "outcomes", "questions")]
)
def test_no_verdict_is_written_out_where_a_code_can_be_named(module: str) -> None:
    words = {*Verdict, *Reason} - {Verdict.TURNS}  # which is the name of a column, too
    if module == "outcomes.verdicts":
        return
    written = {n.value for n in ast.walk(MODULES[module]) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    assert not written & words


def test_what_is_excused_is_there() -> None:
    assert {*NO_RESULTS} <= {*MODULES}
    for module in FOR_PROGRAMMERS:
        assert list(refused(MODULES[module])), f"sim/{module}: it has no such error any more"


@pytest.mark.parametrize(
    "planted",
    [
        'said = f"{policy} lowers harm"',
        'said = "Too few persons are harmed here."',
        'said = policy + " lowers harm"',
        'said = " and ".join(policies)',
        'said = ", a size and sign" * resting',
        'said = "{} lowers harm".format(policy)',
        'Sentence(f"{policy} lowers harm")',
        'Sentence("{finding}.", finding=f"{policy} by {size}")',
        'Term(f"harm by {size}")',
        'Sentence("Harm is low" + much)',
    ],
)
def test_planted_glue_is_seen(planted: str) -> None:
    assert list(glued(ast.parse(planted)))


@pytest.mark.parametrize(
    "planted",
    [
        'raise ScenarioError(f"no policy is called {name}")',
        'raise ScenarioError("there is no policy")',
        'raise ScenarioError(Problem(("days",), f"{key} is odd"))',
        'yield Problem(("days",), f"{key} is odd")',
        'raise WordsError(Sentence("{why}", why="it is odd"))',
        'raise ScenarioError(Sentence("{key} is odd", key=key), "Leave it out.")',
    ],
)
def test_a_planted_error_without_a_sentence_is_seen(planted: str) -> None:
    assert list(refused(ast.parse(planted)))


def test_an_error_in_sentences_is_let_be() -> None:
    kept = """
raise ScenarioError(Problem(path, Sentence("{key} is odd", key=f"policies.{arm}")))
raise ScenarioError(Listed((f"{path}:{line}", error.words), ": "))
raise WordsError(Term("nobody is there"))
raise CollisionError(error.words) from None
"""
    assert not list(refused(ast.parse(kept)))


def test_what_is_no_glue_is_let_be() -> None:
    kept = '''
"""About it all."""
FOUND = Sentence("{policy} lowers harm", policy=policy)
files = {f"tornado-{policy}": Term("a label")}
raise ScenarioError(f"no policy is called {name}")
joined = ", ".join(names)
'''
    assert not list(glued(ast.parse(kept)))


@pytest.mark.parametrize(
    "planted",
    ['Sentence("{}", a=1)', 'Sentence("{a} is {b}", a=1)', 'Sentence("{a}", a=1, b=2)', 'Sentence("{a:g}", a=1)'],
)
def test_a_template_whose_values_are_others_is_seen(planted: str) -> None:
    ((_, template, values),) = templates(ast.parse(planted))
    assert template is not None and places(template) != values


def test_words_read_as_english() -> None:
    reach = Amount((-0.18, -0.31, -0.04), text.change)
    also = Sentence(" and {n} others", n=1200)
    said = Sentence("{policy} {verdict} harm by {reach}{also}{never}", policy="{phone}", verdict=Verdict.LOWERS,
                    reach=reach, also=also, never=None)  # fmt: skip
    assert spoken(said) == "{phone} lowers harm by -18% (-31 to -4) and 1,200 others"
    assert spoken(Listed(("a", Term("b"), 3), Term(" and "))) == "a and b and 3"
    assert spoken(paragraph(None, Sentence("One."), None, Sentence("Two."))) == "One. Two."
    assert paragraph(None) is None and spoken(None) == ""
    one, many = Sentence("a day"), Sentence("{n} days", n=2)
    assert [spoken(Counted(n, one, many)) for n in (0, 1, 2)] == ["2 days", "a day", "2 days"]


def test_a_reason_says_how_short_a_month_may_be() -> None:
    assert f" {SHORTEST_MONTH} days" in Reason.NO_MONTH


def test_a_code_is_read_by_its_label_and_compared_by_itself() -> None:
    class Found(Code):
        HERE = "here", "it is here"
        GONE = "gone"

    assert (spoken(Found.HERE), str(Found.HERE), Found.HERE == "here") == ("it is here", "here", True)
    assert spoken(Found.GONE) == "gone"
    assert Found("here") is Found.HERE


@pytest.mark.parametrize("module", MODULES)
def test_numbers_read_in_ways_that_have_a_name(module: str) -> None:
    """Another language puts ways of its own in their place, so that each is a function of `text` or `words`."""
    for node in ast.walk(MODULES[module]):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Amount":
            for name in ast.walk(node.args[1]):
                if isinstance(name, ast.Name) and name.id not in ("quantity", "result"):
                    assert hasattr(text, name.id) or hasattr(words, name.id), f"sim/{module}, line {node.lineno}"
