"""`wasl preview` and `wasl messages rerender`, as processes of their own."""

import json

CONFIG = """
[providers.desk]
plugin = "log"
[providers.mail]
plugin = "smtp"
host = "127.0.0.1"
port = 1
sender = "Acme <hello@acme.example>"
"""


def test_a_preview_is_told_written_and_empty_where_nothing_can_be_shown(shop):
    shop.config(CONFIG)

    told = shop("preview", "welcome", "--channel", "email", "--channel", "log", "--out", "seen")
    as_json = json.loads(shop("preview", "welcome", "--channel", "log", "--json").stdout)
    nothing = shop("preview", "--body", "Hello", "--to", "ann@example.com", "--channel", "log")

    assert told.returncode == 0, told.stderr
    assert "email by mail, to nobody (ann@example.com)" in told.stdout
    assert sorted(file.name for file in (shop.folder / "seen").iterdir()) == ["email.eml", "email.html", "index.html", "log.json"]
    assert as_json["channels"][0]["provider"] == "desk"
    assert (nothing.returncode, "No address for this channel" in nothing.stdout) == (1, True)


def test_what_was_sent_is_made_again(shop):
    shop.config(CONFIG)
    sent = json.loads(shop("send", "--body", "Hello", "--to", "any:desk", "--wait", "--json").stdout)

    told = shop("messages", "rerender", sent["id"], "--out", "again")
    gone = shop("messages", "rerender", "msg_none")

    assert (told.returncode, "equal" in told.stdout) == (0, True), told.stderr
    assert [json.loads(file.read_bytes())["message"] for file in (shop.folder / "again").iterdir()] == [sent["id"]]
    assert gone.returncode == 1


def test_mistakes_are_usage_errors(shop):
    shop.config(CONFIG)

    assert shop("preview").returncode == 2
    unknown = shop("preview", "gone")
    assert (unknown.returncode, "--template" in unknown.stderr) == (2, True)
