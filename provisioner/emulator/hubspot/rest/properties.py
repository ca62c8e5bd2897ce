"""Properties, groups and validations over HTTP. [spec] reference/hubspot.md 2.1"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.emulator.hubspot.bodies import fit
from provisioner.emulator.hubspot.crm import properties
from provisioner.emulator.hubspot.errors import ApiError, Json, invalid, unmodelled
from provisioner.emulator.hubspot.rest.calls import Call, Reply, Route, batch, crm, each, route
from provisioner.emulator.hubspot.standard import LEAD

READ = (
    "crm.schemas.contacts.read",
    "crm.objects.contacts.read",
    "crm.objects.leads.read",
    "crm.objects.owners.read",
    "crm.schemas.custom.read",
    "crm.schemas.deals.read",
    "crm.schemas.companies.read",
    "automation",
)
_LEAD_WRITE = ("crm.schemas.contacts.write", "crm.schemas.deals.write", "crm.schemas.custom.write")
_NAMES = {"inputs!": [{"name!": "string"}]}
_QUERY = "archived dataSensitivity properties"


def writers(call: Call) -> tuple[str, ...]:
    """Which scope gates lead properties is not found: any schema scope will do there. [docs] 1.2"""
    return _LEAD_WRITE if call.type.id == LEAD else ("crm.schemas.contacts.write",)


def shown(call: Call, definition: Json) -> Json:
    """Display hints are not in the dated family's replies. [spec]"""
    hidden = set(properties.HINTS) - {"showCurrencySymbol"} if call.family != "v3" else set()
    return {key: value for key, value in definition.items() if key != "_born" and key not in hidden}


def _readable(call: Call) -> bool:
    if call.one("dataSensitivity", "non_sensitive") != "non_sensitive":
        raise unmodelled("sensitive properties")
    return call.flag("archived")


def listing(call: Call) -> Reply:
    found = properties.listed(call.portal, call.type, _readable(call))
    wanted = call.names("properties")
    return Reply(200, {"results": [shown(call, one) for one in found if not wanted or one["name"] in wanted]})


def create(call: Call) -> Reply:
    return Reply(201, shown(call, properties.create(call.portal, call.type, call.body, call.family)))


def fetch(call: Call) -> Reply:
    return Reply(200, shown(call, properties.find(call.portal, call.type, call.path["name"], _readable(call))))


def update(call: Call) -> Reply:
    changed = properties.update(call.portal, call.type, call.path["name"], call.body, call.family)
    return Reply(200, shown(call, changed))


def archive(call: Call) -> Reply:
    properties.archive(call.portal, call.type, call.path["name"])
    return Reply(204)


def _inputs(call: Call) -> list[Json]:
    inputs: list[Json] = call.body["inputs"]
    if len(inputs) > 100:
        raise invalid(f"A batch holds at most 100 inputs, not {len(inputs)}.")
    return inputs


def batch_create(call: Call) -> Reply:
    fit(call.body, {"inputs!": ["any"]}, call.strict)

    def one(body: Json) -> Json:
        return shown(call, properties.create(call.portal, call.type, body, call.family))

    results, errors = each(call, _inputs(call), one)
    return batch(call, results, errors, made=call.family == "v3")


def batch_read(call: Call) -> Reply:
    words = {"archived!": "boolean", "dataSensitivity!": properties.SENSITIVITY}
    fit(call.body, words | _NAMES, call.strict)
    if call.body["dataSensitivity"] != "non_sensitive":
        raise unmodelled("sensitive properties")

    def one(body: Json) -> Json:
        return shown(call, properties.find(call.portal, call.type, body["name"], call.body["archived"]))

    return batch(call, *each(call, _inputs(call), one))


def batch_archive(call: Call) -> Reply:
    """Names that are not there are passed over; a property in use refuses the batch."""
    fit(call.body, _NAMES, call.strict)
    for number, one in enumerate(_inputs(call)):
        call.fails(number)
        try:
            properties.archive(call.portal, call.type, one["name"])
        except ApiError as error:
            if error.status != 404:
                raise
    return Reply(204)


def groups(call: Call) -> Reply:
    return Reply(200, {"results": list(properties.groups(call.portal, call.type))})


def create_group(call: Call) -> Reply:
    return Reply(201, properties.create_group(call.portal, call.type, call.body))


def group(call: Call) -> Reply:
    return Reply(200, properties.find_group(call.portal, call.type, call.path["name"]))


def update_group(call: Call) -> Reply:
    return Reply(200, properties.update_group(call.portal, call.type, call.path["name"], call.body))


def archive_group(call: Call) -> Reply:
    properties.archive_group(call.portal, call.type, call.path["name"])
    return Reply(204)


def validations(call: Call) -> Reply:
    listed = [one for one in call.portal.shelves["validation"] if one["object"] == call.type.id]
    rules = [{"propertyName": one["name"], "propertyValidationRules": one["rules"]} for one in listed]
    return Reply(200, {"results": rules})


def validation(call: Call) -> Reply:
    properties.find(call.portal, call.type, call.path["name"])
    found = call.portal.shelves["validation"].get(f"{call.type.id}/{call.path['name']}")
    return Reply(200, {"results": found["rules"] if found else []})


def routes() -> Iterator[Route]:
    base, one = "/{type}", "/{type}/{name}"
    area = "properties"
    yield from route("POST", crm(area, base + "/batch/create"), batch_create, writers)
    yield from route("POST", crm(area, base + "/batch/read"), batch_read, READ)
    yield from route("POST", crm(area, base + "/batch/archive"), batch_archive, writers)
    yield from route("GET", crm(area, base + "/groups"), groups, READ)
    yield from route("POST", crm(area, base + "/groups"), create_group, writers)
    yield from route("GET", crm(area, base + "/groups/{name}"), group, READ)
    yield from route("PATCH", crm(area, base + "/groups/{name}"), update_group, writers)
    yield from route("DELETE", crm(area, base + "/groups/{name}"), archive_group, writers)
    yield from route("GET", crm(area, base), listing, READ, _QUERY)
    yield from route("POST", crm(area, base), create, writers)
    yield from route("GET", crm(area, one), fetch, READ, _QUERY)
    yield from route("PATCH", crm(area, one), update, writers)
    yield from route("DELETE", crm(area, one), archive, writers)
    yield from route("GET", crm("property-validations", base), validations, READ)
    yield from route("GET", crm("property-validations", one), validation, READ)
