"""The summary of an audit, posted to Slack or to a webhook. One request, no retries: a report is not worth a storm."""

from __future__ import annotations

import json
from typing import Any

from provisioner.config import Notification
from provisioner.errors import ProvisionerError
from provisioner.insight.drift import Report
from provisioner.reporting.drift_message import slack_message, webhook_message

_TIMEOUT = (5, 15)  # seconds to connect, to answer
_ADVICE = "The report itself is complete. Check the address, and whether the webhook was revoked."


def send(report: Report, channel: Notification) -> None:
    """ProvisionerError when it did not arrive; the address is in no message, nor in what caused it."""
    import requests

    message = slack_message(report) if channel.kind == "slack" else webhook_message(report)
    try:
        with requests.Session() as session:
            session.trust_env = False  # no credentials from a netrc for an address that is one itself
            status = _status(session, channel, message)
    except requests.RequestException as error:
        reason = "no answer in time" if isinstance(error, requests.Timeout) else "no connection"
        raise ProvisionerError(f"The summary was not posted to {channel.name}: {reason}.", advice=_ADVICE) from None
    if not 200 <= status < 300:
        raise ProvisionerError(
            f"The summary was not posted to {channel.name}: the answer was {status}.", advice=_ADVICE
        )


def _status(session: Any, channel: Notification, message: dict[str, Any]) -> int:
    """Redirects are not followed: the summary goes where it was meant to go, or nowhere."""
    answer = session.post(
        channel.url.reveal(),
        data=json.dumps(message).encode("ascii"),
        headers={"Content-Type": "application/json"},
        timeout=_TIMEOUT,
        allow_redirects=False,
        stream=True,
    )
    answer.close()
    return int(answer.status_code)
