"""templates/salesforce: one environment, compiled when something is rendered first.

XML is escaped everywhere, and a name that a template does not get is an error. Apex is not markup: escaping for XML
would break it, so what goes into it are names only, and they are checked (`files.code`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from provisioner.assets import path

if TYPE_CHECKING:
    from jinja2 import Environment

APEX = ("cls.j2", "trigger.j2")


def rendered(template: str, values: Mapping[str, Any]) -> bytes:
    """The UTF-8 text of `templates/salesforce/<template>`. jinja2.UndefinedError when it asks for what is not there."""
    return (_environment().get_template(template).render(values).strip() + "\n").encode("utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=FileSystemLoader(path("templates", "salesforce")),
        undefined=StrictUndefined,
        autoescape=select_autoescape(disabled_extensions=APEX, default=True),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        optimized=False,  # folding constants takes longer than it saves in templates that run once
        auto_reload=False,
    )
    environment.filters["one_line"] = _one_line
    return environment


def _one_line(text: str) -> str:
    """A formula that a template spreads over several lines. Markup stays markup."""
    return type(text)(" ").join(line.strip() for line in text.strip().splitlines())
