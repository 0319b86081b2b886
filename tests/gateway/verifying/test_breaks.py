"""Every check finds what it is there for: a healthy ledger, broken by hand in one place."""

import sqlite3
from typing import NamedTuple

import pytest

from tests.databases import rows
from tests.gateway.scripted import NOON, candidate
from tests.gateway.verifying.shop import Kept, Witness, fill, named, shop, written
from wasl.clock import moment
from wasl.decisions import Judged, Record
from wasl.policies.verdict import Allow, Defer, Verdict
from wasl.verifying import Evidence, verify
from wasl.verifying.judge import DELIVERIES, FAMILIES, MESSAGES
from wasl_contracts import Reason

HOUR = 3_600_000_000  # microseconds
D, M, A, E = "UPDATE deliveries SET", "UPDATE messages SET", "UPDATE attempts SET", "UPDATE events SET"
C = "UPDATE consents SET"
WITHDRAW = (
    "INSERT INTO consents (brand, recipient_id, id, at, topic, channel, state, actor, source) SELECT brand, recipient_id, 'con_1', 1, '*',"
    " 'email', 'withdrawn', 'support', 'support' FROM messages"
)
AGAIN = (
    "INSERT INTO attempts (brand, message_id, delivery, number, provider, started_at, ended_at, outcome, reason, facts) SELECT brand,"
    " message_id, delivery, number + 1, 'mail', ended_at + 50000, ended_at + 60000, 'receipt', NULL, '{}' FROM attempts"
)
ERASED = (
    "INSERT INTO recipients (brand, id, audience, sealed, seen, updated_at, erased_at) SELECT brand, 'erased_1', 'person', x'', '', 1, 1"
    " FROM messages"
)
COUNTED = f"{D} attempts = attempts + 1, fence = fence + 1"


def decided(verdict: Verdict) -> str:
    """A stored decision to go, in spite of a verdict or because of it."""
    way = candidate()
    return Record("config", NOON, (Judged(way, (verdict,)),), chosen=way, provider="mail").stored()


CLOSED = decided(Allow("quiet_hours", "calendars/sa.toml text", {"closes": NOON.isoformat()}))
NIGHT = decided(Defer("quiet_hours", "calendars/sa.toml text", {}, Reason.QUIET_HOURS, NOON))


class Break(NamedTuple):
    """Statements, each completed by `WHERE message_id = …`, that break one promise of the message of that name."""

    promise: str
    check: str
    message: str
    statements: tuple[str, ...]


def broken(promise: str, check: str, message: str, *statements: str) -> Break:
    return Break(promise, check, message, statements)


