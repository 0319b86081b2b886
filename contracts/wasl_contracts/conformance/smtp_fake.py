"""A fake SMTP server on plain asyncio, scripted by stage: BANNER, EHLO, AUTH, MAIL, RCPT, DATA, DOT (the final one), QUIT."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from wasl_contracts.conformance.loopback import Loopback, hang, reset
from wasl_contracts.conformance.mails import mail_fields
from wasl_contracts.conformance.wire import Ending

Reply = str | Ending
EXTENSIONS = ("PIPELINING", "8BITMIME", "SMTPUTF8", "AUTH PLAIN LOGIN")
_USUAL: Mapping[str, Reply] = {
    "BANNER": "220 fake.example ESMTP",
    "AUTH": "235 2.7.0 welcome",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go on",
    "RSET": "250 2.0.0 ok",
    "NOOP": "250 2.0.0 ok",
    "QUIT": "221 2.0.0 bye",
}


@dataclass(frozen=True, slots=True)
class Mailed:
    """One mail that the fake got to its final dot, without the stuffed dots."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes = field(repr=False)

    def fields(self) -> dict[str, str]:
        """Its envelope, headers and text parts, decoded."""
        return {"sender": self.sender, "recipients": " ".join(self.recipients), **mail_fields(self.data)}

    def attachments(self) -> list[tuple[str | None, str, bytes]]:
        """The name, the media type and the bytes of each file that goes along, decoded."""
        mail = message_from_bytes(self.data, EmailMessage, policy=policy.default)
        files = (part for part in mail.walk() if part.get_content_disposition() == "attachment")
        return [(part.get_filename(), part.get_content_type(), bytes(part.get_payload(decode=True) or b"")) for part in files]


class SmtpFake(Loopback):
    """Replies as usual where `replies` has nothing for a stage. `taken` gives the reply to the final dot.

    `sent` holds the mails that came to their final dot, whatever it answered.
    """

    def __init__(
        self, taken: Callable[[Mailed], str], replies: Mapping[str, Reply], extensions: tuple[str, ...] = EXTENSIONS, delay: float = 0
    ) -> None:
        super().__init__()
        self.sent: list[Mailed] = []
        self._taken, self._replies, self._extensions, self._delay = taken, {**_USUAL, **replies}, extensions, delay

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _Conversation(self._replies, reader, writer, self).run()

    def greeting(self) -> str:
        """The reply to EHLO."""
        lines = ["fake.example", *self._extensions, "SIZE 20000000"]
        return "\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"])

    async def take(self, mail: Mailed) -> Reply:
        """The reply to a mail's final dot."""
        self.sent.append(mail)
        await asyncio.sleep(self._delay)
        return self._replies.get("DOT") or self._taken(mail)


class _Conversation:
    """One connection: what was said so far, and what is answered next."""

    def __init__(self, replies: Mapping[str, Reply], reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fake: SmtpFake) -> None:
        self._replies, self._reader, self._writer, self._fake = replies, reader, writer, fake
        self._sender = ""
        self._recipients: list[str] = []

    async def run(self) -> None:
        going_on = await self._reply(self._replies["BANNER"])
        while going_on and (line := await self._reader.readline()):
            verb, _, argument = line.decode(errors="replace").strip().partition(" ")
            going_on = await self._react(verb.upper(), argument)

    async def _react(self, verb: str, argument: str) -> bool:
        reply = self._replies.get(verb, "500 5.5.1 what?")
        good = isinstance(reply, str) and reply[:1] in "23"
        if verb in ("EHLO", "HELO"):
            reply = self._replies.get("EHLO") or self._fake.greeting()
        elif verb == "AUTH" and argument.upper() == "LOGIN":
            await self._ask_twice()
        elif verb in ("MAIL", "RSET"):
            self._sender, self._recipients = _path(argument) if good else "", []
        elif verb == "RCPT" and good:
            self._recipients.append(_path(argument))
        return await self._reply(reply) and verb != "QUIT" and (verb != "DATA" or not good or await self._data())

    async def _ask_twice(self) -> None:
        for question in ("334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"):
            await self._reply(question)
            await self._reader.readline()

    async def _data(self) -> bool:
        lines = []
        while (line := await self._reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        if not self._sender or not self._recipients:
            return await self._reply("554 5.5.1 no valid recipients")
        return await self._reply(await self._fake.take(Mailed(self._sender, tuple(self._recipients), b"".join(lines))))

    async def _reply(self, reply: Reply) -> bool:
        """Say it; False where that ends the conversation."""
        if isinstance(reply, str):
            self._writer.write(f"{reply}\r\n".encode())
            await self._writer.drain()
            return not reply.startswith("421")
        if reply is Ending.HANG:
            await hang(self._reader)
        elif reply is Ending.RESET:
            reset(self._writer)
        else:
            self._writer.write(b"25")
            await self._writer.drain()
        return False


def _path(argument: str) -> str:
    return argument.partition("<")[2].partition(">")[0]
