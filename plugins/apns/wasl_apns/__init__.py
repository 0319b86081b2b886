"""Push notifications to Apple's devices."""

from wasl_apns.provider import Apns
from wasl_apns.settings import Settings

__all__ = ["Apns", "Settings"]
