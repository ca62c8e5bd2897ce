"""Custom code actions: what may be saved, what the code is given, what becomes of its outputs, what stops it."""

from __future__ import annotations

import json
import shutil

import pytest
import requests

from .conftest import Hub, changed, emulator, on, put

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no node on this machine")
WAIT = "import time\ndef main(event):\n    while True:\n        pass\n"
NODE_WAIT = "exports.main = async (event, callback) => { while (true) {} };"


@pytest.fixture(scope="module")
def executing(interface):
    """An emulator that was told to run custom code."""
    with requests.Session() as session, emulator("--run-custom-code") as facts:
        session.trust_env = False
        yield Hub(facts["url"], facts["access_token"], facts["portal_id"], session, interface)


@pytest.fixture
def lab(executing):
    executing.door("reset", method="POST")
    executing.door("settings", {"rate_limits": False, "code_seconds": 10.0})
    return executing


def code(source, *outputs, runtime="PYTHON39", secrets=(), inputs=None, options=()):
    listed = [{"name": name, "type": "ENUMERATION", "options": list(options)} for name in outputs]
    given = [{"name": name, "value": value} for name, value in (inputs or {}).items()]
    return {
        "type": "CUSTOM_CODE",
        "runtime": runtime,
        "sourceCode": source,
        "secretNames": list(secrets),
        "inputFields": given,
        "outputFields": listed,
    }


def of(name):
    return {"type": "OBJECT_PROPERTY", "propertyName": name}


def output(name, action="1"):
    return {"type": "FIELD_DATA", "actionId": action, "dataKey": name}


def then(action):
    return action | {"connection": {"edgeType": "STANDARD", "nextActionId": "2"}}


def started(hub, *actions):
    """What the flow did to a fresh contact: (the contact, the log's words)."""
    flow = hub.flow(*actions, enrollmentCriteria=on(changed("firstname")))
    contact = hub.contact(firstname="Ada", numemployees="25-50")
    told = hub.door("log", {"flow": flow["id"], "record": contact})
    return contact, [one["what"] for one in told]


def test_the_event_is_what_the_vendor_documents(lab):
    lab.property("x_at", "datetime")
    lab.property("x_day", "date")
    lab.property("x_city")
    source = "import json\ndef main(event):\n    return {'outputFields': {'seen': json.dumps(event)}}\n"
    given = {"name": of("firstname"), "at": of("x_at"), "day": of("x_day"), "none": of("x_city")}
    given |= {"fixed": {"type": "STATIC_VALUE", "staticValue": "5"}}
    flow = lab.flow(
        then(code(source, "seen", inputs=given)), put("x_city", output("seen")), enrollmentCriteria=on(changed("city"))
    )
    contact = lab.contact(firstname="Ada", x_at="2026-01-05T14:00:00Z", x_day="2026-01-05")
    lab.change(contact, city="Rome")
    (told,) = lab.values(contact, "x_city")
    event = json.loads(told)
    assert event.pop("callbackId") == f"ap-1234567-{flow['id']}-1-1"
    assert event.pop("origin").keys() == {"portalId", "actionDefinitionId"}
    assert event == {
        "object": {"objectType": "CONTACT", "objectId": int(contact)},
        "inputFields": {"name": "Ada", "at": "1767621600000", "day": "1767571200000", "fixed": "5"},
    }


def test_blank_inputs_may_be_there_as_null(lab):
    source = "def main(event):\n    return {'outputFields': {'seen': repr(event['inputFields'])}}\n"
    lab.door("settings", {"blank_inputs": "null"})
    _, told = started(lab, code(source, "seen", inputs={"city": of("city")}))
    assert told == ["enrolled", "code: seen = {'city': None}", "completed"]


