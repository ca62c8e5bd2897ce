"""Being here makes the folders beside it importable from every test: `from strategies.designs import documents`."""

from __future__ import annotations

import os
import signal
import tempfile

from hypothesis import settings

# Slow machines are no failures; and what CI says about a change must not depend on luck.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

# Runs that tests begin, in processes of their own too, are never written into a person's home.
_STATE = tempfile.TemporaryDirectory(prefix="provisioner-state-", ignore_cleanup_errors=True)
os.environ["PROVISIONER_STATE_DIR"] = _STATE.name

# A job in the background (nohup, `&`) ignores signals, and so would every process that a test sends one to.
for _number, _usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, _usual)
