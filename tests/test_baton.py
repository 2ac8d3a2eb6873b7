"""The baton: one thread computes, those that wait let others on, and nobody is left behind."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from aggregator import baton

PATIENCE_S = 10


def test_two_threads_do_not_compute_at_once() -> None:
    inside = 0
    most = 0

    def compute(_: int) -> None:
        nonlocal inside, most
        for _ in range(50):
            with baton.held():
                inside += 1
                most = max(most, inside)
                inside -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(compute, range(4)))

    assert most == 1


def test_a_thread_that_waits_lets_another_on() -> None:
    waiting, done = threading.Event(), threading.Event()

    def wait() -> bool:
        with baton.held(), baton.apart():
            waiting.set()
            return done.wait(PATIENCE_S)

    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(wait)
        assert waiting.wait(PATIENCE_S)
        with baton.held():
            done.set()
        assert waits.result(PATIENCE_S)


def test_an_error_while_apart_gives_the_baton_back() -> None:
    with pytest.raises(ConnectionError), baton.held(), baton.apart():
        raise ConnectionError

    with baton.held():
        pass


def test_a_thread_without_the_baton_is_not_concerned() -> None:
    with ThreadPoolExecutor(1) as pool, baton.held():
        assert pool.submit(lambda: list(_apart())).result(PATIENCE_S) == [1]


def _apart() -> list[int]:
    with baton.apart():
        return [1]
