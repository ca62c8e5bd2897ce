"""One country of the `holidays` library, imported by itself, says what the library says."""

from __future__ import annotations

import subprocess
import sys

import holidays
import pytest

from provisioner.model.public_holidays import country, holidays_of

YEARS = range(2025, 2029)
ALONE = """
import sys
from provisioner.model.public_holidays import country, holidays_of
for code in sys.argv[1:]:
    print(code, len(holidays_of(code, None, range(2025, 2029))), *sorted(country(code).subdivisions))
print(len([name for name in sys.modules if name.startswith("holidays.countries.")]) < 20)
import holidays
print("holidays.countries" in sys.modules, len(holidays.list_supported_countries()))
print(holidays.countries.UnitedStates is country("US"))
"""


def test_the_same_countries() -> None:
    known = holidays.list_supported_countries()
    assert {code for code in known if country(code) is None} == set()
    assert [list(country(code).subdivisions) for code in known] == list(known.values())  # type: ignore[union-attr]


@pytest.mark.parametrize("code", ["", "XX", "us", "UnitedStates", "HolidaysAX", "NYSE", "TSX", "countries", "date"])
def test_what_is_no_country(code: str) -> None:
    assert country(code) is None
    with pytest.raises(KeyError):
        holidays_of(code, None, YEARS)


@pytest.mark.parametrize(("code", "region"), [("US", None), ("US", "CA"), ("GB", "SCT"), ("DE", "BY"), ("IN", "MH")])
def test_the_same_days(code: str, region: str | None) -> None:
    expected = holidays.country_holidays(code, subdiv=region, years=YEARS, expand=False, language="en_US")
    assert len(expected) > 20
    assert holidays_of(code, region, YEARS) == dict(sorted(expected.items()))


def test_alone_and_then_with_all_the_others() -> None:
    codes = ["US", "GB", "MQ", "AX"]  # the last two are made from other countries
    done = subprocess.run([sys.executable, "-c", ALONE, *codes], capture_output=True, text=True, check=True)
    expected = [
        f"{code} {len(holidays.country_holidays(code, years=YEARS, expand=False, language='en_US'))} "
        + " ".join(sorted(holidays.country_holidays(code).subdivisions))
        for code in codes
    ]
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert lines == [
        *(line.strip() for line in expected),
        "True",
        f"False {len(holidays.list_supported_countries())}",
        "True",
    ]
