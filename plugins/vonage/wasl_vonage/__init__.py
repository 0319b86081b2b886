"""SMS through Vonage's Messages API."""

from wasl_vonage.provider import Vonage
from wasl_vonage.settings import Settings

__all__ = ["Settings", "Vonage"]
