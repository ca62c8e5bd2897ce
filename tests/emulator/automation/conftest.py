"""A fresh world per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from automation_world import World


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.org.close()
