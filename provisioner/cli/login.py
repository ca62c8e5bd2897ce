"""Who is at this machine."""

from __future__ import annotations

import getpass
import os


def login() -> str:
    """The name somebody is logged in with; `uid 12345` where the system has no name for them, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, ImportError, OSError):  # which of them, depends on the system and on Python's version
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"
