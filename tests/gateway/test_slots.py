from datetime import timedelta

from tests.gateway.scripted import NOON
from wasl.rate import Limit
from wasl.slots import Place, Slots
from wasl.standing import Standing, Standings

SOON = NOON + timedelta(seconds=60)


def made(places: dict[str, int], **limits: Limit) -> Slots:
    return Slots(places, Standings(places), limits)


def taken(slots: Slots, provider: str) -> Place:
    place = slots.take(provider)
    assert place is not None
    return place


def test_no_more_places_are_taken_than_there_are() -> None:
    slots = made({"mail": 2})

    first = taken(slots, "mail")
    taken(slots, "mail")
    assert slots.take("mail") is None
    slots.give_back(first)
    taken(slots, "mail")
    assert slots.take("mail") is None


def test_whoever_waits_is_told_of_each_place_that_becomes_free() -> None:
    slots, told = made({"mail": 1}), []
    slots.on_freed(lambda: told.append(1))
    place = taken(slots, "mail")

    slots.give_back(place)

    assert told == [1]


def test_places_are_halved_once_a_round_trip_and_never_below_one() -> None:
    slots = made({"mail": 16})
    first_round = [taken(slots, "mail") for _ in range(16)]

    for place in first_round:
        slots.halve(place)
        slots.give_back(place)
    after_one = slots.free("mail")
    for _ in range(10):
        place = taken(slots, "mail")
        slots.halve(place)
        slots.give_back(place)

    assert after_one == 8
    assert slots.free("mail") == 1


def test_places_grow_by_one_for_a_round_of_successes_and_never_above_what_is_configured() -> None:
    slots = made({"mail": 8})
    place = taken(slots, "mail")
    slots.give_back(place)
    slots.halve(place)

    for _ in range(5):  # the fifth, as the growth of a round is a little less than one
        slots.grow(place)
    after_a_round = slots.free("mail")
    for _ in range(100):
        slots.grow(place)

    assert after_a_round == 5
    assert slots.free("mail") == 8


def test_calls_that_are_out_when_places_are_halved_use_what_is_left() -> None:
    slots = made({"mail": 4})
    places = [taken(slots, "mail") for _ in range(4)]
    slots.halve(places[0])

    slots.give_back(places[0])
    slots.give_back(places[1])

    assert slots.free("mail") == 0
    assert slots.take("mail") is None
    slots.give_back(places[2])
    assert slots.take("mail") is not None


def test_of_a_provider_with_a_rate_only_calls_that_were_given_out_are_made() -> None:
    slots = made({"mail": 8, "text": 8}, mail=Limit(10, "s"))

    assert slots.take("mail") is None
    slots.give("mail", 2)
    assert [slots.take("mail") is not None for _ in range(3)] == [True, True, False]
    assert slots.take("text") is not None


def test_the_call_that_tries_a_failing_provider_is_known_as_such() -> None:
    slots = made({"mail": 8})
    slots.standings.learn(Standing("mail", "open", until=NOON))
    slots.standings.try_by_one_call("mail", SOON)

    assert [taken(slots, "mail").probe, taken(slots, "mail").probe] == [True, False]


def test_a_channel_has_the_room_of_its_first_provider_that_does_not_rest_and_some_where_all_rest() -> None:
    slots = made({"mail": 10, "spare": 4, "text": 1})
    channels = {"email": ("mail", "spare"), "sms": ("text",)}

    assert slots.rooms(channels, NOON) == {"email": 10, "sms": 1}
    taken(slots, "text")
    slots.standings.learn(Standing("mail", "open", until=SOON))
    assert slots.rooms(channels, NOON) == {"email": 4}
    slots.standings.learn(Standing("spare", "closed", until=SOON))
    parked = slots.rooms(channels, NOON)
    assert slots.rooms(channels, SOON) == {"email": 4}
    assert parked.keys() == {"email"}


def test_a_provider_with_few_of_many_places_counts_as_full_but_one_with_a_single_place_works() -> None:
    slots = made({"mail": 32})
    places = [taken(slots, "mail") for _ in range(28)]

    assert slots.rooms({"email": ("mail",)}, NOON) == {}
    slots.give_back(places[0])
    assert slots.rooms({"email": ("mail",)}, NOON) == {"email": 5}
    assert made({"one": 1}).rooms({"x": ("one",)}, NOON) == {"x": 1}


def test_a_limited_rate_leaves_room_for_one_chunk_and_none_before_its_next_moment() -> None:
    slots = made({"mail": 32}, mail=Limit(10, "s"))

    assert slots.rooms({"email": ("mail",)}, NOON) == {"email": 2}
    slots.standings.learn(Standing("mail", next_call_at=SOON))
    assert slots.rooms({"email": ("mail",)}, NOON) == {}
    assert slots.frees_at("mail", NOON) == SOON
    assert slots.rooms({"email": ("mail",)}, SOON) == {"email": 2}
