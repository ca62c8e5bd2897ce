"""What happens when a record is saved, and when time passes: flows, formulas, scheduled paths, the Apex twin."""

from .engine import Automation
from .flow.checks import Problem

__all__ = ["Automation", "Problem"]