BREAKS = [
    broken("P1", "it_has_deliveries", "sent", "DELETE FROM deliveries"),
    broken("P1", "it_has_deliveries", "both", "DELETE FROM deliveries AND number = 2", "DELETE FROM attempts AND delivery = 2"),
    broken("P1", "its_recipient_is_there", "sent", f"{M} recipient_id = 'nobody'"),
    broken("P1", "its_template_is_there", "written", f"{M} template_version = 'lost'"),
    broken("P1", "its_template_is_there", "written", f"{M} template_version = NULL"),
    broken("P1", "what_waits_will_be_due", "waiting", f"{D} due_at = NULL"),
    broken("P1", "what_waits_will_be_due", "hanging", f"{D} due_at = NULL"),
    broken("P2", "no_rows_without_a_message", "sent", "DELETE FROM messages"),
    broken("P2", "every_row_belongs_to_a_delivery", "retried", f"{A} delivery = 7 AND number = 2"),
    broken("P2", "every_row_belongs_to_a_delivery", "refused", f"{E} delivery = 7"),
    broken("P2", "its_key_is_whole", "sent", f"{M} fingerprint = NULL"),
    broken("P2", "its_key_is_whole", "both", f"{M} fingerprint = 'f'"),
    broken("P3", "every_column_is_readable", "sent", f"{D} state = 'lost'"),
    broken("P3", "every_column_is_readable", "sent", f"{D} reason = 'because'"),
    broken("P3", "every_column_is_readable", "sent", f"{D} marks = '[\"golden\"]'"),
    broken("P3", "every_column_is_readable", "sent", f"{D} marks = '['"),
    broken("P3", "every_column_is_readable", "sent", f"{D} refused = '{{}}'"),
    broken("P3", "every_column_is_readable", "sent", f"{D} tried = '[1]'"),
    broken("P3", "every_column_is_readable", "sent", f"{D} decision = '\"yes\"'"),
    broken("P3", "every_column_is_readable", "sent", f"{M} category = 'spam'"),
    broken("P3", "every_column_is_readable", "sent", f"{M} mode = 'some'"),
    broken("P3", "every_column_is_readable", "sent", f"{M} channels = '[]'"),
    broken("P3", "every_column_is_readable", "sent", f"{M} body = '{{'"),
    broken("P3", "every_column_is_readable", "sent", f"{A} outcome = 'perhaps'"),
    broken("P3", "every_column_is_readable", "retried", f"{A} reason = 'because' AND number = 1"),
    broken("P3", "every_column_is_readable", "sent", f"{A} facts = 'none'"),
    broken("P3", "every_column_is_readable", "refused", f"{E} type = 'vanished'"),
    broken("P3", "every_column_is_readable", "refused", f"{E} facts = '[]'"),
    broken("P3", "every_column_is_readable", "refused", f"{E} facts = '{{\"reason\": \"because\"}}'"),
    broken("P3", "what_ended_rests", "sent", f"{D} due_at = 1"),
    broken("P3", "what_ended_rests", "sent", f"{D} claimed_at = 1"),
    broken("P3", "what_ended_rests", "offered", f"{D} claimed_at = 1"),
    broken("P3", "it_says_why", "refused", f"{D} reason = NULL"),
    broken("P3", "it_says_why", "waiting", f"{D} reason = NULL"),
    broken("P3", "what_was_called_names_its_way", "sent", f"{D} address_hash = NULL"),
    broken("P3", "what_was_called_names_its_way", "sent", f"{D} decision = NULL, decided_at = NULL"),
    broken("P3", "what_was_called_names_its_way", "sent", f"{D} provider = 'spare'"),
    broken("P3", "what_was_called_names_its_way", "sent", f"{D} decided_at = NULL"),
    broken("P3", "what_was_called_names_its_way", "sent", f"{D} channel = 'pigeon'"),
    broken("P3", "its_reference_is_that_of_its_receipt", "sent", f"{D} provider_ref = 'another'"),
    broken("P3", "it_queues_as_its_message", "waiting", f"{D} flow = '0/default/default'"),
    broken("P3", "it_queues_as_its_message", "waiting", f"{M} priority = 7"),
    broken("P3", "every_column_is_readable", "waiting", f"{M} priority = 10"),
    broken("P3", "it_queues_as_its_message", "parked", f"{D} ordering_key = 'order-1'"),
    broken("P3", "legal_steps_lead_to_its_state", "refused", f"{D} state = 'expired', reason = 'expired'"),
    broken("P3", "legal_steps_lead_to_its_state", "cancelled", "DELETE FROM events"),
    broken("P3", "legal_steps_lead_to_its_state", "cancelled", f"{D} state = 'scheduled', due_at = 1"),
    broken("P3", "legal_steps_lead_to_its_state", "refused", f"{E} at = at - {HOUR} AND type = 'failed'"),
    broken("P3", "every_answer_is_an_event", "retried", f"{E} at = at + 1"),
    broken("P3", "every_answer_is_an_event", "refused", "DELETE FROM events"),
    broken("P4", "its_attempts_have_no_gap", "retried", f"{A} number = 3 AND number = 2"),
    broken("P4", "its_attempts_have_no_gap", "sent", "DELETE FROM attempts"),
    broken("P4", "its_attempts_have_no_gap", "hanging", f"{D} attempts = 0"),
    broken("P4", "an_attempt_that_ended_says_how", "retried", f"{A} outcome = NULL AND number = 1"),
    broken("P4", "an_attempt_that_ended_says_how", "retried", f"{A} reason = NULL AND number = 1"),
    broken("P4", "an_attempt_that_ended_says_how", "sent", f"{A} ended_at = started_at - {HOUR}"),
    broken("P4", "a_call_is_out_only_while_sending", "sent", f"{A} ended_at = NULL, outcome = NULL"),
    broken("P4", "a_call_is_out_only_while_sending", "hanging", f"{A} ended_at = started_at, outcome = 'receipt'"),
    broken("P4", "what_was_taken_has_a_receipt", "refused", f"{D} state = 'sent'"),
    broken("P4", "what_is_unknown_was_called", "offered", f"{A} outcome = 'unavailable'"),
    broken("P4", "what_may_have_arrived_is_not_denied", "offered", f"{D} state = 'expired', reason = 'expired'"),
    broken("P4", "what_may_have_arrived_is_not_denied", "offered", f"{D} state = 'failed'"),
    broken("P4", "what_may_have_arrived_is_not_denied", "doubtful", f"{D} state = 'withheld', reason = 'suppressed_manual'"),
    broken("P4", "every_attempt_had_its_claim", "retried", f"{D} fence = 1"),
    broken("P4", "every_attempt_had_its_claim", "sent", f"{D} strikes = 2"),
    broken("P4", "every_attempt_had_its_claim", "sent", f"{D} strikes = -1"),
    broken("P4", "no_mark_was_lost", "doubtful", f"{D} marks = '[]'"),
    broken("P4", "what_was_taken_is_not_sent_again", "sent", AGAIN, COUNTED),
    broken("P4", "what_may_be_a_duplicate_is_marked", "doubtful", f"{D} marks = '[\"unconfirmed\"]'"),
    broken("P4", "what_may_be_a_duplicate_is_marked", "recognised", f"{A} provider = 'text'"),
    broken("P4", "what_may_be_a_duplicate_is_marked", "recognised", f"{A} started_at = started_at + {2 * HOUR} AND number = 2"),
    broken(
        "P4", "it_is_repeated_only_as_often_as_its_rule_says", "offered",
        AGAIN, COUNTED, f"{D} state = 'sent', marks = '[\"possible_duplicate\"]'",
    ),
    broken(
        "P4", "it_is_repeated_only_as_often_as_its_rule_says", "doubtful",
        f"{M} category = 'transactional'", f"{E} facts = '{{}}' AND type = 'scheduled'", f"{AGAIN} AND number = 2",
    ),
    broken(
        "P5", "no_call_after_a_suppression", "sent",
        f"{D} address_hash = (SELECT address_hash FROM suppressions WHERE source = 'api')", f"{A} started_at = started_at + {HOUR}",
    ),
    broken("P5", "no_first_call_after_a_cancel", "cancelled", "twin"),
    broken("P5", "no_call_after_a_newer_message", "announced", f"{A} started_at = started_at + {HOUR}, ended_at = ended_at + {HOUR}"),
    broken("P5", "what_replaced_it_is_there", "replaced", f"{M} superseded_by = 'lost'"),
    broken("P5", "what_replaced_it_is_there", "replaced", f"{M} superseded_by = NULL"),
    broken("P5", "what_needs_consent_went_by_one", "consented", "DELETE FROM consents"),
    broken("P5", "what_needs_consent_went_by_one", "consented", f"{C} state = 'withdrawn'"),
    broken("P5", "what_needs_consent_went_by_one", "consented", f"{C} state = 'pending'"),
    broken("P5", "what_needs_consent_went_by_one", "consented", f"{C} topic = 'offers'"),
    broken("P5", "what_needs_consent_went_by_one", "consented", f"{C} channel = 'sms'"),
    broken("P5", "what_needs_consent_went_by_one", "consented", f"{C} at = at + {HOUR}"),
    broken("P5", "what_needs_consent_went_by_one", "consented", f"{D} decision = replace(decision, '\"o\":', '\".o\":')"),
    broken("P5", "what_needs_consent_went_by_one", "consented", f"{D} decision = replace(decision, '[\"c\",\"a\"', '[\"c\",\"w\"')"),
    broken("P5", "no_call_after_a_withdrawal", "sent", WITHDRAW),
    broken("P5", "no_call_after_a_withdrawal", "offered", WITHDRAW),
    broken("P5", "no_call_after_a_withdrawal", "consented", f"{C} at = at - {HOUR}, state = 'withdrawn'"),
    broken("P5", "no_call_after_a_withdrawal", "sent", WITHDRAW, f"{D} decision = '[]'"),
    broken("P6", "its_times_are_in_order", "waiting", f"{M} due_at = created_at - 1"),
    broken("P6", "its_times_are_in_order", "waiting", f"{M} expires_at = due_at"),
    broken("P6", "no_call_after_expiry", "sent", f"{M} expires_at = created_at + 1"),
    broken("P6", "no_call_before_its_time", "sent", f"{M} due_at = created_at + {HOUR}"),
    broken(
        "P6", "no_call_while_held_back", "retried",
        f"{E} facts = json_object('reason', 'quiet_hours', 'due_at', at + {HOUR})",
    ),
    broken("P6", "its_calls_count_for_its_recipient", "sent", f"{A} recipient_id = 'nobody'"),
    broken("P6", "no_call_in_quiet_hours", "sent", f"{D} decision = '{CLOSED}'"),
    broken("P6", "no_call_in_quiet_hours", "sent", f"{D} decision = '{NIGHT}'"),
    broken("P6", "no_call_in_quiet_hours", "sent", f"{D} decision = '[2]'"),
    broken("P7", "the_next_provider_follows_on_proof", "another", f"{A} outcome = 'unknown' AND number = 1"),
    broken("P7", "a_refusal_was_an_answer", "retried", f"{D} refused = '[\"mail\"]'"),
    broken("P7", "the_next_channel_follows_on_proof", "elsewhere", f"{D} state = 'sent' AND number = 1"),
    broken("P7", "the_next_channel_follows_on_proof", "elsewhere", f"{A} outcome = 'unknown' AND delivery = 1"),
    broken("P7", "the_next_channel_follows_on_proof", "elsewhere", f"{D} tried = '[]' AND number = 2"),
    broken("P7", "the_next_channel_follows_on_proof", "escalated", "DELETE FROM events AND type = 'escalated'"),
    broken("P7", "the_next_channel_follows_on_proof", "escalated", f"{E} at = at + {HOUR} AND type = 'escalated'"),
    broken("P7", "the_next_channel_follows_on_proof", "unproved", f"{M} proof = NULL"),
    broken("P7", "what_escalates_was_asked_to", "escalated", f"{M} proof = NULL"),
    broken(
        "P6", "no_call_while_held_back", "escalated",
        f"{E} facts = replace(facts, '\"due_at\": 1', '\"due_at\": 2') AND type = 'scheduled'",
    ),
    broken("P3", "every_column_is_readable", "escalated", f"{M} proof = 'sent'"),
    broken("P2", "every_row_belongs_to_a_delivery", "confirmed", "UPDATE callbacks SET delivery = 7 AND kind = 'clicked'"),
    broken("P8", "what_was_told_is_an_event", "confirmed", "DELETE FROM events AND type = 'clicked'"),
    broken("P8", "what_it_was_told_was_kept", "confirmed", "DELETE FROM callbacks AND kind = 'clicked'"),
    broken("P8", "its_state_is_that_of_its_reports", "confirmed", f"{D} state = 'sent'"),
    broken("P8", "its_state_is_that_of_its_reports", "confirmed", f"{D} marks = '[]'"),
    broken("P9", "what_is_left_of_the_erased_tells_nothing", "sent", ERASED, f"{M} recipient_id = 'erased_1'"),
    broken("P9", "its_address_is_masked", "sent", f"{D} address = 'ann@example.com'"),
]  # fmt: skip

