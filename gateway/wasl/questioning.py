"""What would become of a message: asked as it would be sent, and answered by the same code. Gateway has this verb too."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import JsonValue

from wasl.branded import Branded
from wasl.explanations import Explanation, Question
from wasl.problems import validated
from wasl.registry import Specs
from wasl_contracts import Content, Escalation, Mode, ProviderSpec, Recipient
from wasl_contracts.enclosure import Enclosure


class Questioning(Branded):
    """The verb of those who ask why, and what if."""

    _specs: Specs

    @property
    def provider_specs(self) -> tuple[ProviderSpec, ...]:
        """What the configured providers say of themselves, such as the kinds of addresses that they serve."""
        return tuple(self._specs[name] for name in self._specs.plugins)

    async def explain(  # noqa: PLR0913 - the fields of a message, each with a name
        self,
        template: str | None = None,
        *,
        to: Recipient | Mapping[str, JsonValue],
        content: Content | Mapping[str, JsonValue] | None = None,
        data: Mapping[str, JsonValue] | None = None,
        topic: str | None = None,
        channels: Sequence[str] | None = None,
        mode: Mode | None = None,
        escalate: Escalation | Mapping[str, str] | None = None,
        send_at: datetime | None = None,
        expires_in: str | timedelta | None = None,
        about: str | None = None,
        fact: str | None = None,
        ordering_key: str | None = None,
        attachments: Sequence[Enclosure | Mapping[str, object]] | None = None,
        attachments_optional: bool = False,
        brand: str | None = None,
        at: datetime | None = None,
    ) -> Explanation:
        """What would become of this message, were it accepted now, or at another moment: nothing is kept, counted or sent.

        At a later moment nothing more is sent until then; at an earlier one consents, suppressions and what was sent are as they were.
        `Explanation.assumptions` tells what else is taken for granted.

        Raises:
            Refused: it would not be accepted; names each field that is wrong.
        """
        given = {
            "to": to, "template": template, "content": content, "data": data, "topic": topic, "channels": channels, "mode": mode,
            "send_at": send_at, "expires_in": expires_in, "about": about, "fact": fact, "ordering_key": ordering_key, "at": at,
            "brand": brand, "escalate": escalate,
            "attachments": attachments, "attachments_optional": attachments_optional,
        }  # fmt: skip
        return await self.answer(validated(Question, {name: value for name, value in given.items() if value is not None}))

    async def answer(self, question: Question) -> Explanation:
        """As `explain`, for a question that is built already."""
        return await self._open.explaining.explain(question, question.at, seen_as=self.seen_as)
