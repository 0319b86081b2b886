"""Messages to people who wrote to a Facebook Page, through Messenger's Send API."""

from wasl_messenger.provider import Messenger, Settings

__all__ = ["Messenger", "Settings"]
