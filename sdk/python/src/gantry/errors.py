# SPDX-License-Identifier: Apache-2.0
"""What can go wrong. Everything that the package raises by itself is a GantryError."""

from __future__ import annotations

import dataclasses
import json
import typing


class GantryError(Exception):
    """The root of all errors of this package."""


class ConnectionFailed(GantryError):
    """No answer came. `sent`: the request may have been carried out all the same."""

    def __init__(self, message: str, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


@dataclasses.dataclass(frozen=True)
class Field:
    """A part of the request that is wrong: a JSON pointer (`/properties/0/unit`) or `?parameter`."""

    field: str
    detail: str


class ApiError(GantryError):
    """The server's answer to a request that it did not carry out (RFC 9457 problem details)."""

    def __init__(self, status: int, problem: typing.Mapping[str, typing.Any],
                 retry_after: float | None = None) -> None:
        self.status = status
        self.code = str(problem.get("code", ""))
        self.title = str(problem.get("title", ""))
        self.detail = str(problem.get("detail", "")) or self.title or f"HTTP status {status}"
        self.trace = str(problem.get("trace", ""))
        self.fields = [Field(str(item.get("field", "")), str(item.get("detail", "")))
                       for item in problem.get("fields", [])]
        self.retry_after = retry_after
        super().__init__(self.detail)


class InvalidArgument(ApiError):
    """400: the request is wrong; `fields` names the parts."""


class Unauthenticated(ApiError):
    """401: no token, or one that is not good any more."""


class PasswordChangeNeeded(ApiError):
    """The first password must be changed before anything else: sign in with `new_password`."""


class Forbidden(ApiError):
    """403: who asks is known, but may not."""


class NotFound(ApiError):
    """404: it is not there, or the caller may not see it."""


class Conflict(ApiError):
    """409: it does not fit to what is there, as a key that is taken."""


class PreconditionFailed(ApiError):
    """412: it has changed since it was read; read it again."""


class PreconditionRequired(ApiError):
    """428: say with `if_match` which version is to be changed."""


class TooLarge(ApiError):
    """413: ask for less, or send less at once."""


class Unsupported(ApiError):
    """501 or 405: not offered here."""


class RateLimited(ApiError):
    """429: too many requests; `retry_after` says how long to wait."""


class ServerTimeout(ApiError):
    """504: it took too long."""


class Unavailable(ApiError):
    """503: cannot be served now."""


class StorageFull(ApiError):
    """507: the server's disk is full; nothing was stored."""


class ServerError(ApiError):
    """500: a defect of the server; `trace` finds it in its log."""


BY_CODE: dict[str, type[ApiError]] = {
    "invalid_argument": InvalidArgument, "unauthenticated": Unauthenticated,
    "forbidden": Forbidden, "not_found": NotFound, "conflict": Conflict,
    "precondition_failed": PreconditionFailed, "precondition_required": PreconditionRequired,
    "too_large": TooLarge, "unsupported": Unsupported, "rate_limited": RateLimited,
    "timeout": ServerTimeout, "unavailable": Unavailable, "storage_full": StorageFull,
    "corrupt": ServerError, "io": ServerError, "internal": ServerError}

BY_STATUS: dict[int, type[ApiError]] = {
    400: InvalidArgument, 401: Unauthenticated, 403: Forbidden, 404: NotFound, 405: Unsupported,
    409: Conflict, 412: PreconditionFailed, 413: TooLarge, 428: PreconditionRequired,
    429: RateLimited, 500: ServerError, 501: Unsupported, 503: Unavailable, 504: ServerTimeout,
    507: StorageFull}


def api_error(status: int, problem: typing.Mapping[str, typing.Any],
              retry_after: float | None = None) -> ApiError:
    """The code says more than the status; a code that is newer than this package leaves the status."""
    kind = BY_CODE.get(str(problem.get("code", ""))) or BY_STATUS.get(status, ApiError)
    return kind(status, problem, retry_after)


def error_of_answer(status: int, headers: typing.Mapping[str, str], body: bytes) -> ApiError:
    """Not every answer is problem details: a proxy between says what it likes."""
    try:
        problem = json.loads(body)
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    if not problem:
        problem = {"detail": f"HTTP status {status}: {body[:200].decode(errors='replace')}".strip()}
    try:
        wait: float | None = float(headers.get("retry-after", ""))
    except ValueError:
        wait = None
    return api_error(status, problem, wait)


class RowsRejected(GantryError):
    """Some samples could not be stored; the others were. `result` has both."""

    def __init__(self, result: typing.Any) -> None:
        self.result = result
        first = result.rejected[0]
        super().__init__(f"{len(result.rejected)} of {result.accepted + len(result.rejected)} "
                         f"samples were rejected; the first, of {first.point}: {first.detail}")
