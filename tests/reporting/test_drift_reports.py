"""One report in every format: the same findings, nothing of it read as markup, never clean when it is not."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from strategies.audits import audited, everything, facts, report

from provisioner import assets
from provisioner.diagnostics import Location
from provisioner.facts import Unasked
from provisioner.insight.accepted import Acceptance
from provisioner.insight.drift import Earlier, Report, compare
from provisioner.insight.finding import fingerprint_of
from provisioner.reporting.drift_data import drift_data
from provisioner.reporting.drift_junit import FailOn, drift_junit
from provisioner.reporting.drift_markdown import LIMIT, drift_markdown, plain
from provisioner.reporting.drift_message import slack_message, webhook_message
from provisioner.reporting.drift_page import drift_page
from provisioner.reporting.drift_sarif import drift_sarif
from provisioner.reporting.drift_text import closing, drift_text, share_text

CODES = [
    "B602", "C201", "L103", "L104", "M503", "P301", "P303", "P303",
    "R401", "R402", "R404", "R405", "B601", "C205", "L105", "L106", "M504", "P303", "R403", "R406", "P308", "R407",
]  # fmt: skip
SNIPPETS = (
    "<b>", "</style>", "</title>", "<script>alert(1)</script>", "<!--", "-->", "<img src=x onerror=alert(1)>", '"', "'",
    "javascript:alert(1)", "&lt;", "&", "]]>", "{{ 7 * 7 }}", "{% raw %}", "\n", "\x00", "\x1b[2J", "\u202e", "\ud800",
    "</details>", "<svg/onload=alert(1)>", "`", "```", "@everyone", "#1", "[x](https://a.example)", "|", "**b**",
    "https://a.example", "<!channel>", "</failure>",
)  # fmt: skip
hostile = st.lists(st.one_of(st.sampled_from(SNIPPETS), st.text(max_size=8)), min_size=1, max_size=6).map("".join)
SCHEMA = Draft202012Validator(
    json.loads(assets.read_text("specs", "drift.schema.json")),
    format_checker=Draft202012Validator.FORMAT_CHECKER,
)
FULL = report(everything())


def with_everything(found: Report = FULL) -> Report:
    """Accepted, expired and unused entries, and an earlier report."""
    first, second = found.findings[0], next(item for item in found.findings if item.code == "L103")
    place = Location("provisioner.accepted.yaml", 3, 5)

    def entry(code: str, subject: str, until: date) -> Acceptance:
        return Acceptance(code, subject, "", "Known.", until, place)

    made = report(
        everything(),
        acceptances=[
            entry(first.code, first.subject, date(2026, 12, 31)),
            entry(second.code, second.subject, date(2026, 1, 1)),
            entry("L101", "LeadSource: Nowhere", date(2026, 12, 31)),
        ],
    )
    gone = Earlier("M501", "miss rate", fingerprint_of("M501", "miss rate"), "warning")
    blind = Earlier("L106", "Old form", fingerprint_of("L106", "Old form"), "warning")
    still = Earlier(second.code, second.subject, second.fingerprint, "error")
    return compare(made, [gone, blind, still], "2026-06-08T08:00:00Z")


def test_the_audit_that_the_formats_show_has_something_of_every_family() -> None:
    assert [finding.code for finding in FULL.findings] == CODES
    assert [item.part for item in FULL.unchecked] == ["Flow:TikTok", "entrances"]


# ------------------------------------------------------------------------------ JSON


def test_the_json_report_is_what_its_schema_says() -> None:
    for found in (FULL, report(), with_everything()):
        SCHEMA.validate(drift_data(found))
        assert json.loads(json.dumps(drift_data(found))) == drift_data(found)


def test_the_schema_is_strict() -> None:
    data = drift_data(FULL)
    for broken in (data | {"more": 1}, {**data, "format": 2}, {k: v for k, v in data.items() if k != "unchecked"}):
        assert not SCHEMA.is_valid(broken)


def test_the_json_report_counts_and_compares() -> None:
    data = drift_data(with_everything())
    assert data["summary"] == {"error": 11, "warning": 8, "info": 2, "accepted": 1, "unchecked": 2}
    assert data["clean"] is False
    assert (data["accepted"][0]["code"], data["accepted"][0]["until"]) == ("B602", "2026-12-31")
    assert [item["until"] for item in data["expired"]] == ["2026-01-01"]
    assert [item["subject"] for item in data["unused"]] == ["LeadSource: Nowhere"]
    compared = data["compared"]
    assert (len(compared["new"]), len(compared["still"])) == (20, 1)
    assert [item["code"] for item in compared["gone"]] == ["M501"]
    assert [item["code"] for item in compared["not_looked_for"]] == ["L106"]


# -------------------------------------------------------------------------- terminal


def test_the_text_of_a_finding_says_where_what_why_and_what_now() -> None:
    text = drift_text(report(everything(), only=["C201"]))
    assert (
        "\nConfiguration\n"
        "acme.yaml:17:5: error C201: Something this design made was changed by hand\n"
        "  Type:demo\n"
        "  SLA of TikTok: 5 minutes -> 60 minutes, by TikTok on 2026-06-03.\n"
        "  Judged or alerted under it: 112 leads of “Demo” (SLA 5m) since 2026-06-03.\n"
        "  What to do: See the difference: provisioner plan acme.yaml -c sandbox; put the design back: "
        "provisioner apply acme.yaml -c sandbox\n"
        "  How we know: 112 records, by: TikTok; for example TikTok\n"
    ) in text
    assert text.endswith("Drift: 1 error; 1 part was not checked.")


def test_the_closing_line_is_clean_only_when_everything_was_looked_at() -> None:
    blind = audited(facts=facts(entrances=None, unasked=(Unasked("entrances", "No permission."),)))
    assert closing(report()) == "No drift: everything was looked at, and nothing was found."
    assert closing(report(blind)) == "Nothing was found, but 1 part was not checked: this is no clean result."
    assert closing(report(only=["people"])) == "No drift in people: everything was looked at, and nothing was found."
    assert closing(with_everything()) == "Drift: 11 errors, 8 warnings, 2 notes; 2 parts were not checked. 1 accepted."


def test_what_moved_and_what_is_no_longer_accepted_is_said() -> None:
    text = drift_text(with_everything(), verbose=True)
    for line in (
        "Since 2026-06-08T08:00:00Z: 20 new, 1 still, 1 gone",
        "  gone: M501 miss rate",
        "  not looked for this time: L106 Old form",
        "provisioner.accepted.yaml:3:5: accepted until 2026-01-01, which is past; it counts again: L103 "
        "LeadSource: TikTok",
        "provisioner.accepted.yaml:3:5: accepts nothing that was found: L101 LeadSource: Nowhere",
        "Accepted until 2026-12-31: B602 us (Known.)",
        "  Type:demo",
    ):
        assert f"\n{line}\n" in text
    assert "(still there)" in text and "(new)" in text


def test_only_everything_is_a_hundred_per_cent() -> None:
    assert [share_text(share) for share in (1.0, 0.99999, 0.5, 0.0)] == ["100 %", "99.9 %", "50 %", "0 %"]


@given(hostile)
@hypothesis_settings(max_examples=30, deadline=None)
def test_no_value_steers_a_terminal(text: str) -> None:
    shown = drift_text(report(everything(text)), verbose=True)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e\ud800]", shown)


# -------------------------------------------------------------------------- Markdown


@given(hostile)
@hypothesis_settings(max_examples=30, deadline=None)
def test_no_value_is_markup_in_a_comment(text: str) -> None:
    found = report(everything(text))
    page = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", drift_markdown(found))  # what stands in code is no markup
    assert page.count("<details>") == page.count("</details>") == len(found.findings)
    assert not re.search(r"<(?!/?(details|summary|b)>|!-- (-->|provisioner drift -->))", page)


def test_text_in_markdown_is_taken_apart() -> None:
    assert plain("@all #1 <b> [x](y) a_b") == ("@<!-- -->all #<!-- -->1 &#60;b&#62; &#91;x&#93;&#40;y&#41; a&#95;b")


def test_a_comment_is_never_too_long_and_says_what_is_missing() -> None:
    found = FULL.findings[0]
    many = tuple(replace(found, found=replace(found.found, subject=f"us {n}", detail="ü" * 900)) for n in range(200))
    page = drift_markdown(replace(FULL, findings=many))
    assert len(page.encode()) <= LIMIT
    left = re.search(r"Left out: (\d+) of Calendar\. The JSON report has all\.", page)
    assert left is not None and int(left[1]) + page.count("<details>") == 200


# ------------------------------------------------------------------------------ HTML


class Outline(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.links: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "xlink:href", "action", "style")]


PLAIN = Outline(drift_page(FULL))


@given(hostile.filter(lambda text: text.strip() and "tiktok" not in text.casefold()))
@hypothesis_settings(max_examples=30, deadline=None)
def test_no_value_is_markup_on_the_page(text: str) -> None:
    made = report(everything(text))
    if [finding.code for finding in made.findings] == CODES:  # another value may resemble another rule
        assert Outline(drift_page(made)).tags == PLAIN.tags


def test_the_page_needs_nothing_else() -> None:
    names = {tag for tag, _ in PLAIN.tags}
    assert names & {"script", "link", "img", "iframe", "object", "embed", "form", "base"} == set()
    assert all(link.startswith("#") for link in PLAIN.links)
    assert not any(name.startswith("on") or name == "style" for _, names in PLAIN.tags for name in names)
    assert "default-src 'none'" in drift_page(FULL)


def test_the_page_has_its_charts_and_their_figures_in_words() -> None:
    page = drift_page(FULL)
    assert page.count('<rect class="missed') == 5
    assert (
        '<th scope="row">06-08</th><td class="number">100</td><td class="number">30 %</td><td class="number">9.0'
        in page
    )
    assert re.search(r"no rule</b>, falls to Content", page)
    assert 'aria-label="50.4 % of the leads have a value that a rule maps"' in page


def test_a_page_without_charts_is_a_page() -> None:
    bare = replace(report(), values=(), periods=(), coverage=None, totals=None)
    assert {"svg", "table"} & {tag for tag, _ in Outline(drift_page(bare)).tags} == set()


# ------------------------------------------------------------------------ SARIF, JUnit


def sarif(found: Report) -> dict[str, Any]:
    run = json.loads(drift_sarif(found))["runs"][0]
    assert isinstance(run, dict)
    return run


def test_sarif_has_every_finding_at_its_place_with_a_fingerprint() -> None:
    run = sarif(FULL)
    assert [item["ruleId"] for item in run["results"]] == CODES
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[item["ruleIndex"]]["id"] == item["ruleId"] for item in run["results"])
    assert run["results"][0] | {"message": None, "ruleIndex": None} == {
        "ruleId": "B602",
        "ruleIndex": None,
        "level": "error",
        "message": None,
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "acme.yaml"},
                    "region": {"startLine": 8, "startColumn": 15},
                }
            }
        ],
        "partialFingerprints": {"provisionerDrift/v1": FULL.findings[0].fingerprint},
    }
    invocation = run["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert len(invocation["toolExecutionNotifications"]) == 2
    assert sarif(report())["invocations"][0]["executionSuccessful"] is True


def test_sarif_says_what_is_accepted_and_what_is_new() -> None:
    results = sarif(with_everything())["results"]
    assert [item["suppressions"][0]["justification"] for item in results if "suppressions" in item] == [
        "Until 2026-12-31: Known."
    ]
    states = [item.get("baselineState") for item in results]
    assert (states.count("new"), states.count("unchanged")) == (20, 1)


@pytest.mark.skipif("SARIF_SCHEMA" not in os.environ, reason="SARIF_SCHEMA does not name the official schema's file")
def test_sarif_is_what_the_official_schema_says() -> None:
    from jsonschema import Draft7Validator

    schema = json.loads(Path(os.environ["SARIF_SCHEMA"]).read_text(encoding="utf-8"))
    for found in (FULL, report(), with_everything(), report(everything("\ud800<&"))):
        Draft7Validator(schema).validate(json.loads(drift_sarif(found)))


def test_junit_shows_what_was_looked_for() -> None:
    suite = ElementTree.fromstring(drift_junit(with_everything())).find("testsuite")
    assert suite is not None
    cases = suite.findall("testcase")
    assert suite.attrib | {"name": "", "timestamp": ""} == {
        "name": "", "tests": str(len(cases)), "failures": "19", "errors": "2",
        "skipped": str(len(suite.findall("*/skipped"))),
        "timestamp": "", "time": "0",
    }  # fmt: skip
    assert [len(suite.findall(f"*/{name}")) for name in ("failure", "system-out", "error")] == [19, 2, 2]
    skipped = {case.attrib["name"][:4]: case[0].attrib["message"] for case in cases if case.find("skipped") is not None}
    assert skipped["B602"] == "accepted: us: Known." and skipped["L101"] == "not wholly checked"
    quiet = [case.attrib["name"][:4] for case in cases if len(case) == 0]
    assert quiet == ["B603", "M501", "M502", "P302", "P304", "P305", "P306", "P307", "P309", "P310"]


@pytest.mark.parametrize(
    ("fail_on", "levels"),
    [
        ("error", {"error"}),
        ("warning", {"error", "warning"}),
        ("info", {"error", "warning", "info"}),
        ("never", set()),
    ],
)
def test_junit_fails_from_the_level_that_the_exit_code_fails_from(fail_on: FailOn, levels: set[str]) -> None:
    found = with_everything()
    suite = ElementTree.fromstring(drift_junit(found, fail_on)).find("testsuite")
    assert suite is not None
    failed = [item.attrib["type"] for item in suite.findall("*/failure")]
    told = [(item.text or "").partition(":")[0] for item in suite.findall("*/system-out")]
    assert sorted(failed) == sorted(item.severity for item in found.findings if item.severity in levels)
    assert sorted(told) == sorted(item.severity for item in found.findings if item.severity not in levels)
    assert suite.attrib["failures"] == str(len(failed))


def test_sarif_levels_are_those_of_the_findings() -> None:
    levels = {"error": "error", "warning": "warning", "info": "note"}
    found = sarif(FULL)["results"]
    assert [item["level"] for item in found] == [levels[item.severity] for item in FULL.findings]


@given(hostile)
@hypothesis_settings(max_examples=30, deadline=None)
def test_no_value_breaks_the_files_for_machines(text: str) -> None:
    found = report(everything(text))
    ElementTree.fromstring(drift_junit(found).encode("utf-8"))
    assert len(sarif(found)["results"]) == len(found.findings)
    SCHEMA.validate(json.loads(json.dumps(drift_data(found))))


# -------------------------------------------------------------------------- messages


def test_a_message_is_a_summary() -> None:
    message = slack_message(FULL)
    assert message["text"] == "TikTok (00D1): Drift: 12 errors, 8 warnings, 2 notes; 2 parts were not checked."
    assert {block["text"]["type"] for block in message["blocks"]} == {"plain_text"}
    assert len(message["blocks"]) == 1 + 1 + 8 + 1 + 1
    assert all(len(block["text"]["text"]) <= 3000 for block in message["blocks"])
    data = webhook_message(FULL)
    assert (data["format"], len(data["report"]["findings"]), data["report"]["more"]) == (1, 8, 14)


@given(hostile)
@hypothesis_settings(max_examples=20, deadline=None)
def test_nobody_is_called_by_a_message(text: str) -> None:
    assert "<" not in slack_message(report(everything(text)))["text"]
