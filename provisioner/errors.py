"""The exception tree. Faults in the user's document are findings, not exceptions; these stop the work.

ProvisionerError            exit 1
├── UsageError              exit 2  wrong option, connection or file
├── DesignError             exit 2  the design has error findings; carries them all
├── PlanError               exit 1
│   └── Refused             exit 5  a guard said no: other org, stale plan, not owned, not confirmed
├── PartlyApplied           exit 4  some changes are in the CRM, some are not
├── Interrupted             exit 130  by a signal; what is known about the effect is in the message
└── TargetError             exit 1  the vendor, its network or its answer
    ├── NotAllowed          credentials or permissions
    ├── RateLimited         the vendor asked us to wait longer than we do
    ├── Unreachable         no answer; what is known about the effect is in the message
    ├── Rejected            the vendor understood and refused (deploy errors); carries the problems
    └── Overtaken           exit 4  ours was written, and what somebody else recorded at that moment may be lost
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ProvisionerError(Exception):
    """Something we can explain. `advice` is what the user can do next."""

    exit_code = 1

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class UsageError(ProvisionerError):
    exit_code = 2


class DesignError(ProvisionerError):
    exit_code = 2

    def __init__(self, message: str, *, findings: Sequence[Any] = (), advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.findings = tuple(findings)


class PlanError(ProvisionerError):
    exit_code = 1


class Refused(PlanError):
    exit_code = 5


class PartlyApplied(ProvisionerError):
    exit_code = 4


class Interrupted(ProvisionerError):
    exit_code = 130


class TargetError(ProvisionerError):
    exit_code = 1


class NotAllowed(TargetError):
    """Credentials were not accepted or a permission is missing."""


class RateLimited(TargetError):
    """The vendor's limit is used up for longer than we wait."""


class Unreachable(TargetError):
    """No (usable) answer from the vendor."""


class Overtaken(TargetError):
    """Two wrote at the same moment: ours is in the CRM, and what the other one recorded there may be lost."""

    exit_code = 4


class Rejected(TargetError):
    """The vendor refused. `problems` are (address or file, text) pairs in the vendor's words."""

    def __init__(self, message: str, *, problems: Sequence[tuple[str, str]] = (), advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.problems = tuple(problems)