def test_outputs_are_texts_for_later_actions_and_branches(lab):
    lab.property("x_due", "datetime")
    source = (
        "def main(event):\n"
        "    return {'outputFields': {'due': 1767621600000, 'late': True, 'half': 0.5, 'none': None, 'extra': 1}}\n"
    )
    branch = {
        "type": "STATIC_BRANCH",
        "inputValue": output("late"),
        "staticBranches": [
            {"branchValue": "true", "connection": {"edgeType": "STANDARD", "nextActionId": "3"}},
            {"branchValue": "false", "connection": {"edgeType": "STANDARD", "nextActionId": "4"}},
        ],
    }
    end = put("x_due", output("due")) | {"connection": None}
    contact, told = started(lab, then(code(source, "due", "late", "half", "none")), branch, end, put("city", "wrong"))
    assert told[1] == "code: due = 1767621600000, late = true, half = 0.5"
    assert lab.values(contact, "x_due", "city") == ["2026-01-05T14:00:00Z", None]


def test_the_code_lives_in_the_portals_present(lab):
    lab.move("2026-03-08T06:59:00Z")
    source = (
        "import time\nfrom datetime import UTC, date, datetime, timedelta\nfrom zoneinfo import ZoneInfo\n"
        "def main(event):\n"
        "    local = datetime.now(ZoneInfo('America/New_York')) + timedelta(minutes=2)\n"
        "    later = datetime.now(UTC) + timedelta(minutes=2)\n"
        "    return {'outputFields': {'local': local.isoformat(), 'utc': later.isoformat(), 'time': time.time(),\n"
        "                             'day': date.today().isoformat()}}\n"
    )
    _, told = started(lab, code(source, "local", "utc", "time", "day"))
    assert told[1] == (
        "code: local = 2026-03-08T02:01:00-05:00, utc = 2026-03-08T07:01:00+00:00, time = 1772953140, day = 2026-03-08"
    )


@needs_node
@pytest.mark.parametrize(
    ("runtime", "source"),
    [
        ("NODE20X", "exports.main = async (event, callback) => { callback({outputFields: {a: $}}); };"),
        ("NODE24X", "exports.main = async (event) => ({outputFields: {a: $}});"),
    ],
)
def test_node(lab, runtime, source):
    source = source.replace("$", "new Date().toISOString() + ' ' + event.inputFields.n + ' ' + Date.now()")
    _, told = started(lab, code(source, "a", runtime=runtime, inputs={"n": of("firstname")}))
    assert told == ["enrolled", "code: a = 2026-01-05T14:00:00.000Z Ada 1767621600000", "completed"]


@needs_node
@pytest.mark.parametrize("runtime", ["NODE20X", "NODE24X"])
def test_node_that_fails(lab, runtime):
    source = "exports.main = async () => { throw new Error('no luck'); };"
    _, told = started(lab, code(source, "a", runtime=runtime))
    assert told == ["enrolled", "failed: the code ended with an error: Error: no luck", "completed"]


@needs_node
def test_node_24_has_no_callback(lab):
    source = "exports.main = async (event, callback) => { callback({outputFields: {a: 1}}); };"
    _, told = started(lab, code(source, "a", runtime="NODE24X"))
    assert told[1] == "failed: the code ended with an error: TypeError: callback is not a function"


