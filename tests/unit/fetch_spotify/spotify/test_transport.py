"""The transport: retries, waits, and final errors."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from fetch_spotify.clock import Clock
from fetch_spotify.config import Config
from fetch_spotify.errors import (
    ApiRefused,
    BrokenAnswer,
    CallBudgetSpent,
    FetchError,
    Halted,
    LimitReached,
    OutOfTime,
    QuotaExceeded,
    RateLimited,
    RawZoneUnwritable,
    RedirectRefused,
    SpotifyUnavailable,
)
from fetch_spotify.spotify.auth import Credentials, Tokens
from fetch_spotify.spotify.client import Calls, SpotifyClient
from fetch_spotify.spotify.rate_limit import (
    MAX_RETRY_AFTER_SECONDS,
    RateLimitGate,
    retry_after_seconds,
    run_all,
)
from fetch_spotify.spotify.transport import (
    CONNECT_TIMEOUT_SECONDS,
    MAX_FAILURES,
    MAX_WAITS,
    HttpTransport,
    build_session,
)

API = "http://spotify.test/v1/"
CONFIG = Config("raw", "arn", spotify_api_url=API, spotify_accounts_url="http://spotify.test/")


class Script(BaseAdapter):
    """Answers calls from a list: a `requests.Response` to give, or an exception to raise."""

    def __init__(self, answers: list[Any]) -> None:
        super().__init__()
        self.answers = answers
        self.requests: list[requests.PreparedRequest] = []
        self.timeouts: list[Any] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        self.requests.append(request)
        self.timeouts.append(options.get("timeout"))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        answer.request, answer.url = request, request.url or ""
        return answer  # type: ignore[no-any-return]  # the list holds nothing else

    def close(self) -> None:
        """Nothing to close."""


def response(status: int, body: object = b"", **headers: str) -> requests.Response:
    answer = requests.Response()
    answer.status_code = status
    answer._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return answer


class Time:
    """Time that passes only by sleeping."""

    def __init__(self, remaining: float = 900.0) -> None:
        self.now = 1_000_000.0
        self.ends = self.now + remaining
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)

    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.sleep, lambda: self.ends - self.now)


def client_of(
    answers: list[Any], time: Time | None = None, budget: int = 0, excluded_key: str | None = None
) -> tuple[SpotifyClient, Script]:
    script = Script([response(200, {"access_token": "t0", "expires_in": 3600}), *answers])
    session = build_session(2, API)
    session.mount("http://", script)
    gate = RateLimitGate((time or Time()).clock(), 45)
    transport = HttpTransport(
        session, gate, max_concurrent_calls=2, max_inline_wait_seconds=60, excluded_key=excluded_key
    )
    tokens = Tokens(Credentials("id", "secret"), CONFIG, transport, lambda *_: None)
    return SpotifyClient(transport, tokens, Calls(budget, {}), CONFIG), script


def get(client: SpotifyClient) -> object:
    return client.get("me", lambda body, _is_last: body, kind="me")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.mark.parametrize(
    "failure",
    [
        response(500, {"error": {"status": 500, "message": "oops"}}),
        response(502, b"<html>"),
        response(503, {"error": "a string"}),
        response(504, [1]),
        response(200, b""),
        response(200, b'{"items": ['),
        response(200, [1, 2]),
        requests.ConnectionError("reset"),
        requests.ReadTimeout("slow"),
        requests.exceptions.ChunkedEncodingError("cut off"),
    ],
    ids=str,
)
def test_temporary_failures_are_retried(failure: Any) -> None:
    client, script = client_of([failure, response(200, {"id": "me"})])
    assert get(client) == {"id": "me"}
    assert client.calls.by_kind() == {"me": 2}
    assert len(script.requests) == 3


@pytest.mark.parametrize("bug", [KeyError("name"), TypeError("None"), ValueError("7"), AttributeError("get")])
def test_a_bug_in_the_code_that_parses_an_answer_is_raised_at_once(bug: Exception) -> None:
    client, _ = client_of([response(200, {"id": "me"})])

    def check(body: dict[str, Any], _is_last: bool) -> str:
        raise bug

    with pytest.raises(type(bug)) as failure:
        client.get("me", check, kind="me")
    assert failure.value is bug
    assert client.calls.by_kind() == {"me": 1}


def test_attempts_are_limited_and_the_error_has_the_last_failure() -> None:
    client, script = client_of([response(503, {"error": {"message": "down"}}) for _ in range(MAX_FAILURES)])
    with pytest.raises(SpotifyUnavailable, match="503 down"):
        get(client)
    assert len(script.requests) == 1 + MAX_FAILURES


@pytest.mark.parametrize("body", [{"error": {"message": "no"}}, {"error": "no"}, b"no", [1], b""])
def test_a_refusal_is_final_with_its_true_status_whatever_its_body(body: object) -> None:
    client, script = client_of([response(404, body)])
    with pytest.raises(ApiRefused) as refused:
        get(client)
    assert refused.value.status == 404
    assert len(script.requests) == 2


def test_a_short_retry_after_is_waited_out_and_a_long_one_ends_the_invocation() -> None:
    time = Time()
    client, _ = client_of([response(429, b"Too many requests", Retry_After="30"), response(200, {})], time)
    get(client)
    assert time.now == pytest.approx(1_000_030)
    client, _ = client_of([response(429, {"error": {"message": "API rate limit"}}, Retry_After="3600")], time)
    with pytest.raises(RateLimited) as limit:
        get(client)
    said = json.loads(str(limit.value))
    assert said["retry_after_seconds"] == 3600
    assert said["blocked_until"] == int(time.now) + 3601
    assert "rate limit" in said["message"]


def test_a_short_retry_after_that_does_not_fit_in_the_time_left_ends_the_invocation() -> None:
    client, _ = client_of([response(429, Retry_After="30")], Time(remaining=70))
    with pytest.raises(RateLimited):
        get(client)


def test_a_spent_quota_ends_the_invocation_however_short_the_wait() -> None:
    body = {"error": {"status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED"}}
    client, _ = client_of([response(429, body, Retry_After="2")])
    with pytest.raises(QuotaExceeded):
        get(client)


@pytest.mark.parametrize("header", [{}, {"Retry_After": "soon"}, {"Retry_After": "nan"}])
def test_a_missing_or_invalid_retry_after_means_half_a_minute(header: dict[str, str]) -> None:
    time = Time()
    client, _ = client_of([response(429, **header), response(200, {})], time)
    get(client)
    assert time.now == pytest.approx(1_000_030)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("0", 1), ("-5", 1), ("0.9", 1), ("1.2", 2), ("Mon, 12 Jan 1970 13:47:10 GMT", 30)],
)
def test_a_wait_is_rounded_up_to_whole_seconds_and_may_be_a_date(asked: str, seconds: int) -> None:
    time = Time()  # begins at Mon, 12 Jan 1970 13:46:40 GMT
    client, _ = client_of([response(429, Retry_After=asked), response(200, {})], time)
    get(client)
    assert time.now == pytest.approx(1_000_000 + seconds)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("90000", 90_000),
        ("99999999999999", MAX_RETRY_AFTER_SECONDS),
        ("1e300", MAX_RETRY_AFTER_SECONDS),
        ("inf", MAX_RETRY_AFTER_SECONDS),
        ("Mon, 12 Jan 1970 15:46:40 GMT", 7_200),
        ("Fri, 01 Jan 99999 00:00:00 GMT", None),
    ],
)
def test_no_retry_after_blocks_the_app_for_more_than_a_week(asked: str, seconds: int | None) -> None:
    assert retry_after_seconds({"Retry-After": asked}, 1_000_000) == seconds


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({}, 3_600),
        ({"Retry_After": "soon"}, 3_600),
        ({"Retry_After": "0"}, 30),
        ({"Retry_After": "48925"}, 48_925),
    ],
)
def test_a_spent_quota_without_retry_after_means_an_hour_and_at_least_half_a_minute(
    header: dict[str, str], seconds: int
) -> None:
    body = {"error": {"status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED"}}
    client, _ = client_of([response(429, body, **header)])
    with pytest.raises(QuotaExceeded) as limit:
        get(client)
    assert limit.value.retry_after_seconds == seconds


def test_a_call_that_is_rate_limited_again_and_again_ends_the_invocation() -> None:
    client, script = client_of([response(429, Retry_After="0") for _ in range(MAX_WAITS + 5)])
    with pytest.raises(RateLimited) as limit:
        get(client)
    assert len(script.requests) == 1 + MAX_WAITS + 1
    assert limit.value.retry_after_seconds == 30


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_refused_and_nothing_is_sent_to_its_address(status: int) -> None:
    location = "http://elsewhere.test/v1/me?token=t"
    client, script = client_of([response(status, Location=location), response(200, {"id": "me"})])
    with pytest.raises(RedirectRefused, match=r"/v1/me redirects to elsewhere\.test"):
        get(client)
    assert [request.url for request in script.requests] == [
        "http://spotify.test/api/token",
        "http://spotify.test/v1/me",
    ]


def test_a_redirect_of_the_token_call_is_refused_as_well() -> None:
    client, script = client_of([])
    script.answers[:] = [response(307, Location="http://elsewhere.test/api/token")]
    with pytest.raises(RedirectRefused, match="api/token"):
        get(client)
    assert len(script.requests) == 1


def test_every_call_has_a_time_limit() -> None:
    client, script = client_of([response(200, {})])
    get(client)
    limit = (CONNECT_TIMEOUT_SECONDS, CONFIG.request_timeout_seconds)
    assert script.timeouts == [limit, limit]  # the token's and the API's


def test_pauses_between_attempts_grow_and_have_jitter() -> None:
    def pauses() -> list[float]:
        time = Time()
        get(client_of([*(response(503) for _ in range(MAX_FAILURES - 1)), response(200, {})], time)[0])
        return time.slept

    first, second = pauses(), pauses()
    assert first != second
    for pause, longest in zip(first, (0.5, 1, 2, 4, 8), strict=True):
        assert longest / 2 <= pause <= longest


def test_a_pause_that_does_not_fit_in_the_time_left_ends_the_invocation() -> None:
    time = Time(remaining=60)  # 15 s besides the 45 s of safety
    client, script = client_of([response(503, Retry_After="20"), response(200, {})], time)
    with pytest.raises(OutOfTime):
        get(client)
    assert (len(script.requests), time.slept) == (2, [])


def test_workers_whose_token_expires_together_fetch_one_new_token() -> None:
    client, script = client_of([])
    script.answers[:] = [
        response(200, {"access_token": f"t{number}", "expires_in": 3600}) for number in range(9)
    ]
    stale = client.tokens.get()
    with ThreadPoolExecutor(4) as pool:
        renewed = list(pool.map(client.tokens.renew, [stale] * 4))
    assert renewed == ["t1"] * 4
    assert client.tokens.calls == 2


def test_no_call_starts_when_the_time_is_nearly_over() -> None:
    client, script = client_of([response(200, {})], Time(remaining=40))
    with pytest.raises(OutOfTime):
        get(client)
    assert script.requests == []


def test_an_expired_token_is_renewed_once_and_a_second_refusal_is_final() -> None:
    expired = {"error": {"status": 401, "message": "The access token expired"}}
    renewed = response(200, {"access_token": "t1", "expires_in": 3600})
    client, script = client_of([response(401, expired), renewed, response(200, {"id": "me"})])
    assert get(client) == {"id": "me"}
    assert script.requests[-1].headers["Authorization"] == "Bearer t1"
    client, _ = client_of(
        [
            response(401, expired),
            response(200, {"access_token": "t1", "expires_in": 3600}),
            response(401, expired),
        ]
    )
    with pytest.raises(FetchError, match="does not accept"):
        get(client)


def test_the_budget_counts_retries_and_is_kept() -> None:
    client, script = client_of([response(500), response(500), response(200, {})], budget=2)
    with pytest.raises(CallBudgetSpent):
        get(client)
    assert len(script.requests) == 1 + 2


def test_an_excluded_key_is_dropped_at_every_depth_and_nothing_else_is() -> None:
    body = {"track": {"available_markets": ["A"], "album": {"available_markets": [], "n": [{"k": 1}]}}}
    client, _ = client_of([response(200, body), response(200, body)], excluded_key="available_markets")
    assert get(client) == {"track": {"album": {"n": [{"k": 1}]}}}
    client, _ = client_of([response(200, body)])
    assert get(client) == body


def test_no_body_is_formatted_for_a_debug_message() -> None:
    client, _ = client_of([response(200, {"email": "some.one@example.org"})])
    assert str(get(client)) == "<1 keys>"


def test_a_body_that_the_check_rejects_is_requested_again() -> None:
    bodies = [{}, {"id": "me"}]

    def check(body: dict[str, Any], _is_last: bool) -> str:
        if "id" not in body:
            raise BrokenAnswer("no id")
        return str(body["id"])

    client, _ = client_of([response(200, body) for body in bodies])
    assert client.get("me", check, kind="me") == "me"


@pytest.mark.parametrize(
    ("errors", "raised"),
    [
        ([OutOfTime("t"), RateLimited(9, 9)], RateLimited),
        ([RateLimited(9, 9), RawZoneUnwritable("no")], RawZoneUnwritable),
        ([Halted("h"), SpotifyUnavailable("down"), OutOfTime("t")], SpotifyUnavailable),
        ([CallBudgetSpent(1), ValueError("a bug")], ValueError),
        ([Halted("h"), CallBudgetSpent(1)], CallBudgetSpent),
        ([RateLimited(61, 1), QuotaExceeded(48_925, 2)], QuotaExceeded),
        ([RateLimited(48_925, 2), QuotaExceeded(61, 1)], RateLimited),
    ],
)
def test_the_most_specific_error_of_several_workers_is_raised(
    errors: list[Exception], raised: type[Exception]
) -> None:
    def fail(error: Exception) -> None:
        raise error

    with pytest.raises(raised):
        run_all(fail, errors, RateLimitGate(Time().clock(), 45), 2)


def test_after_one_worker_fails_no_other_starts_a_call() -> None:
    gate = RateLimitGate(Time().clock(), 45)

    def read(number: int) -> None:
        if number == 0:
            raise RateLimited(9, 9)
        gate.enter()

    with pytest.raises(LimitReached):
        run_all(read, range(3), gate, 1)
    with pytest.raises(Halted):
        gate.enter()
