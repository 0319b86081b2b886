"""All checks, each with its promise, and how they are applied to one message."""

from collections.abc import Callable, Iterator, Sequence

from wasl.ledger.stories import StoredMessage, Story
from wasl.verifying import accepting, capping, consenting, deriving, keeping, reporting, sending, shapes, windows, witnessing
from wasl.verifying.judging import Finding, Rules, Told, tell
from wasl.verifying.sends import Send

MESSAGES: dict[Callable[[StoredMessage, Story], Iterator[str]], str] = {
    accepting.it_has_deliveries: "P1",
    accepting.its_recipient_is_there: "P1",
    accepting.its_template_is_there: "P1",
    accepting.its_key_is_whole: "P2",
    accepting.every_row_belongs_to_a_delivery: "P2",
    accepting.what_replaced_it_is_there: "P5",
    accepting.its_times_are_in_order: "P6",
    accepting.what_is_left_of_the_erased_tells_nothing: "P9",
}
DELIVERIES: dict[Callable[[Told, Rules], Iterator[str]], str] = {
    keeping.what_waits_will_be_due: "P1",
    keeping.what_ended_rests: "P3",
    keeping.it_says_why: "P3",
    keeping.what_was_called_names_its_way: "P3",
    keeping.its_reference_is_that_of_its_receipt: "P3",
    keeping.it_queues_as_its_message: "P3",
    deriving.legal_steps_lead_to_its_state: "P3",
    deriving.every_answer_is_an_event: "P3",
    keeping.its_attempts_have_no_gap: "P4",
    keeping.an_attempt_that_ended_says_how: "P4",
    keeping.a_call_is_out_only_while_sending: "P4",
    keeping.what_was_taken_has_a_receipt: "P4",
    keeping.what_is_unknown_was_called: "P4",
    keeping.what_may_have_arrived_is_not_denied: "P4",
    keeping.every_attempt_had_its_claim: "P4",
    keeping.no_mark_was_lost: "P4",
    sending.what_was_taken_is_not_sent_again: "P4",
    sending.what_may_be_a_duplicate_is_marked: "P4",
    sending.it_is_repeated_only_as_often_as_its_rule_says: "P4",
    windows.no_call_after_a_suppression: "P5",
    windows.no_call_after_a_newer_message: "P5",
    consenting.what_needs_consent_went_by_one: "P5",
    consenting.no_call_after_a_withdrawal: "P5",
    capping.its_calls_count_for_its_recipient: "P6",
    windows.no_call_after_expiry: "P6",
    windows.no_call_while_held_back: "P6",
    windows.no_call_in_quiet_hours: "P6",
    sending.the_next_provider_follows_on_proof: "P7",
    sending.a_refusal_was_an_answer: "P7",
    sending.what_escalates_was_asked_to: "P7",
    reporting.what_was_told_is_an_event: "P8",
    reporting.what_it_was_told_was_kept: "P8",
    reporting.its_state_is_that_of_its_reports: "P8",
    keeping.its_address_is_masked: "P9",
}
FAMILIES: dict[Callable[[Sequence[Told], Rules], Iterator[tuple[Told, str]]], str] = {
    windows.no_first_call_after_a_cancel: "P5",
    windows.no_call_before_its_time: "P6",
    sending.the_next_channel_follows_on_proof: "P7",
}
WITNESSED: dict[Callable[[Told, Sequence[Send], Rules], Iterator[str]], str] = {
    witnessing.every_send_had_its_intent: "P4",
    witnessing.every_answer_was_given: "P4",
    witnessing.every_receipt_was_seen: "P4",
    witnessing.what_was_taken_twice_is_marked: "P4",
}


def judge(story: Story, rules: Rules, sends: Sequence[Send] | None = None) -> Iterator[Finding]:
    """Everything that is wrong with one message; `sends` are all that providers saw of it, None where nobody recorded that.

    Where a column cannot be read, that alone is told.
    """
    message = story.message
    if message is None:
        yield from (Finding(story.id, "P2", "no_rows_without_a_message", said) for said in accepting.strangers(story))
        return
    garbled = list(shapes.message_is_readable(message))
    yield from (Finding(story.id, "P3", "every_column_is_readable", said) for said in garbled)
    if not garbled:
        for check, promise in MESSAGES.items():
            yield from (Finding(story.id, promise, check.__name__, said) for said in check(message, story))
        yield from _deliveries(story, message, rules, sends)


def _deliveries(story: Story, message: StoredMessage, rules: Rules, sends: Sequence[Send] | None) -> Iterator[Finding]:
    family = []
    for row in story.deliveries:
        garbled = list(shapes.rows_are_readable(story, row))
        yield from (_finding(story, row.number, "P3", "every_column_is_readable", said) for said in garbled)
        if not garbled:
            family.append(tell(story, message, row))
    for told in family:
        for check, promise in DELIVERIES.items():
            yield from (_finding(story, told.row.number, promise, check.__name__, said) for said in check(told, rules))
    for among, promise in FAMILIES.items():
        yield from (_finding(story, told.row.number, promise, among.__name__, said) for told, said in among(family, rules))
    if sends is not None:
        yield from _witnessed(story, family, rules, sends)


def _witnessed(story: Story, family: Sequence[Told], rules: Rules, sends: Sequence[Send]) -> Iterator[Finding]:
    for told in family:
        own = [send for send in sends if send.delivery == told.row.number]
        for check, promise in WITNESSED.items():
            yield from (_finding(story, told.row.number, promise, check.__name__, said) for said in check(told, own, rules))
    there = {row.number for row in story.deliveries}
    for number in sorted({send.delivery for send in sends} - there):
        yield _finding(story, number, "P4", "every_send_had_its_intent", "a provider saw it, but it is not there")


def _finding(story: Story, number: int, promise: str, check: str, said: str) -> Finding:
    return Finding(story.id, promise, check, f"delivery {number}: {said}")
