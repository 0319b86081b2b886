"""Sends through Apprise: one plugin for the hundred services that it knows."""

from wasl_apprise.provider import Apprise, AppriseSettings

__all__ = ["Apprise", "AppriseSettings"]
