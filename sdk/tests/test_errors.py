"""The error tree: which class for which answer, what it carries, and that it survives a pickle."""

from __future__ import annotations

import copy
import pickle
from datetime import datetime, timezone

import pytest

import anthyx
from anthyx import (
    Anthyx,
    AnthyxError,
    APIConnectionError,
    APIError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConflictError,
    ErrorDetail,
    NotFoundError,
    PermissionDeniedError,
    PreconditionFailedError,
    RateLimitError,
    Retry,
    ServerError,
    ValidationError,
    WebhookVerificationError,
)
from sdk.tests.blocking import Connect
from sdk.tests.loopback import KEY, Loopback, html, ok, problem

pytestmark = pytest.mark.enable_socket

CLASSES: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    405: APIStatusError,
    409: ConflictError,
    412: PreconditionFailedError,
    413: APIStatusError,
    415: APIStatusError,
    422: ValidationError,
    428: APIStatusError,
    429: RateLimitError,
    500: ServerError,
    503: ServerError,
}
PARENTS: dict[type[AnthyxError], type[Exception]] = {
    ConfigurationError: AnthyxError,
    WebhookVerificationError: AnthyxError,
    APIError: AnthyxError,
    APIConnectionError: APIError,
    APITimeoutError: APIConnectionError,
    APIResponseError: APIError,
    APIStatusError: APIError,
    **{cls: APIStatusError for cls in CLASSES.values() if cls is not APIStatusError},
}


@pytest.fixture
def once(client: Anthyx) -> Anthyx:
    """A client that doesn't retry."""
    return client.with_options(retry=Retry.NONE)


@pytest.mark.parametrize(("cls", "parent"), PARENTS.items(), ids=lambda each: each.__name__)
def test_the_tree(cls: type[AnthyxError], parent: type[Exception]) -> None:
    assert cls.__bases__[0] is parent
    assert getattr(anthyx, cls.__name__) is cls


def test_every_error_of_the_module_is_exported() -> None:
    from anthyx import errors  # noqa: PLC0415 - its names are the point

    found = {
        name
        for name, each in vars(errors).items()
        if isinstance(each, type) and issubclass(each, Exception)
    }
    assert found <= set(anthyx.__all__)
    assert all(name in (errors.__doc__ or "") for name in found)


@pytest.mark.parametrize(("status", "cls"), CLASSES.items())
def test_each_status_has_its_class(
    once: Anthyx, server: Loopback, status: int, cls: type[APIStatusError]
) -> None:
    server.answers(problem(status, "some_code"))
    with pytest.raises(APIStatusError) as raised:
        once.brands.get("brand_1")
    error = raised.value
    assert type(error) is cls
    assert (error.status, error.code, error.request_id) == (status, "some_code", "req_1")
    assert error.detail == "It is some_code."
    assert str(error) == f"It is some_code. [{status} some_code, request req_1]"


def test_every_problem_is_listed(once: Anthyx, server: Loopback) -> None:
    entries = [
        {"code": "required", "detail": "is missing", "pointer": "/name"},
        {"code": "unknown_parameter", "detail": "is not known", "parameter": "page"},
        {"code": "bad_header", "header": "If-Match", "new": 1},
        {"code": "other"},
        "not an entry",
    ]
    server.answers(problem(422, "validation_failed", errors=entries))
    with pytest.raises(ValidationError) as raised:
        once.brands.create(name="")
    assert raised.value.errors == (
        ErrorDetail("required", "is missing", pointer="/name"),
        ErrorDetail("unknown_parameter", "is not known", parameter="page"),
        ErrorDetail("bad_header", header="If-Match"),
        ErrorDetail("other"),
    )
    assert "/name: is missing; page: is not known; If-Match: bad_header; and 1 more" in str(
        raised.value
    )


def test_a_rate_limit_error_tells_minute_from_day(once: Anthyx, server: Loopback) -> None:
    resets_at = "2026-11-24T08:00:00.000Z"
    server.answers(
        problem(429, "rate_limit_exceeded", 3600, window="day", limit=5000, resets_at=resets_at)
    )
    with pytest.raises(RateLimitError) as raised:
        once.brands.get("brand_1")
    error = raised.value
    assert (error.scope, error.limit, error.retry_after) == ("day", 5000, 3600)
    assert error.retry_at == datetime(2026, 11, 24, 8, tzinfo=timezone.utc)


def test_without_a_time_in_the_body_retry_at_follows_from_the_header(
    once: Anthyx, server: Loopback
) -> None:
    server.answers(problem(429, "rate_limit_exceeded", 30))
    with pytest.raises(RateLimitError) as raised:
        once.brands.get("brand_1")
    assert raised.value.retry_at == datetime.fromtimestamp(1_790_000_030, timezone.utc)
    assert raised.value.scope is None


def test_members_of_one_code_only_are_kept(once: Anthyx, server: Loopback) -> None:
    server.answers(problem(403, "insufficient_scope", required_scopes=["keys:read"]))
    with pytest.raises(PermissionDeniedError) as raised:
        once.api_keys.get("key_1")
    assert raised.value.problem["required_scopes"] == ["keys:read"]


@pytest.mark.parametrize("document", [{}, {"detail": 1, "errors": {}, "code": []}, {"message": ""}])
def test_a_strange_document_is_still_an_error_of_its_status(
    once: Anthyx, server: Loopback, document: object
) -> None:
    server.answers(ok(document, 404))
    with pytest.raises(NotFoundError) as raised:
        once.brands.get("brand_1")
    assert raised.value.code is raised.value.detail is None
    assert raised.value.errors == ()


def _raised(connect: Connect, once: Anthyx, server: Loopback) -> list[AnthyxError]:
    errors: list[AnthyxError] = []
    for answer in (
        problem(422, "validation_failed", errors=[{"code": "required", "pointer": "/name"}]),
        problem(429, "rate_limit_exceeded", 90, window="minute", limit=60),
        html(502),
    ):
        server.answers(answer)
        with pytest.raises(AnthyxError) as raised:
            once.brands.create(name="")
        errors.append(raised.value)
    with pytest.raises(AnthyxError) as unreached:
        connect(KEY, base_url="http://127.0.0.1:1/v1", retry=Retry.NONE).whoami()
    with pytest.raises(AnthyxError) as misconfigured:
        connect("")
    return [*errors, unreached.value, misconfigured.value, WebhookVerificationError("no")]


def test_errors_survive_pickle_and_copy(connect: Connect, once: Anthyx, server: Loopback) -> None:
    errors = _raised(connect, once, server)
    assert len({type(error) for error in errors}) == 6
    for error in errors:
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - our own
            assert type(again) is type(error)
            assert str(again) == str(error)
            assert vars(again) == vars(error)
        assert vars(copy.deepcopy(error)) == vars(error)


def test_an_error_of_ones_own_class_survives_too() -> None:
    error = pickle.loads(pickle.dumps(OwnError(1, detail="x")))  # noqa: S301 - our own
    assert (error.args, error.number, error.code) == (("own",), 1, None)


class OwnError(APIError):
    """An error with a signature that the package doesn't know."""

    def __init__(self, number: int, *, detail: str) -> None:
        super().__init__("own")
        self.number = number
        self.detail = detail
