"""A plan as a page: it needs nothing else, and nothing in it is markup that we did not write."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from strategies.written_plans import everywhere, long_plan, org

from provisioner.planning.plan import Plan
from provisioner.reporting.next_step import NextStep
from provisioner.reporting.pages import MARK, plan_page
from provisioner.reporting.report import report_of

SNIPPETS = (
    "<b>", "</style>", "</title>", "</code>", "<script>alert(1)</script>", "<!--", "-->",
    "<img src=x onerror=alert(1)>",
    '"', "'", '" onclick="alert(1)', "javascript:alert(1)", "&lt;", "&", "]]>", "{{ 7 * 7 }}", "{% raw %}", "\n",
    "\x00", "\x1b[2J", "\u202e", "\ud800", "</details>", "<svg/onload=alert(1)>", "`",
)  # fmt: skip
hostile = st.lists(st.one_of(st.sampled_from(SNIPPETS), st.text(max_size=8)), min_size=1, max_size=6).map("".join)


class Outline(HTMLParser):
    """Every tag with its attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.style = ""
        self.comments: list[str] = []
        self._open = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag

    def handle_data(self, data: str) -> None:
        if self._open == "style":
            self.style += data
            self._open = ""
        else:
            self.text += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def page(plan: Plan) -> str:
    return plan_page(
        report_of(plan, "sha256:0", next=NextStep("Carry it out", "provisioner apply acme.plan -c sandbox"))
    )


PLAIN = Outline(page(everywhere("plain")))


@given(hostile)
def test_no_value_becomes_markup(text: str) -> None:
    """Whatever the values are, the page has the tags and attributes of a page with harmless ones."""
    found = Outline(page(everywhere(f"p{text}")))
    assert [(tag, sorted(attrs)) for tag, attrs in found.tags] == [(tag, sorted(attrs)) for tag, attrs in PLAIN.tags]
    assert found.style == PLAIN.style
    assert found.comments == PLAIN.comments == [" provisioner plan "]


@given(hostile)
def test_a_value_is_there_to_be_read(text: str) -> None:
    from provisioner.reporting.text import safe

    found = Outline(page(everywhere("plain", notices=(f"[{text}]",))))
    assert f"[{safe(text)}]" in found.text


def test_the_page_asks_for_nothing() -> None:
    """No script, no style of a stranger, no address but those inside the page and of steps by hand."""
    text = page(everywhere("plain"))
    assert text.startswith(MARK)
    found = Outline(text)
    policy = next(attrs["content"] for tag, attrs in found.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(found.style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert {tag for tag, _ in found.tags} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
    } == set()
    assert not re.search(r"url\(|@import|expression\(", found.style)
    for tag, attrs in found.tags:
        assert not [name for name in attrs if name.startswith("on") or name in ("src", "srcset", "style", "action")]
        assert tag != "a" or str(attrs["href"]).startswith("#"), attrs


def test_only_a_secure_address_is_a_link() -> None:
    step = everywhere("https://app.example/reports").by_hand[0]
    links = [a for tag, a in Outline(page(everywhere("x", changes=(step,)))).tags if tag == "a" and a.get("rel")]
    assert links == [{"href": "https://app.example/reports", "rel": "noopener noreferrer"}]
    for other in ("javascript:alert(1)", "http://app.example", " https://app.example", "data:text/html,x"):
        step = everywhere(other).by_hand[0]
        found = Outline(page(everywhere("x", changes=(step,))))
        assert not [a for tag, a in found.tags if tag == "a" and a.get("rel")], other


def test_what_matters_is_on_top_and_in_order() -> None:
    text = Outline(page(everywhere("plain", conflicts=(), org=org("Acme", is_production=True)))).text
    words = (
        "PRODUCTION", "Plan: 1 to add, 1 to change, 1 to delete, 1 by hand.",
        "switches alerts to their real recipients",
        "1 change of this plan undoes what was done by hand.", "Not the whole plan.", "Not read",
        "Left as they are", "Loses data 1", "changed by hand by plain on plain", "Creates 1", "open again: plain",
        "Carry it out:", "Valid until", "2026-03-03 13:00 UTC",
    )  # fmt: skip
    places = [text.rindex(word) for word in words]
    assert places == sorted(places)
    assert "Carry it out" not in Outline(page(everywhere("plain"))).text, "something is in the way"


def test_risky_changes_are_unfolded_unless_they_are_many() -> None:
    def unfolded(count: int) -> int:
        return sum("open" in attrs for _, attrs in Outline(page(long_plan(count))).tags)

    assert (unfolded(12), unfolded(13)) == (12, 0)


def test_a_long_plan_says_what_it_does_not_show() -> None:
    found = Outline(page(long_plan(2, attributes=70)))
    assert sum(tag == "ins" for tag, _ in found.tags) == 120
    assert found.text.count("and 10 more, in the plan file") == 2


def test_ten_thousand_changes_take_less_than_two_seconds() -> None:
    plan = long_plan(10_000)
    page(long_plan(1))  # the template is compiled once
    start = time.process_time()
    text = page(plan)
    assert time.process_time() - start < 2
    assert text.count("Field:Lead.Number_") == 10_000


def test_everything_can_be_reached_and_is_named() -> None:
    """Landmarks, a language, one main heading, levels without a gap, a way past the header, targets that exist."""
    tags = PLAIN.tags
    names = [tag for tag, _ in tags]
    assert [names.count(name) for name in ("main", "header", "footer", "h1", "title")] == [1] * 5
    assert ("html", {"lang": "en"}) in tags
    assert not {"h3", "h4"} & set(names)
    ids = {attrs["id"] for _, attrs in tags if "id" in attrs}
    targets = {str(attrs["href"])[1:] for tag, attrs in tags if tag == "a" and str(attrs["href"]).startswith("#")}
    assert "changes" in targets <= ids
    assert names.count("details") == names.count("summary")
