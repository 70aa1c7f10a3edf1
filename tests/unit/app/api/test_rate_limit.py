import pytest

from app.api.rate_limit import RateLimiter


class FakeClock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_limiter_allows_a_burst_of_one_minute_and_then_says_how_long_to_wait(clock: FakeClock) -> None:
    limiter = RateLimiter(30, monotonic_s=clock)

    waits = [limiter.take("c1") for _ in range(31)]

    assert waits[:30] == [0.0] * 30
    assert waits[30] == pytest.approx(2.0)


def test_limiter_gives_a_token_back_after_the_time_it_named(clock: FakeClock) -> None:
    limiter = RateLimiter(1, monotonic_s=clock)
    limiter.take("c1")
    clock.now_s += limiter.take("c1")

    assert limiter.take("c1") == 0.0


def test_limiter_never_saves_up_more_than_a_bucket(clock: FakeClock) -> None:
    limiter = RateLimiter(2, monotonic_s=clock)
    limiter.take("c1")
    clock.now_s += 3_600

    waits = [limiter.take("c1") for _ in range(3)]

    assert waits[:2] == [0.0, 0.0]
    assert waits[2] > 0


def test_limiter_counts_keys_apart(clock: FakeClock) -> None:
    limiter = RateLimiter(1, monotonic_s=clock)
    limiter.take("c1")

    assert limiter.take("c2") == 0.0


def test_limiter_does_not_count_what_was_given_back(clock: FakeClock) -> None:
    limiter = RateLimiter(1, monotonic_s=clock)
    limiter.take("c1")
    limiter.give_back("c1")

    assert limiter.take("c1") == 0.0


def test_limiter_forgets_the_longest_unused_key_beyond_its_bound(clock: FakeClock) -> None:
    limiter = RateLimiter(1, monotonic_s=clock, max_buckets=2)
    for key in ("c1", "c2", "c3"):
        limiter.take(key)

    assert len(limiter._buckets) == 2
    assert limiter.take("c3") > 0
