"""A real browser, headless, driven over the Chrome DevTools Protocol."""

import asyncio
import base64
import itertools
import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--hide-scrollbars", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--remote-debugging-port=0", "about:blank",
)  # fmt: skip


class Tab:
    """One page of the browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.events: list[dict[str, Any]] = []

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send_str(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            told = json.loads((await self._socket.receive(timeout=20)).data)
            if told.get("id") == number:
                assert "error" not in told, told
                return dict(told["result"])
            self.events.append(told)

    async def look(self, url: str, *, width: int, dark: bool = False, media: Mapping[str, str] | None = None) -> None:
        """Open a page on a screen of this width, and wait for it."""
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            *({"name": n, "value": v} for n, v in (media or {}).items()),
        ]
        await self.ask("Emulation.setEmulatedMedia", features=features)
        await self.ask("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        self.events.clear()
        await self.ask("Page.navigate", url=url)
        await self.loaded()

    async def loaded(self) -> None:
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(json.loads((await self._socket.receive(timeout=20)).data))

    async def run(self, script: str) -> Any:
        """What a script says; it may be asynchronous."""
        told = await self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    async def picture(self) -> bytes:
        """The whole page as a PNG."""
        shot = await self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    def requested(self) -> list[str]:
        """Every URL that the page asked for."""
        return [event["params"]["request"]["url"] for event in self.events if event["method"] == "Network.requestWillBeSent"]

    def complaints(self) -> list[str]:
        """What the browser has to say against the page."""
        return [event["params"]["entry"]["text"] for event in self.events if event["method"] == "Log.entryAdded"]


@asynccontextmanager
async def browsing(profile: Path) -> AsyncIterator[Tab]:
    """A browser with a fresh profile."""
    process = await asyncio.create_subprocess_exec(
        str(CHROMIUM), f"--user-data-dir={profile}", *_QUIET, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        assert process.stderr is not None
        async with asyncio.timeout(30):
            async for line in process.stderr:
                if b"DevTools listening on " in line:
                    port = line.split(b":")[2].split(b"/")[0].decode()
                    break
        async with aiohttp.ClientSession() as http:
            async with http.get(f"http://127.0.0.1:{port}/json") as answer:
                (page,) = [target for target in await answer.json() if target["type"] == "page"]
            async with http.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                tab = Tab(socket)
                for domain in ("Page", "Network", "Log", "Runtime"):
                    await tab.ask(f"{domain}.enable")
                yield tab
    finally:
        process.kill()
        await process.communicate()
