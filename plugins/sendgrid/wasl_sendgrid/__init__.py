"""Mail through SendGrid."""

from wasl_sendgrid.provider import SendGrid
from wasl_sendgrid.settings import Settings

__all__ = ["SendGrid", "Settings"]
