"""Words of the design inside formulas."""

from __future__ import annotations

SUBJECT_MOST = 255
PLACEHOLDERS = {"lead.name": "leadName", "company": "leadCompany", "rep": "repName", "lead_type": "leadTypeLabel"}


def quoted(text: str) -> str:
    """A user's text as a literal of the formula language; it can neither end the literal nor open a merge field."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ").replace("\r", " ")
    return '"' + escaped.replace("{!", '{" & "!').replace("{$", '{" & "$') + '"'


def subject_formula(task: str) -> str:
    """The subject of a task as a formula, placeholders filled at run time, at most 255 characters."""
    parts: list[str] = []
    rest = task
    while rest:
        at, name = min(
            ((rest.find("{" + key + "}"), key) for key in PLACEHOLDERS if "{" + key + "}" in rest), default=(-1, "")
        )
        if at < 0:
            parts.append(quoted(rest))
            break
        if at:
            parts.append(quoted(rest[:at]))
        parts.append("{!" + PLACEHOLDERS[name] + "}")
        rest = rest[at + len(name) + 2 :]
    return f"LEFT({' & '.join(parts) or quoted('')}, {SUBJECT_MOST})"
