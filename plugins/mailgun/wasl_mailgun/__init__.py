"""Mail through Mailgun."""

from wasl_mailgun.provider import Mailgun
from wasl_mailgun.settings import Settings

__all__ = ["Mailgun", "Settings"]
