"""The small rules against what the facts state."""

import pytest

from quizzes.domain.serverless import rules


@pytest.mark.parametrize(
    ("max_retries", "max_age_s", "run_s", "expected"),
    [
        pytest.param(2, 21_600, 0, (0, 60, 180), id="default settings: after one and three minutes"),
        pytest.param(2, 21_600, 10, (0, 70, 200), id="runs take their time before each wait"),
        pytest.param(2, 120, 0, (0, 60), id="the second retry would be too old"),
        pytest.param(1, 21_600, 0, (0, 60), id="one retry"),
        pytest.param(0, 60, 0, (0,), id="none: the function still runs once"),
    ],
)
def test_async_attempts(max_retries, max_age_s, run_s, expected):
    assert rules.async_attempt_starts(max_retries=max_retries, max_age_s=max_age_s, run_s=run_s) == expected


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        pytest.param("", 1, id="success"),
        pytest.param("function", 1, id="an error of the code is not repeated"),
        pytest.param("throttle", 0, id="a throttled try runs nothing"),
        pytest.param("client-timeout", 3, id="who stops waiting calls again"),
    ],
)
def test_runs_of_a_synchronous_call(problem, expected):
    assert rules.sdk_runs(problem=problem, attempts=3) == expected


def test_a_call_is_tried_once_at_least():
    with pytest.raises(ValueError, match="at least 1"):
        rules.sdk_runs(problem="", attempts=0)


@pytest.mark.parametrize("max_retries", [-1, 3])
def test_asynchronous_retries_are_none_to_two(max_retries):
    with pytest.raises(ValueError, match="0 to 2"):
        rules.async_attempt_starts(max_retries=max_retries, max_age_s=60)


@pytest.mark.parametrize(
    ("partial", "thrown", "expected"),
    [
        pytest.param(False, True, 10, id="the whole batch returns"),
        pytest.param(True, False, 2, id="the failed ones alone"),
        pytest.param(True, True, 10, id="an exception overrules the report"),
        pytest.param(False, False, 0, id="a failure that is swallowed is deleted as done"),
    ],
)
def test_messages_returned(partial, thrown, expected):
    assert rules.messages_returned(batch=10, failed=2, partial=partial, thrown=thrown) == expected
    assert rules.messages_returned(batch=10, failed=0, partial=partial, thrown=thrown) == 0


@pytest.mark.parametrize(("rate", "duration_ms", "expected"), [(5_000, 200, 1_000), (100, 500, 50), (200, 250, 50), (3, 500, 2)])
def test_concurrency_is_rate_times_duration(rate, duration_ms, expected):
    assert rules.concurrency_needed(requests_per_s=rate, duration_ms=duration_ms) == expected


def test_a_rate_is_concurrency_over_duration_and_short_runs_are_refused():
    assert rules.highest_rate(concurrency=50, duration_ms=500) == 100
    with pytest.raises(ValueError, match="at least 100 ms"):
        rules.highest_rate(concurrency=1_000, duration_ms=20)


@pytest.mark.parametrize(
    ("wanted", "present", "expected"), [(3_000, 0, 3), (3_000, 500, 3), (3_000, 2_000, 1), (500, 500, 0), (500, 900, 0)]
)
def test_a_thousand_environments_in_ten_seconds(wanted, present, expected):
    assert rules.scaling_intervals(wanted=wanted, present=present) == expected


def test_a_hundred_stay_unreserved():
    assert rules.unreserved(quota=1_000, reserved=(400, 300)) == 300
    assert rules.reservable(quota=1_000, reserved=()) == 900
    with pytest.raises(ValueError, match="at least 100"):
        rules.unreserved(quota=1_000, reserved=(600, 301))


def test_waits_of_a_retry_grow_up_to_their_cap():
    assert rules.retry_waits_s(interval_s=3, max_attempts=3, backoff=2) == (3, 6, 12)
    assert rules.retry_waits_s(interval_s=3, max_attempts=3, backoff=2, max_delay_s=10) == (3, 6, 10)
    assert rules.retry_waits_s(interval_s=3, max_attempts=0, backoff=2) == ()


def test_streams_queues_and_express():
    assert rules.stream_tries(max_retries=0) == 1
    assert rules.stream_tries(max_retries=3) == 4
    with pytest.raises(ValueError, match="expire"):
        rules.stream_tries(max_retries=-1)
    assert rules.receives_before_dead_letter(max_receive_count=3) == 3
    assert rules.stream_concurrency(shards=4, factor=10) == 40
    with pytest.raises(ValueError, match="1 to 10"):
        rules.stream_concurrency(shards=4, factor=11)
    assert rules.visibility_timeout_s(function_timeout_s=30, window_s=5) == 185
    assert rules.express_units(duration_ms=101, memory_mb=65) == 4
    assert rules.express_units(duration_ms=100, memory_mb=64) == 1
