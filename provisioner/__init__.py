"""Infrastructure-as-code for speed-to-lead SLAs in a CRM."""

__version__ = "0.1.0"
