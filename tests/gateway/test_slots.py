from datetime import timedelta

from tests.gateway.scripted import NOON
from wasl.slots import Slots

SOON = NOON + timedelta(seconds=60)


def test_no_more_places_are_taken_than_there_are() -> None:
    slots = Slots({"mail": 2})

    assert [slots.take("mail") for _ in range(3)] == [True, True, False]
    slots.give_back("mail")
    assert [slots.take("mail"), slots.take("mail")] == [True, False]


def test_whoever_waits_is_told_of_each_place_that_becomes_free() -> None:
    slots, told = Slots({"mail": 1}), []
    slots.on_freed(lambda: told.append(1))
    slots.take("mail")

    slots.give_back("mail")

    assert told == [1]


def test_a_paused_provider_rests_until_its_moment() -> None:
    slots = Slots({"mail": 1})
    slots.pause("mail", SOON)

    assert slots.paused("mail", NOON)
    assert slots.paused("mail", SOON - timedelta(microseconds=1))
    assert not slots.paused("mail", SOON)
    assert not slots.paused("mail", NOON)


def test_the_first_of_several_to_resume_is_known() -> None:
    slots = Slots({"a": 1, "b": 1})
    slots.pause("a", SOON)
    slots.pause("b", NOON)

    assert slots.resumes_at(["a", "b"]) == NOON
    assert slots.resumes_at(["a"]) == SOON
    assert slots.resumes_at([]) is None


def test_a_channel_has_the_room_of_its_first_provider_that_does_not_rest_and_some_where_all_rest() -> None:
    slots = Slots({"mail": 10, "spare": 4, "text": 1})
    channels = {"email": ("mail", "spare"), "sms": ("text",)}

    assert slots.rooms(channels, NOON) == {"email": 10, "sms": 1}
    slots.take("text")
    slots.pause("mail", SOON)
    assert slots.rooms(channels, NOON) == {"email": 4}
    slots.pause("spare", SOON)
    parked = slots.rooms(channels, NOON)
    assert slots.rooms(channels, SOON) == {"email": 10}
    assert parked.keys() == {"email"}


def test_a_provider_with_few_of_many_places_counts_as_full_but_one_with_a_single_place_works() -> None:
    slots = Slots({"mail": 32})
    for _ in range(28):
        slots.take("mail")

    assert slots.rooms({"email": ("mail",)}, NOON) == {}
    slots.give_back("mail")
    assert slots.rooms({"email": ("mail",)}, NOON) == {"email": 5}
    assert Slots({"one": 1}).rooms({"x": ("one",)}, NOON) == {"x": 1}
