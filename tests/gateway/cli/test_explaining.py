"""`wasl explain` and `wasl policy rehearse`, as processes of their own."""

import json

CONFIG = """
[providers.desk]
plugin = "log"
[topics.offers]
category = "promotional"
quiet_hours = false
"""
DRAFT = CONFIG + 'consent = "implied"\n'
TO_DESK = ("--to", "any:desk", "--body", "Hello")


def test_what_would_go_is_told_and_ends_well(shop):
    shop.config(CONFIG)

    asked = shop("explain", *TO_DESK)

    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.startswith("send: It goes now, by log through desk.")
    assert "✓ expiry" in asked.stdout
    assert json.loads(shop("messages", "list", "--json").stdout)["data"] == []


def test_what_would_not_be_sent_ends_with_5_and_says_what_would_change_it(shop):
    shop.config(CONFIG)

    asked = shop("explain", *TO_DESK, "--topic", "offers", "--at", "2099-01-31T09:00:00+03:00", "--json")

    assert asked.returncode == 5, asked.stderr
    found = json.loads(asked.stdout)
    assert (found["verdict"], found["reason"]["code"], found["at"]) == ("withhold", "consent_missing", "2099-01-31T06:00:00Z")
    change = found["deliveries"][0]["decision"]["candidates"][0]["counterfactual"]
    assert (change["code"], change["params"]["topic"]) == ("consent_recorded", "offers")


def test_a_draft_is_rehearsed_against_what_was_decided(shop):
    shop.config(CONFIG)
    shop("send", *TO_DESK, "--topic", "offers", "--wait")
    (shop.folder / "new.toml").write_text(DRAFT)

    told = shop("policy", "rehearse", "--draft", "new.toml")
    same = json.loads(shop("policy", "rehearse", "--draft", "wasl.toml", "--since", "1h", "--json").stdout)

    assert told.returncode == 0, told.stderr
    assert "withheld (consent_missing)" in told.stdout
    assert "sent by log" in told.stdout
    assert "1 of 1 decisions would be otherwise." in told.stderr
    assert (same["same"], same["changed"], same["changes"]) == (1, 0, [])


def test_mistakes_are_usage_errors(told):
    for words, said in (
        (("explain", "--to", "any:desk"), "give either a template or --body"),
        (("policy", "rehearse", "--draft", "wasl.toml", "--since", "soon"), "write a number and a unit"),
    ):
        code, err = told(*words)
        assert code == 2
        assert said in err