TWIN = (  # a delivery that was waiting beside the one that was cancelled, and was called an hour later
    "INSERT INTO deliveries (brand, message_id, number, state, marks, fence, lane, flow, channel, address_hash, address, provider,"
    " attempts, refused, tried, strikes, decision, decided_at) SELECT brand, message_id, 2, 'sent', '[]', 1, 'sms', flow, 'sms', 'hash',"
    " '•', 'text', 1, '[]', '[]', 0, '[]', 1 FROM deliveries WHERE message_id = ?",
    "INSERT INTO attempts (brand, message_id, delivery, number, provider, started_at, ended_at, outcome, facts)"
    f" SELECT brand, message_id, 2, 1, 'text', at + {HOUR}, at + {HOUR}, 'receipt', '{{}}' FROM events WHERE message_id = ?",
)


def completed(statement: str) -> str:
    """The statement for one message."""
    column = "id" if statement.startswith((M, "DELETE FROM messages", WITHDRAW, ERASED)) else "message_id"
    given = "?"
    if statement.startswith((C, "DELETE FROM consents")):
        column, given = "recipient_id", "(SELECT recipient_id FROM messages WHERE id = ?)"
    head, found, rest = statement.partition(" AND ")
    return f"{head} WHERE {column} = {given}{found}{rest}"


