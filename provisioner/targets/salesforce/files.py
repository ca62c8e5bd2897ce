"""A design → the files that its templates make of it, complete, in the layout of a package (mdapi).

Here is what the templates are told: names, lists, conditions. What a file looks like is theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.model.design import Design
from provisioner.model.uses import step_count
from provisioner.targets.salesforce import alerting, versions
from provisioner.targets.salesforce.conditions import Translator
from provisioner.targets.salesforce.conversion import copied
from provisioner.targets.salesforce.conversion import objects as converted_to
from provisioner.targets.salesforce.features import BY_PEOPLE, activity_fields, features, lead_fields, metadata_types
from provisioner.targets.salesforce.mail import mail_files
from provisioner.targets.salesforce.names import (
    ERROR_MOST,
    LABEL_MOST,
    STATUSES,
    TASK_SUBTYPES,
    TOUCHES,
    Names,
    has_business_clock,
)
from provisioner.targets.salesforce.records import calendars, records
from provisioner.targets.salesforce.reporting.fields import steps_on
from provisioner.targets.salesforce.reporting.files import reporting_files
from provisioner.targets.salesforce.reporting.views import views
from provisioner.targets.salesforce.stages import passages, stage_rules, stages
from provisioner.targets.salesforce.templates import maker, rendered

Files = dict[str, bytes]
_CODE = (
    ("ApexClass", "classes/{}.cls", "Clock", "clock.cls.j2"),
    ("ApexClass", "classes/{}.cls", "Clock_Test", "clock_test.cls.j2"),
    ("ApexTrigger", "triggers/{}.trigger", "Lead_Clock", "clock.trigger.j2"),
)
_CODE_SAFE = re.compile(r"[A-Za-z0-9_.-]+")


def files(design: Design) -> Files:
    """Every file of the design by its path, nothing that differs from one day to the next. No package.xml."""
    common = _common(design)
    return {
        **_objects(design, common),
        **_configuration(design, common),
        **_code(design, common),
        **mail_files(design, common),
        **reporting_files(design, common),
        **_flows(design, common),
    }


def _common(design: Design) -> dict[str, Any]:
    """What every template may use. `field.X` is the API name of our field X on Lead, `record.X` the same field of the
    triggering record, `type.X` the API name of a custom metadata type, `activity.X` that of our field X on activities,
    `has.X` whether the design asks for X."""
    names = Names(design.target.prefix)
    field = {word: names.field(word) for word in lead_fields(design)}
    return {
        "names": names,
        "prefix": names.prefix,
        "design": design.id,
        "api_version": versions.wanted(design),
        "mail_version": versions.of_mails(design),
        "managed": f"Managed by provisioner (design {design.id}).",
        "field": field,
        "record": {word: f"$Record.{name}" for word, name in field.items()},
        "type": {word: names.type(word) for word in metadata_types(design)},
        "activity": {word: names.field(word) for word in activity_fields(design)},
        "has": features(design),
        "step_fields": [names.step_at(number) for number in range(1, step_count(design) + 1)],
        "has_business_clock": has_business_clock(design),
        "error_most": ERROR_MOST,
        "content": design.alerts.content,
        "stages": stages(design),
        "passages": passages(design),
        "copied": copied(design),
        "rejected": [stage for stage in stages(design) if stage.rejects],
        "by_people": [names.field(word) for word in BY_PEOPLE],
        "history": names.field("Stage_History"),
    }


def _objects(design: Design, common: Mapping[str, Any]) -> Files:
    lists = {
        "touches": TOUCHES,
        "statuses": STATUSES,
        "type_labels": {lead_type.id: lead_type.label for lead_type in design.lead_types},
        "rejection_reasons": _same(() if design.recycling is None else design.recycling.reasons),
        "recycle_limit": None if design.recycling is None else design.recycling.limit,
        "breach_reasons": _same(() if design.breach is None else design.breach.reasons),
        "steps_on": steps_on(design),
        "views": views(design),
    }
    found = {"Lead": "Lead", **common["type"], **({"Activity": "Activity"} if common["activity"] else {})}
    if common["has"].history:
        found["Stage_History"] = common["history"]
    found |= {name: name for name in converted_to(design)}
    errors = {f"objects/{common['names'].object('Error')}.object": rendered("objects/error.xml.j2", common)}
    return errors | {
        f"objects/{name}.object": rendered("object.xml.j2", {**common, **lists, "object": word})
        for word, name in found.items()
    }


def _same(values: Iterable[str]) -> dict[str, str]:
    """Picklist values that are called what they are."""
    return {value: value for value in values}


def _configuration(design: Design, common: Mapping[str, Any]) -> Files:
    """Configuration that is data, who may read, and who is told."""
    names: Names = common["names"]
    make = maker("custom_metadata.xml.j2", "record")
    found = {
        f"customMetadata/{names.of(record.type)}.{record.name}.md": make(record.label, record.cells)
        for record in records(design)
    }
    objects = converted_to(design)
    if objects:
        path = "LeadConvertSettings/LeadConvertSettings.LeadConvertSetting"
        found[path] = rendered("lead_convert_settings.xml.j2", {**common, "objects": objects})
    entries = list(calendars(design))
    if entries:
        found["settings/BusinessHours.settings"] = rendered("business_hours.xml.j2", {"calendars": entries})
    queues = {item.value for item in design.recipients.values() if item.kind == "queue" and item.create and item.value}
    for queue in sorted(queues):
        values = {**common, "queue": queue, "label_most": LABEL_MOST}
        found[f"queues/{queue}.queue"] = rendered("queue.xml.j2", values)
    found[f"notificationtypes/{names.of('Alert')}.notiftype"] = rendered("notification_type.xml.j2", common)
    values = {**common, "objects": objects}
    found[f"permissionsets/{names.of('Speed_To_Lead')}.permissionset"] = rendered("permission_set.xml.j2", values)
    return found


def _code(design: Design, common: Mapping[str, Any]) -> Files:
    """The Apex clock, only where a lead type runs on business hours: no formula knows holidays and daylight saving.
    Nothing a user wrote freely goes in. ValueError for a prefix or design id that is no plain name."""
    found: Files = {}
    if not common["has_business_clock"]:
        return found
    for word in (common["prefix"], design.id):
        if not _CODE_SAFE.fullmatch(word):
            raise ValueError(f"{word!r} cannot stand in code")
    for kind, place, word, template in _CODE:
        path = place.format(common["names"].of(word))
        found[path] = rendered(template, common)
        found[f"{path}-meta.xml"] = rendered("code_meta.xml.j2", {"kind": kind, "api_version": common["api_version"]})
    return found


def _flows(design: Design, common: Mapping[str, Any]) -> Files:
    touches = design.telemetry.first_touch.types
    subtypes = {str(touch): subtype for touch, subtype in TASK_SUBTYPES.items() if touch in touches}
    wanted = {
        "lead_stamp": _stamp(design),
        "lead_timers": alerting.timers(design),
        "lead_owner_settled": {},
        "log_error": {},
    }
    if alerting.after_hours_types(design):
        wanted["lead_after_hours"] = alerting.after_hours(design)
    if design.telemetry.stages is not None and design.telemetry.stages.history:
        wanted["lead_stage_history"] = {"stage_field": design.telemetry.stages.field}
        wanted["lead_converted"] = {}
    if subtypes:
        wanted["task_first_touch"] = {"task_subtypes": subtypes, "task_logic": _task_logic(len(subtypes))}
    if "meeting" in touches:
        wanted["event_first_touch"] = {}
    names: Names = common["names"]
    return {
        f"flows/{names.of(name.title())}.flow": rendered(f"flows/{name}.flow.j2", {**common, **values})
        for name, values in wanted.items()
    }


def _task_logic(subtypes: int) -> str:
    """Two conditions hold, and one of the subtypes."""
    if subtypes == 1:
        return "and"
    return f"1 AND 2 AND ({' OR '.join(str(place) for place in range(3, 3 + subtypes))})"


def _stamp(design: Design) -> dict[str, Any]:
    """What the stamp flow decides by: the design's conditions in native comparisons."""
    translator = Translator()
    lead_types = [(item.id, translator.rule(item.when)) for item in design.lead_types]
    exclusions = [(item.id, translator.rule(item.when)) for item in design.exclusions]
    reached = stage_rules(design, translator)
    return {
        "stage_field": "" if design.telemetry.stages is None else design.telemetry.stages.field,
        "stage_rules": reached,
        "lead_types": lead_types,
        "exclusions": exclusions,
        "answers": translator.answers,
        "engagement": design.telemetry.engagement,
        "track_as": design.unmatched.track_as,
        "on_reassign": design.assignment.on_reassign,
        "queue_starts_clock": design.assignment.queue_starts_clock,
    }
