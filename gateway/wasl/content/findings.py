"""What is told of a template to those who write it."""

from typing import Literal

from wasl_contracts.model import Frozen

Severity = Literal["mistake", "warning"]


class Finding(Frozen):
    """One thing found, of the kind `code`. A mistake keeps the template from use, or messages from being made; a warning does not.

    `at` names the file, template or brand. `line` and `column` count from 1, and are None where `at` tells them or there are none.
    """

    severity: Severity
    code: str
    at: str
    said: str
    line: int | None = None
    column: int | None = None

    @property
    def place(self) -> str:
        """`order_shipped/en.md:4:1`."""
        return self.at if self.line is None else f"{self.at}:{self.line}:{self.column}"
