"""A plan as a comment: what it says, that it fits, and that no value in it is ever read as Markdown or HTML.

The judge is a CommonMark parser with GitHub's additions (tables, strikethrough, bare links), not our own reading.
"""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from strategies.written_plans import everywhere, long_plan, org

from provisioner.planning.plan import Cause, Change, Plan, Touched
from provisioner.reporting.markdown import LIMIT, MARK, plan_markdown
from provisioner.reporting.next_step import NextStep
from provisioner.reporting.report import report_of
from provisioner.resources import Address, Resource

PARSER = MarkdownIt("gfm-like", {"html": True})
SKULL = "☠"
SNIPPETS = (
    "@octocat", "#12", "acme/x#1", "[x](javascript:alert(1))", "![x](http://x.example/i.png)", "http://x.example",
    "www.x.example", "a@x.example", "<b>", "</details>", "</summary>", "</code>", "<script>alert(1)</script>", "<!--",
    "-->", "<img src=x onerror=alert(1)>", "`", "``", "```", "~~~", "|", "---", "\n\n", "\n# h", "\r\n- item", "\\",
    "*", "**b**", "_", "~~s~~", "&lt;", "&#64;octocat", ":tada:", "$x$", "[^1]", "> quote", "    ", "1. ", "\t",
    "\x1b[2J", "\u202e", "\ud800", "<https://x.example>",
    "]: http://x.example", "<details open>", "]]>", "<?", "- [ ] task",
)  # fmt: skip
hostile = st.lists(st.one_of(st.sampled_from(SNIPPETS), st.text(max_size=8)), min_size=1, max_size=6).map(
    lambda parts: SKULL + "".join(parts) + SKULL
)


def markdown(plan: Plan, plan_id: str = "sha256:0", **more: str) -> str:
    command = more.pop("next_command", "")
    report = report_of(plan, plan_id, next=NextStep("Carry it out", command) if command else None)
    return plan_markdown(report, **more)  # type: ignore[arg-type]


class _Markup(HTMLParser):
    """The tags of a piece of HTML, and the text that stands outside of `<code>`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.bare = ""
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag + "".join(f" {name}" for name, _ in attrs))
        self._depth += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self.tags.add(tag)
        self._depth -= tag == "code"

    def handle_data(self, data: str) -> None:
        if not self._depth:
            self.bare += data


def check_nothing_is_read(text: str) -> None:
    """Every value is code: there is no element, link, image or mention that we did not write."""
    markup = _Markup()
    headings = 0
    for token in PARSER.parse(text):
        headings += token.type == "heading_open"
        assert token.type not in ("table_open", "blockquote_open", "hr", "code_block"), token.type
        if token.type == "html_block":
            markup.feed(token.content)
        for child in token.children or ():
            assert child.type in ("text", "code_inline", "strong_open", "strong_close", "softbreak"), child
            if child.type == "text":
                assert SKULL not in child.content
                assert not re.search(r"[@#<>]|://|www\.", child.content), child.content
    assert headings == 1
    assert markup.tags <= {"details", "summary", "code"}, markup.tags
    assert SKULL not in markup.bare
    assert "@" not in markup.bare


@given(hostile)
def test_no_value_is_read_as_markdown_or_html(text: str) -> None:
    plan = everywhere(text)
    said = markdown(plan, next_command=f"provisioner apply {text}", whole=f"provisioner plan show {text}")
    check_nothing_is_read(said)
    said.encode("utf-8")


@given(hostile, st.integers(2_500, 6_000))
def test_nor_where_the_comment_is_cut(text: str, limit: int) -> None:
    report = report_of(everywhere(text), "sha256:0")
    said = plan_markdown(report, whole=f"provisioner plan show {text}", limit=limit)
    check_nothing_is_read(said)
    assert len(said.encode()) <= limit


def test_the_whole_comment() -> None:
    address = Address("Field", "Lead.A")
    changes = (
        Change(None, Resource(Address("Field", "Lead.B"), {"length": 80}), Cause.NEW),
        Change(
            Resource(address, {"minutes": 60, "gone": 1}),
            Resource(address, {"minutes": 5, "new": "x"}),
            Cause.HAND,
            Touched("Ana Ruiz", "2026-03-01T09:00:00Z"),
        ),
        Change(Resource(Address("Field", "Lead.C"), {"length": 1}), None, Cause.ORPHANED),
    )
    plan = everywhere(
        "acme", changes=changes, conflicts=(), unread=(), notices=("Ana left",), kept=(), remade=(),
        aim=everywhere("x").aim.__class__(), ticked=(), goes_live=False, org=org("Acme", id="00D1"),
    )  # fmt: skip
    assert markdown(plan, next_command="provisioner apply acme.plan -c sandbox") == (
        f"""\
{MARK}
### Plan: 1 to add, 1 to change, 1 to delete.

Org `Acme` (`00D1`), not production, design `acme`.

**1 change of this plan undoes what was done by hand.**

**Worth knowing**

- `Ana left`

**Loses data: 1**

- delete `Field:Lead.C` (no longer in the design)

**Changes behaviour: 1**

<details><summary>change <code>Field:Lead.A</code> (changed by hand <code>by Ana Ruiz on 2026-03-01 09:00 UTC</code>)\
</summary>

```diff
- minutes: 60
+ minutes: 5
- gone: 1
+ new: "x"
```

</details>


**Creates: 1**

- add `Field:Lead.B` (new)

Carry it out: `provisioner apply acme.plan -c sandbox`

Made `2026-03-02 13:00 UTC`, valid until `2026-03-03 13:00 UTC`, digest `sha256:0`.
"""
    )


def test_risky_changes_come_first_and_in_sight() -> None:
    said = markdown(everywhere("x"))
    places = [said.index(title) for title in ("**Loses data: 1**", "**Changes behaviour: 1**", "**Creates: 1**")]
    assert places == sorted(places)


@pytest.mark.parametrize("count", [1, 50, 400, 3_000])
def test_a_comment_fits_and_counts_what_is_left_out(count: int) -> None:
    said = markdown(long_plan(count), whole="provisioner plan show acme.plan")
    assert len(said.encode()) <= LIMIT
    inside = len(re.findall(r"<code>Field:Lead\.Number_|- change `Field:Lead\.Number_", said))
    left = re.search(r"^- Changes behaviour: (\d+) more$", said, re.MULTILINE)
    assert inside + (int(left[1]) if left else 0) == count
    assert ("The whole plan: `provisioner plan show acme.plan`" in said) is bool(left)
    assert bool(left) is (count >= 400)


def test_wide_letters_fit_too() -> None:
    wide = everywhere("𝕏" * 3_000, notices=("𝕏" * 5_000,) * 500, conflicts=(Address("F", "𝕏" * 9_000),) * 500)
    said = markdown(wide)
    assert len(said.encode("utf-16-le")) // 2 <= len(said.encode()) <= LIMIT
    assert re.search(r"^- Worth knowing: \d+ more$", said, re.MULTILINE)


def test_ten_thousand_changes_take_less_than_two_seconds() -> None:
    plan = long_plan(10_000)
    start = time.process_time()
    markdown(plan)
    assert time.process_time() - start < 2


def test_nothing_to_do_says_why() -> None:
    nothing = {"changes": (), "goes_live": False}
    assert "### No changes." in markdown(everywhere("x", **nothing, conflicts=(), unread=()))
    assert "### Nothing can be changed." in markdown(everywhere("x", **nothing))
