"""All formats: what writes each, and what a template may say for it alone. A new format is a file and a line here."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from wasl.content import mail_block
from wasl.content.adaptive_card import adaptive_card
from wasl.content.blocks import Block
from wasl.content.card import CardBlock, card
from wasl.content.discord import discord
from wasl.content.mail import mail
from wasl.content.mail_block import MailBlock
from wasl.content.plain import plain
from wasl.content.post import post
from wasl.content.push import PushBlock, push
from wasl.content.slack import slack
from wasl.content.sms import sms
from wasl.content.structured import structured
from wasl.content.telegram import telegram
from wasl.content.whatsapp import WhatsAppBlock, whatsapp
from wasl.content.written import Source, Written
from wasl_contracts.content import Format, Rendered


class Form(NamedTuple):
    """A format: its function, its block of the front matter, and the format whose block it takes where it has none of its own.

    `mistakes` tells what of a block, once its holes are put aside, cannot be used: (name of the setting, sentence).
    """

    render: Callable[[Written], Rendered]
    block: type[Block] = Block
    otherwise: Format | None = None
    mistakes: Callable[[Source], Iterable[tuple[str, str]]] = lambda source: ()


FORMATS: Final[Mapping[Format, Form]] = {
    "mail": Form(mail, MailBlock, mistakes=mail_block.mistakes),
    "plain": Form(plain),
    "sms": Form(sms, otherwise="plain"),
    "push": Form(push, PushBlock),
    "slack": Form(slack),
    "telegram": Form(telegram),
    "discord": Form(discord),
    "adaptive_card": Form(adaptive_card),
    "whatsapp": Form(whatsapp, WhatsAppBlock),
    "post": Form(post),
    "card": Form(card, CardBlock),
    "structured": Form(structured),
}
