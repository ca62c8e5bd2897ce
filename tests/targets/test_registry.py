"""Targets are found by name, late, and a wrong name gets a helpful answer."""

from __future__ import annotations

import subprocess
import sys

import pytest

from provisioner.errors import UsageError
from provisioner.targets.registry import load_target


@pytest.mark.parametrize("name", ["salesforce", "hubspot"])
def test_a_target_is_found(name: str) -> None:
    assert load_target(name).name == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hubspott", "There is no target 'hubspott'. Did you mean 'hubspot'?"),
        ("salesfroce", "There is no target 'salesfroce'. Did you mean 'salesforce'?"),
        ("x", "There is no target 'x'."),
    ],
)
def test_a_wrong_name_is_explained(name: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_target(name)
    assert caught.value.message == message
    assert caught.value.advice == "This version deploys to: hubspot, salesforce."


@pytest.mark.parametrize("name", ["salesforce", "hubspot"])
def test_nothing_heavy_is_imported_before_it_is_needed(name: str) -> None:
    code = f"import sys; from provisioner.targets.registry import load_target; load_target('{name}');"
    code += "print(sorted({'lxml', 'jinja2', 'requests', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
