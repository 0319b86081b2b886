"""Push notifications through Firebase Cloud Messaging."""

from wasl_fcm.provider import Fcm
from wasl_fcm.settings import Settings

__all__ = ["Fcm", "Settings"]
