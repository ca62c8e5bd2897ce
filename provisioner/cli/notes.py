"""What sessions log while they wait, on stderr."""

from __future__ import annotations

import logging

from provisioner.cli import failures
from provisioner.cli.console import Console
from provisioner.reporting.text import safe


class _Notes(logging.Handler):
    def __init__(self, console: Console) -> None:
        super().__init__(logging.WARNING)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        self._console.note(f"  {safe(failures.masked(record.getMessage()))}")


def listen(console: Console) -> None:
    """From now on, what a session has to say while it waits goes to this console, and nowhere else."""
    logger = logging.getLogger("provisioner")
    for handler in [found for found in logger.handlers if isinstance(found, _Notes)]:
        logger.removeHandler(handler)
    logger.addHandler(_Notes(console))
    logger.propagate = False
