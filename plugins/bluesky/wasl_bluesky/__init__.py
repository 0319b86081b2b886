"""Posts on Bluesky, and direct messages there."""

from wasl_bluesky.provider import Bluesky, BlueskySettings

__all__ = ["Bluesky", "BlueskySettings"]
