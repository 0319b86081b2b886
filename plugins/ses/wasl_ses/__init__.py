"""Mail through Amazon SES."""

from wasl_ses.provider import Ses
from wasl_ses.settings import Settings

__all__ = ["Ses", "Settings"]
