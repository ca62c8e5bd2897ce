"""The emulator as a program: its one line, its file, its end."""

import json
import signal
import subprocess
import sys

import requests

COMMAND = [sys.executable, "-m", "provisioner.emulator", "--platform", "salesforce"]


def run(*arguments):
    process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, text=True)
    return process, json.loads(process.stdout.readline())


def stop(process):
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    process.stdout.close()


def test_an_org_in_a_file_is_there_again(tmp_path):
    file = str(tmp_path / "org.sqlite")
    process, facts = run("--db", file, "--clock", "2026-03-02T13:00:00Z")
    assert facts["pid"] == process.pid
    bearer = {"Authorization": f"Bearer {facts['access_token']}"}
    base = f"{facts['url']}/services/data/v66.0"
    lead = {"LastName": "Doe", "Company": "Acme"}
    requests.post(f"{base}/sobjects/Lead", json=lead, headers=bearer, timeout=10).raise_for_status()
    stop(process)
    process, facts = run("--db", file)
    assert requests.get(f"{facts['url']}/_emulator/clock", timeout=10).json() == {"now": "2026-03-02T13:00:00.000Z"}
    url = f"{facts['url']}/services/data/v66.0/query?q=SELECT+Name,CreatedDate+FROM+Lead"
    record = requests.get(url, headers=bearer, timeout=10).json()["records"][0]
    assert (record["Name"], record["CreatedDate"]) == ("Doe", "2026-03-02T13:00:00.000+0000")
    stop(process)


def test_a_wrong_instant_is_explained():
    found = subprocess.run([*COMMAND, "--clock", "noon"], capture_output=True, text=True, timeout=20)
    assert found.returncode == 2
    assert "'noon' is not an ISO-8601 instant such as 2026-01-05T15:00:00Z." in found.stderr
