"""SOAP login(), which API 65 and later no longer have. [docs] reference/salesforce.md 9.1"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from provisioner.emulator.salesforce.errors import ApiError
from provisioner.emulator.salesforce.rest.converting import PARTNER, convert_leads
from provisioner.emulator.salesforce.rest.oauth import active_user, open_session
from provisioner.emulator.salesforce.xml import escape

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org

LAST_WITH_LOGIN = 64
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns="urn:partner.soap.sforce.com"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>{}</soapenv:Body></soapenv:Envelope>'
)


def routes(org: Org) -> list[Route]:
    async def login(request: Request) -> Response:
        return _login(org, request.path_params["version"], await request.body())

    base = "/services/Soap/u/{version}"
    return [Route(path, login, methods=["POST"]) for path in (base, base + "/{tail:path}")]


def _login(org: Org, version: str, body: bytes) -> Response:
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        return _fault("soapenv:Client", f"Error parsing request: {error}")
    call = root.find(".//{urn:partner.soap.sforce.com}login")
    if call is None:
        return _other(org, root)
    if int(float(version)) > LAST_WITH_LOGIN:
        text = f"UNSUPPORTED_API_VERSION: SOAP API login() is not available in API version {version}."
        return _fault("sf:UNSUPPORTED_API_VERSION", text)
    username = call.findtext("{urn:partner.soap.sforce.com}username", "")
    password = call.findtext("{urn:partner.soap.sforce.com}password", "")
    user_id = active_user(org, username)
    wanted = org.settings.passwords.get(username)
    if not org.settings.password_login or user_id is None or not password or wanted not in (None, password):
        text = "INVALID_LOGIN: Invalid username, password, security token; or user locked out."
        return _fault("sf:INVALID_LOGIN", text)
    return _welcome(org, user_id, version)


def _other(org: Org, root: etree._Element) -> Response:
    """Of everything else there is convertLead()."""
    call = root.find(f".//{PARTNER}convertLead")
    if call is None:
        text = "The emulator models login() and convertLead() of the partner API."
        return _fault("sf:NOT_IMPLEMENTED_BY_EMULATOR", text)
    try:
        return _xml(convert_leads(org, root, call), 200)
    except ApiError as error:
        return _fault(f"sf:{error.code}", f"{error.code}: {error.message}")


def _welcome(org: Org, user_id: str, version: str) -> Response:
    user = org.rows.get("User", user_id) or {}
    base, org_id = org.settings.instance_url, org.settings.org_id
    facts = {
        "metadataServerUrl": f"{base}/services/Soap/m/{version}/{org_id[:15]}",
        "passwordExpired": "false",
        "sandbox": str(org.settings.is_sandbox).lower(),
        "serverUrl": f"{base}/services/Soap/u/{version}/{org_id[:15]}",
        "sessionId": open_session(org, user_id),
        "userId": user_id,
    }
    info = {
        "organizationId": org_id,
        "organizationName": org.settings.name,
        "sessionSecondsValid": "7200",
        "userEmail": user["Email"],
        "userFullName": user["Name"],
        "userId": user_id,
        "userName": user["Username"],
        "userTimeZone": user["TimeZoneSidKey"],
        "userType": user["UserType"],
    }
    inner = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in facts.items())
    inner += "<userInfo>" + "".join(f"<{k}>{escape(str(v))}</{k}>" for k, v in info.items()) + "</userInfo>"
    return _xml(f"<loginResponse><result>{inner}</result></loginResponse>", 200)


def _fault(code: str, text: str) -> Response:
    bare = code.removeprefix("sf:")
    detail = f"<detail><sf:LoginFault><sf:exceptionCode>{bare}</sf:exceptionCode></sf:LoginFault></detail>"
    parts = f"<faultcode>{code}</faultcode><faultstring>{escape(text)}</faultstring>{detail}"
    return _xml(f"<soapenv:Fault>{parts}</soapenv:Fault>", 500)


def _xml(inner: str, status: int) -> Response:
    return Response(_ENVELOPE.format(inner), status, media_type="text/xml;charset=UTF-8")
