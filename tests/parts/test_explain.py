"""What is said of a name is what is declared of it."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence

import pandas as pd
import pytest

from sim.model.records import COUNTS, KINDS
from sim.outcomes import dictionary
from sim.outcomes.counts import Sums
from sim.outcomes.outcome import Outcome
from sim.outcomes.outcomes import BY_NAME
from sim.outcomes.verdicts import Verdict
from sim.policies.moderation import ModerationPolicy
from sim.policies.policy import Change, Policy
from sim.policies.registration import RegistrationPolicy
from sim.policies.set import SetPolicy
from sim.questions import results
from sim.report import explain, formula, headings
from sim.report.blocks import Table
from sim.report.declared import glossary, outcomes, settings
from sim.report.settings import value_of
from sim.rules.declare import Parameter, declared, parameter
from sim.rules.errors import ScenarioError
from sim.rules.evidence import evidence
from sim.rules.mechanisms import MECHANISMS, Mechanism
from sim.rules.offences import OFFENCES, Offence
from sim.rules.rulebook import RULES, Platform, rules_through
from sim.rules.sentences import spoken
from sim.rules.settings import SECTIONS
from sim.scenario.scenario import Scenario
from tests.parts import everything

SHIPPED = {name: kind for name, kind in Policy.registry.items() if kind.__module__.startswith("sim.policies.")}
OWN = {table: columns for result in results().values() for table, columns in result.columns.items()}
TABLES = {"any table": dictionary.EVERYWHERE, **dictionary.COUNTED, **OWN}
OUTCOME_NAMES = {outcome.name for outcome in outcomes()}


def told(name: str) -> str:
    return "\n".join(explain.explain(results(), name))


def test_everything_has_a_topic() -> None:
    names = {topic.name for topic in explain.topics(results())}
    assert names >= {p.key for p in declared(SECTIONS)} | set(RULES) | set(SECTIONS) | set(SHIPPED) | OUTCOME_NAMES
    assert names >= {kind.name for kind in KINDS} | set(COUNTS) | set(evidence()) | {"registration.phone", "offences"}
    assert all(topic.gist for topic in explain.topics(results()))


@pytest.mark.parametrize("outcome", outcomes(), ids=lambda o: o.name)
def test_a_formula_in_words_gives_the_number_of_the_formula(outcome: Outcome) -> None:
    columns = [*explain._columns(), *explain._OF_THE_WINDOW, *outcome.behind]
    compare = pd.DataFrame({name: [3.0 + 7 * n, 5.0 + n] for n, name in enumerate(columns)})
    sums = Sums(compare, days=40, months=2, visitors=700.0, conversations_per_hour=0.5, proceedings_per_case=4.0)
    text = formula.formula(outcome)
    names = {name: sums[name] for name in columns} | {name: getattr(sums, name) for name in formula.GIVEN}
    # A name with slashes is no Python; give each one a letter.
    for n, name in enumerate(sorted(names, key=len, reverse=True)):
        text = text.replace(name, f"<{n}>")
    values = {f"x{n}": names[name] for n, name in enumerate(sorted(names, key=len, reverse=True))}
    computed = eval(text.replace("<", "x").replace(">", ""), {}, values)
    pd.testing.assert_series_equal(computed, outcome.formula(sums), check_names=False)


def test_an_outcome() -> None:
    text = told("persons_harmed")
    for words in ("Persons seriously harmed", "unit       persons a year", "better     lower", "not its level",
                  "n_persons_harmed * (365.25 / days) * (1000 / visitors)", "n_persons_harmed: persons seriously",
                  "visitors: mean monthly visitors of the baseline"):  # fmt: skip
        assert words in text
    assert "each counted once in a year" in told("persons_harmed_under_15")
    assert "moved by   the policy retention" in told("evidence_share")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_policy(name: str) -> None:
    text = told(name)
    for setting in set(SHIPPED[name].model_fields) - set(Policy.model_fields):
        assert f"    {setting} = " in text
    baseline, known = Scenario().platform, settings()
    kind = SHIPPED[name]
    if name == "set":
        assert all(rule in text for rule in RULES)
    else:
        keys = {p.key: p.sets or f"{name}.{p.key}" for p in declared({"": kind})}
        level = {setting: known[key].default for setting, key in keys.items() if key in known}
        example = kind.model_validate(level)
        assert all(f"changes    {change.rule} ({change.operation})" in text for change in example.changes(baseline))
        assert ", by default " in text
    assert set(kind.seen_in) <= OUTCOME_NAMES


def test_a_name_of_two_things_explains_both() -> None:
    text = told("retention")
    assert "[retention], a section" in text
    assert "retention, a policy" in text
    assert "by default message_hours = 3" in text
    assert "unit hours, plausible 1 to 8760, accepted a whole number from 0 to 1000000" in text


@pytest.fixture
def curfew() -> Iterator[None]:
    class Curfew(Policy, name="curfew"):
        """Fewer moderators.

        From a date on.
        """

        share: float = parameter(0.5, "factor", 0, 1, "Of those before.", maximum=1)

        def changes(self, platform: Platform) -> Sequence[Change]:
            return [Change("moderation.staff", "multiply", self.share)]

    yield
    del Policy.registry["curfew"]


@pytest.mark.usefixtures("curfew")
def test_a_policy_defined_elsewhere() -> None:
    text = told("curfew")
    assert "curfew, a policy: Fewer moderators.\n  From a date on.\n" in text
    assert "share = 0.5: Of those before." in text
    assert "changes    moderation.staff (multiply)" in text
    assert "inert      at the values that the baseline has" in text


def test_sections_events_counts_and_evidence() -> None:
    text = told("contacts")
    assert all(
        p.key.partition(".")[2] in text and p.meaning in text
        for p in declared(SECTIONS)
        if p.key.startswith("contacts")
    )
    assert "findability = 0.5 (share, plausible 0.2 to 0.8)" in told("registration.phone")
    assert "[registration.phone] is a section of its own" in told("registration")
    assert "step 3 of the hour: A contact reaches harm." in told("harm")
    assert "1 if on the platform" in told("harm")
    assert "outcomes   predators_barred, innocents_sanctioned" in told("n_bar_user")
    assert "outcomes   approaches" in told("n_approach")
    text = told("CASE-03")
    assert "behind     population.monthly_visitors = 778000, plausible 500000 to 850000, sourced" in text
    assert evidence()["CASE-03"].address in text


def test_all_rows_on_which_a_setting_rests_are_told_and_each_tells_of_it() -> None:
    rows = ("CASE-10", "MOD-33", "MOD-35")
    text = told("moderation.staff")
    assert [line.split()[1] for line in text.splitlines() if line.startswith("  source ")] == [f"{r}:" for r in rows]
    for row in rows:
        assert evidence()[row].note in text
        assert "behind     moderation.staff = 1, plausible 0 to 16, assumed" in told(row)
    shared = told("REP-31")
    assert shared.count("  behind ") == 2
    assert "contacts.engaged_private_per_hour" in shared


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("MOD-31", "computed for this table from a published data set; [A]"),
        ("MOD-31", "values     3.6 (2.2 to 4.2) days"),
        ("CASE-04", "seen in an excerpt of the source; [B]"),
        ("CASE-04", "values     23051 proceedings"),
        ("EVA-03", "from memory: not seen in the source; [D prior]"),
        ("REG-06", "source     Startups Stack Exchange archive; ixda.org thread\n"),  # of no known year
        ("REG-08", "values     5 to 54 percent"),
        ("AGE-17", "values     from 20 percent"),
        ("REP-20", "values     10 (from 8) percent"),
        ("REP-26", "values     7 (up to 10.9) percent"),
    ],
)
def test_a_row_says_its_values_its_source_and_how_it_was_seen(row: str, words: str) -> None:
    assert words in told(row)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("persons_harm", "persons_harmed"), ("retenton", "retention"), ("n_aproach", "n_approach"),
     ("told appart", "told apart"), ("groming_of_minors", "grooming_of_minors"),
     ("CASE-3", "CASE-03"), ("leave_per_hour", "contacts.private_leave_per_hour")],
)  # fmt: skip
def test_what_may_be_meant(name: str, meant: str) -> None:
    with pytest.raises(ScenarioError, match=rf"{name} is no setting.* Did you mean .*\b{meant}\b"):
        told(name)


def test_the_rules_of_a_policy_before_and_after_when_they_add_up() -> None:
    arm = (
        RegistrationPolicy(level="phone"),
        SetPolicy(rule="registration.friction_user", value=0.2, start=dt.date(2021, 3, 1)),
    )
    text = "\n".join(explain.policies(Scenario(policies={"a": arm})))
    assert "rules from 2021-01-01, baseline -> policy:\n    registration.friction_user: 0 -> 0.35 (share)" in text
    assert "rules from 2021-03-01, baseline -> policy:\n    registration.friction_user: 0 -> 0.55 (share)" in text
    assert "    registration.accounts_persist: false -> true (yes or no)" in text


# -- offences and words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", OFFENCES, ids=lambda row: row.name)
def test_a_row_of_the_offences_and_the_whole_table(row: Offence) -> None:
    text = told(row.name)
    assert text.startswith(f"{row.name}, a row of the table of offences: {row.label}\n")
    for name, value in row:
        if name not in ("name", "label"):
            assert f"  {name} = {value_of(value)}" in text
    share = row.weight / sum(other.weight for other in OFFENCES)
    assert f"weight {row.weight} is a share of {share:.0%} of the predators" in text
    compare = told("offences")
    wanted = [[*map(str, row.target_weights)], [f"{row.rel_complain:g}"], [f"{row.severity_sentence:g}"]]
    lines = [line.split() for line in compare.splitlines() if line.split()[:1] == [row.name]]
    assert len(lines) == 2
    assert all({*cells} <= {*lines[0], *lines[1]} for cells in wanted)
    cells = len(Offence.model_fields) - 1 + len(row.target_weights) - 1  # no label, and a cell for each weight
    assert sum(map(len, lines)) == cells + 1  # the name stands twice
    assert max(map(len, compare.splitlines()[-16:])) <= 80


WORDS = {
    *(verdict.label for verdict in Verdict if not verdict.startswith("sign ")),
    *("may vanish", "echo", "input", "inert", "turned away", "told apart", "user-day", "baseline"),
    *(
        "lane",
        "seed",
        "verdict",
        "interval",
        "level",
        "change",
        "points",
        "part",
        "without",
        "alone",
        "whole",
        "together",
    ),
    *(
        "those who remain",
        "here",
        "elsewhere",
        "Monte Carlo error",
        "messages in store",
        "out",
        "expired",
        "wait",
        "rank",
    ),
    *("effect", "outcome", "policy", "parameter", "plausible", "accepted", "default", "standing", "sourced", "assumed"),
    *(
        "calibrated",
        "observed",
        "tolerance",
        "must emerge",
        "calibrates",
        "arithmetic",
        "mechanism",
        "doubt",
        "pairing",
    ),
}
"""Words that tables, notes and `explain` itself use in a sense of their own."""


@pytest.mark.parametrize("word", sorted(WORDS))
def test_every_word_of_the_tables_is_explained(word: str) -> None:
    assert f"{word}, a word of the model: " in told(word)
    assert told(word.upper()) == told(word)


def test_every_verdict_that_a_table_can_hold_is_a_word() -> None:
    columns = {column for table in TABLES.values() for name, column in table.items() if name in ("verdict", "result")}
    verdicts = {re.sub(r" \(.*?\)|;.*", "", word) for column in columns for word in column.words.split(", ")}
    assert verdicts == WORDS & verdicts


# -- mechanisms, columns and headings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda m: m.name)
def test_a_mechanism_has_its_rules_and_what_holds_it(mechanism: Mechanism) -> None:
    text = told(mechanism.name)
    assert f"{mechanism.name}, a mechanism through which policies work" in text
    assert all(f"rule       {rule}: {RULES[rule].meaning}" in text for rule in rules_through(mechanism))
    assert f"held by    {mechanism.switch} = 0: " in text or not mechanism.switch


def test_a_column_is_found_by_its_table_too() -> None:
    assert "relative_high, a column of ranges" in told("ranges.relative_high")
    with pytest.raises(ScenarioError, match=r"ranges\.nothing"):
        told("ranges.nothing")


@pytest.mark.parametrize("table", TABLES)
def test_every_column_of_every_file_is_explained(table: str) -> None:
    for name, column in TABLES[table].items():
        assert column.words.split(": ")[-1] in told(name)  # of an event, what follows its name
    assert "independent harms of which the policy keeps a fixed share" in told("poisson_yardstick")


PRINTED = [printed for result in results().values() for printed in result.printed]
HEADINGS = list(dict.fromkeys(heading for printed in PRINTED for heading in printed.headings))


@pytest.mark.parametrize("heading", HEADINGS, ids=lambda h: h.words)
def test_a_heading_says_what_stands_under_it(heading: headings.Heading) -> None:
    assert bool(heading.outcome) + bool(heading.column) + bool(heading.meaning) == 1
    text = told(heading.words)
    table, _, column = heading.column.partition(".")
    assert f"{heading.words}, a heading of the printed tables " in text
    assert not heading.outcome or f"{heading.outcome}, an outcome: " in text
    assert not column or dictionary.meaning_of(table, column, OWN).words in text


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("lawful visitors turned away", "visitors_turned_away"),
        ("recognised contacts", "reported_share"),
        ("Sanctions of lawful users", "innocents_sanctioned"),
        ("staff busy", "staff_busy_share"),
    ],
)
def test_a_heading_is_known_without_its_unit(name: str, outcome: str) -> None:
    assert f"\n{outcome}, an outcome: " in told(name)


@pytest.mark.slow
def test_every_title_and_heading_that_is_printed_is_explained() -> None:
    tables = [block for blocks in everything.printed() for block in blocks if isinstance(block, Table)]
    titles = {spoken(block.title).split(",")[0] for block in tables}
    on_pages = {
        item.title
        for page in everything.pages()
        for part in page.parts
        for item in part.items
        if isinstance(item, Table)
    }
    declared_titles = {printed.title for printed in PRINTED if printed.title != "of each policy"}
    assert titles | (on_pages & declared_titles) == declared_titles | {"phone", "RUN"}
    for title in titles - {"phone", "RUN"}:
        assert f"{title}, a printed table of " in told(title)
    for head in {spoken(column.head) for block in tables for column in (*block.keys, *block.columns)} - {""}:
        if not head.startswith("reporting. friction"):  # the rule that is swept
            assert told(head)


def test_no_meaning_uses_a_word_of_a_program() -> None:
    for word, meaning in glossary().items():
        assert not meaning.endswith(".")
        assert len(meaning) < 220, word


# -- truth ------------------------------------------------------------------------------------------------------------


def examples(takes: Parameter) -> Iterator[object]:
    """Yield values of every kind, many of them at the bounds."""
    yield from (None, True, "x", -1, 0, 1, 1.5, 24, (), (0, 24), (24, 0), (1,) * 24, (0.5,), ("a",), ("Mon", "Sat"))
    for bound in (takes.minimum, takes.maximum):
        if isinstance(bound, int | float):
            yield from (bound, bound - 1, bound + 1, (bound,) * 24, (bound - 1,) * 24, (bound + 1,) * 24)


SETTINGS = [p for p in settings().values() if p.unit and p.type is not dt.date]


@pytest.mark.parametrize("takes", SETTINGS, ids=lambda p: p.key)
def test_what_is_said_to_be_accepted_is_what_is_accepted(takes: Parameter) -> None:
    (line,) = (line for line in told(takes.key).splitlines() if line.startswith("  accepted   "))
    assert "None" not in line
    words = line.removeprefix("  accepted   ")
    for value in examples(takes):
        assert accepts(words, value) == takes.allows(value), (words, value)
    for line in told(takes.key).splitlines():
        if line.startswith("  plausible"):
            low, high = (float(end) for end in line.split()[1::2])
            assert (low, high) == (takes.low, takes.high)
            assert accepts(words, low if takes.type is float else int(low))
            assert accepts(words, high if takes.type is float else int(high))
    if takes.type == tuple[int, ...]:
        assert accepts(words, takes.default)


def accepts(words: str, value: object) -> bool:
    """Tell whether a value is what the words say, read as a person reads them."""
    if words.startswith("one of "):
        return value in words.removeprefix("one of ").split(", ")
    if words.startswith("a list of one or more of "):
        known = words.removeprefix("a list of one or more of ").partition(", in this order")[0].split(", ")
        listed = isinstance(value, tuple) and value and all(entry in known for entry in value)
        return bool(listed) and sorted({*value}, key=known.index) == [*value]  # type: ignore[misc]
    if words == "true or false":
        return isinstance(value, bool)
    bounds = re.search(r"(?:of at least (\S+?)|from (\S+) to (\S+?)|up to (\S+?))(?:,|$)", words)
    least, first, last, most = bounds.groups() if bounds else (None,) * 4
    low, high = float(least or first or "-inf"), float(last or most or "inf")
    if words.startswith("a list"):
        count = re.match(r"a list of (up to )?(\d+ )?whole numbers", words)
        assert count
        entries = value if isinstance(value, tuple) else (None,)
        fits = not count[2] or (len(entries) <= int(count[2]) and (count[1] or len(entries) == int(count[2])))
        whole = all(type(e) is int and low <= e <= high for e in entries)
        return bool(fits and whole and ("none smaller" not in words or [*entries] == sorted(entries)))
    whole = words.startswith("a whole number")
    assert whole or words.startswith("a number"), words
    return type(value) in ((int,) if whole else (int, float)) and low <= value <= high


def test_policies_say_who_works_when_and_what_it_comes_to() -> None:
    arms = {
        "nights": (ModerationPolicy(shift_days=("fri", "sat"), shift_start_hour=22, start=dt.date(2021, 3, 1)),),
        "order": (ModerationPolicy(triage="newest"),),
    }
    text = "\n".join(explain.policies(Scenario(policies=arms)))
    assert (
        "\n  staff: 1 moderator on shift every day, 14:00 to 22:00: 56 paid hours a week, about 1.6 full-time" in text
    )
    assert "nights:\n  shifts from 22:00 on, shifts on fri, sat, from 2021-03-01\n" in text
    assert '    moderation.shift_days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] -> ["fri", "sat"]' in text
    assert "\n    staff: 1 moderator on shift on fri, sat, 22:00 to 6:00 the next day: 16 paid hours a week" in text
    assert text.count("staff: ") == 2
    told = list(explain.staff(Scenario(policies=arms)))
    assert [line.partition(":")[0] for line in told] == ["staff under baseline", "staff under nights"]


def test_every_outcome_is_told_apart_from_its_neighbours() -> None:
    assert len({formula.formula(outcome) for outcome in BY_NAME.values()}) == len(BY_NAME)
