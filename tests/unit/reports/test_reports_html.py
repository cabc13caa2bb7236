"""The report is one page that needs nothing else, says everything that was found, and trusts no text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from msgspec.structs import replace

from integrations.checks.records import Status
from integrations.reports.html import as_html
from integrations.reports.html_pieces import path, state, told

VOID = {"meta", "path", "rect"}


class Page(HTMLParser):
    """The page's elements, by what they are; it must be well-formed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def test_nothing_is_loaded_from_anywhere(results):
    page = Page(as_html(results))
    assert {name for name, _ in page.elements} & {"script", "img", "link", "iframe", "object"} == set()
    assert not any(key in {"src", "srcset", "onclick", "style"} for _, given in page.elements for key in given)
    assert "url(" not in as_html(results) and "@import" not in as_html(results)
    (policy,) = [one["content"] for one in page.of("meta") if one.get("http-equiv")]
    assert policy.startswith("default-src 'none'")


def test_text_of_others_stays_text(results):
    page = as_html(results)
    assert "<script>" not in page
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp;" in page


def test_what_is_wrong_stands_open_with_its_fix_beside_it(results):
    page = Page(as_html(results))
    text = "".join(page.text)
    assert "403" in text and "set the rules" in text
    folded = re.findall(r"<details>.*?</details>", as_html(results), re.DOTALL)
    assert not any("set the rules" in one for one in folded)
    assert not any("open" in given for given in page.of("details"))


def test_every_result_is_on_the_page(results):
    text = "".join(Page(as_html(results)).text)
    assert all(result.id in text for result in results)


def test_a_piece_of_the_drawing_leads_to_its_results(results):
    page = Page(as_html(results))
    targets = {given["href"] for given in page.of("a") if str(given["href"]).startswith("#")}
    places = {f"#{given['id']}" for tag, given in page.elements if tag in ("article", "section") and "id" in given}
    assert targets and targets <= places
    assert len(places) == len([1 for tag, given in page.elements if tag in ("article", "section") and "id" in given])


def test_a_screen_reader_hears_of_each_piece_what_is_wrong(results):
    links = re.findall(r'<a class="box [a-z]+"[^>]*>(.*?)</a>', as_html(results))
    heard = {" ".join(re.sub(r"<[^>]*>", "", link).split()) for link in links}
    assert {"Browser ✗ 1 failed", "Role encord-videos ✗ 1 failed"} <= heard


def test_headings_go_down_one_by_one(results):
    levels = [int(tag[1]) for tag, _ in Page(as_html(results)).elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (set(Status), "1 of 2 integrations needs mending"),
        ({Status.PASS, Status.UNKNOWN}, "No verdict: 1 answers could not be had"),
        ({Status.PASS}, "Every integration works"),
    ],
)
def test_the_headline_is_the_verdict(results, kept, said):
    assert f"<h1>{said}</h1>" in as_html([one for one in results if one.status in kept])


def test_each_result_belongs_to_one_piece(results):
    videos = [one for one in results if one.integration == "videos"]
    along = path(videos)
    assert sorted(one.id for piece in along.pieces for one in piece.results) == sorted(one.id for one in videos)
    assert [piece.kind for piece in along.pieces] == ["Encord", "Role", "Bucket", "Browser"]
    (bucket,) = along.buckets
    assert (along.becoming, along.reading(bucket), along.showing(bucket)) == ("fail", "skip", "fail")


def test_the_gravest_result_decides_and_what_does_not_count_weighs_nothing(results):
    by_id = {one.id: one for one in results if one.integration == "videos"}
    assert state([by_id["BKT101"], by_id["COR202"]]) == "fail"
    assert told([by_id["BKT101"], by_id["ACC403"]]) == "✓ 1 of 2 passed"
    assert state([one for one in results if one.id == "BKT103"]) == "pass"
    assert (state([]), told([])) == ("none", "not asked")


def test_what_concerns_the_whole_file_has_no_drawing(results):
    whole = replace(results[0], id="SUP952", integration="", cloud="", subject="COR201")
    page = as_html([whole])
    assert "<svg" not in page and "SUP952" in page
