"""Mail through Postmark."""

from wasl_postmark.provider import Postmark
from wasl_postmark.settings import Settings

__all__ = ["Postmark", "Settings"]