@pytest.mark.parametrize("given", BREAKS, ids=lambda given: f"{given.check}-{given.message}")
async def test_what_was_broken_is_found_and_named(kept: Kept, given: Break) -> None:
    with sqlite3.connect(kept.folder / "wasl.db") as database:
        for statement in TWIN if given.statements == ("twin",) else map(completed, given.statements):
            assert database.execute(statement, (kept.ids[given.message],)).rowcount > 0, statement
    database.close()

    found = named(await kept.found())

    assert (given.promise, given.check, kept.ids[given.message]) in found
    assert {message for _, _, message in found} == {kept.ids[given.message]}


def test_every_check_of_a_message_has_its_break() -> None:
    checks = {check.__name__ for table in (MESSAGES, DELIVERIES, FAMILIES) for check in table}

    assert checks - {given.check for given in BREAKS} == set()


async def test_two_messages_with_one_idempotency_key_are_found(kept: Kept) -> None:
    with sqlite3.connect(kept.folder / "wasl.db") as database:
        database.execute("DROP INDEX messages_by_idempotency_key")
        database.execute(f"{M} idempotency_key = 'order-1042', fingerprint = 'f' WHERE id = ?", (kept.ids["both"],))
    database.close()

    assert named(await kept.found()) == {("P2", "a_key_is_one_message", kept.ids["sent"])}


