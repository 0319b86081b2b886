"""wasl's provider for mail over SMTP."""

from wasl_smtp.settings import Settings
from wasl_smtp.smtp import Smtp

__all__ = ["Settings", "Smtp"]
