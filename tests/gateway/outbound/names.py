"""A name server on loopback that speaks DNS over UDP, and the resolver that asks it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from ipaddress import ip_address
from itertools import cycle
from typing import cast

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rdatatype
import dns.resolver
import dns.rrset
from aiohttp.abc import AbstractResolver, ResolveResult


class NameServer(asyncio.DatagramProtocol):
    """Answers each look-up of a name with the next of its addresses, as one who rebinds names does."""

    def __init__(self, names: Mapping[str, tuple[str, ...]]) -> None:
        self._answers: dict[str, Iterator[str]] = {name: cycle(addresses) for name, addresses in names.items()}
        self.asked: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        (question,) = query.question
        name = question.name.to_text(omit_final_dot=True)
        address = next(self._answers[name])
        self.asked.append(name)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        kind = "A" if ip_address(address).version == 4 else "AAAA"
        if question.rdtype == dns.rdatatype.from_text(kind):
            answer.answer.append(dns.rrset.from_text(question.name, 0, "IN", kind, address))
        self._transport.sendto(answer.to_wire(), addr)


class Asking(AbstractResolver):
    """What aiohttp asks for names: that server, each time anew."""

    def __init__(self, port: int) -> None:
        self._resolver = dns.asyncresolver.Resolver(configure=False)
        self._resolver.nameservers, self._resolver.port = ["127.0.0.1"], port

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        kind = "AAAA" if host.startswith("six-") else "A"
        found = await self._resolver.resolve(host, kind, search=False)
        of = socket.AF_INET6 if kind == "AAAA" else socket.AF_INET
        return [ResolveResult(hostname=host, host=record.to_text(), port=port, family=of, proto=0, flags=0) for record in found]

    async def close(self) -> None:
        pass


@asynccontextmanager
async def name_server(names: Mapping[str, tuple[str, ...]]) -> AsyncIterator[tuple[NameServer, Asking]]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: NameServer(names), ("127.0.0.1", 0))
    try:
        yield server, Asking(transport.get_extra_info("sockname")[1])
    finally:
        transport.close()
