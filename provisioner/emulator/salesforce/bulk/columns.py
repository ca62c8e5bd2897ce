"""From a line of CSV to a row of a save: what a header may name, how values are written, and the errors of a row.

Texts: [community] `InvalidBatch : Field name not found`, the deserialisation error and the shape of `sf__Error`;
[docs] `#N/A`, blank values, Boolean words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provisioner.emulator.salesforce.bulk.jobs import BulkJob
from provisioner.emulator.salesforce.bulk.table import BadTable
from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.ids import normal_id
from provisioner.emulator.salesforce.state.engines import Operation
from provisioner.emulator.salesforce.state.rows import Compare, Row
from provisioner.emulator.salesforce.state.schema import NUMBER_TYPES, FieldDef, SObjectDef
from provisioner.emulator.salesforce.state.values import coerce

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

NULL = "#N/A"
_WORDS = dict.fromkeys(("yes", "y", "true", "on", "1"), True) | dict.fromkeys(("no", "n", "false", "off", "0"), False)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the upload; `place` from 0. What may be written differs between a new and an existing record."""

    place: int
    item: FieldDef
    on_insert: bool
    on_update: bool


class Columns:
    """The header of a job against the object. Raises BadTable for a name that the user's object does not have."""

    def __init__(self, org: Org, job: BulkJob, header: Sequence[str]) -> None:
        self._org, self._job = org, job
        self.definition: SObjectDef = org.schema.sobject(job.sobject)
        self.columns = [self._column(place, name) for place, name in enumerate(header)]
        self._id = next((one.place for one in self.columns if one.item.type == "id"), None)
        self._key = self._key_column()
        if job.operation == "delete" and (self._id is None or len(header) > 1):
            raise BadTable("InvalidBatch : A delete takes the column Id and no other")
        if job.operation == "update" and self._id is None:
            raise BadTable("InvalidBatch : InvalidBatch : Field name not found : Id")

    def _column(self, place: int, name: str) -> Column:
        org, definition, user = self._org, self.definition, self._job.user_id
        if "." in name:
            raise BadTable(f"NOT_IMPLEMENTED_BY_EMULATOR : The emulator does not model the column {name}.")
        item = definition.get(name)
        if item is None or not org.permissions.readable(user, definition, item):
            raise BadTable(f"InvalidBatch : InvalidBatch : Field name not found : {name}")
        editable = item.formula is None and org.permissions.editable(user, definition, item)
        return Column(place, item, item.createable and editable, item.updateable and editable)

    def _key_column(self) -> Column | None:
        """The column that says which record an upsert means."""
        if self._job.operation != "upsert":
            return None
        wanted = str(self._job.external_id).lower()
        found = next((one for one in self.columns if one.item.name.lower() == wanted), None)
        if found is None:
            raise BadTable(f"InvalidBatch : InvalidBatch : Field name not found : {self._job.external_id}")
        return found

    def row(self, values: Sequence[str]) -> tuple[Operation, Row]:
        """What one line asks for. Raises ApiError for this row alone."""
        if self._job.operation == "insert":
            if self._id is not None and values[self._id]:
                raise ApiError("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", ["Id"])
            return "insert", self._typed(values, "insert")
        if self._key is not None:
            found = self._matched(values[self._key.place], self._key.item)
            if found is None:
                return "insert", self._typed(values, "insert")
            return "update", {"Id": found} | self._typed(values, "update", skip=self._key.place)
        row: Row = {"Id": self._existing(values[self._id or 0])}
        if self._job.operation == "delete":
            return "delete", row
        return "update", row | self._typed(values, "update")

    def _existing(self, text: str) -> str:
        if not text:
            raise ApiError("MISSING_ARGUMENT", "Id not specified in an update call")
        record_id = normal_id(text)
        if record_id is None:
            raise ApiError("MALFORMED_ID", f"malformed id {text}", ["Id"])
        bin_column = '"IsDeleted"' if self.definition.has("IsDeleted") else "0"
        found = self._org.store.execute(
            f'SELECT {bin_column} FROM "{self.definition.name}" WHERE "Id" = ?',  # noqa: S608
            (record_id,),
        ).fetchone()
        if found is None:
            raise ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if found[0]:
            raise ApiError("ENTITY_IS_DELETED", "entity is deleted")
        return record_id

    def _matched(self, text: str, item: FieldDef) -> str | None:
        if item.type == "id":
            return self._existing(text) if text else None
        if not text or text == NULL:
            raise ApiError("MISSING_ARGUMENT", f"{item.name} not specified")
        found = self._org.rows.select(self.definition.name, Compare(item.name, "=", coerce(item, text)), limit=2)
        if len(found) > 1:
            ids = ", ".join(str(row["Id"]) for row in found)
            text = f"{item.name}: more than one record found for external id field: [{ids}]"
            raise ApiError("DUPLICATE_EXTERNAL_ID", text, [item.name])
        return str(found[0]["Id"]) if found else None

    def _typed(self, values: Sequence[str], op: Operation, skip: int | None = None) -> Row:
        """Blank values are left out; `#N/A` empties a field."""
        row: Row = {}
        forbidden: list[str] = []
        for column in self.columns:
            text = values[column.place]
            if column.place == skip or column.place == self._id or text == "":
                continue
            if not (column.on_insert if op == "insert" else column.on_update):
                forbidden.append(column.item.name)
            else:
                row[column.item.name] = None if text == NULL else _value(column, text)
        if forbidden:
            text = (
                f"Unable to create/update fields: {', '.join(forbidden)}. Please check the security settings of this "
                "field and verify that it is read/write for your profile or permission set."
            )
            raise ApiError("INVALID_FIELD_FOR_INSERT_UPDATE", text, forbidden)
        return row


def _value(column: Column, text: str) -> Any:
    item = column.item
    if item.type == "boolean":
        word = _WORDS.get(text.lower())
        if word is None:
            raise _misfit(column, text)
        return word
    try:
        return coerce(item, text)
    except ApiError as error:
        if error.code != "JSON_PARSER_ERROR":
            raise
        raise _misfit(column, text) from error


def _misfit(column: Column, text: str) -> ApiError:
    kind = "double" if column.item.type in NUMBER_TYPES - {"int"} else column.item.type
    kind = {"datetime": "dateTime"}.get(kind, kind)
    complaint = f"Due to, '{text}' is not a valid value for the type xsd:{kind}"
    return ApiError(
        "INVALID_FIELD", f"Failed to deserialize field at col {column.place}. {complaint}", [column.item.name]
    )


def error_text(errors: Sequence[ApiError]) -> str:
    """`sf__Error`: `CODE:message:Field1,Field2 --` for each; without fields nothing stands before the dashes."""
    return "".join(
        f"{one.code}:{one.message}:{','.join(one.fields)} --" if one.fields else f"{one.code}:{one.message}:--"
        for one in errors
    )
