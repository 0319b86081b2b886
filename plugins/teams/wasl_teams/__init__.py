"""Cards in chats and channels of Microsoft Teams."""

from wasl_teams.provider import Teams, TeamsSettings

__all__ = ["Teams", "TeamsSettings"]
