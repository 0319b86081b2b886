import re

from wasl.ids import MESSAGE_IDS, MessageIds, made_at, message_ids_at, message_ids_since, new_request_id, requested_at


def test_ids_of_one_process_sort_in_the_order_in_which_they_were_made() -> None:
    made = [MESSAGE_IDS.new() for _ in range(10_000)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(re.fullmatch(r"msg_[0-9a-f]{32}", one) for one in made)


def test_an_id_tells_when_it_was_made() -> None:
    assert message_ids_since(1) < MESSAGE_IDS.new() < message_ids_since(-1)


def test_ids_of_another_clock_carry_its_time_and_keep_their_order_where_it_stands_still() -> None:
    at = 1_700_000_000_000_000
    ids = MessageIds(lambda: at * 1000)

    made = [ids.new() for _ in range(100)]

    assert made == sorted(set(made))
    assert made_at(made[0]) == at
    assert message_ids_at(at) <= made[0] < message_ids_at(at + 1)


def test_a_request_id_tells_when_it_was_made_and_one_that_a_caller_chose_does_not() -> None:
    before, ours = MESSAGE_IDS.new(), new_request_id()

    assert re.fullmatch(r"req_[0-9a-f]{24}", ours)
    assert abs((requested_at(ours) or 0) - made_at(before)) < 1_000_000
    assert requested_at("checkout-77") is None
    assert requested_at("req_7f3") is None
