"""What is told of a template to those who write it."""

from typing import Literal

from wasl_contracts.model import Frozen

Severity = Literal["mistake", "warning"]


class Finding(Frozen):
    """One thing found, of the kind `code`. A mistake keeps the template from use, or messages from being made; a warning does not."""

    severity: Severity
    code: str
    at: str
    said: str
