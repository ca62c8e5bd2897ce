"""Whatever is wrong with a file is a finding with a place, never a traceback."""

from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provisioner.diagnostics import Location
from provisioner.document import load, loads
from provisioner.document.nodes import Composer, Mapping, Node, Scalar, Sequence

LAUGHS = "a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)

BROKEN = [
    ("", "1:1 D004 The file holds no design."),
    ("# nothing\n", "1:1 D004 The file holds no design."),
    ("---\n...\n", "1:1 D004 The file holds no design."),
    ("a: 1\nb: 2\na: 3\n", "3:1 D006 'a' is already set in line 1; only one of the two could count."),
    ("x:\n  a: 1\n  'a': 3\n", "3:3 D006 'a' is already set in line 2; only one of the two could count."),
    ("a: 1\n---\nb: 2\n", "2:1 D005 A second document begins here (`---`); one file holds one design."),
    (
        "a: !!python/object:os.system x\n",
        "1:4 D007 The value is tagged !!python/object:os.system; a design is plain data.",
    ),
    ("a: !!str 5\n", "1:4 D007 The value is tagged !!str; a design is plain data."),
    ("a: !mine [1]\n", "1:4 D007 The value is tagged !mine; a design is plain data."),
    ("a: *b\n", "1:4 D008 *b refers to nothing: there is no &b above it."),
    ("a: &b [1, *b]\n", "1:11 D008 *b lies inside the value it refers to, so it would never end."),
    ("a: &b {c: {d: *b}}\n", "1:15 D008 *b lies inside the value it refers to, so it would never end."),
    (LAUGHS, "5:10 D008 The aliases of this document multiply into more than 20,000 values."),
    ("[" * 100_000, "1:65 D009 Lists and mappings are nested more than 64 levels deep."),
    ("a:\n\t- b\n", "2:1 D003 The line is indented with a tab."),
    ("a: [1, 2\n", "2:1 D003 While parsing a flow sequence: did not find expected ',' or ']'."),
    ("a: b\x07c\n", "1:5 D010 The text contains U+0007, which no one can see and YAML does not allow."),
    ("a: 1\nb: \ud800\n", "2:4 D010 The text contains U+D800, which no one can see and YAML does not allow."),
    ('a: "\\0"\n', "1:4 D010 The text contains U+0000, which no one can see and a CRM cannot store."),
    ('"\\u202e": 1\n', "1:1 D010 The text contains U+202E, which no one can see and a CRM cannot store."),
    ("? [a]\n: b\n", "1:3 D014 A list or a mapping is used as a key."),
    ("<<: {a: 1}\n", "1:1 D014 `<<` (merge) is not part of YAML 1.2."),
]


@pytest.mark.parametrize(("text", "expected"), BROKEN)
def test_broken_text(text: str, expected: str) -> None:
    (finding,) = loads(text, "d.yaml").findings
    assert f"{finding.location.line}:{finding.location.column} {finding.code} {finding.detail}" == expected
    assert finding.location.file == "d.yaml"
    assert finding.severity == "error"
    assert finding.advice


def test_a_byte_order_mark_is_pointed_out_and_skipped() -> None:
    document = loads("\ufeffa: 1\n", "d.yaml")
    assert document.data == {"a": 1}
    assert [(f.code, f.severity) for f in document.findings] == [("D012", "warning")]
    assert document.places["/a"] == Location("d.yaml", 1, 4)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a: 1".encode("utf-16"), "1:1 D002 The file is UTF-16."),
        (b"a: 1\nb: \xc3\xa9\xe9\n", "2:5 D002 The byte 0xE9 in line 2 is not UTF-8."),
        (b"x" * (8 * 1024 * 1024 + 1), "1:1 D009 The file is larger than 8 MB."),
    ],
)
def test_broken_files(tmp_path: Path, raw: bytes, expected: str) -> None:
    file = tmp_path / "d.yaml"
    file.write_bytes(raw)
    document = load(file)
    (finding,) = document.findings
    assert f"{finding.location.line}:{finding.location.column} {finding.code} {finding.detail}" == expected
    assert document.data is None


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    missing = load(tmp_path / "none.yaml").findings[0]
    assert (missing.code, missing.detail) == ("D001", f"{tmp_path / 'none.yaml'}: No such file or directory.")
    folder = load(tmp_path).findings[0]
    assert (folder.code, folder.detail) == ("D001", f"{tmp_path}: Is a directory.")
    assert load("a\0b").findings[0].code == "D001"


