"""SMS through Twilio."""

from wasl_twilio.provider import Settings, Twilio

__all__ = ["Settings", "Twilio"]
