"""A notification on a device."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from wasl.content.actions import actions
from wasl.content.blocks import Block, Holed, HoledLink
from wasl.content.cutting import cut
from wasl.content.plain import body, title
from wasl.content.sandbox import Unfillable
from wasl.content.written import Written
from wasl_contracts.content import Push

_LONGEST_TITLE = 200
LONGEST_BODY: Final = 1000
"""Characters of the text of a push; what is longer is cut there."""


def _free(key: str) -> str:
    if key in ("aps", "from", "message_type", "url") or key.startswith(("google", "gcm", "wasl")):
        raise PydanticCustomError("reserved_key", "is a name that FCM, APNs or wasl uses itself; choose another one")
    return key


_Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,62}$"), AfterValidator(_free)]


class PushBlock(Block):
    """`[push]`: what a device gets beside title and text. `badge` is a number, or a hole that comes out as one."""

    image: HoledLink | None = None
    sound: Holed | None = None
    badge: Annotated[int, Field(ge=0)] | Holed | None = None
    collapse_key: Holed | None = None
    data: dict[_Key, Holed] = Field(default_factory=dict)


def push(written: Written) -> Push:
    """Title and text, cut to what a lock screen can show; a tap opens the first action."""
    first = next(iter(actions(written)), None)
    block = written.block(PushBlock)
    return Push(
        title=cut(title(written), _LONGEST_TITLE),
        body=cut(body(written), LONGEST_BODY),
        url=first.url if first else None,
        image=block.image or None,
        sound=block.sound or None,
        badge=_number(block.badge),
        collapse_key=block.collapse_key or None,
        data=dict(block.data),
    )


def _number(badge: int | str | None) -> int | None:
    if badge is None or isinstance(badge, int):
        return badge
    if badge.isascii() and badge.isdecimal() and len(badge) < 10:
        return int(badge)
    raise Unfillable("the badge of the push is no whole number")
