"""How templates were used lately, as messages tell it."""

from collections.abc import Mapping

from pydantic import AwareDatetime

from wasl_contracts.model import Frozen


class Use(Frozen):
    """What became lately of the messages of a template: of those among the last that were looked at.

    `ended` are their deliveries of which the end is known, `failed` those of them that failed, bounced or expired.
    """

    messages: int
    ended: int
    failed: int
    last_at: AwareDatetime

    @property
    def failure_rate(self) -> float | None:
        """From 0 to 1; None where nothing has ended."""
        return self.failed / self.ended if self.ended else None

    def and_(self, other: "Use") -> "Use":
        """Both together."""
        return Use(
            messages=self.messages + other.messages,
            ended=self.ended + other.ended,
            failed=self.failed + other.failed,
            last_at=max(self.last_at, other.last_at),
        )


class VersionUse(Frozen):
    """A version of a template that messages were accepted with lately."""

    version: str
    locale: str
    messages: int
    last_at: AwareDatetime


class LatelyUsed(Frozen):
    """Templates by name, and their versions, newest first, as the last messages of some brands used them.

    `looked_at` is the most messages that were looked at: of a template that is not among them nothing is told.
    """

    looked_at: int
    templates: Mapping[str, Use]
    versions: Mapping[str, tuple[VersionUse, ...]]
