"""Fixtures of every emulator test: an org without HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from provisioner.emulator.salesforce.org import Org


@pytest.fixture
def org_in_process() -> Iterator[Org]:
    """A fresh org in memory, without a server."""
    org = Org()
    yield org
    org.close()
