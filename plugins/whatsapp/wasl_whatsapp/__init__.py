"""Chat messages through WhatsApp's Cloud API."""

from wasl_whatsapp.provider import Settings, WhatsApp

__all__ = ["Settings", "WhatsApp"]
