"""`wasl demo` as a newcomer runs it."""

import os
import subprocess
import sys
import time

import pytest


def demo() -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wasl", "demo"]
    environ = {**os.environ, "PYTHONUTF8": "1"}
    return subprocess.run(command, env=environ, check=False, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def played() -> tuple[subprocess.CompletedProcess[str], float]:
    began = time.monotonic()
    return demo(), time.monotonic() - began


def test_the_demo_ends_well_and_soon(played):
    result, seconds = played

    assert (result.returncode, result.stderr) == (0, "")
    assert seconds < 20


@pytest.mark.parametrize(
    "seen",
    [
        "mail took it",
        "texts took it",
        "phones took it",
        "chats took it",
        "posts took it",
        "The provider could not take it yet; it will be tried again.",
        "attempt 2",
        "Sending to this country is switched off. [21408]",
        "They unsubscribed this address.",
        "✕ suppression",
    ],
)
def test_the_demo_shows_everything_in_both_languages(played, seen):
    english, arabic = played[0].stdout.split("The same in Arabic")

    assert seen in english
    assert seen in arabic


def test_the_demo_shows_the_mail_that_arrived(played):
    english, arabic = played[0].stdout.split("The same in Arabic")

    assert "Your order 1042 is on its way" in english
    assert "2 × Cedar tea box" in english
    assert "في الطريق إليك" in arabic
    assert "Content-Language: ar" in " ".join(arabic.split())


def test_after_a_refused_sms_the_mail_arrives(played):
    scene = played[0].stdout.split("4. The SMS provider refuses")[1].split("5. An offer")[0]

    assert scene.index("texts refused it") < scene.index("mail took it")
    assert "  sent" in scene


def test_a_missing_plugin_is_told_with_the_command(tmp_path):
    # A site without the plugins: the demo module says what is missing before anything starts.
    script = "import wasl.demo.playground as p, wasl.cli as c; p.installed = lambda _: {}; c.main()"

    result = subprocess.run(
        [sys.executable, "-c", script, "demo"], cwd=tmp_path, env={**os.environ}, check=False, capture_output=True, text=True, timeout=30
    )

    assert (result.returncode, result.stdout) == (3, "")
    assert "pip install 'wasl[demo]'" in result.stderr
    assert "Traceback" not in result.stderr
