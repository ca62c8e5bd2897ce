"""CSV as jobs carry it: the delimiter and the line ending are the job's, the first row names the fields."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

DELIMITERS = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
ENDINGS = {"LF": "\n", "CRLF": "\r\n"}


class BadTable(Exception):
    """The whole upload cannot be read; the text is the job's errorMessage."""


@dataclass(frozen=True, slots=True)
class Table:
    """What was uploaded: the header and the rows, each as long as the header, in the order of the file."""

    header: tuple[str, ...]
    rows: list[list[str]]


def read_table(content: bytes, delimiter: str, ending: str) -> Table:
    """The upload of a job. Values are not trimmed. Raises BadTable.

    [community] the text of the line ending; [inferred] the others.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadTable("ClientInputError : The data is not UTF-8") from error
    if _ending(text) not in (None, ending):
        raise BadTable(f"ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {ending}")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[delimiter], strict=True)
    try:
        header = tuple(next(reader, ()))
        rows = [row for row in reader if row]
    except csv.Error as error:
        raise BadTable(f"InvalidBatch : Line {reader.line_num} is no valid CSV: {error}") from error
    if not header:
        raise BadTable("InvalidBatch : The data has no header row")
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            raise BadTable(f"InvalidBatch : Row {number} has {len(row)} values, the header has {len(header)}")
    return Table(header, rows)


def _ending(text: str) -> str | None:
    """How the header row ends; None for a header alone."""
    place = text.find("\n")
    if place < 0:
        return None
    return "CRLF" if text[place - 1 : place] == "\r" else "LF"


def written(
    rows: Iterable[Sequence[str]], delimiter: str, ending: str, *, quote_all: bool = False, header: str | None = None
) -> str:
    """CSV text. `header` is put first as it stands, its line ending added."""
    out = io.StringIO(newline="")
    if header is not None:
        out.write(header + ENDINGS[ending])
    csv.writer(
        out,
        delimiter=DELIMITERS[delimiter],
        lineterminator=ENDINGS[ending],
        quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL,
    ).writerows(rows)
    return out.getvalue()