def test_secrets_are_in_the_environment_and_in_nothing_else(lab):
    made = lab.door("seed", {"secrets": [{"name": "TOKEN", "value": "s3cret"}, {"name": "OTHER", "value": "hid"}]})
    assert made == {"secrets": [{"name": "TOKEN"}, {"name": "OTHER"}]}
    source = (
        "import os\ndef main(event):\n"
        "    print('token', os.environ['TOKEN'], sorted(os.environ))\n"
        "    return {'outputFields': {'long': len(os.environ['TOKEN'])}}\n"
    )
    _, told = started(lab, code(source, "long", secrets=["TOKEN"]))
    assert told[1].startswith("code: long = 6; printed: token *** ['")
    assert "OTHER" not in told[1] and "HOME" not in told[1] and "PATH'" not in told[1]
    failing = "import os\ndef main(event):\n    raise ValueError(os.environ['TOKEN'])\n"
    _, told = started(lab, code(failing, secrets=["TOKEN"]))
    assert told[1] == "failed: the code ended with an error: ValueError: ***"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("def main(event):\n    return 5\n", "the code did not return an object with outputFields"),
        ("def main(event):\n    return {'outputFields': [1]}\n", "the code did not return an object with outputFields"),
        (
            "def main(event):\n    return {'outputFields': {'a': [1]}}\n",
            "output a is no text, number or truth value",
        ),
        (
            "def main(event):\n    return {'outputFields': {'a': 'x' * 70000}}\n",
            "output a is longer than 65536 characters",
        ),
        ("x = 1\n", "the code ended with an error: NameError: the code defines no function main(event)"),
        ("def main(event):\n    return 1 / 0\n", "the code ended with an error: ZeroDivisionError: division by zero"),
        ("def main(event:\n", "the code ended with an error: SyntaxError: '(' was never closed"),
        ("def main(event):\n    x = bytearray(300_000_000)\n", "the code ended with an error: MemoryError"),
        (
            "import sys\ndef main(event):\n    sys.exit(3)\n",
            "the code ended with an error: status 3",
        ),
        (
            "def main(event):\n    open('big', 'wb').write(bytes(3_000_000))\n",
            "the code ended with an error: OSError: [Errno 27] File too large",
        ),
    ],
)
def test_code_that_fails_is_told_and_the_record_goes_on(lab, source, text):
    contact, told = started(lab, then(code(source, "a")), put("city", "went on"))
    assert told == ["enrolled", f"failed: {text}", "city = went on", "completed"]
    assert lab.values(contact, "city") == ["went on"]


@pytest.mark.parametrize(
    ("runtime", "source"), [("PYTHON39", WAIT), pytest.param("NODE20X", NODE_WAIT, marks=needs_node)]
)
def test_code_that_takes_too_long_is_ended(lab, runtime, source):
    lab.door("settings", {"code_seconds": 0.5})
    _, told = started(lab, code(source, runtime=runtime))
    assert told == ["enrolled", "failed: Task timed out after 0.50 seconds", "completed"]


def test_what_the_code_leaves_behind_is_ended_too(lab, tmp_path):
    mark = tmp_path / "alive"
    child = f"import time, pathlib; time.sleep(1.2); pathlib.Path({str(mark)!r}).write_text('alive')"
    source = (
        "import subprocess, sys\ndef main(event):\n"
        f"    subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        "    return {'outputFields': {'a': 1}}\n"
    )
    _, told = started(lab, code(source, "a"))
    assert told[1] == "code: a = 1"
    lab.door("settings", {"code_seconds": 1.5})
    started(lab, code(WAIT))  # as long as the child would have needed
    assert not mark.exists()


def test_an_option_that_does_not_exist_is_no_output(lab):
    source = "def main(event):\n    return {'outputFields': {'a': 'red'}}\n"
    _, told = started(lab, code(source, "a", options=["green", "red"]))
    assert told[1] == "code: a = red"
    _, told = started(lab, code(source, "a", options=["green"]))
    assert told[1] == "failed: output a is 'red', which is none of its options ['green']"


def test_time_windows_move_code_like_any_action(lab):
    windows = [{"day": "MONDAY", "startTime": {"hour": 10, "minute": 0}, "endTime": {"hour": 17, "minute": 0}}]
    source = "import time\ndef main(event):\n    return {'outputFields': {'at': int(time.time())}}\n"
    flow = lab.flow(code(source, "at"), enrollmentCriteria=on(changed("firstname")), timeWindows=windows)
    contact = lab.contact(firstname="Ada")
    lab.move("2026-01-05T15:30:00Z")
    told = lab.door("log", {"flow": flow["id"], "record": contact})
    assert [one["what"] for one in told] == ["enrolled", "waits (window)", "code: at = 1767625200", "completed"]


def test_without_the_option_nothing_runs(hub, tmp_path):
    mark = tmp_path / "ran"
    source = f"import pathlib\ndef main(event):\n    pathlib.Path({str(mark)!r}).write_text('ran')\n"
    _, told = started(hub, then(code(source)), put("city", "went on"))
    text = "failed: custom code is off; start the emulator with --run-custom-code to run it"
    assert told == ["enrolled", text, "city = went on", "completed"]
    assert not mark.exists()
    answer = hub.knock("settings", {"run_code": True})
    assert answer.status_code == 400 and answer.json()["error"].startswith("There is no setting 'run_code'.")


