"""Pretend vendors on this machine: real HTTP on loopback, SQLite behind, a clock that only moves when told to.

    python -m provisioner.emulator --platform salesforce [--port N] [--db FILE] [--clock 2026-03-02T13:00:00Z]

prints one line of JSON when it is ready (`url`, `access_token`, `org_id`, `pid`) and stops on SIGTERM. The vendor's
own clients work against `url`; `/_emulator/*` is the control door (see `control.py`):

    POST /_emulator/clock    {"advance": "PT2H"} or {"to": "2026-03-02T15:00:00Z"}: time passes, what is due runs
    POST /_emulator/seed     people, queues, groups, permission set assignments, records and history in bulk
    GET  /_emulator/sent     what would have reached people: at, channel, to, subject, body, record, source
    GET  /_emulator/timers   scheduled paths that wait
    POST /_emulator/faults   503, lost answers, broken connections, dead sessions, slowness, failing rows; the nth on
    POST /_emulator/convert  {"lead": id}: a conversion, which passes by all automation
    POST /_emulator/expire   ends all sessions; POST /_emulator/reset: an empty org again

`--platform hubspot` is a portal instead of an org (ready line: `portal_id`). Its door also has:

    POST /_emulator/seed     teams, owners (living, departed), tokens with scopes, secrets, forms, pipelines, records,
                             crowds (a million contacts in seconds)
    POST /_emulator/count    how many records there are by values, straight from the tables
    POST /_emulator/touch    {"contact" and/or "lead", "type", "by", "at", "via"}: somebody called, wrote, met, noted
    POST /_emulator/submit   {"form", "email" or "contact", "values", "page"}: a visitor sends a form
    POST /_emulator/edit     {"flow" | "property" | "list" | "owner" | …, "changes" | "created" | "deleted", "by"}
    POST /_emulator/enroll   {"flow", "record"}: somebody enrols a record
    POST /_emulator/log      {"flow", "record"}: what workflows did, step by step
    POST /_emulator/settings rate limits, index lag, and every decision the vendor leaves open (hubspot/settings.py)

What is not modelled is refused by name: HTTP 501 with errorCode NOT_IMPLEMENTED_BY_EMULATOR, or a component failure
in a deployment. Nothing is silently ignored. The emulator imports nothing of the rest of the package.
"""
