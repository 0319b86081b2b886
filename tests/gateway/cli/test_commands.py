"""What the commands do, each as a process of its own."""

import json
import re
import resource
import signal
import subprocess
import sys
import time
import urllib.request

from wasl.api import Gateway
from wasl_contracts import Address

MOST_OF_HELP = 0.6  # CPU-seconds; alone on a machine it takes 0.35, and console.md T13 asks for 0.4


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except OSError:
        return False


def url_of(process) -> str:
    """Where a server that was just started listens; what it says before is kept in `told`."""
    for line in process.stderr:
        if found := re.search(r"http://[0-9.:]+", line):
            return found[0]
    raise AssertionError("it ended without saying where it serves")


def test_help_comes_at_once(wasl):
    wasl("--help")
    began = time.perf_counter()

    result = wasl("--help")

    assert result.returncode == 0
    assert time.perf_counter() - began < 1.5  # 0.15 s alone; with the database and the network imported it is ten times that


def test_help_takes_little_of_a_processor_also_on_a_busy_machine():
    """The best of three cold starts. How long they take by the clock is a matter of what else runs."""
    program = "import runpy, sys; sys.argv = ['wasl', '--help']; runpy.run_module('wasl', run_name='__main__')"
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if spent[-1] < MOST_OF_HELP:
            return

    raise AssertionError(spent)


def test_help_imports_nothing_heavy(wasl):
    result = wasl("--help", PYTHONPROFILEIMPORTTIME="1")

    assert not {"aiohttp", "sqlalchemy", "alembic", "jinja2", "cryptography"} & set(re.findall(r"\| +(\w+)$", result.stderr, re.M))


def test_the_version_is_told(wasl):
    assert re.fullmatch(r"wasl \d+\.\d+\.\d+\n", wasl("--version").stdout)


def test_what_init_writes_sends_in_arabic_as_it_is(shop):
    sent = shop("send", "welcome", "--to", "any:desk", "--data", "name=آمنة", "--locale", "ar", "--wait", "--json")

    seen = json.loads(sent.stdout)
    assert (sent.returncode, seen["state"], seen["to"]["locale"]) == (0, "sent", "ar")
    shown = shop("messages", "show", seen["id"]).stdout
    assert "✓ suppression" in shown
    assert "notes took it" in shown


def test_text_and_data_come_from_the_command_line_or_a_file(shop):
    (shop.folder / "data.json").write_text('{"name": "Ann"}')

    inline = shop("send", "--to", "any:desk", "--title", "Hi", "--body", "**You**", "--action", "Go=https://acme.example", "--wait")
    filled = shop("send", "welcome", "--to", "any:desk", "--data", "@data.json", "--wait")

    assert inline.stdout.endswith(" sent\n")
    assert filled.stdout.endswith(" sent\n")


def test_the_same_idempotency_key_sends_nothing_again(shop):
    words = ("send", "welcome", "--to", "any:desk", "--data", "name=Ann", "--idempotency-key", "k-1", "--wait")

    first, second = shop(*words), shop(*words)

    listed = json.loads(shop("messages", "list", "--channel", "log", "--json").stdout)["data"]
    assert first.stdout == second.stdout == f"{listed[0]['id']} sent\n"
    assert len(listed) == 1


def test_a_newer_message_replaces_one_that_waits(shop):
    words = ("send", "welcome", "--to", "any:desk", "--data", "name=Ann", "--about", "order-1042")
    older = shop(*words, "--at", "2027-01-01T09:00").stdout.split()[0]

    newer = json.loads(shop(*words, "--supersedes", "--fact", "1042 left", "--wait", "--json").stdout)

    shown = json.loads(shop("messages", "show", older, "--json").stdout)
    assert (newer["state"], newer["fact"]) == ("sent", "1042 left")
    assert (shown["state"], shown["superseded_by"]) == ("superseded", newer["id"])
    assert newer["id"] in shop("messages", "show", older).stdout
    refused = shop("messages", "retry", older)
    assert (refused.returncode, "replaced it" in refused.stderr) == (1, True)


def test_superseding_needs_to_say_what(shop):
    refused = shop("send", "welcome", "--to", "any:desk", "--data", "name=Ann", "--supersedes")

    assert refused.returncode == 2
    assert "--about" in refused.stderr


def test_a_later_message_waits_and_can_be_cancelled(shop):
    sent = shop("send", "welcome", "--to", "any:desk", "--data", "name=Ann", "--at", "2027-01-01T09:00")
    message_id = sent.stdout.split()[0]

    cancelled, again = shop("messages", "cancel", message_id), shop("messages", "cancel", message_id)

    assert (sent.returncode, sent.stdout) == (0, f"{message_id} scheduled\n")
    assert (cancelled.returncode, cancelled.stdout) == (0, f"{message_id} cancelled\n")
    assert (again.returncode, again.stdout) == (cancelled.returncode, cancelled.stdout)


