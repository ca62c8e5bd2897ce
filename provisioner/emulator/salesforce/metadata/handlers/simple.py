"""Types that are little more than a row: notification types, static resources."""

from __future__ import annotations

import base64

from provisioner.emulator.salesforce import xml
from provisioner.emulator.salesforce.metadata.fields import is_api_name
from provisioner.emulator.salesforce.metadata.problems import limit, refuse
from provisioner.emulator.salesforce.metadata.work import Item, Saved, Work


def put_notification_type(work: Work, item: Item) -> Saved:
    """A custom notification type; `customNotifTypeName` is unique in the org ([docs] 7.1)."""
    node = item.element
    limit(node, "customNotifTypeName", 80)
    limit(node, "masterLabel", 80)
    limit(node, "description", 255)
    if not is_api_name(item.full_name, 80):
        raise refuse(f"The notification type name {item.full_name} is not a valid API name.")
    name = str(xml.text(node, "customNotifTypeName"))
    for other in work.components.all("CustomNotificationType"):
        same = (xml.text(other.root, "customNotifTypeName") or "").lower() == name.lower()
        if same and other.full_name.lower() != item.full_name.lower():
            raise refuse(
                f"duplicate value found: customNotifTypeName {name} is used by {other.full_name}",
                xml.kid(node, "customNotifTypeName"),
            )
    row_id = work.upsert("CustomNotificationType", "DeveloperName", item.full_name, {
        "MasterLabel": xml.text(node, "masterLabel"), "CustomNotifTypeName": name,
        "Description": xml.text(node, "description"), "Desktop": xml.flag(node, "desktop"),
        "Mobile": xml.flag(node, "mobile"),
    })  # fmt: skip
    return work.keep(item, component_id=row_id)


def put_static_resource(work: Work, item: Item) -> Saved:
    """A static resource: the content and its `-meta.xml`."""
    if not is_api_name(item.full_name, 255):
        raise refuse(f"The static resource name {item.full_name} is not a valid API name.")
    limit(item.element, "description", 255)
    body = item.content or b""
    if len(body) > 5 * 1024 * 1024:
        raise refuse("Maximum size of a static resource is 5 MB")
    row_id = work.upsert("StaticResource", "Name", item.full_name, {
        "ContentType": xml.text(item.element, "contentType"), "BodyLength": len(body),
        "Body": base64.b64encode(body).decode(), "Description": xml.text(item.element, "description"),
        "CacheControl": xml.text(item.element, "cacheControl"),
    })  # fmt: skip
    return work.keep(item, component_id=row_id)
