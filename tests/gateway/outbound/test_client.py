import asyncio
import gzip
import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.gateway.outbound.sites import INSIDE, PUBLIC, Names, ok, site
from wasl.outbound import BlockedAddress, Loop, NoAnswer, Outbound, Reach, Redirected, TooMuch


def client(port: int, *, names: Names | None = None, seconds: float = 5, tls: ssl.SSLContext | None = None) -> Outbound:
    reach = Reach(allowed=(ip_network(PUBLIC),), http=tls is None, ports=frozenset({port}))
    return Outbound(reach, seconds=seconds, resolver=names, tls=tls)


async def test_a_file_is_fetched_with_nothing_that_tells_of_us() -> None:
    async with site(ok()) as there, client(there.port) as http:
        answer = await http.get(f"http://{PUBLIC}:{there.port}/a?b=c")

    assert (answer.status, answer.media_type, answer.body) == (200, "text/plain", b"hello")
    head = there.heads[0].decode().lower()
    assert head.startswith("get /a?b=c http/1.1\r\n")
    assert "gateway-hop: 1\r\n" in head
    assert "accept-encoding: identity\r\n" in head
    assert "cookie" not in head


async def test_a_name_that_leads_inside_is_not_connected_to() -> None:
    names = Names((INSIDE,))
    async with site(ok(b"secret"), INSIDE) as inside, client(inside.port, names=names) as http:
        with pytest.raises(BlockedAddress):
            await http.get(f"http://files.acme.example:{inside.port}/")

    assert inside.heads == []


async def test_a_name_that_is_bound_anew_is_looked_up_once_and_never_leads_inside() -> None:
    names = Names((PUBLIC,), (INSIDE,))
    async with site(ok(b"public")) as there, client(there.port, names=names) as http:
        url = f"http://files.acme.example:{there.port}/"

        first = await http.get(url)
        with pytest.raises(BlockedAddress):
            await http.get(url)

    assert first.body == b"public"
    assert names.asked == ["files.acme.example"] * 2
    assert b"Host: files.acme.example" in there.heads[0]


async def test_a_name_with_one_address_inside_is_refused_where_that_is_tried() -> None:
    names = Names((INSIDE, PUBLIC))
    async with site(ok()) as there, client(there.port, names=names) as http:
        with pytest.raises(BlockedAddress):
            await http.get(f"http://files.acme.example:{there.port}/")

    assert there.heads == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 300])
async def test_a_redirect_is_a_failure_and_is_not_followed(status: int) -> None:
    async with site(ok(b"secret"), INSIDE) as inside:
        moved = f"HTTP/1.1 {status} Moved\r\nLocation: http://{INSIDE}:{inside.port}/\r\nContent-Length: 0\r\n\r\n"
        async with site(moved.encode()) as there, client(there.port) as http:
            with pytest.raises(Redirected):
                await http.get(f"http://{PUBLIC}:{there.port}/")

    assert inside.heads == []


async def test_an_answer_is_read_up_to_the_bound_and_no_further() -> None:
    async with site(ok(b"a" * 1000)) as there, client(there.port) as http:
        url = f"http://{PUBLIC}:{there.port}/"

        assert len((await http.get(url, most=1000)).body) == 1000
        with pytest.raises(TooMuch):
            await http.get(url, most=999)


async def test_an_endless_body_is_cut_off() -> None:
    async def endless(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"a" * 65_536)
            await writer.drain()

    async with site(endless) as there, client(there.port) as http:
        with pytest.raises(TooMuch):
            await http.get(f"http://{PUBLIC}:{there.port}/")


async def test_a_packed_answer_is_not_unpacked() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    async with site(ok(bomb, "Content-Encoding: gzip\r\n")) as there, client(there.port) as http:
        with pytest.raises(TooMuch):
            await http.get(f"http://{PUBLIC}:{there.port}/", most=20_000_000)


@pytest.mark.parametrize("part", ["head", "body"])
async def test_a_slow_drip_ends_with_the_time_of_the_whole(part: str) -> None:
    async def drip(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if part == "body" else b"X-A: "))
        while True:
            writer.write(b"a")
            await asyncio.sleep(0.01)

    async with site(drip) as there, client(there.port, seconds=0.15) as http:
        with pytest.raises(NoAnswer, match="within"):
            await http.get(f"http://{PUBLIC}:{there.port}/")


async def test_endless_headers_are_cut_off() -> None:
    sent = 0

    async def endless(_: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-A: " + b"a" * 1000 + b"\r\n")
            await writer.drain()
            sent += 1000

    async with site(endless) as there, client(there.port, seconds=5) as http:
        with pytest.raises(NoAnswer):
            await http.get(f"http://{PUBLIC}:{there.port}/")

    assert sent < 20_000_000


@pytest.mark.parametrize("answer", [b"", b"what is this\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"])
async def test_what_is_no_whole_answer_is_none(answer: bytes) -> None:
    async with site(answer) as there, client(there.port) as http:
        with pytest.raises(NoAnswer):
            await http.get(f"http://{PUBLIC}:{there.port}/")


async def test_nobody_listening_is_no_answer() -> None:
    with socket.create_server((PUBLIC, 0)) as taken:
        port = taken.getsockname()[1]
    async with client(port) as http:
        with pytest.raises(NoAnswer):
            await http.get(f"http://{PUBLIC}:{port}/")


async def test_what_was_passed_on_three_times_is_a_loop() -> None:
    async with site(ok()) as there, client(there.port) as http:
        await http.request("POST", f"http://{PUBLIC}:{there.port}/", data=b"{}", hops=2)
        with pytest.raises(Loop):
            await http.request("POST", f"http://{PUBLIC}:{there.port}/", data=b"{}", hops=3)

    assert len(there.heads) == 1
    assert b"Gateway-Hop: 3" in there.heads[0]


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with site(ok(b"proxied"), INSIDE) as proxy, site(ok(b"direct")) as there, client(there.port) as http:
        monkeypatch.setenv("http_proxy", f"http://{INSIDE}:{proxy.port}")

        answer = await http.get(f"http://{PUBLIC}:{there.port}/")

    assert answer.body == b"direct"


async def test_tls_is_held_against_the_name_and_not_the_address(tmp_path: Path) -> None:
    served, trusted = certified("files.acme.example", tmp_path)
    async with site(ok(), tls=served) as there, client(there.port, names=Names((PUBLIC,)), tls=trusted) as http:
        answer = await http.get(f"https://files.acme.example:{there.port}/")
        with pytest.raises(NoAnswer, match="Certificate"):
            await http.get(f"https://other.acme.example:{there.port}/")

    assert answer.body == b"hello"


def certified(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's side of a certificate for that name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, secret = built.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip
    (folder / "both.pem").write_bytes(pem + secret)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(folder / "both.pem")
    return served, ssl.create_default_context(cadata=pem.decode())