def test_a_message_that_nobody_can_take_fails(shop):
    shop.config('[providers.a]\nplugin = "log"\n[providers.b]\nplugin = "webhook"\nsecret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"\n')

    sent = shop("send", "--to", "any:desk", "--body", "x", "--channel", "webhook", "--wait")
    partly = shop("send", "--to", "any:desk", "--body", "x", "--mode", "all", "--wait")

    assert sent.returncode == 1
    assert "No address for this channel is on file for this person." in sent.stderr
    assert partly.returncode == 4


async def test_what_a_policy_withholds_ends_with_5(shop, monkeypatch):
    monkeypatch.chdir(shop.folder)
    async with Gateway.from_config(worker=False, environ={}) as gateway:
        await gateway.suppress(Address(channel="log", kind="any", value="desk"))

    sent = shop("send", "--to", "any:desk", "--body", "x", "--wait")

    assert (sent.returncode, sent.stdout.split()[1]) == (5, "withheld")
    assert "suppression list" in sent.stderr


def test_messages_are_listed_by_what_they_are_and_without_colours(shop):
    sent = shop("send", "--to", "any:desk", "--body", "x", "--wait")

    none = shop("messages", "list", "--state", "failed")
    some = shop("messages", "list", "--state", "sent", "--limit", "1")

    assert (none.returncode, none.stdout) == (0, "")
    assert sent.stdout.split()[0] in some.stdout
    assert "\x1b" not in some.stdout


def test_messages_are_found_by_a_query_and_what_is_wrong_with_one_is_pointed_at(shop):
    sent = shop("send", "--to", "any:desk", "--body", "x", "--wait").stdout.split()[0]

    found = shop("messages", "list", "status:sent channel:log after:1h")
    none = shop("messages", "list", "is:failed zebra")
    wrong = shop("messages", "list", "is:failed statsu:x")

    assert (found.returncode, found.stdout.count(sent)) == (0, 1)
    assert (none.stdout, "last 30 days" in none.stderr) == ("", True)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "          ^^^^^^^^\n" in wrong.stderr
    assert 'did you mean "status"' in wrong.stderr


TWO_CHANNELS = '[providers.a]\nplugin = "log"\n[providers.b]\nplugin = "webhook"\nsecret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"\n'


def test_dead_letters_are_listed_counted_and_sent_again(shop):
    shop.config(TWO_CHANNELS)
    for _ in range(2):
        dead = shop("send", "--to", "any:desk", "--body", "x", "--channel", "webhook", "--wait").stdout.split()[0]

    listed = json.loads(shop("messages", "list", "--state", "failed", "--json").stdout)["data"]
    asked = shop("messages", "retry", "--state", "failed")
    done = shop("messages", "retry", "--state", "failed", "--reason", "no_address", "--yes")
    again = shop("messages", "retry", "--state", "failed", "--yes", "--json")
    named = shop("messages", "retry", dead)

    assert (len(listed), listed[0]["id"]) == (2, dead)
    assert (asked.returncode, asked.stdout) == (1, "")
    assert "2  no_address: No address for this channel is on file for this person." in asked.stderr
    assert "Send 2 again?" in asked.stderr
    assert (done.returncode, done.stdout) == (0, "2 on their way again\n")
    assert json.loads(again.stdout)["retried"] == 0
    assert (named.returncode, named.stdout) == (0, f"{dead} scheduled\n")
    assert "replayed" in shop("messages", "show", dead).stdout


def test_a_message_goes_again_as_a_new_one(shop):
    sent = shop("send", "--to", "any:desk", "--body", "x", "--wait").stdout.split()[0]

    told = shop("messages", "resend", sent, "--dry-run")
    done = shop("messages", "resend", sent, "--key", "ticket-4711")
    again = shop("messages", "resend", sent, "--key", "ticket-4711", "--json")
    refused = shop("messages", "resend", sent, "--channel", "webhook", "--dry-run")

    assert (told.returncode, "may have this very message (sent" in told.stderr) == (0, True)
    assert (done.returncode, json.loads(again.stdout)["id"]) == (0, done.stdout.strip())
    assert done.stdout.strip() != sent
    assert (refused.returncode, "is not a configured channel; there are: log" in refused.stderr) == (2, True)


def test_what_is_not_to_be_sent_again_is_told_with_the_reason(shop):
    sent = shop("send", "--to", "any:desk", "--body", "x", "--wait").stdout.split()[0]

    result, unsaid, both = shop("messages", "retry", sent), shop("messages", "retry"), shop("messages", "retry", sent, "--state", "failed")

    assert (result.returncode, result.stdout) == (1, "")
    assert "It was sent already." in result.stderr
    assert (unsaid.returncode, both.returncode) == (2, 2)
    assert "say what to send again" in unsaid.stderr


