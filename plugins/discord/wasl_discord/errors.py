"""Discord's own error codes, and what they mean."""

from collections.abc import Mapping
from typing import Final

from wasl_contracts import Reason, Refusal

_NOBODY_THERE: Final = Refusal(outcome="rejected", reason=Reason.INVALID_ADDRESS, scope="address")
_NOT_LET_IN: Final = Refusal(outcome="rejected", reason=Reason.UNREACHABLE, scope="address")
_BAD_CONTENT: Final = Refusal(outcome="rejected", reason=Reason.CONTENT_REJECTED, scope="content")
_BAD_SETTINGS: Final = Refusal(outcome="rejected", reason=Reason.PROVIDER_MISCONFIGURED, scope="provider")
_TOO_FAST: Final = Refusal(outcome="unavailable", reason=Reason.RATE_LIMITED)

_GROUPS: Final[Mapping[Refusal, tuple[int, ...]]] = {
    _NOBODY_THERE: (
        10003,  # unknown channel
        10004,  # unknown guild
        10013,  # unknown user
        40058,  # a forum, which takes no messages but posts
        50008,  # a channel that is not for text
        50024,  # a channel of another type
        50033,  # invalid recipients
    ),
    _NOT_LET_IN: (
        50001,  # missing access
        50007,  # this person takes no messages from the app: their privacy settings, or they blocked it
        50013,  # missing permissions
        50083,  # an archived thread
        50278,  # no server in common with this person
        160005,  # a locked thread
    ),
    _BAD_CONTENT: (
        20009,  # explicit content
        50006,  # empty
        50035,  # invalid form body
        50109,  # invalid JSON
        200000,  # blocked by the server's automatic moderation
        200001,  # its title was
        240000,  # harmful links
    ),
    _BAD_SETTINGS: (
        404,  # nothing of Discord: base_url is not its API
        20001,  # not for bots
        20012,  # not authorized to do this
        20026,  # the app was flagged for spam
        40001,  # unauthorized
        40002,  # the account must be verified
    ),
    _TOO_FAST: (
        20016,  # slow mode
        20028,  # the channel's limit
        20029,  # the server's limit
        40003,  # opening direct messages too fast
    ),
    Refusal(outcome="unavailable", reason=Reason.PROVIDER_UNAVAILABLE): (130000,),  # overloaded
}

ERRORS: Mapping[str, Refusal] = {str(code): refusal for refusal, codes in _GROUPS.items() for code in codes}
"""Source: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json-json-error-codes."""
