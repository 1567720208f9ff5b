"""The page as a file: what it holds, when it is written, the same bytes twice, what it says of what is not there."""

from __future__ import annotations

import base64
import html
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.__main__ import main
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.questions.report import report
from sim.questions.reproduce import reproduce
from sim.rules.errors import ScenarioError
from sim.rules.language import speaking
from sim.rules.sentences import spoken
from sim.scenario.scenario import Scenario
from sim.study.folder import MANIFEST, PAGE
from tests.parts import synthetic

SCENARIO = synthetic.SCENARIO.replace(
    title="Chat </title><script>alert(1)</script> & co",
    policies={"phone": (RegistrationPolicy(level="phone"),), "easy": (ReportingPolicy(friction=0.2),)},
)

HARMS = synthetic._harms

LARGEST = 3_000_000
"""Bytes of a page."""


@pytest.fixture(autouse=True, scope="module")
def _invented() -> Iterator[None]:
    with synthetic.in_place():
        yield


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("page") / "r"
    sim.compare(SCENARIO, seeds=4, out=out)
    return out


@pytest.fixture
def out(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "r"))


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def told(path: Path) -> str:
    """Return the text of a page in one line, without its pictures and data."""
    text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", read(path), flags=re.DOTALL)
    return " ".join(html.unescape(text).split())


def test_it_asks_for_nothing_outside_and_runs_nothing(written: Path) -> None:
    page = read(written / PAGE)
    addresses = [*re.findall(r'(?:src|href|action|data)="([^"]*)"', page), *re.findall(r"url\(([^)]*)\)", page)]
    assert addresses and all(address.startswith(("#", "data:")) for address in addresses)
    assert not re.search(r"<script|<link|<iframe|@import|\son\w+=", page)
    assert "default-src 'none'" in page


def test_what_a_scenario_says_is_text(written: Path) -> None:
    page = read(written / PAGE)
    assert html.escape(SCENARIO.title, quote=False) in page and "<script>" not in page


def test_the_answer_is_said_first_as_everywhere(written: Path) -> None:
    found = sim.compare(SCENARIO, seeds=4)
    first = found.headline.words[0]
    page = told(written / PAGE)
    assert spoken(first) in page
    assert page.index(spoken(first)) < page.index("How far to trust it") + 400  # after the contents, before all else


def test_every_part_names_the_command_that_makes_it_again(written: Path) -> None:
    page = read(written / PAGE)
    sections = re.findall(r"<section.*?</section>", page, flags=re.DOTALL)
    assert len(sections) >= 12
    numberless = ("compared", "limits", "ethics", "data")
    of = {re.search(r'id="(\w+)"', section)[1]: section for section in sections}
    assert [key for key, section in of.items() if "made again by" not in section] == list(numberless)


def test_its_data_are_those_of_the_folder(written: Path) -> None:
    page = read(written / PAGE)
    data = dict(re.findall(r'<a download="([^"]+)" href="data:text/csv;charset=utf-8;base64,([^"]+)"', page))
    assert {*data} == {path.name for path in written.glob("*.csv")}
    assert all(base64.b64decode(content) == (written / name).read_bytes() for name, content in data.items())
    figures = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    drawn = [path.read_bytes() for path in (written / "figures").glob("*.svg")]
    assert {*map(base64.b64decode, figures)} <= {*drawn} and len(figures) >= 4
    assert len(page.encode()) < LARGEST


class TestReport:
    def test_again_it_has_the_same_bytes(self, out: Path) -> None:
        before = (out / PAGE).read_bytes()
        (out / PAGE).unlink()
        assert report(out) == out / PAGE
        assert (out / PAGE).read_bytes() == before
        assert reproduce(out, 1).complete

    def test_in_another_language_it_has_a_name_of_its_own_and_is_listed(self, out: Path) -> None:
        before = (out / PAGE).read_bytes()
        with speaking("fr"):
            assert report(out) == out / "report.fr.html"
        assert '<html lang="fr">' in read(out / "report.fr.html")
        assert (out / PAGE).read_bytes() == before
        assert "report.fr.html" in json.loads(read(out / MANIFEST))["files"]
        assert reproduce(out, 1).complete
        sim.compare(SCENARIO, seeds=5, out=out)
        assert not (out / "report.fr.html").exists()

    def test_units_need_not_be_there(self, out: Path) -> None:
        before = (out / PAGE).read_bytes()
        shutil.rmtree(out / "units")
        assert report(out).read_bytes() == before

    def test_of_what_is_half_finished_it_says_so_first(self, out: Path) -> None:
        (out / MANIFEST).unlink()
        next((out / "units").rglob("seed-3.*.parquet")).unlink()
        report(out)
        page = told(out / PAGE)
        assert "HALF-FINISHED: 1 of 4 runs are missing" in page
        assert page.index("HALF-FINISHED") < page.index("The answer")
        assert "3 seeds, each under every arm" in page
        sim.compare(SCENARIO, seeds=4, out=out)
        assert "HALF-FINISHED" not in read(out / PAGE)

    def test_of_too_little_it_says_that_nothing_can_be_said(self, out: Path) -> None:
        (out / MANIFEST).unlink()
        for seed in (1, 2, 3):
            next((out / "units").rglob(f"seed-{seed}.*.parquet")).unlink()
        report(out)
        page = told(out / PAGE)
        assert "HALF-FINISHED: 3 of 4 runs are missing" in page and "Nothing can be said yet" in page
        assert html.escape(SCENARIO.title, quote=False) in read(out / PAGE)

    def test_what_is_no_answer_says_so_first(self, tmp_path: Path) -> None:
        def hardly_any(scenario: Scenario, policy: str, seed: int) -> np.ndarray:
            harms = 0 * HARMS(scenario, policy, seed)
            harms.flat[0] = 1 + (policy == "phone")
            return harms

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(synthetic, "_harms", hardly_any)
            sim.compare(SCENARIO, ["phone"], seeds=2, out=tmp_path / "quiet")
        page = told(tmp_path / "quiet" / PAGE)
        assert "This cannot be answered" in page and page.index("This cannot be answered") < page.index("The answer")

    def test_without_its_counts_it_says_what_to_do(self, out: Path) -> None:
        (out / "daily.parquet").unlink()
        with pytest.raises(
            ScenarioError, match=r"has not all of its counts \(daily\.parquet, .* Give the (call|command)"
        ):
            report(out)

    @pytest.mark.parametrize(("folder", "words"), [("nowhere", "is no folder"), (".", "there is nothing to report")])
    def test_where_there_is_no_result(
        self, folder: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = [*tmp_path.iterdir()]
        assert main(["report", str(tmp_path / folder)]) == 2
        assert words in capsys.readouterr().err
        assert [*tmp_path.iterdir()] == before

    def test_the_command_names_what_it_wrote(self, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["report", str(out), "--research-object"]) == 0
        said = capsys.readouterr().out.splitlines()
        assert said == [str(out / PAGE), str(out / "ro-crate-metadata.json")]
