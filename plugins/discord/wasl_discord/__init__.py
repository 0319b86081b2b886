"""Messages to people and channels of Discord."""

from wasl_discord.provider import Discord, DiscordSettings

__all__ = ["Discord", "DiscordSettings"]
