"""Apple on loopback: HTTP/2 over TLS, which answers as told and remembers what it was sent."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

from wasl_apns import Apns, Settings
from wasl_contracts import Address, Delivery, Push

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DEVICE = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    now: float = NOW.timestamp()

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeApple:
    """Each answer (status, reason, headers) is played once, then the last one is repeated."""

    url: str = ""
    answers: list[tuple[int, str | None, dict[str, str]]] = field(default_factory=lambda: [(200, None, {})])
    requests: list[dict[str, str]] = field(default_factory=list)
    bodies: list[dict] = field(default_factory=list)
    connections: int = 0
    hang_up: bool = False

    def tokens(self) -> list[str]:
        return [request["authorization"].removeprefix("bearer ") for request in self.requests]

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection, streams = H2Connection(H2Configuration(client_side=False)), {}
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        while data := await reader.read(65_536):
            for event in connection.receive_data(data):
                if isinstance(event, RequestReceived):
                    streams[event.stream_id] = ({name.decode(): value.decode() for name, value in event.headers}, b"")
                elif isinstance(event, DataReceived):
                    head, body = streams[event.stream_id]
                    streams[event.stream_id] = (head, body + event.data)
                elif isinstance(event, StreamEnded):
                    self.answer(connection, event.stream_id, *streams.pop(event.stream_id))
            if self.hang_up and self.requests:
                break
            writer.write(connection.data_to_send())
        writer.transport.abort()

    def answer(self, connection: H2Connection, stream: int, head: dict[str, str], body: bytes) -> None:
        self.requests.append(head)
        self.bodies.append(json.loads(body))
        status, reason, headers = self.answers[min(len(self.requests), len(self.answers)) - 1]
        told = b"" if reason is None else json.dumps({"reason": reason, "timestamp": 1_767_200_000_000}).encode()
        fields = {":status": str(status), "apns-id": head["apns-id"], **headers}
        connection.send_headers(stream, list(fields.items()), end_stream=not told)
        if told:
            connection.send_data(stream, told, end_stream=True)


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture(scope="session")
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that it signed itself, with its key."""
    own, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Apple on loopback")])
    made = (
        x509.CertificateBuilder(
            name, name, own.public_key(), x509.random_serial_number(), now - timedelta(hours=1), now + timedelta(days=1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(own, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "apple.pem"
    path.write_bytes(private_pem(own) + made.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
async def apple(certificate: Path) -> AsyncIterator[FakeApple]:
    fake, tls = FakeApple(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    tls.set_alpn_protocols(["h2"])
    server = await asyncio.start_server(fake.converse, "127.0.0.1", 0, ssl=tls)
    fake.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield fake
    server.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connect(apple: FakeApple, key: ec.EllipticCurvePrivateKey, certificate: Path, clock: Clock) -> Callable:
    """Apns with those settings, pointed to the fake and trusting it."""

    @asynccontextmanager
    async def connected(**settings: object) -> AsyncIterator[Apns]:
        usual = {"key": private_pem(key).decode(), "key_id": "ABC123DEFG", "team_id": "DEF123GHIJ", "topic": "example.acme.app"}
        tls = ssl.create_default_context(cafile=str(certificate))
        async with aiohttp.ClientSession() as http:
            apns = Apns(Settings.model_validate({**usual, "base_url": apple.url, **settings}), http, clock, tls)
            try:
                yield apns
            finally:
                await apns.close()

    return connected


@pytest.fixture
def delivery() -> Delivery:
    return Delivery(
        id="dlv_1",
        attempt_id="att_1",
        message_id="msg_1",
        brand="acme",
        channel="push",
        address=Address(channel="push", kind="apns_token", value=DEVICE),
        content=Push(title="طلبك", body="في الطريق 👋", url="https://acme.example/orders/1042"),
        topic="orders",
        category="transactional",
        created_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )
