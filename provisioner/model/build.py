"""Checked data → the typed Design, with defaults filled in.

What is broken is left out, so that the rules can still look at the rest. `Builder.faulty` says whether anything was,
and `Builder.doubtful` where (with everything around it), so that no rule complains about what follows from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal, TypeVar, cast

from provisioner.diagnostics import Diagnostic
from provisioner.document import Document
from provisioner.document.faults import UNKNOWN
from provisioner.document.shape import design_schema
from provisioner.document.tree import escape
from provisioner.model.conditions import Reader
from provisioner.model.design import (
    AfterHours,
    Alerts,
    Assignment,
    BusinessHours,
    Condition,
    Contacts,
    Design,
    Duration,
    Escalation,
    Exclusion,
    FirstTouch,
    FollowUp,
    LeadType,
    Quiet,
    Recipient,
    Step,
    Target,
    Telemetry,
    Unmatched,
)
from provisioner.model.durations import At, UnreadableDuration, parse_at, parse_duration
from provisioner.model.hours import CalendarReader
from provisioner.model.registry import AT, CONDITION, DURATION
from provisioner.model.sections import (
    read_breach,
    read_conversion,
    read_recycling,
    read_reports,
    read_stages,
    read_surge,
    read_targets,
)
from provisioner.rules import Finding, Rule

CONTENT = ("lead.name", "lead_type", "company", "rep", "sla", "elapsed", "link")
RENAMABLE = ("business_hours", "lead_types", "escalation", "recipients", "exclusions")
SAME_DAY: Literal["same_business_day"] = "same_business_day"

T = TypeVar("T")


class Builder:
    """Builds one design. `findings` grows while it works."""

    def __init__(self, document: Document, shape: Sequence[Diagnostic], today: date) -> None:
        self.document = document
        self.today = today
        self.findings: list[Diagnostic] = []
        self._broken = {
            above
            for item in (*document.findings, *shape)
            if item.severity == "error" and item.code != UNKNOWN.code
            for above in _prefixes(item.pointer)
        }
        self.faulty = bool(self._broken)
        self.doubtful = {above for item in shape for above in _prefixes(item.pointer)} | self._broken
        self._conditions = Reader(lambda *said: self.report(CONDITION, *said))

    def report(self, rule: Rule, pointer: str, detail: str, advice: str, key: bool = False) -> None:
        locate = self.document.locate_key if key else self.document.locate
        self.findings.append(rule.diagnostic(Finding(pointer, detail, advice), locate))
        self.doubtful.update(_prefixes(pointer))
        self.faulty = True

    def build(self) -> Design:
        target = self._target()
        return Design(
            id=self._value("design", ""),
            client=self._value("client", ""),
            contacts=Contacts(**_only(self._section("contacts"), "owner", "handoff")),
            target=target,
            telemetry=self._telemetry(target.object),
            business_hours=self._entries("business_hours", CalendarReader(self.report, self.today).read),
            lead_types=tuple(self._items("lead_types", self._lead_type)),
            unmatched=self._unmatched(),
            escalations=self._entries("escalation", self._escalation),
            recipients=self._entries("recipients", _recipient),
            alerts=self._alerts(),
            exclusions=tuple(self._items("exclusions", self._exclusion)),
            assignment=Assignment(**_only(self._section("assignment"), "on_reassign", "queue_starts_clock")),
            enablement=self._plain("enablement"),
            recycling=read_recycling(self._plain("recycling")),
            breach=read_breach(self._plain("breach")),
            surge=read_surge(self._plain("surge")),
            reports=read_reports(self._plain("reports"), label_of),
            targets=read_targets(self._plain("targets"), self._duration),
            was=former_ids(self.document.data),
        )

    # -- the parts of the document, without what is broken

    def _value(self, name: str, default: T) -> T:
        found = self.document.data.get(name, default) if isinstance(self.document.data, dict) else default
        return default if f"/{name}" in self._broken else cast(T, found)

    def _section(self, name: str) -> Mapping[str, Any]:
        found: Any = self._value(name, {})
        return found if isinstance(found, dict) else {}

    def _plain(self, name: str) -> Mapping[str, Any] | None:
        return self._section(name) or None

    def _whole(self, name: str) -> Any:
        """A section whose entries are judged one by one: present even when one of them is broken."""
        return self.document.data.get(name) if isinstance(self.document.data, dict) else None

    def _entries(self, name: str, read: Callable[[str, Any, str], T | None]) -> dict[str, T]:
        found: dict[str, T] = {}
        section = self._whole(name)
        for id, data in section.items() if isinstance(section, dict) else ():
            pointer = f"/{name}/{escape(id)}"
            if pointer not in self._broken and (entry := read(id, data, pointer)) is not None:
                found[id] = entry
        return found

    def _items(self, name: str, read: Callable[[Any, str], T | None]) -> Iterator[T]:
        section = self._whole(name)
        for index, data in enumerate(section if isinstance(section, list) else ()):
            pointer = f"/{name}/{index}"
            if pointer not in self._broken and (entry := read(data, pointer)) is not None:
                yield entry

    # -- one method per kind of entity

    def _target(self) -> Target:
        data = self._section("target")
        return Target(
            platform=cast(Any, data.get("platform", "")),
            object=data.get("object", ""),
            prefix=data.get("prefix", ""),
            expect=dict(data.get("expect", {})),
            options=_only(
                data,
                "api_version",
                "timezone",
                "fields",
                "features",
                "slack_action_version",
                "slack_app_id",
                "slack_workspace_id",
                "accept",
            ),
        )

    def _telemetry(self, object: str) -> Telemetry:
        data = self._section("telemetry")
        touch = data.get("first_touch", {})
        usual = design_schema()["properties"]["telemetry"]["properties"]["engagement"]["x-default-of"]
        return Telemetry(
            engagement=tuple(data.get("engagement", usual.get(object, ()))),
            first_touch=FirstTouch(
                types=tuple(touch.get("types", FirstTouch().types)),
                ignore_users=tuple(touch.get("ignore_users", ())),
            ),
            stages=read_stages(data.get("stages")),
            conversion=read_conversion(data.get("conversion")),
        )

    def _unmatched(self) -> Unmatched:
        data = self._section("unmatched")
        track_as = data.get("track_as", "none")
        return Unmatched(None if track_as == "none" else track_as, data.get("report", True))

    def _alerts(self) -> Alerts:
        data = self._section("alerts")
        content = tuple(data.get("content", CONTENT))
        quiet = [
            Quiet(item["id"], when, at)
            for at, item in ((f"/alerts/quiet/{place}", item) for place, item in enumerate(data.get("quiet", ())))
            if (when := self._condition(item["when"], f"{at}/when")) is not None
        ]
        return Alerts(data.get("mode", "silent"), data.get("silent_to", ""), content, tuple(quiet))

    def _exclusion(self, data: Mapping[str, Any], at: str) -> Exclusion | None:
        when = self._condition(data["when"], f"{at}/when")
        return Exclusion(data["id"], when, at) if when is not None else None

    def _lead_type(self, data: Mapping[str, Any], at: str) -> LeadType | None:
        when = self._condition(data["when"], f"{at}/when")
        sla = self._sla(data["sla"], f"{at}/sla")
        after_hours = self._after_hours(data.get("after_hours"), f"{at}/after_hours")
        follow_up = self._follow_up(data.get("follow_up"), f"{at}/follow_up")
        if when is None or sla is None:
            return None
        clock = data.get("clock", "calendar")
        return LeadType(
            id=data["id"],
            label=data.get("label", label_of(data["id"])),
            when=when,
            sla=sla,
            clock=clock,
            hours=data.get("hours") if clock == "business" else None,
            escalation=data.get("escalation"),
            hand_raiser=data.get("hand_raiser", False),
            after_hours=after_hours,
            follow_up=follow_up,
            at=at,
        )

    def _after_hours(self, data: Mapping[str, Any] | None, at: str) -> AfterHours | None:
        if data is None or (sla := self._duration(data["sla"], f"{at}/sla")) is None:
            return None
        return AfterHours(data.get("clock", "calendar"), sla, tuple(data["notify"]), at)

    def _follow_up(self, data: Mapping[str, Any] | None, at: str) -> FollowUp | None:
        if data is None or (within := self._duration(data["within"], f"{at}/within")) is None:
            return None
        return FollowUp(data["touches"], within, at)

    def _escalation(self, id: str, data: list[Mapping[str, Any]] | Mapping[str, Any], at: str) -> Escalation | None:
        above, items = (at, data) if isinstance(data, list) else (f"{at}/steps", data["steps"])
        steps = [self._step(item, f"{above}/{index}") for index, item in enumerate(items)]
        good = tuple(step for step in steps if step is not None)
        return Escalation(id, good, at) if len(good) == len(steps) else None

    def _step(self, data: Mapping[str, Any], at: str) -> Step | None:
        if (when := self._at(data["at"], f"{at}/at")) is None:
            return None
        notify = tuple(data.get("notify", ()))
        return Step(
            percent=when.percent,
            after_due=when.after_due,
            notify=notify,
            via=tuple(data.get("via", ("email",) if notify else ())),
            status=data.get("status"),
            task=data.get("task"),
            reassign_to=data.get("reassign_to"),
            at=at,
        )

    # -- values that are written in a language of their own

    def _condition(self, value: Any, pointer: str) -> Condition | None:
        return self._conditions.read(value, pointer)

    def _sla(self, value: Any, pointer: str) -> Duration | Literal["same_business_day"] | None:
        return SAME_DAY if value == SAME_DAY else self._duration(value, pointer)

    def _duration(self, value: Any, pointer: str) -> Duration | None:
        try:
            return parse_duration(value)
        except UnreadableDuration as error:
            self.report(DURATION, pointer, error.detail, error.advice)
            return None

    def _at(self, value: Any, pointer: str) -> At | None:
        try:
            return parse_at(value)
        except UnreadableDuration as error:
            self.report(AT, pointer, error.detail, error.advice)
            return None


def former_ids(data: Any) -> dict[str, dict[str, tuple[str, ...]]]:
    """Section → id → what it was called before. Whatever has not the shape of it is left out."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for section in RENAMABLE:
        for id, entry in _named(data.get(section) if isinstance(data, dict) else None):
            was = entry.get("was") if isinstance(entry, dict) else None
            ids = [was] if isinstance(was, str) else was if isinstance(was, list) else []
            if ids and all(isinstance(item, str) for item in ids):
                found.setdefault(section, {})[id] = tuple(ids)
    return found


def _named(section: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(section, dict):
        yield from section.items()
    for item in section if isinstance(section, list) else ():
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            yield item["id"], item


def label_of(id: str) -> str:
    """The label of a lead type that names none: `demo_request` → `Demo request`."""
    return id.replace("_", " ").capitalize()


def _recipient(id: str, data: Mapping[str, Any], at: str) -> Recipient:
    if "role" in data:
        return Recipient(id, data["role"], None, data.get("otherwise", {}).get("user"), at)
    kind: Literal["user", "group", "queue", "slack"]
    for kind in ("user", "group", "queue", "slack"):
        if kind in data:
            return Recipient(id, kind, data[kind], None, at, data.get("create", False))
    raise ValueError(f"the recipient {id} has none of the forms of the schema")


def _only(data: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: data[name] for name in names if name in data}


def _prefixes(pointer: str) -> Iterator[str]:
    """The pointer and everything it lies in, except the whole document."""
    while pointer:
        yield pointer
        pointer = pointer.rpartition("/")[0]


__all__ = ["SAME_DAY", "Builder", "BusinessHours", "label_of"]
