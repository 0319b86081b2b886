from datetime import timedelta

from tests.gateway.scripted import NOON
from wasl.standing import Queue, Standing, Standings

SOON = NOON + timedelta(seconds=5)
JUST_BEFORE = SOON - timedelta(microseconds=1)


def test_a_provider_that_fails_waits_until_this_worker_may_try_it_by_one_call() -> None:
    standings = Standings(["mail"])
    standings.learn(Standing("mail", "open", until=SOON))

    assert standings.fails("mail", SOON)
    assert standings.waits("mail", SOON)
    standings.try_by_one_call("mail", SOON + timedelta(seconds=5))
    assert not standings.waits("mail", SOON)
    assert standings.take_try("mail")
    assert standings.waits("mail", SOON)
    assert not standings.take_try("mail")


def test_a_try_that_was_not_used_is_lost_when_another_worker_may_have_it() -> None:
    standings = Standings(["mail"])
    standings.learn(Standing("mail", "paused", until=NOON))
    standings.try_by_one_call("mail", SOON)

    assert standings.tried("mail", JUST_BEFORE)
    assert standings.waits("mail", SOON)
    assert standings.untried(SOON) == {"mail"}


def test_only_what_fails_and_whose_moment_has_come_may_be_tried() -> None:
    standings = Standings(["mail", "spare", "text"])
    standings.learn(Standing("mail", "open", until=SOON))
    standings.learn(Standing("text", "closed", until=NOON))

    assert standings.untried(JUST_BEFORE) == set()
    assert standings.untried(SOON) == {"mail"}


def test_a_provider_that_asked_us_to_slow_down_waits_but_does_not_fail() -> None:
    standings = Standings(["mail"])
    standings.learn(Standing("mail", "closed", until=SOON))

    assert standings.waits("mail", JUST_BEFORE)
    assert not standings.fails("mail", JUST_BEFORE)
    assert not standings.waits("mail", SOON)


def test_the_first_of_several_to_resume_is_known() -> None:
    standings = Standings(["a", "b"])
    standings.learn(Standing("a", "open", until=SOON))
    standings.learn(Standing("b", "paused", until=NOON))

    assert standings.resumes_at(["a", "b"], NOON) == NOON
    assert standings.resumes_at(["a"], NOON) == SOON


def test_what_waits_comes_back_one_after_the_other_and_never_much_too_late() -> None:
    queue = Queue(timedelta(seconds=1), timedelta(seconds=3))

    places = [queue.place(NOON) for _ in range(6)]
    later = queue.place(NOON + timedelta(hours=1))
    back = queue.place(NOON)

    assert [(place - NOON).total_seconds() for place in places] == [0, 1, 2, 3, 3, 3]
    assert (later - NOON).total_seconds() == 3600
    assert (back - NOON).total_seconds() == 3
