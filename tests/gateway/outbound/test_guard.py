"""threats.md G as a table: no spelling of an address that is not public, and no name that leads to one, is ever connected to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network

import aiohttp
import pytest

from tests.gateway.outbound.names import name_server
from tests.gateway.outbound.sites import INSIDE, PUBLIC, Site, ok, site
from tests.gateway.outbound.test_urls import LOCAL_NAMES, PRIVATE_V4, PRIVATE_V6
from wasl.carriage import WaryConnector
from wasl.outbound import BadUrl, BlockedAddress, GuardedSession, Outbound, Reach, guard
from wasl_contracts import Reason, Rejected
from wasl_contracts.http import call
from wasl_contracts.provider import HttpSession

MORE_V4 = (
    # loopback, each part in each number base, short and long forms
    "0x7f.0.0.1", "127.0x0.0.1", "127.0.0.0x1", "0x7f.0x0.0x0.0x1", "0177.0.0.01", "0177.00.00.01", "00000177.0.0.1", "127.0.01",
    "127.000.1",
    "0x7f.1", "0X7F.0.0.1", "0x7F000001", "0x0000000007f000001", "127.0x1", "0x7f.0.1", "0177.1", "0177.0.1", "127.65535", "127.0.65535",
    "127.16777215", "2130706434", "127.0.0.2", "127.1.2.3", "127.0.0.1.", "127.1.", "0x7f000001.",
    # digits of other scripts and widths, and dots of other scripts
    "１２７．０．０．１", "127．0．0．1", "127｡0｡0｡1", "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "𝟙𝟚𝟟.0.0.1", "𝟭𝟮𝟳.0.0.1", "②①③⓪⑦⓪⑥④③③", "⓪x7f.1", "0ｘ7f000001",
    # the rest of what is not public
    "0.1.2.3", "10.255.255.255", "012.0.0.1", "0xa000001", "167772161", "100.64.0.0", "100.100.100.200", "169.254.0.1", "0xa9fea9fe",
    "0251.0376.0251.0376", "169.254.43518", "172.20.10.1", "0xac100001", "192.0.0.1", "192.0.0.170", "192.0.2.255", "192.88.99.255",
    "192.168.255.255", "0xc0a80101", "3232235777", "192.168.257", "198.18.255.1", "198.51.100.0", "203.0.113.255", "224.0.0.251",
    "230.1.2.3",
    "239.0.0.1", "247.1.2.3", "255.255.255.254", "4294967295", "0xffffffff", "037777777777",
)  # fmt: skip
MORE_V6 = (
    "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "::0:1", "0::1", "::0001", "0:0:0:0:0:0:0:0", "::0", "::ffff:7f00:1",
    "::FFFF:127.0.0.1", "0:0:0:0:0:ffff:127.0.0.1", "0:0:0:0:0:ffff:7f00:0001", "::ffff:10.0.0.1", "::ffff:192.168.1.1", "::ffff:0.0.0.0",
    "::ffff:169.254.169.254", "::7f00:1", "::10.0.0.1", "::ffff:0:7f00:1", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1",
    "64:ff9b:1:2::10.0.0.1",
    "2002:c0a8:101::1", "2002:a9fe:a9fe::", "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:20::1", "2001:db8:1::1", "3fff:fff::1",
    "fd00:ec2::254", "fc00::", "fdff:ffff::1", "fe80::5efe:127.0.0.1", "febf::1", "feff::1", "ff01::1", "ff05::1:3", "ff0e::1", "4000::1",
    "8000::1",
)  # fmt: skip
ODD = ("[fe80::1%eth0]", "[::1%25lo]", "[::1%lo]", "%31%32%37.0.0.1", "127.0.0.1%00.acme.example", "a@127.0.0.1", "acme.example@127.0.0.1")
TARGETS = (*PRIVATE_V4, *MORE_V4, *(f"[{ip}]" for ip in (*PRIVATE_V6, *MORE_V6)), *LOCAL_NAMES, *ODD)
TRIED = tuple(dict.fromkeys(TARGETS))
LEADS_INSIDE = (
    INSIDE,
    "127.1.2.3",
    "10.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "fd00::1",
)


@asynccontextmanager
async def plugin_session(
    reach: Reach, names: aiohttp.abc.AbstractResolver | None = None, configured: str | None = None
) -> AsyncIterator[HttpSession]:
    """The session of a plugin that is given URLs."""
    connector = WaryConnector(socket_factory=guard(reach), happy_eyeballs_delay=None, resolver=names)
    async with (
        aiohttp.ClientSession(connector=connector, auto_decompress=False) as guarded,
        aiohttp.ClientSession(trust_env=False) as plain,
    ):
        yield GuardedSession(guarded, reach, plain, configured)


async def post(http: HttpSession, url: str) -> int:
    return (await call(http, "POST", url, body=b"{}", headers={})).status


def test_the_table_is_long_enough() -> None:
    assert len(TRIED) >= 150


async def test_nothing_that_is_not_public_is_connected_to_in_any_spelling() -> None:
    connected: list[str] = []
    async with site(ok(b"secret"), INSIDE) as inside:
        reach = Reach(http=True, ports=frozenset({inside.port}))
        async with Outbound(reach) as http:
            for host in TRIED:
                try:
                    await http.get(f"http://{host}:{inside.port}/latest/meta-data")
                except (BlockedAddress, BadUrl):
                    continue
                connected.append(host)

    assert (connected, inside.heads) == ([], [])


async def test_no_plugin_that_is_given_urls_connects_there_either() -> None:
    codes = set()
    async with site(ok(b"secret"), INSIDE) as inside, plugin_session(Reach(http=True, ports=frozenset({inside.port}))) as http:
        for host in TRIED:
            with pytest.raises(Rejected) as caught:
                await post(http, f"http://{host}:{inside.port}/latest/meta-data")
            codes.add((caught.value.reason, caught.value.scope, caught.value.code))

    assert codes == {(Reason.INVALID_ADDRESS, "content", "blocked_address"), (Reason.INVALID_ADDRESS, "content", "bad_url")}
    assert inside.heads == []


@pytest.mark.parametrize("address", LEADS_INSIDE)
async def test_a_name_that_leads_inside_is_seen_when_it_is_connected_to(address: str) -> None:
    name = f"{'six' if ':' in address else 'four'}-hooks.acme.example"
    async with site(ok(b"secret"), INSIDE) as inside, name_server({name: (address,)}) as (server, names):
        reach = Reach(http=True, ports=frozenset({inside.port}))
        async with Outbound(reach, resolver=names) as http, plugin_session(reach, names) as plugins:
            with pytest.raises(BlockedAddress):
                await http.get(f"http://{name}:{inside.port}/")
            with pytest.raises(Rejected, match="blocked_address"):
                await post(plugins, f"http://{name}:{inside.port}/")

    assert (server.asked, inside.heads) == ([name, name], [])


async def test_a_name_that_is_bound_anew_between_saving_and_sending_is_not_connected_to() -> None:
    async with same_port() as (there, inside), name_server({"hooks.acme.example": (PUBLIC, INSIDE)}) as (server, names):
        reach = Reach(allowed=(ip_network(PUBLIC),), http=True, ports=frozenset({there.port}))
        async with Outbound(reach, resolver=names) as http:
            saved = await http.get(f"http://hooks.acme.example:{there.port}/")
            with pytest.raises(BlockedAddress):
                await http.request("POST", f"http://hooks.acme.example:{there.port}/", data=b"{}")

    assert saved.ok
    assert (len(there.heads), inside.heads, len(server.asked)) == (1, [], 2)


@asynccontextmanager
async def same_port() -> AsyncIterator[tuple[Site, Site]]:
    """A site that stands for a public one, and one inside at the same port."""
    async with site(ok(b"public")) as there:
        inside = Site(lambda _, __: asyncio.sleep(0))
        server = await asyncio.start_server(inside.serve, INSIDE, there.port)
        try:
            yield there, inside
        finally:
            server.close()


async def test_a_plugin_that_asks_for_redirects_gets_none() -> None:
    async with site(ok(b"secret"), INSIDE) as inside:
        moved = f"HTTP/1.1 307 Moved\r\nLocation: http://{INSIDE}:{inside.port}/\r\nContent-Length: 0\r\n\r\n".encode()
        async with site(moved) as there:
            reach = Reach(allowed=(ip_network(PUBLIC),), http=True, ports=frozenset({there.port, inside.port}))
            url = f"http://{PUBLIC}:{there.port}/"
            async with plugin_session(reach) as http, http.request("POST", url, data=b"{}", allow_redirects=True) as response:
                status = response.status

    assert (status, inside.heads) == (307, [])


async def test_the_base_url_that_the_operator_configured_is_asked_and_its_neighbours_are_not() -> None:
    async with site(ok(), INSIDE) as fake, plugin_session(Reach(http=True), configured=f"http://{INSIDE}:{fake.port}/base") as http:
        status = await post(http, f"http://{INSIDE}:{fake.port}/in?shop=7")
        for url in (f"http://{INSIDE}:{fake.port}0/", f"http://{INSIDE}:{fake.port}@127.0.0.2/", "http://127.0.0.2/"):
            with pytest.raises(Rejected):
                await post(http, url)

    assert (status, len(fake.heads)) == (200, 1)


async def test_a_public_url_is_asked_as_it_is_and_connections_are_kept() -> None:
    async with site(ok()) as there:
        reach = Reach(allowed=(ip_network(PUBLIC),), http=True, ports=frozenset({there.port}))
        async with plugin_session(reach) as http:
            status = await post(http, f"http://{PUBLIC}:{there.port}/in?key=%2Fx")

    head = there.heads[0].decode()
    assert status == 200
    assert head.startswith("POST /in?key=%2Fx HTTP/1.1\r\n")
    assert "Accept-Encoding: identity" in head
