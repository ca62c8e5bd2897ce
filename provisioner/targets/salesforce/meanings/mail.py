"""The mail to the owner: its folder, its template, and the alert that sends it."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.targets.base import Meaning
from provisioner.targets.meaning import arrow, differing, everybody
from provisioner.targets.salesforce.meanings.words import Told


def alert(told: Told) -> Iterator[Meaning]:
    """Without it the timers write the same mail by themselves."""
    mine = everybody(told.design)
    if told.goes or told.comes:
        does = "owners get their mails from the flow itself" if told.goes else "it sends owners their mails"
        yield Meaning(f"Email alert {told.name} is {'removed' if told.goes else 'added'}: {does}", mine)
        return
    yield from arrow(f"Template of the email alert {told.name}", told.moved("template"), mine)
    for key in ("recipients", "ccEmails"):
        if told.moved(key) is not None:
            yield Meaning(f"Email alert {told.name} writes to other people than before", mine)
    for item in told.others("template", "recipients", "ccEmails"):
        yield from differing(f"Email alert {told.name}", item)


def template(told: Told) -> Iterator[Meaning]:
    mine = everybody(told.design)
    if told.goes or told.comes:
        yield Meaning(f"Email template {told.name} is {'removed' if told.goes else 'added'}", mine if told.goes else ())
        return
    if told.moved("content") is not None:
        yield Meaning("The text of mails to owners is another one", mine)
    yield from arrow("Subject of mails to owners", told.moved("subject"), mine)
    for item in told.others("content", "subject"):
        yield from differing(f"Email template {told.name}", item)


def folder(told: Told) -> Iterator[Meaning]:
    if told.goes or told.comes:
        yield Meaning(f"Folder of email templates {told.name} is {'removed' if told.goes else 'added'}")
        return
    for item in told.others():
        yield from differing(f"Folder of email templates {told.name}", item)