OK = "def main(event):\n    return {}\n"


@pytest.mark.parametrize(
    ("action", "status", "text"),
    [
        (code(OK, runtime="RUBY3"), 501, "The emulator does not model the runtime RUBY3; there are PYTHON39, NODE20X,"),
        (code("  "), 400, "sourceCode of a custom code action cannot be empty."),
        (code(OK, "a", "a"), 400, "Names in outputFields are texts that differ; 'a' is not one."),
        (
            code(OK, inputs={f"n{n}": of("city") for n in range(51)}),
            400,
            "A custom code action has at most 50 inputFields, not 51.",
        ),
        (code(OK, inputs={"x": of("nowhere")}), 400, "Property nowhere does not exist for object type 0-1"),
        (code(OK) | {"timeout": 5}, 400, 'Invalid input JSON: unrecognized field "timeout" in action.'),
        (
            code(OK) | {"outputFields": [{"name": "a", "type": "DATETIME", "options": []}]},
            400,
            "Invalid input JSON: action.outputFields[0].type is one of ENUMERATION, not 'DATETIME'.",
        ),
        ({"type": "CUSTOM_CODE"}, 400, "Some required fields were not set: [actionId, "),
    ],
)  # fmt: skip
def test_what_may_not_be_saved(hub, action, status, text):
    body = {"type": "CONTACT_FLOW", "flowType": "WORKFLOW", "objectTypeId": "0-1", "isEnabled": False, "name": "x",
            "actions": [{"actionId": "1"} | action], "startActionId": "1", "canEnrollFromSalesforce": False,
            "suppressionListIds": [], "blockedDates": [], "timeWindows": [], "customProperties": {},
            "dataSources": []}  # fmt: skip
    if action == {"type": "CUSTOM_CODE"}:
        body["actions"] = [action]
    found = hub.refused("POST", "/automation/v4/flows", body)
    assert (found[0], found[1][: len(text)]) == (status, text)


def test_unknown_secrets_and_unknown_outputs(hub):
    body = {"type": "CONTACT_FLOW", "flowType": "WORKFLOW", "objectTypeId": "0-1", "isEnabled": False, "name": "x",
            "startActionId": "1", "canEnrollFromSalesforce": False, "suppressionListIds": [], "blockedDates": [],
            "timeWindows": [], "customProperties": {}, "dataSources": []}  # fmt: skip
    lost = [{"actionId": "1"} | code(OK, secrets=["NOWHERE"])]
    answer = hub.ask("POST", "/automation/v4/flows", body | {"actions": lost})
    assert (answer.status_code, answer.content) == (500, b"")
    wrong = [then({"actionId": "1"} | code(OK, "a")), {"actionId": "2"} | put("city", output("b"))]
    assert hub.refused("POST", "/automation/v4/flows", body | {"actions": wrong}) == (
        400,
        "Action 2 reads b of action 1, which has no such output.",
    )


def test_a_property_that_code_reads_is_in_use(hub):
    hub.property("x_in")
    hub.flow(code(OK, inputs={"x": of("x_in")}), enabled=False)
    status, text = hub.refused("DELETE", "/crm/v3/properties/contacts/x_in")
    assert (status, text) == (400, "Property x_in is currently used in 1 places and cannot be deleted")


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ({"name": "A"}, "A secret is a name and a value, both texts."),
        ({"name": "A B", "value": "x"}, "A secret's name is an identifier, not 'A B'."),
        ({"name": "A", "value": "x" * 1001}, "The values of all secrets together have at most 1000 characters."),
    ],
)
def test_secrets_that_cannot_be(hub, secret, text):
    answer = hub.knock("seed", {"secrets": [secret]})
    assert (answer.status_code, answer.json()) == (400, {"error": text})


def test_salesforce_has_no_custom_code():
    import subprocess
    import sys

    command = [sys.executable, "-m", "provisioner.emulator", "--platform", "salesforce", "--run-custom-code"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, "--run-custom-code goes with --platform hubspot only" in ended.stderr) == (2, True)
