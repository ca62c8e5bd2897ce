"""A real org to which packages are deployed, without HTTP: files in, failures out."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timedelta
from typing import Any

from provisioner.emulator.salesforce import kinds
from provisioner.emulator.salesforce.assembly import assembled
from provisioner.emulator.salesforce.metadata.options import DeployOptions

NS = "http://soap.sforce.com/2006/04/metadata"
ALERT = (
    "<alerts><fullName>{name}</fullName><description>d</description><protected>false</protected>{recipients}"
    "<senderType>CurrentUser</senderType><template>{template}</template></alerts>"
)
TEMPLATE = (
    "<available>true</available><encodingKey>UTF-8</encodingKey><name>T</name><style>none</style>"
    "<subject>{subject}</subject><type>text</type>"
)
FOLDER = "<accessType>Public</accessType><name>SLA</name><publicFolderAccess>ReadOnly</publicFolderAccess>"


def whole(root: str, body: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><{root} xmlns="{NS}">{body}</{root}>'


def field(name: str, kind: str, *extra: str) -> str:
    return f"<fields><fullName>{name}</fullName>{''.join(extra)}<label>{name}</label><type>{kind}</type></fields>"


def lookup(name: str, target: str, relation: str, constraint: str = "SetNull", *extra: str) -> str:
    return field(
        name, "Lookup", f"<deleteConstraint>{constraint}</deleteConstraint><referenceTo>{target}</referenceTo>",
        f"<relationshipName>{relation}</relationshipName>", *extra,
    )  # fmt: skip


COUNTED = "<displayFormat>C-{0000}</displayFormat><label>Change Number</label><type>AutoNumber</type>"


def custom_object(*fields: str, name: str = COUNTED, sharing: str = "ReadWrite", extra: str = "") -> str:
    return whole(
        "CustomObject",
        f"<deploymentStatus>Deployed</deploymentStatus>{extra}{''.join(fields)}<label>Change</label>"
        f"<nameField>{name}</nameField><pluralLabel>Changes</pluralLabel><sharingModel>{sharing}</sharingModel>",
    )


class Built:
    """The org, and the few calls the tests make."""

    def __init__(self) -> None:
        self.org = assembled()
        self.admin = self.org.admin_id

    def failures(self, files: dict[str, str], removed: dict[str, list[str]] | None = None) -> list[str]:
        """Deploy files by their zip path; the manifest names every one of them. What was wrong, in order."""
        members: dict[str, list[str]] = {}
        for path in files:
            found = kinds.locate(path)
            assert found is not None, path
            kind, name = found
            if name not in members.setdefault(kind.name, []):
                members[kind.name].append(name)
        packed = files | {"package.xml": _manifest(members, "<version>66.0</version>")}
        if removed:
            packed["destructiveChanges.xml"] = _manifest(removed)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as target:
            for path, text in packed.items():
                target.writestr(path, text)
        options = DeployOptions(rollback_on_error=True, single_package=True)
        outcome = self.org.metadata.deploy(out.getvalue(), options, self.admin)
        assert outcome.error is None, outcome.error
        return [f"{one.full_name}: {one.problem}" for one in outcome.failures]

    def deploy(self, files: dict[str, str]) -> None:
        assert self.failures(files) == []

    def flow(self, name: str, body: str) -> None:
        self.deploy({f"flows/{name}.flow": whole("Flow", body)})

    def flow_failures(self, name: str, body: str) -> list[str]:
        return self.failures({f"flows/{name}.flow": whole("Flow", body)})

    def fields(self, sobject: str, *fields: str) -> None:
        self.deploy({f"objects/{sobject}.object": whole("CustomObject", "".join(fields))})

    def alert(self, name: str, recipients: str, subject: str = "s", body: str = "b", sobject: str = "Lead") -> None:
        assert self.alert_failures(name, recipients, subject, body, sobject) == []

    def alert_failures(self, name: str, recipients: str, subject: str = "s", body: str = "b",
                       sobject: str = "Lead") -> list[str]:  # fmt: skip
        template = "SLA/" + name
        return self.failures({
            "email/SLA-meta.xml": whole("EmailFolder", FOLDER),
            f"email/{template}.email": body,
            f"email/{template}.email-meta.xml": whole("EmailTemplate", TEMPLATE.format(subject=subject)),
            f"workflows/{sobject}.workflow": whole(
                "Workflow", ALERT.format(name=name, recipients=recipients, template=template)),
        })  # fmt: skip

    def user(self, username: str, last: str, *, active: bool = True) -> str:
        from provisioner.emulator.salesforce.state.seed import user_values

        profile = self.org.rows.select("Profile")[0]["Id"]
        values = user_values(username, profile, "UTC", last=last) | {"IsActive": active}
        return self.org.rows.insert("User", values)

    def group(self, name: str, kind: str, *members: str, **facts: Any) -> str:
        group = self.org.rows.insert("Group", {"Name": name, "DeveloperName": name, "Type": kind} | facts)
        for member in members:
            self.org.rows.insert("GroupMember", {"GroupId": group, "UserOrGroupId": member})
        if kind == "Queue":
            self.org.rows.insert("QueueSobject", {"QueueId": group, "SobjectType": "Lead"})
        return group

    def insert(self, sobject: str, **values: Any) -> str:
        result = self.org.automation.save("insert", sobject, [values], user_id=self.admin)[0]
        assert [str(error) for error in result.errors] == []
        assert result.id is not None
        return result.id

    def lead(self, **values: Any) -> str:
        return self.insert("Lead", **({"LastName": "Moss", "Company": "Acme"} | values))

    def update(self, sobject: str, record_id: str, **values: Any) -> None:
        assert self.refused("update", sobject, Id=record_id, **values) == []

    def refused(self, op: Any, sobject: str, **values: Any) -> list[str]:
        result = self.org.automation.save(op, sobject, [values], user_id=self.admin)[0]
        return [str(error) for error in result.errors]

    def get(self, sobject: str, record_id: str) -> dict[str, Any]:
        row = self.org.rows.get(sobject, record_id)
        assert row is not None
        return row

    def all(self, sobject: str, *names: str) -> list[tuple[Any, ...]]:
        return [tuple(row[name] for name in names) for row in self.org.rows.select(sobject)]

    def until(self, moment: datetime) -> None:
        self.org.advance(moment)

    def after(self, **span: float) -> None:
        self.org.advance(self.org.now + timedelta(**span))

    def sent(self) -> list[tuple[str, tuple[str, ...], str, str]]:
        return [(one.channel, one.to, one.subject, one.body) for one in self.org.outbox.messages()]


def _manifest(members: dict[str, list[str]], end: str = "") -> str:
    parts = "".join(
        f"<types>{''.join(f'<members>{name}</members>' for name in names)}<name>{kind}</name></types>"
        for kind, names in members.items()
    )
    return whole("Package", parts + end)
