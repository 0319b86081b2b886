"""An export as it is seen: a file that is written behind the requests, for the user of the console who asked for it."""

from typing import Literal, NamedTuple

from pydantic import AwareDatetime

from wasl_contracts.model import Frozen

Kind = Literal["messages", "suppressions", "consents", "audit"]
Format = Literal["csv", "ndjson"]
ExportState = Literal["waiting", "writing", "ready", "stopped", "failed", "discarded"]
"""`discarded`: somebody whom it told of was erased. In the last three its bytes are gone."""
Fault = Literal["too_many", "too_large", "broken"]

MOST_ROWS = 1_000_000
"""Rows of one export; one that would have more fails, and nothing of it is kept."""
MOST_BYTES = 512 * 1024 * 1024
"""Bytes of its file; the same."""
AT_ONCE = 1_000
"""Rows that are written by the request itself, so that a small export is ready with the next page."""
MOST_OPEN = 5
"""Exports that one user may have under way."""
MOST_KEPT = 20
"""Exports that one user may have altogether."""


class Expected(NamedTuple):
    """How many rows are to be expected; `at_least` where counting ended before all were looked at."""

    rows: int
    at_least: bool = False


class ExportSeen(Frozen):
    """An export. `role` and `brands` are what the user was and saw when they asked; no brands: all of them, whichever there are.

    `query` is what they asked for in their own words. The link opens until `expires_at`, whenever the file is ready.
    """

    id: str
    user_id: str
    role: str
    kind: Kind
    format: Format
    brands: tuple[str, ...]
    query: str = ""
    state: ExportState
    fault: Fault | None = None
    expected: int
    at_least: bool
    rows: int
    bytes: int
    parts: int
    asked_at: AwareDatetime
    expires_at: AwareDatetime
    ended_at: AwareDatetime | None = None

    @property
    def under_way(self) -> bool:
        """Whether there is still something to write."""
        return self.state in ("waiting", "writing")
