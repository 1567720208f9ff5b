"""The page in a real browser: wide and narrow, on light and dark ground, on paper, by keyboard, without a request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

import sim
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.rules.language import speaking
from tests.page.browsers import browser
from tests.parts import synthetic

HOSTILE = '<script>document.title = "taken"</script> & "so" <b>on</b>'

SCENARIO = synthetic.SCENARIO.replace(
    title=HOSTILE,
    policies={
        "phone": (RegistrationPolicy(level="phone"),),
        "easy": (ReportingPolicy(friction=0.2),),
    },
)

WIDTHS = {"wide": 1280, "narrow": 390}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module", params=["en", "fr"])
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page in each language, with doubt and mechanisms, of a scenario whose title is markup."""
    out: Path = tmp_path_factory.mktemp("page") / request.param
    with synthetic.in_place(), speaking(request.param):
        sim.compare(SCENARIO, seeds=6, out=out, doubt=12)
    return out / "report.html"


@pytest.fixture(params=[*WIDTHS])
def width(request: pytest.FixtureRequest) -> int:
    return WIDTHS[request.param]


def opened(chromium: Browser, path: Path, width: int = 1280, **options: Any) -> tuple[Page, list[str]]:
    """Open a page and return it with every address that it asked for besides its own."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
    page, asked = context.new_page(), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    return page, [url for url in asked if url != path.as_uri() and not url.startswith("data:")]


def colour(page: Page, of: str) -> Any:
    """Return the colour of the ground of an element."""
    return page.eval_on_selector(of, "element => getComputedStyle(element).backgroundColor")


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_nothing_keeps_anybody_from_reading_it(
    chromium: Browser, path: Path, width: int, ground: Literal["light", "dark"]
) -> None:
    page, asked = opened(chromium, path, width, color_scheme=ground)
    found = Axe().run(page)
    assert found.response["violations"] == [], found.generate_report()
    assert asked == []


def test_it_is_as_wide_as_its_window(chromium: Browser, path: Path, width: int) -> None:
    page, _ = opened(chromium, path, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_grounds_differ_and_figures_stay_on_white(chromium: Browser, path: Path) -> None:
    colours = []
    for ground in ("light", "dark"):
        page, _ = opened(chromium, path, color_scheme=ground)
        colours.append([colour(page, of) for of in ("body", "figure")])
    (light, figure), (dark, again) = colours
    assert (light, figure, again) == ("rgb(255, 255, 255)",) * 3 and dark != light


def test_it_is_all_there_without_script(chromium: Browser, path: Path) -> None:
    page, asked = opened(chromium, path, java_script_enabled=False)
    assert asked == []
    assert page.locator("h2").count() >= 10
    assert page.locator("script").count() == 0
    assert page.locator("figure img").count() == page.locator("figure").count() >= 5
    assert page.locator("a[download]").count() >= 5


def test_what_a_scenario_says_is_text(chromium: Browser, path: Path) -> None:
    page, _ = opened(chromium, path)
    assert page.title() == page.locator("h1").inner_text() == HOSTILE
    assert page.locator("b").count() == 0


def test_every_figure_is_seen_and_says_what_it_shows(chromium: Browser, path: Path) -> None:
    page, _ = opened(chromium, path)
    for image in page.locator("figure img").all():
        assert image.evaluate("image => image.complete && image.naturalWidth > 100")
        assert len(image.get_attribute("alt") or "") > 10


def test_the_keyboard_alone_reaches_all_there_is_to_reach(chromium: Browser, path: Path) -> None:
    page, _ = opened(chromium, path)
    wanted = page.evaluate("document.querySelectorAll('a, [tabindex]').length")
    reached = 0
    while reached <= wanted:
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        reached += 1
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert reached == wanted


def test_the_first_key_leads_past_the_contents(chromium: Browser, path: Path) -> None:
    page, _ = opened(chromium, path)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#answer"


def test_on_paper_it_has_pages_and_no_contents(chromium: Browser, path: Path) -> None:
    page, _ = opened(chromium, path, width=794)
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.locator("nav").is_visible() and not page.locator("#data").is_visible()
    assert colour(page, "body") == "rgb(255, 255, 255)"
    assert page.evaluate("document.documentElement.scrollWidth") <= 794
    paper = page.pdf(format="A4")
    assert paper.startswith(b"%PDF") and paper.count(b"/Type /Page\n") >= 3


def test_a_table_is_saved_as_it_lies_in_the_folder(chromium: Browser, path: Path) -> None:
    page, _ = opened(chromium, path)
    with page.expect_download() as saved:
        page.click("a[download='effects.csv']")
    assert Path(saved.value.path()).read_bytes() == (path.parent / "effects.csv").read_bytes()
