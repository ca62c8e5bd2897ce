"""The invocable actions of the org: what a flow may call here. [docs] REST guide, Invocable Actions

Labels and types of the vendor's own example are [docs]; those of the other actions follow its pattern ([inferred]).
Actions that need a feature the org lacks are not among them: Slack is there exactly when a flow with it deploys.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provisioner.emulator.salesforce.automation.flow.actions import inputs_of, offered
from provisioner.emulator.salesforce.errors import not_found, not_modelled
from provisioner.emulator.salesforce.rest.common import DATA, authenticate

if TYPE_CHECKING:
    from provisioner.emulator.salesforce.state.org import Org


@dataclass(frozen=True, slots=True)
class _Action:
    name: str
    label: str
    type: str


_STANDARD = (
    _Action("chatterPost", "Post to Chatter", "CHATTERPOST"),
    _Action("contentWorkspaceEnableFolders", "Enable Folder Support for a Content Workspace (Library)",
            "CONTENTWORKSPACE_ENABLE_FOLDERS"),
    _Action("customNotificationAction", "Send Custom Notification", "CUSTOM_NOTIFICATION_ACTION"),
    _Action("emailSimple", "Send Email", "EMAILSIMPLE"),
    _Action("invocableApplyLeadAssignmentRules", "Apply Lead Assignment Rules",
            "INVOCABLE_APPLY_LEAD_ASSIGNMENT_RULES"),
    _Action("slackPostMessage", "Send Slack Message", "SLACK_POST_MESSAGE"),
    _Action("submit", "Submit for Approval", "SUBMITAPPROVAL"),
)  # fmt: skip


def routes(org: Org) -> list[Route]:
    every = ["GET", "POST", "PATCH", "PUT", "DELETE"]  # running an action is refused by name
    base = f"{DATA}/actions"
    return [
        Route(base, partial(kinds, org)),
        Route(f"{base}/standard", partial(standard, org)),
        Route(f"{base}/standard/{{name}}", partial(one, org), methods=every),
    ]


async def kinds(org: Org, request: Request) -> Response:
    authenticate(org, request)
    return JSONResponse({kind: f"{_base(request)}/{kind}" for kind in ("standard", "custom")})


async def standard(org: Org, request: Request) -> Response:
    authenticate(org, request)
    found = [action for action in _STANDARD if offered(org, action.name)]
    return JSONResponse({"actions": [_listed(action, _base(request)) for action in found]})


async def one(org: Org, request: Request) -> Response:
    """One action with the names of its inputs. The vendor tells more of each: label, type, description."""
    authenticate(org, request)
    name = request.path_params["name"]
    if request.method != "GET":
        raise not_modelled(f"{request.method} {request.url.path}")
    action = next((each for each in _STANDARD if each.name == name and offered(org, name)), None)
    if action is None:
        raise not_found()
    known = inputs_of(action.name, float(request.path_params["version"]))
    if known is None:
        raise not_modelled(f"the inputs of the action {action.name}")
    inputs = [{"name": name, "required": True} for name in known.required]
    inputs += [{"name": name, "required": False} for name in (*known.optional, *known.refused)]
    return JSONResponse({"inputs": inputs, "label": action.label, "name": action.name, "type": action.type})


def _listed(action: _Action, base: str) -> dict[str, Any]:
    url = f"{base}/standard/{action.name}"
    return {"label": action.label, "name": action.name, "type": action.type, "url": url}


def _base(request: Request) -> str:
    return f"/services/data/v{request.path_params['version']}/actions"