async def test_an_older_message_that_the_newer_one_did_not_replace_is_found(kept: Kept) -> None:
    with sqlite3.connect(kept.folder / "wasl.db") as database:
        change = f"{M} superseded_by = NULL, created_at = created_at - {HOUR} WHERE id = ?"
        assert database.execute(change, (kept.ids["announced"],)).rowcount == 1
    database.close()

    assert named(await kept.found()) == {("P5", "the_newer_replaces_the_older", kept.ids["announced"])}


@pytest.mark.parametrize("apart", [0, 73])
async def test_a_fact_that_was_told_twice_is_found(kept: Kept, apart: int) -> None:
    with sqlite3.connect(kept.folder / "wasl.db") as database:
        change = f"{M} fact = 'order-1042 shipped', created_at = created_at - {apart * HOUR} WHERE id = ?"
        assert database.execute(change, (kept.ids["announced"],)).rowcount == 1
    database.close()

    found = named(await kept.found())

    assert found == ({("P2", "a_fact_is_told_once", kept.ids["told"])} if not apart else set())


@pytest.mark.parametrize(
    ("check", "message", "statement"),
    [
        ("messages_of_a_key_take_turns", "second", f"{A} ended_at = ended_at + {HOUR} WHERE message_id = :first"),
        ("messages_of_a_key_take_turns", "parked", "INSERT INTO attempts (brand, message_id, delivery, number, provider, "
         "started_at, ended_at, outcome, provider_ref, facts, recipient_id) SELECT brand, :parked, 1, 1, 'mail', started_at + 9000000, "
         "ended_at + 9000000, 'receipt', 'ref', '{}', recipient_id FROM attempts WHERE message_id = :sent"),
        ("a_turn_comes", "parked", f"{D} due_at = NULL, state = 'cancelled' WHERE message_id = :queued"),
    ],
)  # fmt: skip
async def test_a_message_out_of_its_turn_is_found(kept: Kept, check: str, message: str, statement: str) -> None:
    with sqlite3.connect(kept.folder / "wasl.db") as database:
        assert database.execute(statement, dict(kept.ids)).rowcount == 1
    database.close()

    assert ("order", check, kept.ids[message]) in named(await kept.found())


async def test_a_call_at_the_last_moment_before_quiet_hours_is_in_order(kept: Kept) -> None:
    with sqlite3.connect(kept.folder / "wasl.db") as database:
        ((began,),) = database.execute("SELECT started_at FROM attempts WHERE message_id = ?", (kept.ids["sent"],)).fetchall()
        decision = decided(Allow("quiet_hours", "calendars/sa.toml text", {"closes": moment(began + 1).isoformat()}))
        database.execute("UPDATE deliveries SET decision = ? WHERE message_id = ?", (decision, kept.ids["sent"]))
    database.close()

    assert "no_call_in_quiet_hours" not in {check for _, check, _ in named(await kept.found())}


async def test_a_message_that_a_client_saw_accepted_and_that_is_gone_is_found(kept: Kept) -> None:
    gone = f"msg_{'0' * 32}"
    accepted = written(kept.folder / "accepted", [kept.ids["sent"], gone])

    assert named(await kept.found(accepted=accepted)) == {("P1", "what_was_accepted_is_there", gone)}


async def test_on_postgresql_the_same_is_found(kept: Kept, postgres_url: str) -> None:
    witness = Witness(hangs=True)
    told = shop(kept.folder, witness, postgres_url)
    ids = await fill(told, witness)
    accepted = written(kept.folder / "accepted", list(ids.values()))
    healthy = await verify(told, Evidence(sinks=(kept.sink(witness.sends),), accepted=accepted))
    chosen = {("its_recipient_is_there", "sent"), ("it_says_why", "refused"), ("no_mark_was_lost", "doubtful")}
    chosen |= {("no_call_before_its_time", "sent"), ("what_is_unknown_was_called", "offered"), ("its_key_is_whole", "both")}
    chosen |= {("what_may_have_arrived_is_not_denied", "doubtful")}
    given = [one for one in BREAKS if (one.check, one.message) in chosen]

    for one in given:
        for statement in one.statements:
            rows(postgres_url, completed(statement), ids[one.message])
    found = named(await verify(told))

    assert (healthy.findings, healthy.messages) == ([], len(ids))
    assert len(given) >= len(chosen)
    assert {(one.promise, one.check, ids[one.message]) for one in given} <= found
