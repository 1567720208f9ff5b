"""What `MODEL.md` says is what the code has: steps, names, tables, numbers; and the change log knows the version."""

import ast
import importlib
import re
import textwrap
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.model.arrays.model import ChatModel
from sim.model.records import COUNTS, KINDS
from sim.outcomes.of_the_police import OF_THE_POLICE
from sim.outcomes.outcome import Outcome
from sim.outcomes.outcomes import OF_THE_DETECTOR, OUTCOMES
from sim.outcomes.patterns import patterns
from sim.policies.age import AgePolicy
from sim.policies.closure import ClosurePolicy
from sim.policies.detection import DetectionPolicy
from sim.policies.freemium import FreemiumPolicy
from sim.policies.hosting import HostingPolicy
from sim.policies.limits import LimitsPolicy
from sim.policies.logs import LogsPolicy
from sim.policies.moderation import ModerationPolicy
from sim.policies.police import PolicePolicy
from sim.policies.policy import Policy
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.policies.retention import RetentionPolicy
from sim.policies.sanctions import SanctionsPolicy
from sim.policies.undercover import UndercoverPolicy
from sim.policies.warnings import WarningsPolicy
from sim.report.declared import glossary, outcomes
from sim.rules.declare import declared
from sim.rules.evidence import evidence
from sim.rules.offences import Offence
from sim.rules.rulebook import RULES
from sim.rules.settings import SECTIONS
from sim.scenario.scenario import Scenario

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "MODEL.md").read_text(encoding="utf-8")
CHANGES = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
EVERYTHING = tuple(declared({"": Scenario, "offences": Offence}))
SETTINGS = {p.key for p in EVERYTHING} | set(RULES)
DOTTED = re.compile(rf"(?<![\w./])(?:{'|'.join((*SECTIONS, 'offences', 'prices'))})(?:\.[a-z0-9_]+)+")
OUTCOME_NAMES = {o.name for o in outcomes()}

HEADINGS = [
    "1 Purpose and patterns", "2 Entities, state variables and scales", "3 Process overview and scheduling",
    "4 Design concepts", "5 Initialisation", "6 Input data", "7 Submodels",
    "Decisions that were left open, with reasons", "Not in the model yet",
    "What the numbers may and may not be used for", "How comparisons are made true", "Held against checklists",
    "Glossary",
]  # fmt: skip
CONCEPTS = [
    "Basic principles", "Emergence", "Adaptation", "Objectives", "Learning", "Prediction", "Sensing", "Interaction",
    "Stochasticity", "Collectives", "Observation",
]  # fmt: skip


def section(heading: str) -> str:
    """Return the text under a heading, up to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{2,3}} |\Z)", TEXT, re.M | re.S)
    assert found, heading
    if found[1] == "##":
        found = re.search(rf"^(##) {re.escape(heading)}\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S)
        assert found
    return found[2]


def rows(head: str) -> list[list[str]]:
    """Return the cells of the table with a heading row, without backticks."""
    at = TEXT.index(head)
    lines = TEXT[at:].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines]


def numbered(text: str) -> list[str]:
    """Return the first numbered list of a text, one string an item, without backticks and line breaks."""
    first = re.search(r"^\d+\. .*?(?=\n\n)", text, re.M | re.S)
    assert first
    return [" ".join(item.replace("`", "").split()) for item in re.split(r"\n(?=\d+\. )", first[0])]


@cache
def names_in_code() -> frozenset[str]:
    """Return every name that the package defines, and every one-word text in it."""
    names = set()
    for path in (ROOT / "sim").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 30:
                names.add(node.value)
    return frozenset(names)


def value_of(name: str) -> Any:
    """Return what a dotted name stands for: ``sim.rules.rulebook.Rules``."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


# -- structure --------------------------------------------------------------------------------------------------------


