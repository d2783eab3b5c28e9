# SPDX-License-Identifier: Apache-2.0
"""How a call is made, without doing it: steps that a client, synchronous or not, carries out.

A generator yields what is to be done (send this, wait so long, renew the token) and is given the
answer. So signing in, retrying and paging are written once.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import datetime
import ipaddress
import json
import os
import random
import ssl
import typing
import urllib.parse
import uuid

from gantry._request import Request
from gantry._times import parse_ns, text_of_datetime
from gantry.errors import (ApiError, ConnectionFailed, GantryError, PasswordChangeNeeded,
                           Unauthenticated, error_of_answer)

T = typing.TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Send:
    method: str
    target: str
    headers: dict[str, str]
    content: bytes | None


@dataclasses.dataclass(frozen=True)
class Pause:
    seconds: float


@dataclasses.dataclass(frozen=True)
class Renew:
    """A new access token instead of the stale one, by one of all that find it stale."""

    stale: str | None


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    headers: c.Mapping[str, str]
    body: bytes


Effect = Send | Pause | Renew
Steps = c.Generator[Effect, typing.Any, T]


@dataclasses.dataclass
class Settings:
    """What a client was made with, and the environment where nothing was said."""

    url: str
    token: str | None = dataclasses.field(repr=False)
    login: str | None
    password: str | None = dataclasses.field(repr=False)
    new_password: str | None = dataclasses.field(repr=False)
    tenant: str | None
    language: str | None
    ca: str | os.PathLike[str] | None
    timeout: float
    retries: int
    longest_wait: float
    plaintext: bool

    def __post_init__(self) -> None:
        self.url = (self.url or os.environ.get("GANTRY_URL") or "http://127.0.0.1:8080").rstrip("/")
        if self.login is None and self.token is None:
            self.token = os.environ.get("GANTRY_TOKEN")
        self.ca = self.ca or os.environ.get("GANTRY_CA")
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"'{self.url}' is no address of a server: write https://host:port")
        if self.login is not None and self.password is None:
            raise ValueError("a login wants a password")
        if parts.scheme == "http" and not self.plaintext and not is_this_machine(parts.hostname):
            raise ValueError(f"{self.url} is not encrypted, so others could read your token: use "
                             "https, or say plaintext=True")

    def tls(self) -> ssl.SSLContext | None:
        if not self.url.startswith("https"):
            return None
        return ssl.create_default_context(cafile=os.fspath(self.ca) if self.ca else None)

    def headers(self) -> dict[str, str]:
        out = {}
        if self.tenant:
            out["Gantry-Tenant"] = self.tenant
        if self.language:
            out["Accept-Language"] = self.language
        return out


def is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@dataclasses.dataclass
class Tokens:
    """The tokens that a client has now. An API token (`Settings.token`) is never renewed."""

    access: str | None = dataclasses.field(default=None, repr=False)
    refresh: str | None = dataclasses.field(default=None, repr=False)
    expires: str | None = None

    def take(self, answer: typing.Mapping[str, typing.Any]) -> None:
        self.access = str(answer["access_token"])
        self.refresh = answer.get("refresh_token")
        self.expires = str(answer["expires"])

    def forget(self) -> None:
        self.access = self.refresh = self.expires = None

    def ends_soon(self) -> bool:
        if self.expires is None:
            return False
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=20)
        return parse_ns(self.expires) <= parse_ns(text_of_datetime(soon))


class Core:
    """Steps of calls for one client. Touches neither network nor clock but through its steps."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.tokens = Tokens(access=settings.token)
        self.types: dict[str, str] = {}  # of points, by path: they never change

    @property
    def can_renew(self) -> bool:
        return self.tokens.refresh is not None or self.settings.login is not None

    def call(self, request: Request) -> Steps[typing.Any]:
        """Sends a request, again when it may be, and gives its answer or raises its error."""
        if request.creates and request.idempotency_key is None:
            request = dataclasses.replace(request, idempotency_key=str(uuid.uuid4()))
        renewed = False
        attempt = 0
        while True:
            if request.with_token and self.can_renew and (
                    self.tokens.access is None or self.tokens.ends_soon()):
                yield Renew(self.tokens.access)
            access = self.tokens.access if request.with_token else None
            try:
                answer = yield self.send_of(request, access)
            except ConnectionFailed as error:
                # What never left cannot have been carried out.
                if attempt >= self.settings.retries or (error.sent and not request.may_repeat):
                    raise
                wait = 0.0
            else:
                if answer.status < 300:
                    return decoded(request, answer)
                refusal = error_of_answer(answer.status, answer.headers, answer.body)
                if answer.status == 401 and access and self.can_renew and not renewed:
                    renewed = True
                    yield Renew(access)
                    continue
                wait = self.wait_for(request, refusal, attempt)
            yield Pause(max(wait, backoff(attempt)))
            attempt += 1

    def send_of(self, request: Request, access: str | None) -> Send:
        headers = self.settings.headers() | request.headers()
        if access:
            headers["Authorization"] = "Bearer " + access
        return Send(request.method, request.target(), headers, request.content())

    def wait_for(self, request: Request, refusal: ApiError, attempt: int) -> float:
        """How long the server wants to be left alone before the request may come again."""
        wait = refusal.retry_after or 0.0
        if (refusal.status not in (429, 503) or not request.may_repeat
                or attempt >= self.settings.retries or wait > self.settings.longest_wait):
            raise refusal
        return wait

    def renew(self, stale: str | None) -> Steps[None]:
        """By the refresh token; if that is spent, by the password. Of many callers the first does."""
        if self.tokens.access != stale:
            return
        if self.tokens.refresh is not None:
            refresh, self.tokens.refresh = self.tokens.refresh, None  # it is good once
            try:
                answer = yield from self.call(Request(
                    "POST", "/v1/session/refresh", body={"refresh_token": refresh},
                    with_token=False))
            except Unauthenticated:
                pass
            else:
                self.tokens.take(answer)
                return
        if self.settings.login is None:
            raise Unauthenticated(401, {"code": "unauthenticated", "detail":
                                        "the session has ended: sign in again"})
        yield from self.sign_in()

    def sign_in(self) -> Steps[None]:
        settings = self.settings
        self.tokens.forget()
        answer = yield from self.call(Request(
            "POST", "/v1/session", with_token=False, repeatable=True,
            body={"login": settings.login, "password": settings.password}))
        if answer["must_change_password"]:
            if settings.new_password is None:
                raise PasswordChangeNeeded(403, {"code": "forbidden", "detail":
                    f"the password of {settings.login} must be changed first: give new_password, "
                    "or sign in at the console"})
            self.tokens.access = str(answer["access_token"])
            body = {"current": settings.password, "new": settings.new_password}
            try:
                # Without can_renew in its way: this token is all there is.
                yield from self.change_password(body)
            except GantryError:
                self.tokens.forget()
                raise
            settings.password, settings.new_password = settings.new_password, None
        self.tokens.take(answer)

    def change_password(self, body: dict[str, typing.Any]) -> Steps[None]:
        answer = yield self.send_of(Request("PUT", "/v1/session/password", body=body,
                                            answer="none"), self.tokens.access)
        if answer.status >= 300:
            raise error_of_answer(answer.status, answer.headers, answer.body)


def decoded(request: Request, answer: Answer) -> typing.Any:
    if request.answer == "none" or answer.status == 204:
        return None
    if request.answer == "bytes":
        return answer.body
    if request.answer == "text":
        return answer.body.decode()
    try:
        return json.loads(answer.body)
    except ValueError:
        raise GantryError(f"{request.method} {request.path} was answered with something that is no "
                          "JSON: is there a Gantry at this address?") from None


def backoff(attempt: int) -> float:
    """Growing pauses; each somewhere in its half, so that many clients do not come at once."""
    return min(0.25 * 2.0**attempt, 8.0) * random.uniform(0.5, 1.0)
