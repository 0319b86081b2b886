"""A small OpenID provider on loopback that signs with real keys, and does wrong what a test asks for."""

import asyncio
import base64
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlencode

import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

CLIENT, SECRET = "wasl", "a secret of the client"
ANN = {"sub": "248289761001", "preferred_username": "ann", "groups": ["support-team"]}
Change = Callable[[dict[str, Any]], object]
Show = Callable[[web.Request], Awaitable[web.StreamResponse]]


@cache
def private_key(name: str) -> Any:
    """Made once: an RSA key takes a while."""
    if name.startswith("ES"):
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate() if name.startswith("Ed") else rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk_of(name: str, kid: str) -> dict[str, Any]:
    """The public half, as the provider publishes it."""
    public = private_key(name).public_key()
    shape = ECAlgorithm if name.startswith("ES") else OKPAlgorithm if name.startswith("Ed") else RSAAlgorithm
    return {**shape.to_jwk(public, as_dict=True), "kid": kid, "use": "sig"}


@dataclass
class Grant:
    """What was asked for when a code was given out."""

    asked: dict[str, str]
    claims: dict[str, Any]
    used: bool = False


@dataclass
class Idp:
    """`claims` are of whoever signs in next; `change` has the last word on what the token says, `sign` on how it is signed."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=lambda: dict(ANN))
    algorithm: str = "RS256"
    kid: str = "one"
    keys: list[dict[str, Any]] = field(default_factory=lambda: [jwk_of("RS", "one")])
    document: dict[str, Any] = field(default_factory=dict)
    change: Change = lambda claims: None
    sign: Callable[[dict[str, Any]], str] | None = None
    answer: Show | None = None
    asked: list[str] = field(default_factory=list)
    grants: dict[str, Grant] = field(default_factory=dict)

    def authorize(self, url: str, *, error: str = "", **more: str) -> str:
        """What a browser does there: the query with which it comes back to the redirect URI."""
        query = {name: values[0] for name, values in parse_qs(url.partition("?")[2]).items()}
        assert url.startswith(f"{self.issuer}/authorize?")
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        if error:
            return urlencode({"error": error, "state": query["state"], **more})
        code = f"code-{len(self.grants)}-{query['state'][:6]}"
        self.grants[code] = Grant(query, dict(self.claims))
        return urlencode({"code": code, "state": query["state"], **more})

    async def asked_for(self, request: web.Request) -> web.StreamResponse:
        """The page of the provider, for a browser: it asks nothing and sends back."""
        back = parse_qs(request.query_string)["redirect_uri"][0]
        raise web.HTTPFound(f"{back}?{self.authorize(f'{self.issuer}/authorize?{request.query_string}')}")

    def token(self, grant: Grant) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": grant.asked["nonce"], **grant.claims}
        self.change(claims)
        if self.sign is not None:
            return self.sign(claims)
        return jwt.encode(claims, private_key(self.algorithm[:2]), self.algorithm, {"kid": self.kid})

    async def discovery(self, request: web.Request) -> web.StreamResponse:
        if self.answer is not None:
            return await self.answer(request)
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/leave",
            **self.document,
        }
        return web.json_response({name: value for name, value in told.items() if value is not None})

    async def redeem(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        basic = base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '+')}".encode()).decode()
        posted = (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        grant = self.grants.get(str(form["code"]))
        if request.headers.get("Authorization") != f"Basic {basic}" and not posted:
            return web.json_response({"error": "invalid_client", "error_description": "a secret of theirs"}, status=401)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(str(form["code_verifier"]).encode()).digest()).rstrip(b"=").decode()
        proper = grant is not None and not grant.used and grant.asked["code_challenge"] == challenge
        if grant is None or not proper or form["redirect_uri"] != grant.asked["redirect_uri"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        grant.used = True
        return web.json_response({"access_token": "unused", "token_type": "Bearer", "id_token": self.token(grant)})

    async def published(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"keys": self.keys})

    def noted(self, show: Show) -> Show:
        async def answered(request: web.Request) -> web.StreamResponse:
            self.asked.append(request.path)
            return await show(request)

        return answered


@asynccontextmanager
async def providing(**told: Any) -> AsyncIterator[Idp]:
    """A provider that is there."""
    idp, app = Idp(**told), web.Application()
    app.router.add_get("/.well-known/openid-configuration", idp.noted(idp.discovery))
    app.router.add_get("/authorize", idp.noted(idp.asked_for))
    app.router.add_get("/keys", idp.noted(idp.published))
    app.router.add_post("/token", idp.noted(idp.redeem))
    async with TestServer(app, host="127.0.0.1") as server:
        idp.issuer = f"http://127.0.0.1:{server.port}"
        yield idp


async def for_ever(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


async def huge(request: web.Request) -> web.StreamResponse:
    return web.Response(body=b" " * 1_000_001, content_type="application/json")