def test_the_headings_are_those_of_the_protocol_and_the_contents_link_to_them() -> None:
    assert re.findall(r"^## (.*)$", TEXT, re.M) == HEADINGS
    anchors = {re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.*)$", TEXT, re.M)}
    assert set(re.findall(r"\]\(#([^)]*)\)", TEXT)) <= anchors
    assert all(f"(#{re.sub(r'[^a-z0-9 -]', '', h.lower()).replace(' ', '-')})" in TEXT for h in HEADINGS)


def test_every_design_concept_has_its_paragraph() -> None:
    assert re.findall(r"^\*\*(.*?)\.\*\*", section("4 Design concepts"), re.M) == CONCEPTS


def test_the_steps_are_those_of_the_code() -> None:
    documented = numbered(section("3 Process overview and scheduling"))
    assert documented == numbered(textwrap.dedent("    " * 2 + (ChatModel.step.__doc__ or "")))
    assert [int(step.split(".")[0]) for step in documented] == list(range(1, 10))


def test_the_glossary_is_in_order_and_has_one_line_a_term() -> None:
    lines = section("Glossary").strip().splitlines()
    assert all(re.fullmatch(r"\* \*\*[A-Z][A-Za-z -]+\*\*: .+\.", line) for line in lines)
    terms = [line.split("**")[1].lower() for line in lines]
    assert terms == sorted(set(terms))
    assert len(terms) >= 40


def test_the_glossary_is_what_explain_prints() -> None:
    written = [f"* **{word[0].upper()}{word[1:]}**: {meaning}." for word, meaning in glossary().items()]
    assert section("Glossary").strip().splitlines() == written


def test_the_document_stands_alone() -> None:
    for text in (TEXT, CHANGES):
        assert not re.search(r"/work|/shared|\bbrief\b|\bissue \d|CASE\.md|DESIGN\.md|EVIDENCE\.csv", text)


# -- names ------------------------------------------------------------------------------------------------------------


def test_every_setting_named_exists() -> None:
    assert set(DOTTED.findall(TEXT)) - SETTINGS == set()


def test_every_setting_is_named() -> None:
    of_levels = re.compile(r"(registration\.(none|email|phone|document)|age\.(none|declared|estimated|verified))\.")
    tops = {"contacts", "offences", "policies"}
    wanted = {key for key in SETTINGS if "." in key and key not in tops and not of_levels.match(key)}
    assert wanted - set(DOTTED.findall(TEXT)) - {"offences.name", "offences.label"} == set()


def test_every_name_in_backticks_exists() -> None:
    unknown = []
    for span in sorted(set(re.findall(r"`([^`\n]+)`", TEXT))):
        known = (
            span in SETTINGS
            or span in OUTCOME_NAMES
            or span in COUNTS
            or span in {"backticks", "[reporting]"}
            or (("/" in span or span.endswith(".csv")) and (ROOT / span).exists())
            or all(part in names_in_code() or part.rstrip("_") in names_in_code() for part in span.split("."))
            or (span.startswith("sim.") and value_of(span) is not None)
        )  # fmt: skip
        if not known:
            unknown.append(span)
    assert unknown == []


def test_every_row_of_evidence_named_exists() -> None:
    named = set(re.findall(r"\b(?:CASE|REP|MOD|REG|AGE|EVA|RET|DISP|LAW)-\d+\b", TEXT))
    assert named
    assert named <= set(evidence())


# -- patterns ---------------------------------------------------------------------------------------------------------


def test_every_pattern_is_listed_with_its_kinds() -> None:
    listed = [
        (number, title, set(re.findall(r"\b[CEIA]\b", kinds))) for number, title, kinds in rows("| no. | pattern |")
    ]
    assert [number for number, _, _ in listed] == [str(pattern.number) for pattern in patterns()]
    assert [kinds for _, _, kinds in listed] == [{q.kind for q in pattern.quantity} for pattern in patterns()]
    assert [title for _, title, _ in listed] == [pattern.title for pattern in patterns()]


# -- tables and numbers -----------------------------------------------------------------------------------------------


