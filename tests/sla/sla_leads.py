"""Policies, people and events that the tests of the timeline share. New York is UTC-5, from 8 March 2026 on UTC-4;
business hours are 08:00-18:00, Monday to Friday; 2 March 2026 is a Monday."""

from __future__ import annotations

from sla_designs import business, design, lead_type, step, utc

from provisioner.sla import Owner, Policy, Saved, Touched, run

ANN, BOB = Owner("ann@acme.example"), Owner("bob@acme.example")
BOT = Owner("integration@acme.example")
QUEUE = Owner("SDR_Queue", "queue", human=False)
WEB = {"Source": "web", "Engaged": "2026-03-02T13:00:00Z"}
FAR = utc("2027-01-01")
LADDER = (
    step("50", status="at_risk"),
    step(after=0, notify=("rep", "rep", "boss"), via=("bell", "email")),
    step(after=120, notify=("boss",), task="Call {lead.name} now", reassign_to="backup"),
)


def web_policy(*steps, sla=60, **other):
    """One lead type `web` on the calendar clock, due an hour after it is assigned."""
    return Policy.of(design(lead_type("web", sla, escalation="ladder" if steps else None), steps=steps, **other))


def saved(at, owner=ANN, **values):
    return Saved(utc(at), WEB | values, owner)


def touched(at, actor=ANN.key, kind="call", human=True):
    return Touched(utc(at), kind, actor, human)


def final(policy, *events, until=FAR, **other):
    return run(policy, events, until=until, **other).state


def office_policy(sla, *steps, **other):
    return Policy.of(design(business("web", sla, escalation="ladder"), steps=steps, **other))
