"""A text message: plain text, without the title."""

from wasl.content.plain import with_actions, with_way_out
from wasl.content.segments import count
from wasl.content.written import Written
from wasl_contracts.content import Sms


def sms(written: Written) -> Sms:
    """The body, then each action as `label: url`. The title is left out: an SMS is paid by the letter."""
    text = with_way_out(written, with_actions(written))
    counted = count(text)
    return Sms(text=text, encoding=counted.encoding, segments=counted.segments)
