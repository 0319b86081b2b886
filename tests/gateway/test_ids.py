import re

from wasl.ids import message_ids_since, new_message_id


def test_ids_of_one_process_sort_in_the_order_in_which_they_were_made() -> None:
    made = [new_message_id() for _ in range(10_000)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(re.fullmatch(r"msg_[0-9a-f]{32}", one) for one in made)


def test_an_id_tells_when_it_was_made() -> None:
    assert message_ids_since(1) < new_message_id() < message_ids_since(-1)