def test_every_kind_of_event_is_listed() -> None:
    assert rows("| event | step |") == [[k.name, str(k.step), k.meaning] for k in KINDS]


@pytest.mark.parametrize(
    ("head", "listed"),
    [
        ("| outcome | what |", OUTCOMES),
        ("| outcome of the police | what |", OF_THE_POLICE),
        ("| outcome of the detector | what |", OF_THE_DETECTOR),
    ],
)
def test_every_outcome_is_listed(head: str, listed: tuple[Outcome, ...]) -> None:
    assert rows(head) == [[o.name, o.label, o.unit, o.better] for o in listed]


def test_every_rule_is_listed_with_the_lever_that_moves_it() -> None:
    levers: list[Policy] = [
        RegistrationPolicy(level="phone"),
        RetentionPolicy(message_hours=1),
        ReportingPolicy(friction=0.5, rel_ready=1.0, rel_false=1.0, snapshot=True, p_flagged=0.1),
        ModerationPolicy(
            staff=1.0,
            shift_start_hour=1,
            shift_hours=1,
            shift_days=("mon",),
            reviews_per_hour=1.0,
            triage="oldest",
            training=0.5,
        ),
        SanctionsPolicy(ladder_hours=(0,), binds="device"),
        WarningsPolicy(p_reached=0.5),
        LimitsPolicy(cooling_off_hours=1, adults_to_minors=False),
        AgePolicy(level="estimated", protects="under_15", gate=True),
        LogsPolicy(log_hours=24),
        PolicePolicy(direct=True, p_refer=0.5),
        HostingPolicy(host="home"),
        UndercoverPolicy(decoys=1.0, start_hour=1, hours=1),
        FreemiumPolicy(p_paying=0.1),
        DetectionPolicy(coverage=0.5, p_contact=0.1, p_engaged=0.2, p_private=0.5, p_false=0.02),
        ClosurePolicy(seizure=True),
    ]
    assert {lever.name for lever in levers} | {"set"} == {
        name for name, kind in Policy.registry.items() if kind.__module__.startswith("sim.policies.")
    }
    changes = [(lever, c) for lever in levers for c in lever.changes(Scenario().platform)]
    moved = {
        rule: [", ".join(lever.name for lever, c in changes if c.rule == rule), operation]
        for rule, operation in {(c.rule, c.operation) for _, c in changes}
    }
    assert rows("| rule | unit |") == [[name, rule.unit, *moved.get(name, ["", ""])] for name, rule in RULES.items()]


@pytest.mark.parametrize(("name", "value"), [row[:2] for row in rows("| name in the code |")])
def test_numbers_fixed_in_the_code_are_as_said(name: str, value: str) -> None:
    found = value_of(name)
    numbers = [float(part) for part in value.split(",")]
    assert (list(found) if isinstance(found, tuple) else [found]) == numbers


def test_what_is_sourced_is_listed_and_nothing_is_calibrated() -> None:
    listed = re.findall(r"^\* `(.*)`$", section("6 Input data"), re.M)
    assert set(listed) == {p.key for p in EVERYTHING if p.standing == "sourced"}
    assert {p.key for p in EVERYTHING if p.standing == "calibrated"} == set()


def test_the_hazards_of_every_stage_are_in_the_table() -> None:
    table = " ".join(cell for row in rows("| stage | the target recognises |") for cell in row)
    lasting = {"contacts.lapse_per_hour", "contacts.rel_meeting"}
    wanted = {p.key for p in declared({"contacts": SECTIONS["contacts"]})} - lasting
    assert {key for key in DOTTED.findall(table) if key.startswith("contacts.")} == wanted


# -- the change log ---------------------------------------------------------------------------------------------------


def test_the_change_log_begins_with_this_version() -> None:
    version, date = re.findall(r"^## \[(.*)\] - (\d{4}-\d\d-\d\d)$", CHANGES, re.M)[0]
    assert version == sim.__version__
    assert f'date-released: "{date}"' in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
