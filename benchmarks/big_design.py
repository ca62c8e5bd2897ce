"""Designs of a known number of resources, for benchmarks: many lead types, and many escalations of many steps."""

from __future__ import annotations

# resources, two of them steps for people → lead types, escalations, steps of each
SIZES = {100: (26, 1, 2), 1_000: (151, 40, 19), 10_000: (981, 470, 19)}


def design_text(types: int, escalations: int, steps: int) -> str:
    """A valid design for Salesforce. Every lead type and every step is a record; the rest is the same for all."""
    lines = [
        "apiVersion: provisioner/v1",
        "design: big",
        "client: Big Corp",
        "target: {platform: salesforce, object: Lead, prefix: STL, expect: {org_id: 00D000000000001AAA}}",
        "lead_types:",
    ]
    for number in range(types):
        condition = f"{{LeadSource: [Source {number}]}}"
        rest = f"sla: {5 + number % 50}m, escalation: esc_{number % escalations}"
        lines.append(f"  - {{id: type_{number}, label: Type {number}, when: {condition}, {rest}}}")
    lines.append("escalation:")
    for number in range(escalations):
        lines.append(f"  esc_{number}:")
        for step in range(steps):
            lines.append(f"    - {{at: due + {step + 1 + number % 7}m, notify: [rep], via: [email]}}")
    lines += ["recipients: {rep: {role: record_owner}}", "alerts: {mode: silent, silent_to: qa@acme.example}"]
    return "\n".join(lines) + "\n"