def test_places_of_values_and_keys() -> None:
    document = loads("a:\n  - b/c: 1\n    d~e: &x [2]\n  - *x\n", "d.yaml")
    at = {pointer: (place.line, place.column) for pointer, place in document.places.items()}
    assert at == {"": (1, 1), "/a": (2, 3), "/a/0": (2, 5), "/a/0/b~1c": (2, 10), "/a/0/d~0e": (3, 10),
                  "/a/0/d~0e/0": (3, 14), "/a/1": (4, 5), "/a/1/0": (3, 14)}  # fmt: skip
    keys = {pointer: (place.line, place.column) for pointer, place in document.key_places.items()}
    assert keys == {"/a": (1, 1), "/a/0/b~1c": (2, 5), "/a/0/d~0e": (3, 5)}
    assert document.locate("/a/0/nothing/here") == Location("d.yaml", 2, 5)
    assert document.locate_key("/a/0/b~1c") == Location("d.yaml", 2, 5)


def test_the_digest_is_of_the_meaning() -> None:
    one = loads("a: 1\nb: [x, 'y']\n")
    assert one.digest == loads('{"b": ["x", "y"], "a": 1} # other words\n').digest
    assert one.digest != loads("a: 1\nb: [y, x]\n").digest
    assert one.digest != loads("a: '1'\nb: [x, y]\n").digest


def outline(node: Node | None) -> object:
    match node:
        case Scalar():
            return (node.text, node.plain, node.line, node.column)
        case Sequence():
            return [outline(item) for item in node.items]
        case Mapping():
            return [(outline(key), outline(value)) for key, value in node.pairs]
    return type(node).__name__


def test_both_parsers_build_the_same() -> None:
    text = Path("examples/starter-salesforce.yaml").read_text(encoding="utf-8")
    with_c, without = Composer("x"), Composer("x")
    with_c.read(text)
    without.read(text, pure=True)
    assert outline(with_c.root) == outline(without.root)


@settings(deadline=None)
@given(st.text() | st.text("abc:-[]{}&*!|>'\"#%@`? \n\t,0.~<=\\", max_size=60))
@example("%YAML 9.9\n---\na: 1")
@example("!<tag:x> 5")
@example("a: |\n b\n\tc")
@example("&a")
@example("*a")
def test_no_text_raises(text: str) -> None:
    document = loads(text, "d.yaml")
    assert document.data is not None or document.findings
    assert all(finding.location.line >= 1 and finding.location.column >= 1 for finding in document.findings)
    assert len(document.digest) == 64


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    file = tmp_path_factory.mktemp("bytes") / "d.yaml"
    file.write_bytes(raw)
    document = load(file)
    assert document.data is not None or document.findings


@settings(deadline=None)
@given(st.text("ab: -[]{}\n'\"1,", max_size=40))
def test_what_the_library_reads_we_read_alike(text: str) -> None:
    """Where PyYAML's own loader finds plain text only, both must agree on the structure."""
    try:
        expected = yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError:
        return
    document = loads(text)
    if document.findings:
        return

    def words(value: object) -> object:
        if isinstance(value, dict):
            return {key: words(item) for key, item in value.items()}
        if isinstance(value, list):
            return [words(item) for item in value]
        return "" if value is None else value if isinstance(value, str) else None

    def without_numbers(value: object, like: object) -> object:
        if isinstance(value, dict) and isinstance(like, dict):
            return {key: without_numbers(item, like.get(key)) for key, item in value.items()}
        if isinstance(value, list) and isinstance(like, list):
            return [without_numbers(a, b) for a, b in zip(value, like, strict=False)]
        return None if like is None else value

    found = words(document.data)
    assert without_numbers(expected, found) == found
