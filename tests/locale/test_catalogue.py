"""The catalogue has every message that people read and no other, and its translations keep to their messages."""

import gettext
import re
from collections.abc import Callable
from io import BytesIO
from string import Formatter

import pytest

from sim.rules.language import LANGUAGES, punctuated, speaking, translated
from sim.rules.sentences import Counted, Sentence, Term, spoken
from tests.locale.catalogue import compiled, file_of, messages_in, renewed, stored, written

TRANSLATED = [*LANGUAGES][1:]
"""All languages but that of the messages."""

FRENCH = [(str(message.id), str(message.string)) for message in stored("fr") if message.id]
"""Messages with their translations."""

NARROW = "\N{NARROW NO-BREAK SPACE}"

THE_SAME = {
    "clone",
    *("(csv)", "moves, not resolved, identical, too few, no percentage", "Python", "python -m sim explain NAME"),
    *("Figure {name}", "Question", "SITES", "{n} minutes", ", plausible {range}"),
    *("absent", "contact", "contacts", "date", "dossier", "dossiers", "part", "place", "plausible", "points"),
    *("sanction", "section", "source", "suspension", "suspensions", "police", "freemium", "identifications"),
    "source 0, 1, 2",
}
"""Messages with letters that read the same in French: names, codes, and words of both languages."""


def places(message: str) -> list[str]:
    """Return the names of the values of a message, those of argparse too."""
    found = [name for _, name, _, _ in Formatter().parse(message) if name is not None]
    return sorted([*found, *re.findall(r"%(?:\(\w+\))?[rs](?!\w)", message)])


def prose(message: str) -> str:
    """Return a message without code in it, and with an x for each value."""
    return re.sub(r"`[^`]*`|{{.*?}}|{[^{}]*}|%\(\w+\)s", "x", message)


def ends(message: str) -> tuple[str, str]:
    """Return the blanks and punctuation with which a message begins and ends, without what French puts between."""
    blank, close = r"[\s,;:.]*", r"[\s,;:.!?]*"
    begin, end = re.match(blank, message), re.search(rf"{close}\Z", message)
    assert begin and end
    return begin[0].replace(NARROW, ""), end[0].replace(NARROW, "")


def decimals(message: str) -> list[str]:
    """Return the numbers with decimals that are written out in a message, with a point."""
    return sorted(number.replace(",", ".") for number in re.findall(r"\d+[.,]\d{1,2}(?!\d)", message))


@pytest.mark.parametrize("code", TRANSLATED)
def test_nothing_is_missing_and_nothing_unused(code: str) -> None:
    fresh = renewed(code)
    assert {message.id for message in stored(code)} == {message.id for message in fresh}, "make catalogue renews it"
    assert written(fresh) == file_of(code).read_bytes(), "make catalogue renews it"


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_message_is_translated_for_certain(code: str) -> None:
    assert not [message.id for message in stored(code) if message.id and (message.fuzzy or not message.string)]


@pytest.mark.parametrize("code", TRANSLATED)
def test_what_a_program_reads_is_what_is_written(code: str) -> None:
    file = file_of(code).with_suffix(".mo")
    assert file.read_bytes() == compiled(stored(code)), "make catalogue compiles it"
    assert gettext.GNUTranslations(BytesIO(file.read_bytes())).gettext("policy") != "policy"


def faulty(right: Callable[[str, str], bool]) -> list[str]:
    """Return the French translations that are not right, by what tells of a message and its translation."""
    return [translation for message, translation in FRENCH if not right(message, translation)]


@pytest.mark.parametrize(
    "of",
    [
        places,
        ends,
        decimals,
        lambda words: words.count("\n"),
        lambda words: re.findall(r"`[^`]*`", words),
        lambda words: sorted(re.findall(r"(?<![\w-])--[a-z-]+", words)),
    ],
    ids=["places", "ends", "decimals", "lines", "code", "options"],
)
def test_a_translation_keeps_what_is_no_language(of: Callable[[str], object]) -> None:
    assert not faulty(lambda message, translation: of(translation) == of(message))


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param("'", id="apostrophes are typographic"),
        pytest.param(rf"(?<!{NARROW})[;!?»]|(?<!{NARROW}):(?=\s|\Z)|«(?!{NARROW})", id="no narrow no-break space"),
        pytest.param(r"[\dx][ \xa0]?%", id="no narrow no-break space between a number and %"),
        pytest.param(r"(?<!\n) (?=[ ,)]|\.(?!\w))|\( ", id="a blank too many"),
    ],
)
def test_it_is_set_as_french_is(wrong: str) -> None:
    assert not faulty(lambda message, translation: message in THE_SAME or not re.search(wrong, prose(translation)))


def test_it_is_another_one_unless_it_is_known_to_be_the_same() -> None:
    worded = [(message, words) for message, words in FRENCH if re.search(r"[^\W\d_]", re.sub(r"{\w*}", "", message))]
    assert {message for message, translation in worded if translation == message} <= THE_SAME


def test_literals_are_found_where_they_are_declared() -> None:
    module = b"""
said = Sentence("One {half} " "and the other", half=Term("half") if n else Term("part"))
heading = Heading("harm", meaning="what it " "means", outcome="no message")
command.add_argument("--set", metavar="KEY", help="first" if new else "second")
Sentence(template)
print("no message")
"""
    assert [message for _, _, message, _ in messages_in(BytesIO(module), (), (), {})] == [
        *("One {half} and the other", "half", "part", "harm", "what it means", "first", "second")
    ]


def test_a_sentence_is_read_in_french() -> None:
    said = Sentence("{policy} ({doubt})", policy="phone", doubt=Term("policy"))
    with speaking("fr"):
        assert spoken(said) == "phone (mesure)"
        assert (translated("policy"), punctuated("1,234.5")) == ("mesure", f"1{NARROW}234,5")
    assert translated("policy") == "policy"


def test_french_speaks_of_less_than_two_as_of_one() -> None:
    some = [Counted(n, Sentence("one"), Sentence("many")) for n in (0, 0.1, 1, 1.5, 2)]
    assert [*map(spoken, some)] == ["many", "many", "one", "many", "many"]
    with speaking("fr"):
        assert [*map(spoken, some)] == ["one", "one", "one", "one", "many"]
