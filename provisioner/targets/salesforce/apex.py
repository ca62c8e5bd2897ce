"""The Apex clock: only where a lead type runs on business hours, because no formula knows holidays and daylight saving.

Rendered from templates/salesforce/*.j2 (plain text; every value put in is a checked API name). Not compiled here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from provisioner.assets import path
from provisioner.model.design import Design
from provisioner.resources import Address, Resource
from provisioner.targets.salesforce.names import Names, has_business_clock, step_count

if TYPE_CHECKING:
    from jinja2 import Environment

API_VERSION = "66.0"


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(path("templates", "salesforce"))
    # Apex is not markup: escaping for XML would break it. What goes in are names, nothing a user wrote freely.
    return Environment(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def apex(design: Design) -> Iterator[Resource]:
    """STL_Clock, STL_Clock_Test and the trigger STL_Lead_Clock; nothing for a design without business clocks."""
    if not has_business_clock(design):
        return
    names = Names(design.target.prefix)
    values = {
        "names": names,
        "design": design.id,
        "steps": [names.step_at(number) for number in range(1, step_count(design) + 1)],
    }
    for kind, word, template in (
        ("ApexClass", "Clock", "clock.cls.j2"),
        ("ApexClass", "Clock_Test", "clock_test.cls.j2"),
        ("ApexTrigger", "Lead_Clock", "clock.trigger.j2"),
    ):
        body = _templates().get_template(template).render(values)
        content = {"apiVersion": API_VERSION, "body": body, "status": "Active"}
        yield Resource(Address(kind, names.of(word)), content)
