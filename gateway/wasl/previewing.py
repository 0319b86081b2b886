"""What a provider would get of a message, and what one got: shown, and never sent. Gateway has these verbs too."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import JsonValue

from wasl.branded import Branded
from wasl.problems import validated
from wasl.showing.seen import CallShown, Glimpse, Preview, Rerendered
from wasl_contracts import Content, Mode, Recipient
from wasl_contracts.enclosure import Enclosure


class Previewing(Branded):
    """The verbs of those who want to see it."""

    async def preview(  # noqa: PLR0913 - the fields of a message, each with a name
        self,
        template: str | None = None,
        *,
        to: Recipient | Mapping[str, JsonValue] | None = None,
        content: Content | Mapping[str, JsonValue] | None = None,
        data: Mapping[str, JsonValue] | None = None,
        topic: str | None = None,
        channels: Sequence[str] | None = None,
        locale: str | None = None,
        mode: Mode | None = None,
        send_at: datetime | None = None,
        expires_in: str | timedelta | None = None,
        about: str | None = None,
        attachments: Sequence[Enclosure | Mapping[str, object]] | None = None,
        attachments_optional: bool = False,
        brand: str | None = None,
    ) -> Preview:
        """What the providers of each channel would get, were this sent now; nothing is kept, counted or sent.

        Without `to` for an invented person, without `data` with the template's examples. Addresses that wasl knows of a person are not
        told: in their place stand invented ones.

        Raises:
            Refused: it would not be accepted; names each field that is wrong.
        """
        given = {
            "template": template, "to": to, "content": content, "data": data, "topic": topic, "channels": channels, "locale": locale,
            "mode": mode, "send_at": send_at, "expires_in": expires_in, "about": about, "attachments": attachments,
            "attachments_optional": attachments_optional, "brand": brand,
        }  # fmt: skip
        return await self.show(validated(Glimpse, {name: value for name, value in given.items() if value is not None}))

    async def show(self, glimpse: Glimpse) -> Preview:
        """As `preview`, for a question that is built already."""
        return await self._open.previewing.preview(glimpse, seen_as=self.seen_as)

    async def rerender(self, message_id: str) -> Rerendered:
        """Make what was handed over for a message again, call by call, of what is kept: equal to the byte, or why not. Nothing is sent.

        Raises:
            NotFound: there is no such message.
        """
        return await self._open.rerendering.rerender(self.brand, message_id)

    async def shown(self, message_id: str) -> Sequence[CallShown]:
        """What was handed over for a message, call by call, to be looked at: never a one-time code. Whoever shows it must ask why first.

        Raises:
            NotFound: there is no such message.
        """
        return await self._open.rerendering.shown(self.brand, message_id)
