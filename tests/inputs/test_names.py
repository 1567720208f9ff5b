"""Names that programs, shells and disks take for something else are refused, and letters with accents are letters."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.__main__ import main
from sim.outcomes.outcomes import outcomes_of
from sim.policies.retention import RetentionPolicy
from sim.rules import names
from sim.rules.errors import ScenarioError
from sim.rules.parameters import CLASSES
from sim.scenario.arguments import arms_of
from sim.scenario.reading import load
from sim.scenario.scenario import Scenario

REFUSED = {
    "a missing value": ["NA", "Na", "null", "NULL", "None", "nan", "NaN", "NAN"],
    "true or false": ["True", "true", "FALSE"],
    "a number": ["007", "7", "1e5", "0", "inf", "Infinity", "1_000", "-inf"[1:]],
    "a date": ["2024-01-05", "2024-01", "1-2", "mar-1", "MARCH1", "sept-2", "1-mar", "12may", "march-2021"],
    "an option": ["-1", "--help", "-", "-a"],
    "a device": ["CON", "nul", "Aux", "prn", "COM1", "lpt9"],
    "letters, digits, - and _": ["a b", "", "a.b", "a,b", "a/b", "x" * 61, "a\n", "a\u2009b", "\u00bd", "\U0001f600"],
}  # fmt: skip
GOOD = [
    *("email", "Email", "none", "all", "staff-0_75", "2-staff", "30d", "march", "may", "confirm", "null-model", "e5"),
    *("été", "Größe", "политика", "数", "true-names", "x" * 60, "nano", "comb", "_a", "1e5-a", "0x10", "day-1"),
]


def refusal(name: str) -> str:
    with pytest.raises(ScenarioError) as error:
        Scenario().replace(policies={name: (RetentionPolicy(message_hours=720),)})
    (line,) = str(error.value).splitlines()
    return line


@pytest.mark.parametrize(("why", "name"), [(why, name) for why, found in REFUSED.items() for name in found])
def test_a_name_is_refused_with_the_reason_and_one_to_write_instead(why: str, name: str) -> None:
    words = refusal(name)
    assert words.startswith("policy ")
    assert why in words
    instead = words.split("Write '")[1].split("'")[0]
    assert Scenario().replace(policies={instead: (RetentionPolicy(message_hours=720),)})


@pytest.mark.parametrize("name", GOOD)
def test_other_names_are_names(name: str) -> None:
    assert [*Scenario().replace(policies={name: (RetentionPolicy(message_hours=720),)}).policies] == [name]


@given(st.text("NAnaulteTRUEfs0189eE_-+.if", min_size=1, max_size=8) | st.text(max_size=5))
def test_a_name_that_is_taken_comes_back_from_a_table_as_it_was(name: str) -> None:
    if not names.refusal("policy", name):
        table = pd.DataFrame({"policy": [name]}).to_csv(index=False)
        (found,) = pd.read_csv(io.StringIO(table))["policy"]
        assert found == name


@pytest.mark.parametrize(("one", "other"), [("Email", "email"), ("baseline", "Baseline"), ("Straße", "STRASSE")])
def test_names_that_a_disk_takes_for_one_are_refused(one: str, other: str) -> None:
    arms = {arm: (RetentionPolicy(message_hours=720),) for arm in (one, other) if arm != "baseline"}
    with pytest.raises(
        ScenarioError, match=rf"^policy '{other}': many disks take this name and '{one}' for the same\."
    ):
        Scenario().replace(policies=arms)


TWO = "\n".join(
    f'[policies."{name}"]\nretention = {{ message_hours = {i} }}' for i, name in enumerate(("a", "été"), 24)
)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_an_accent_is_a_letter_however_it_is_spelt(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "accents.toml"
    file.write_text(unicodedata.normalize(form, f"{TWO}\n[policies.both]\ncombine = ['a', 'été']\n"), encoding="utf-8")
    with pytest.raises(ScenarioError, match="both set"):
        load(file)
    file.write_text(unicodedata.normalize(form, TWO), encoding="utf-8")
    scenario = load(file)
    assert [*scenario.policies] == ["a", "été"]
    spelt = [unicodedata.normalize(other, "été") for other in ("NFC", "NFD")]
    assert {arms_of(scenario, [name]) for name in spelt} == {("été",)}
    arms = {name: (RetentionPolicy(message_hours=720),) for name in spelt}
    with pytest.raises(ScenarioError, match="two policies are called"):
        Scenario().replace(policies=arms)
    assert main(["policies", str(file)]) == 0
    assert "été:" in capsys.readouterr().out


def test_a_name_with_an_accent_without_quotes_is_told_how_to_write(tmp_path: Path) -> None:
    file = tmp_path / "accents.toml"
    file.write_text("[policies.été]\nretention = { message_hours = 1 }\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r'stands in quotes: \[policies\."été"\]'):
        load(file)


@pytest.mark.parametrize("site", ["nan", "null", "con", "true", "may1"])
def test_a_site_is_no_missing_value_either(site: str) -> None:
    with pytest.raises(ScenarioError, match=f"^site '{site}': .* Write 'site-{site}', or another name"):
        Scenario().replace(site=site)


@pytest.mark.parametrize("name", ["null", "nan", "aux", "all", "adult", "minority"])
def test_an_offence_is_not_called_like_something_else_in_the_tables(name: str) -> None:
    rows = [{"name": name, "target_weights": [1, 0, 0, 0]}]
    with pytest.raises(ScenarioError, match=f"offence .*{name}.*: .* Write 'offence_{name}', or another name"):
        Scenario().replace(offences=rows)


def test_small_letters_with_accents_are_small_letters() -> None:
    rows = [{"name": "délit", "target_weights": [1, 0, 0, 0]}]
    scenario = Scenario().replace(site="café", offences=rows)
    assert (scenario.site, scenario.offences[0].name) == ("café", "délit")
    for change in ({"site": "Élan"}, {"offences": [rows[0] | {"name": "Élan"}]}):
        with pytest.raises(ScenarioError, match="small letters"):
            Scenario().replace(**change)


def test_no_two_outcomes_are_called_alike() -> None:
    found = [outcome.name for outcome in outcomes_of(Scenario())]
    assert len(found) == len({*found})
    assert not {offence.name for offence in Scenario().offences} & {"all", *CLASSES}
