"""HTTP and SMTP, as far as the proxy must understand them."""

import re

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_INSIDE = 20  # bytes of the content: some, and never all


class Http:
    """Requests and answers with a Content-Length."""

    def body(self, said: bytes) -> int | None:
        head, found, body = said.partition(b"\r\n\r\n")
        return len(head) + 4 + _INSIDE if found and len(body) > _INSIDE else None

    def end(self, said: bytes) -> int | None:
        head, found, body = said.partition(b"\r\n\r\n")
        if not found:
            return None
        length = _LENGTH.search(head)
        end = int(length[1]) if length else 0
        return len(head) + 4 + end if len(body) >= end else None

    def answered(self, told: bytes) -> bool:
        return self.end(told) is not None


class Smtp:
    """A conversation up to the final dot; its answer is the reply to that."""

    def body(self, said: bytes) -> int | None:
        before, found, content = said.partition(b"DATA\r\n")
        return len(before) + 6 + _INSIDE if found and len(content) > _INSIDE else None

    def end(self, said: bytes) -> int | None:
        position = said.find(b"\r\n.\r\n")
        return position + 5 if position >= 0 else None

    def answered(self, told: bytes) -> bool:
        return re.search(rb"(?m)^\d\d\d[^-][^\n]*\n\Z", told) is not None
