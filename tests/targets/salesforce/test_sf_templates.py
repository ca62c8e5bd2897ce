"""How templates are rendered: what escapes, what is refused, and that compiled ones are only a convenience."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from lxml import etree
from test_sf_render import acme

from provisioner.targets.salesforce import templates
from provisioner.targets.salesforce.features import lead_fields
from provisioner.targets.salesforce.files import files
from provisioner.targets.salesforce.names import METADATA_TYPES
from provisioner.targets.salesforce.templates import compiled_before, rendered

FOLDER = Path(__file__).parents[3] / "templates" / "salesforce"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache folder of its own, and an environment that has compiled nothing yet."""
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "cache" / name)
    templates._environment.cache_clear()
    yield tmp_path / "cache" / "provisioner" / "templates"
    templates._environment.cache_clear()


def again() -> dict[str, bytes]:
    templates._environment.cache_clear()
    return files(acme())


def test_what_is_put_into_xml_is_escaped() -> None:
    values = {"managed": '<b>&"', "queue": "a<b>&c", "label_most": 40}
    text = rendered("queue.xml.j2", values).decode()
    assert "<name>a&lt;b&gt;&amp;c</name>" in text and "Receives leads nobody answered. &lt;b&gt;&amp;&#34;" in text


def test_a_name_nobody_gave_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="'managed' is undefined"):
        rendered("queue.xml.j2", {"queue": "Q", "label_most": 40})


@pytest.mark.parametrize("word", ["*/ class Evil {} /*", "a'b", "a\nb", ""])
def test_only_names_go_into_code(word: str) -> None:
    design = acme()
    with pytest.raises(ValueError, match="cannot stand in code"):
        files(replace(design, id=word))
    with pytest.raises(ValueError, match="cannot stand in code"):
        files(replace(design, target=replace(design.target, prefix=word)))


def test_the_named_fields_and_types_are_the_ones_that_are_rendered() -> None:
    found = files(acme())
    lead = etree.fromstring(found["objects/Lead.object"])
    fields = [field.text.removeprefix("STL_").removesuffix("__c") for field in lead.iterfind("{*}fields/{*}fullName")]
    assert sorted(name for name in fields if not name.startswith("Step_")) == sorted(lead_fields(acme()))
    types = {path for path in found if path.endswith("__mdt.object")}
    assert types == {f"objects/STL_{word}__mdt.object" for word in METADATA_TYPES}
    assert all(etree.fromstring(found[path]).findtext("{*}label") for path in types)


def test_every_template_is_used() -> None:
    """A macro file counts as used when a template imports it."""
    room = Path(templates.__file__).parent
    text = "".join(path.read_text(encoding="utf-8") for path in [*room.rglob("*.py"), *FOLDER.rglob("*.j2")])
    for path in FOLDER.rglob("*.j2"):
        name = path.relative_to(FOLDER).as_posix()
        stem = name.removeprefix("flows/").removesuffix(".flow.j2")
        assert f'"{name}"' in text or f'"{stem}"' in text, f"{name} is rendered by nobody"


def test_every_imported_macro_is_used() -> None:
    for path in FOLDER.rglob("*.j2"):
        text = path.read_text(encoding="utf-8")
        body = re.sub(r"{% from .*? %}", "", text, flags=re.DOTALL)
        for names in re.findall(r"{% from \S+ import (.*?)(?: with context)? %}", text, re.DOTALL):
            for name in re.split(r",\s+", names):
                assert re.search(rf"\b{name.split(' as ')[-1]}\b", body), f"{path.name} imports {name} for nothing"


def test_compiled_templates_give_the_same_bytes(cache: Path) -> None:
    first = again()
    kept = list(cache.rglob("*.cache"))
    assert len(kept) > 10
    before = {path: path.stat().st_mtime_ns for path in kept}
    assert again() == first
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*.cache")} == before


def test_damaged_compiled_templates_are_replaced(cache: Path) -> None:
    first = again()
    for place, path in enumerate(sorted(cache.rglob("*.cache"))):
        content = path.read_bytes()
        path.write_bytes([b"", content[:30], content[: len(content) // 2], b"no such thing"][place % 4])
    assert again() == first
    assert all(path.stat().st_size > 100 for path in cache.rglob("*.cache"))


def test_a_changed_template_is_not_taken_from_the_cache(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "templates"
    own.mkdir()
    monkeypatch.setattr(templates, "path", lambda *parts: own)
    for text in ("one {{ x }}", "two {{ x }}"):
        (own / "a.xml.j2").write_text(text, encoding="utf-8")
        templates._environment.cache_clear()
        assert rendered("a.xml.j2", {"x": 1}) == text.replace("{{ x }}", "1\n").encode()


def test_a_folder_others_may_write_into_is_not_used(cache: Path) -> None:
    kept = compiled_before()
    assert kept is not None
    (folder,) = cache.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    assert compiled_before() is None
    folder.chmod(0o700)
    assert compiled_before() is not None


def test_what_cannot_be_kept_is_rendered_all_the_same(cache: Path) -> None:
    values = {"managed": "", "queue": "Q", "label_most": 40}
    before = rendered("queue.xml.j2", values)
    templates._environment.cache_clear()
    templates._environment()
    shutil.rmtree(cache)
    assert rendered("queue.xml.j2", values) == before
    assert not cache.exists()


def test_without_a_folder_everything_is_compiled(cache: Path) -> None:
    first = again()
    shutil.rmtree(cache)
    cache.write_text("a file where the folder should be", encoding="utf-8")
    assert compiled_before() is None
    assert again() == first
