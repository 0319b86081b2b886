"""The pages of a preview in a browser: they run nothing and ask nobody, and show both schemes whatever the browser's own is."""

import os
import shutil
import socket
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from wasl.showing.pages import write
from wasl.showing.seen import ChannelPreview, Preview
from wasl_contracts import Mail

_CHROMIUM = shutil.which("chromium")
_MAIL = """<html><head><style>body { background: #ffffff } @media (prefers-color-scheme: dark) { body { background: #000000 } }</style>
<link rel="stylesheet" href="http://127.0.0.1:PORT/a.css"><script src="http://127.0.0.1:PORT/a.js"></script></head>
<body onload="parent.document.title = 'run'"><script>document.title = 'run'; fetch('http://127.0.0.1:PORT/b')</script>
<img src="http://127.0.0.1:PORT/a.png"><meta http-equiv="refresh" content="0;url=http://127.0.0.1:PORT/r">
</body></html>"""
_GROUND = "getComputedStyle(document.body).backgroundColor"
pytestmark = pytest.mark.skipif(_CHROMIUM is None and os.environ.get("CI") != "true", reason="needs Debian's chromium")


def test_nothing_runs_nobody_is_asked_and_both_schemes_are_seen(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere, sync_playwright() as playwright:
        elsewhere.setblocking(False)
        html = _MAIL.replace("PORT", str(elsewhere.getsockname()[1]))
        mail = ChannelPreview(channel="email", content=Mail(subject="a", html=html, text="a", locale="ar", direction="rtl"))
        index = write(Preview(brand="acme", locale="ar", direction="rtl", channels=(mail,)), tmp_path)
        chromium = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        page = chromium.new_page(viewport={"width": 1500, "height": 1700})
        grounds = []
        for file in (index, tmp_path / "email.html"):
            page.goto(file.as_uri())
            grounds += [frame.evaluate(_GROUND) for frame in page.frames if frame.parent_frame == page.main_frame]
            assert (page.title(), page.url) == ("Preview", file.as_uri())
        chromium.close()

        with pytest.raises(BlockingIOError):
            elsewhere.accept()

    white, black = "rgb(255, 255, 255)", "rgb(0, 0, 0)"
    assert grounds == [white, white, black, black, white]
