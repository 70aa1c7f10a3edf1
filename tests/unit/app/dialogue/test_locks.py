import threading

import pytest

from app.dialogue.locks import KeyedLock


def test_those_who_wait_are_served_in_the_order_of_arrival() -> None:
    lock, served = KeyedLock(), list[int]()

    def _serve(number: int) -> None:
        with lock.hold("c1"):
            served.append(number)

    threads = [threading.Thread(target=_serve, args=(number,)) for number in range(8)]
    with lock.hold("c1"):
        for thread in threads:
            waiting = lock.num_waiting("c1")
            thread.start()
            while lock.num_waiting("c1") == waiting:
                threading.Event().wait(0.001)
    for thread in threads:
        thread.join(5)

    assert served == list(range(8))


def test_other_keys_are_not_held_up() -> None:
    lock = KeyedLock()

    with lock.hold("c1"), lock.hold("c2"):
        assert lock.num_keys() == 2


def test_a_failure_inside_releases_the_key() -> None:
    lock = KeyedLock()

    with pytest.raises(ZeroDivisionError), lock.hold("c1"):
        1 / 0  # noqa: B018

    assert lock.num_keys() == 0
