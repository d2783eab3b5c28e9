# SPDX-License-Identifier: Apache-2.0
"""The clients: the operations of the API as methods, and `samples`, `live` and `sql` on top."""

from __future__ import annotations

import asyncio
import collections.abc as c
import os
import threading
import time
import typing

import httpx

from gantry._core import Answer, Core, Effect, Pause, Renew, Send, Settings, Steps
from gantry._frames import Frame
from gantry._generated import API_VERSION, AsyncOperations, Operations
from gantry._live import AsyncLive, Live
from gantry._request import Request
from gantry._samples import AsyncSamples, Samples, sql_steps
from gantry.errors import ConnectionFailed, GantryError

T = typing.TypeVar("T")

USER_AGENT = "gantry-python/" + API_VERSION


def connection_failed(settings: Settings, error: httpx.TransportError) -> ConnectionFailed:
    kind = "no answer in time" if isinstance(error, httpx.TimeoutException) else "no connection"
    never_sent = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
    return ConnectionFailed(f"{kind} from {settings.url}: {error or type(error).__name__}; check the "
                            "address, and that gantryd runs there", sent=not never_sent)


def options_of(settings: Settings) -> dict[str, typing.Any]:
    """What both kinds of httpx clients are made with."""
    return {"base_url": settings.url, "verify": settings.tls() or True,
            "timeout": httpx.Timeout(settings.timeout, connect=min(settings.timeout, 10.0)),
            "headers": {"User-Agent": USER_AGENT}}


class Client(Operations):
    """A client of one Gantry, for use from any number of threads.

    `url`, `token` and `ca` come from GANTRY_URL, GANTRY_TOKEN and GANTRY_CA if they are not given.
    Give an API token, or a login and password: then tokens are fetched and renewed by themselves,
    and `new_password` replaces a first password that must be changed. `ca` is a file with the
    certificate of your own authority. A call that may safely be sent again is, up to `retries` times,
    after a lost connection and after 429 and 503, with growing pauses and not before the server's
    Retry-After; if that is more than `longest_wait` seconds, the error is raised instead.
    """

    def __init__(self, url: str = "", *, token: str | None = None, login: str | None = None,
                 password: str | None = None, new_password: str | None = None,
                 tenant: str | None = None, language: str | None = None,
                 ca: str | os.PathLike[str] | None = None, timeout: float = 60.0,
                 retries: int = 4, longest_wait: float = 60.0, plaintext: bool = False) -> None:
        self._settings = Settings(url, token, login, password, new_password, tenant, language, ca,
                                  timeout, retries, longest_wait, plaintext)
        self._core = Core(self._settings)
        self._http = httpx.Client(**options_of(self._settings))
        self._renewing = threading.Lock()
        self.samples = Samples(self)
        self.live = Live(self)

    @property
    def url(self) -> str:
        return self._settings.url

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> typing.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def sign_out(self, *, if_match: str | int | None = None) -> None:
        """Ends the session; the client forgets its tokens and its password."""
        super().sign_out(if_match=if_match)
        self._core.tokens.forget()
        self._settings.login = self._settings.password = None

    def sql(self, query: str, parameters: c.Sequence[str | float | bool | None] = (), *,
            limit: int | None = None, frame: Frame = "pandas") -> typing.Any:
        """A read-only query as a data frame: pandas, polars, or `columns`, a dict of lists."""
        return self._run(sql_steps(self._core, query, parameters, limit, frame))

    def _call(self, request: Request) -> typing.Any:
        return self._run(self._core.call(request))

    def _run(self, steps: Steps[T]) -> T:
        """Does what the steps want, one after the other."""
        value: typing.Any = None
        error: GantryError | None = None
        while True:
            try:
                effect = steps.send(value) if error is None else steps.throw(error)
            except StopIteration as end:
                return typing.cast(T, end.value)
            value, error = None, None
            try:
                value = self._do(effect)
            except GantryError as raised:
                error = raised

    def _do(self, effect: Effect) -> Answer | None:
        match effect:
            case Send():
                return self._send(effect)
            case Pause():
                time.sleep(effect.seconds)
            case Renew():
                with self._renewing:
                    self._run(self._core.renew(effect.stale))
        return None

    def _send(self, send: Send) -> Answer:
        try:
            answer = self._http.request(send.method, send.target, headers=send.headers,
                                        content=send.content)
        except httpx.TransportError as error:
            raise connection_failed(self._settings, error) from error
        return Answer(answer.status_code, answer.headers, answer.content)


class AsyncClient(AsyncOperations):
    """As Client, for asyncio: the same methods to be awaited. For use in one event loop."""

    def __init__(self, url: str = "", *, token: str | None = None, login: str | None = None,
                 password: str | None = None, new_password: str | None = None,
                 tenant: str | None = None, language: str | None = None,
                 ca: str | os.PathLike[str] | None = None, timeout: float = 60.0,
                 retries: int = 4, longest_wait: float = 60.0, plaintext: bool = False) -> None:
        self._settings = Settings(url, token, login, password, new_password, tenant, language, ca,
                                  timeout, retries, longest_wait, plaintext)
        self._core = Core(self._settings)
        self._http = httpx.AsyncClient(**options_of(self._settings))
        self._renewing = asyncio.Lock()
        self.samples = AsyncSamples(self)
        self.live = AsyncLive(self)

    @property
    def url(self) -> str:
        return self._settings.url

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> typing.Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def sign_out(self, *, if_match: str | int | None = None) -> None:
        """Ends the session; the client forgets its tokens and its password."""
        await super().sign_out(if_match=if_match)
        self._core.tokens.forget()
        self._settings.login = self._settings.password = None

    async def sql(self, query: str, parameters: c.Sequence[str | float | bool | None] = (), *,
                  limit: int | None = None, frame: Frame = "pandas") -> typing.Any:
        """A read-only query as a data frame: pandas, polars, or `columns`, a dict of lists."""
        return await self._run(sql_steps(self._core, query, parameters, limit, frame))

    async def _call(self, request: Request) -> typing.Any:
        return await self._run(self._core.call(request))

    async def _run(self, steps: Steps[T]) -> T:
        """Does what the steps want, one after the other."""
        value: typing.Any = None
        error: GantryError | None = None
        while True:
            try:
                effect = steps.send(value) if error is None else steps.throw(error)
            except StopIteration as end:
                return typing.cast(T, end.value)
            value, error = None, None
            try:
                value = await self._do(effect)
            except GantryError as raised:
                error = raised

    async def _do(self, effect: Effect) -> Answer | None:
        match effect:
            case Send():
                return await self._send(effect)
            case Pause():
                await asyncio.sleep(effect.seconds)
            case Renew():
                async with self._renewing:
                    await self._run(self._core.renew(effect.stale))
        return None

    async def _send(self, send: Send) -> Answer:
        try:
            answer = await self._http.request(send.method, send.target, headers=send.headers,
                                              content=send.content)
        except httpx.TransportError as error:
            raise connection_failed(self._settings, error) from error
        return Answer(answer.status_code, answer.headers, answer.content)
