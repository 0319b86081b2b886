"""Push notifications to browsers."""

from wasl_webpush.provider import WebPush
from wasl_webpush.settings import Settings

__all__ = ["Settings", "WebPush"]