def test_after_a_restore_what_waits_is_held_until_it_is_released(shop):
    sent = shop("send", "--to", "any:desk", "--body", "x", "--at", "2027-01-01T09:00").stdout.split()[0]

    worker = shop.start("worker", "--after-restore")
    told = worker.stderr.readline()
    shop.stop(worker)
    held = json.loads(shop("messages", "list", "--reason", "after_restore", "--json").stdout)["data"]
    released = shop("messages", "retry", "--reason", "after_restore", "--yes")

    assert "Held 1 deliveries" in told
    assert [one["id"] for one in held] == [sent]
    assert (released.returncode, released.stdout) == (0, "1 on their way again\n")
    seen = json.loads(shop("messages", "show", sent, "--json").stdout)
    assert (seen["state"], seen["marks"], seen["deliveries"][0]["due_at"][:4]) == ("scheduled", ["possible_duplicate"], "2027")


def test_an_api_key_stands_alone_on_stdout(shop):
    assert re.fullmatch(r"wasl_live_\w+\n", shop("apikey", "create", "me", "--scope", "send", "--scope", "read").stdout)
    refused = shop("apikey", "create", "me", "--scope", "admin").stderr
    assert "admin is not a scope; there are: send, read, people:export, people:erase" in refused


def test_the_api_is_described(wasl):
    assert json.loads(wasl("openapi").stdout)["openapi"] == "3.1.0"


def test_plugins_are_listed_with_what_they_can(wasl):
    listed = {plugin["name"]: plugin for plugin in json.loads(wasl("plugin", "list", "--json").stdout)}

    assert listed["smtp"]["channel"] == "email"
    assert listed["slack"]["kinds"][0]["kind"] == "slack_user"
    assert "mastodon_handle, public" in wasl("plugin", "list").stdout


def test_the_doctor_finds_a_sound_folder_well(shop):
    result = shop("doctor", "--json")

    findings = json.loads(result.stdout)
    assert result.returncode == 0
    assert all(finding["ok"] for finding in findings)
    assert {"configuration", "database", "disk", "channel log", "templates"} <= {finding["check"] for finding in findings}


def test_the_doctor_makes_no_database(wasl):
    wasl.config('[providers.a]\nplugin = "log"\n')

    result = wasl("doctor")

    assert result.returncode == 0
    assert "will be made" in result.stdout
    assert [path.name for path in wasl.folder.iterdir()] == ["wasl.toml"]


def test_the_doctor_names_what_is_wrong_and_the_fix(wasl):
    wasl.config('database = "sqlite:///missing/wasl.db"\n')

    result = wasl("doctor")

    assert (result.returncode, result.stderr) == (1, "")
    assert "✕  database" in result.stdout
    assert "missing is not a folder" in result.stdout
    assert "none are configured" in result.stdout


def test_serving_works_with_no_configuration_and_ends_at_sigterm(wasl):
    server = wasl.start("serve", "--port", "0")
    told = iter(server.stderr.readline, "")
    lines = [next(told), next(told), next(told)]
    url = re.search(r"http://[0-9.:]+", "".join(lines))[0]

    ready = answers(f"{url}/livez")
    ended = wasl.stop(server)

    assert "no providers are configured" in lines[0]
    assert "wasl apikey create" in lines[2]
    assert ready
    assert (ended.returncode, ended.stdout) == (0, "")


def test_beside_a_server_the_other_commands_work_and_a_second_worker_does_not(shop):
    server = shop.start("serve", "--port", "0")
    url_of(server)

    sent = shop("send", "welcome", "--to", "any:desk", "--data", "name=Ann", "--wait")
    listed = shop("messages", "list")
    worker = shop("worker")

    assert (sent.returncode, listed.returncode, worker.returncode) == (0, 0, 3)
    assert sent.stdout.split()[0] in listed.stdout
    assert "Another process sends" in worker.stderr
    assert "a running process sends" in shop("doctor").stdout
    assert shop.stop(server, signal.SIGINT).returncode == 0


def test_a_worker_sends_and_ends_in_order(shop):
    worker = shop.start("worker")
    assert "Sending" in worker.stderr.readline()

    sent = shop("send", "welcome", "--to", "any:desk", "--data", "name=Ann", "--wait")

    assert sent.stdout.endswith(" sent\n")
    assert shop.stop(worker).returncode == 0


def test_tail_follows_and_ends_with_130(shop):
    tail = shop.start("messages", "tail", "--json")
    assert "Following" in tail.stderr.readline()

    sent = shop("send", "--to", "any:desk", "--body", "after", "--wait")
    first = json.loads(tail.stdout.readline())

    assert first["id"] == sent.stdout.split()[0]
    assert shop.stop(tail, signal.SIGINT).returncode == 130
