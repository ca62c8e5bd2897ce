"""Folders of reports and dashboards. [docs] reference/salesforce.md 7.4, 7.5

A folder is a component of the type it holds, named without a slash, as in a package's manifest.
"""

from __future__ import annotations

from lxml import etree

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.metadata.fields import is_api_name
from provisioner.emulator.salesforce.metadata.problems import limit, refuse, unmodelled
from provisioner.emulator.salesforce.metadata.work import Item, Saved, Work
from provisioner.emulator.salesforce.state.components import Component
from provisioner.emulator.salesforce.state.rows import And, Compare

PUBLIC = "unfiled$public"
_EVERYBODY = ("Group", "Organization")  # both appear in retrieved files for AllInternalUsers [real]


def put_folder(work: Work, item: Item) -> Saved:
    """A folder. Access is given by `folderShares`; the other kinds of access are not modelled."""
    node = item.element
    if not is_api_name(item.full_name, 80):
        raise refuse(f"The folder name {item.full_name} is not a valid API name.")
    limit(node, "name", 40)
    access = xml.text(node, "accessType")
    if access is not None and access not in ("Public", "Shared"):
        raise unmodelled(f"folders of access type {access}", xml.kid(node, "accessType"))
    if xml.kid(node, "sharedTo") is not None:
        raise unmodelled("sharedTo of a folder of reports or dashboards", xml.kid(node, "sharedTo"))
    for share in xml.kids(node, "folderShares"):
        _check_share(work, share)
    known = work.components.get(item.kind, item.full_name)
    return work.keep(item, component_id=known.id if known else work.components.new_id("EmailFolder"))


def _check_share(work: Work, share: etree._Element) -> None:
    kind, name = str(xml.text(share, "sharedToType")), str(xml.text(share, "sharedTo"))
    if name == "AllInternalUsers" and kind in _EVERYBODY:
        return
    if kind == "Group":
        where = And(Compare("DeveloperName", "=", name), Compare("Type", "=", "Regular"))
        if not work.org.rows.select("Group", where, limit=1):
            raise refuse(f"In field: sharedTo - no Group named {name} found", share)
    elif kind == "User":
        if not work.org.rows.select("User", Compare("Username", "=", name), limit=1):
            raise refuse(f"In field: sharedTo - no User named {name} found", share)
    else:
        raise unmodelled(f"folder shares with a {kind}", share)


def in_folder(work: Work, item: Item, what: str) -> str:
    """The item's own name. Refused when its folder is not there, or the name is no API name."""
    folder, _, name = item.full_name.partition("/")
    if folder != PUBLIC and work.components.get(item.kind, folder) is None:
        raise refuse(f"Cannot find folder:{folder}")
    if "/" in name:
        raise unmodelled("folders inside folders")
    if not is_api_name(name, 80):
        raise refuse(f"Invalid {what} Unique Name")
    return name


def members(work: Work, kind: str, folder: str) -> list[Component]:
    """What lies in a folder."""
    return [one for one in work.components.all(kind) if one.full_name.lower().startswith(f"{folder.lower()}/")]
