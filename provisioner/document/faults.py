"""Every fault the reader and the shape check can report: code, title, severity, reason. Data for the rules page."""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.diagnostics import Diagnostic, Location, Severity


@dataclass(frozen=True, slots=True)
class Fault:
    code: str
    title: str
    reason: str
    severity: Severity = "error"

    def at(self, location: Location, detail: str, advice: str, pointer: str = "") -> Diagnostic:
        return Diagnostic(self.code, self.severity, self.title, detail, advice, location, pointer)


UNREADABLE = Fault("D001", "The file cannot be read", "Without the file there is nothing to check.")
NOT_UTF8 = Fault(
    "D002", "The file is not UTF-8 text", "In any other encoding names and addresses would change silently."
)
SYNTAX = Fault("D003", "Not valid YAML", "The rest of the file has no certain meaning after a mistake in its form.")
EMPTY = Fault("D004", "The document is empty", "A design says at least whom to tell about which leads.")
SEVERAL = Fault(
    "D005", "More than one document in the file", "One file is one design; a second document would be ignored."
)
DUPLICATE = Fault(
    "D006", "A key appears twice", "YAML readers keep one of the two without a word; nobody can tell which was meant."
)
TAG = Fault(
    "D007", "YAML tags are not supported", "A design is plain data; a tag asks the reader to make something else of it."
)
ALIAS = Fault(
    "D008",
    "An alias cannot be followed",
    "An alias must lead to something above it, never into itself, and not explode.",
)
TOO_LARGE = Fault(
    "D009", "The document is too large", "Limits keep a damaged or hostile file from using up the machine."
)
CONTROL = Fault(
    "D010",
    "Invisible control characters in text",
    "They cannot be stored in a CRM or an XML file, and some make a text look like another one.",
)
NUMBER = Fault(
    "D011", "A number that cannot be stored", "Infinite, undefined or enormous numbers have no place in a CRM field."
)
MARK = Fault(
    "D012", "The file begins with a byte order mark", "It is invisible and other tools may read it as text.", "warning"
)
ZEROS = Fault(
    "D013",
    "A number with leading zeros",
    "YAML 1.2 reads 0123 as the number 123. A postal code or an extension would lose its zeros.",
    "warning",
)
KEY = Fault("D014", "A key must be plain text", "Keys are the names of settings and fields.")
UNKNOWN = Fault("D020", "Unknown key", "A misspelt setting would be ignored, and the default would apply unnoticed.")
MISSING = Fault("D021", "A required key is missing", "There is no safe default for it.")
KIND = Fault("D022", "A value of the wrong kind", "Text, numbers, lists and mappings are not interchangeable.")
CHOICE = Fault("D023", "Not one of the allowed values", "Only the listed values have a meaning.")
FORM = Fault("D024", "Text in the wrong form", "Names and codes end up in systems that accept only this form.")
RANGE = Fault("D025", "A number out of range", "Outside these limits the setting has no sensible meaning.")
LENGTH = Fault("D026", "Too few or too many entries", "An empty or doubled list is nearly always a slip.")
VARIANT = Fault(
    "D027", "None of the possible forms", "The value can be written in several ways, but this is none of them."
)

FAULTS: tuple[Fault, ...] = (
    UNREADABLE, NOT_UTF8, SYNTAX, EMPTY, SEVERAL, DUPLICATE, TAG, ALIAS, TOO_LARGE, CONTROL, NUMBER, MARK, ZEROS, KEY,
    UNKNOWN, MISSING, KIND, CHOICE, FORM, RANGE, LENGTH, VARIANT,
)  # fmt: skip
