"""The HTML report in a real browser: both themes, a screen and a phone, the keyboard, and no complaint."""

from __future__ import annotations

import pytest

from integrations.checks.catalogue import CheckId
from integrations.checks.records import Obstacle, failed, passed, skipped, unknown, warned
from integrations.checks.runner import Question, run
from integrations.reports.html import as_html

ROLE = "arn:aws:iam::123456789012:role/encord-videos"
FIX = 'pulumi up --stack prod, which sets the CORS rules to: {"AllowedOrigins": ["https://app.encord.com"]}' * 3
LOOKS = [("light", 1280), ("dark", 1280), ("light", 380), ("dark", 380)]


def answers():
    """Everything that the report can show, of an access point over two buckets and of a single bucket."""
    for bucket in ("example-videos-eu", "example-videos-us-with-a-very-long-name"):
        yield Question("videos", "aws", CheckId.BUCKET_FOUND, bucket, lambda: passed("there"))
        yield Question("videos", "aws", CheckId.BUCKET_TLS_ONLY, bucket, lambda: warned("not denied", "deny it"))
        yield Question("videos", "aws", CheckId.READ_GRANTED, bucket, lambda: passed("allowed"))
        yield Question("videos", "aws", CheckId.CORS_PREFLIGHT, bucket, lambda: failed("403, no leave", FIX))
    yield Question("videos", "aws", CheckId.ROLE_FOUND, ROLE, lambda: passed("there"))
    yield Question("videos", "aws", CheckId.ROLE_ASSUMED, ROLE, lambda: skipped("no checkPrincipal", unproven=True))
    yield Question("videos", "aws", CheckId.ACCESS_POINT_READY, "videos", lambda: passed("READY"))
    yield Question("videos", "aws", CheckId.ENCORD_CONNECTED, "Encord", lambda: unknown("silence", Obstacle.NETWORK))
    yield Question("scans", "gcp", CheckId.BUCKET_FOUND, "hospital", lambda: passed("there"))


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(as_html(run(list(answers()), "prod")), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_the_browser_complains_of_nothing_and_axe_finds_nothing(report, open_window, axe, theme, width):
    window = open_window(report, theme=theme, width=width)
    assert window.page.locator("h1").inner_text() == "1 of 2 integrations needs mending"
    for folded in window.page.locator("summary").all():
        folded.click()
    assert axe(window) == []
    assert window.complaints == []


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_nothing_is_wider_than_the_page_and_one_drawing_is_shown(report, open_window, theme, width):
    page = open_window(report, theme=theme, width=width).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shown = [svg.get_attribute("class") for svg in page.locator("svg.path").all() if svg.is_visible()]
    assert shown == ["path standing" if width == 380 else "path lying"] * 2
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('svg text')].map(one => one.getBoundingClientRect().height)"
        ".filter(height => height > 0))"
    )
    assert smallest >= 11, "names in the drawing can be read"


def test_the_themes_differ(report, open_window):
    colours = {
        theme: open_window(report, theme=theme).page.evaluate("getComputedStyle(document.body).backgroundColor")
        for theme in ("light", "dark")
    }
    assert colours == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 21, 28)"}


def test_what_failed_is_red_in_the_drawing_and_leads_by_keyboard_to_its_fix(report, open_window):
    page = open_window(report).page
    browser = page.locator("svg.lying a", has_text="Browser").first
    assert "fail" in str(browser.get_attribute("class"))
    browser.focus()
    page.keyboard.press("Enter")
    target = page.locator(":target")
    assert "pulumi up --stack prod" in target.inner_text()
    assert target.evaluate("one => { const at = one.getBoundingClientRect(); return at.top < innerHeight }")


def test_every_piece_and_every_fold_can_be_reached_by_keyboard(report, open_window):
    page = open_window(report).page
    wanted = page.evaluate("[...document.querySelectorAll('a, summary')].filter(one => one.checkVisibility()).length")
    seen = 0
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        seen += page.evaluate("document.activeElement.matches('a, summary')")
    assert seen >= wanted


def test_nothing_leaves_the_machine(report, open_window):
    page = open_window(report).page
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
