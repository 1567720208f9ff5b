"""What `MODEL.md` says to the checklists of reviewers is there to be looked up, and what is not fulfilled says why."""

import re
from pathlib import Path

import pytest

from tests.documents.test_model_document import ROOT, rows, section

LINK = re.compile(r"\[[^]]*\]\(([^)]*)\)")
ITEMS = {
    "recommendation": rows("| recommendation | standing |"),
    "STRESS-ABS": rows("| item | standing |"),
}
DOCUMENTS = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("MODEL.md", "README.md", "CONTRIBUTING.md", "results/README.md")
}
FORM = ROOT / ".github" / "ISSUE_TEMPLATE" / "wrong-number.yml"


def anchors(document: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", DOCUMENTS[document], re.M)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_both_lists_are_whole() -> None:
    assert len({row[0] for row in ITEMS["recommendation"]}) == len(ITEMS["recommendation"]) == 19
    numbers = [row[0].split(" ")[0] for row in ITEMS["STRESS-ABS"]]
    assert numbers == [
        *("1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "2.4", "2.5.1", "2.5.2", "2.5.3", "2.5.4"),
        *("3.1", "3.2", "3.3", "3.4", "4.1", "4.2", "4.3", "5.1", "5.2", "5.3", "5.4", "6.1"),
    ]


@pytest.mark.parametrize("row", [row for table in ITEMS.values() for row in table], ids=lambda row: row[0])
def test_an_item_leads_to_what_is_there_or_says_why_not(row: list[str]) -> None:
    _, standing, where = row
    assert standing in ("fulfilled", "partly", "not")
    links = LINK.findall(where)
    assert links
    for link in links:
        file, _, anchor = link.partition("#")
        assert (ROOT / file).exists(), link
        assert not anchor or anchor in anchors(file or "MODEL.md"), link
    if standing != "fulfilled":
        assert len(LINK.sub("", where).split()) >= 6


def test_the_tables_stand_under_their_heading() -> None:
    text = section("Held against checklists")
    assert text.count("\n| ") == sum(map(len, ITEMS.values())) + 2 * len(ITEMS)
    assert "2025.2552177" in text and "2018.1442155" in text


def test_the_form_for_a_wrong_number_asks_for_what_it_takes_to_look_it_up() -> None:
    text = FORM.read_text(encoding="utf-8")
    asked = re.findall(r"^    id: (.*)$", text, re.M)
    assert asked == ["number", "place", "command", "hash", "right", "source"]
    assert "plan_sha256" in text
    assert "anything else about a person" in " ".join(text.split())
    name = re.search("^name: (.*)$", text, re.M)
    assert name and name[1] in DOCUMENTS["README.md"]
    assert FORM.relative_to(ROOT).as_posix() in DOCUMENTS["CONTRIBUTING.md"]
    assert all(Path(ROOT / path).exists() for path in re.findall(r"\b(?:sim|results)/[\w/.-]*\w", text))
