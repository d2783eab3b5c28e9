# SPDX-License-Identifier: Apache-2.0
"""Samples as they come, by WebSocket (docs/guide/live.md); connects again by itself and goes on."""

from __future__ import annotations

import asyncio
import collections.abc as c
import dataclasses
import json
import time
import typing

from gantry._core import Core, Renew, Steps, backoff
from gantry._samples import Points, Sample, list_of, sample_steps
from gantry.errors import ConnectionFailed, GantryError, Unauthenticated, api_error

if typing.TYPE_CHECKING:
    from gantry.client import AsyncClient, Client

POINTS_A_MESSAGE = 500
MESSAGE_BYTES_MAX = 64 * 1024 * 1024
TOKEN_ENDED = 1008


@dataclasses.dataclass(frozen=True)
class Gap:
    """Samples that did not come, but are in the history. `skipped`: how many, if the server dropped
    them because they were read too slowly; None after a lost connection. `since_ns`: the time of the
    last sample before."""

    skipped: int | None
    since_ns: int | None


OnGap = c.Callable[[Gap], object]


class Feed:
    """What is said and heard on one connection after the other. Knows no sockets."""

    def __init__(self, points: Points, under: str | None, rate: str | None, latest: bool,
                 quality_code: bool, on_gap: OnGap | None) -> None:
        names = list_of(points)
        if not names and under is None:
            raise ValueError("name points, or say what they are under")
        self.wishes: list[dict[str, typing.Any]] = [
            {"points": names[start:start + POINTS_A_MESSAGE]}
            for start in range(0, len(names), POINTS_A_MESSAGE)]
        if under is not None:
            self.wishes.append({"under": under})
        for wish in self.wishes:
            wish["latest"] = latest
            if rate is not None:
                wish["rate"] = rate
        self.quality_code = quality_code
        self.on_gap = on_gap
        self.sequence: int | None = None  # of the last message
        self.token: str | None = None  # what the server knows the conversation by
        self.resuming = False
        self.seen: dict[str, int] = {}  # the time of the last sample of each point
        self.again: set[str] = set()  # points whose latest sample may come a second time
        self.failures = 0
        self.ended_tokens = 0

    def opening(self) -> list[str]:
        """What to say on a new connection: go on where the last one ended, or begin."""
        if self.sequence is None or self.token is None:
            return self.subscribing()
        self.resuming = True
        return [json.dumps({"resume": self.token, "seq": self.sequence})]

    def subscribing(self) -> list[str]:
        if self.sequence is not None:
            self.tell_gap(None)
            self.again = set(self.seen)
        self.resuming = False
        self.sequence = self.token = None
        more = {"quality": "code"} if self.quality_code else {}
        return [json.dumps({"subscribe": wish, **more}) for wish in self.wishes]

    def receive(self, text: str | bytes) -> tuple[list[str], list[typing.Any]]:
        """What to answer to a message, and the samples in it as the API tells them."""
        message = json.loads(text)
        if "error" in message:
            if self.resuming:  # it is not known here, or too long ago
                return self.subscribing(), []
            raise api_error(0, message["error"])
        if message.get("resumed") is False:
            return self.subscribing(), []
        self.resuming = False
        if "subscribed" in message:
            self.token = message.get("resume")
        if "seq" not in message:
            return [], []
        self.failures = self.ended_tokens = 0
        self.sequence = int(message["seq"])
        if message.get("skipped"):
            self.tell_gap(int(message["skipped"]))
        return [], message.get("samples", [])

    def is_new(self, sample: Sample) -> bool:
        """False for what a new subscription tells again."""
        repeated = (sample.point in self.again
                    and self.seen.get(sample.point) == sample.time_ns)
        self.again.discard(sample.point)
        if sample.time_ns is not None:
            self.seen[sample.point] = sample.time_ns
        return not repeated

    def tell_gap(self, skipped: int | None) -> None:
        if self.on_gap is not None:
            self.on_gap(Gap(skipped, max(self.seen.values(), default=None)))

    def samples_steps(self, core: Core, sources: list[typing.Any]) -> Steps[list[Sample]]:
        out = []
        for source in sources:
            sample = yield from sample_steps(core, source)
            if self.is_new(sample):
                out.append(sample)
        return out

    def lost(self, error: Exception | None, code: int | None, opened: bool) -> float:
        """After a connection: how long to wait for the next; raises if there is no sense in one."""
        if code == TOKEN_ENDED:
            self.ended_tokens += 1
            if self.ended_tokens > 1:
                raise Unauthenticated(401, {"code": "unauthenticated", "detail":
                                            "the server does not take the token for live samples"})
            return 0.0
        if not opened and self.sequence is None and not self.seen:
            raise ConnectionFailed(f"no live connection: {error}", sent=False)
        self.failures += 1
        return backoff(self.failures)


def target_of(core: Core) -> dict[str, typing.Any]:
    """What both kinds of connect() take."""
    settings = core.settings
    headers = settings.headers()
    if core.tokens.access:
        headers["Authorization"] = "Bearer " + core.tokens.access
    return {"uri": "ws" + settings.url.removeprefix("http") + "/v1/live", "ssl": settings.tls(),
            "additional_headers": headers, "open_timeout": min(settings.timeout, 10.0),
            "max_size": MESSAGE_BYTES_MAX}


def token_steps(core: Core, anew: bool) -> Steps[None]:
    """A good token before a connection; `anew` after the server ended one for its token."""
    stale = core.tokens.access
    if anew and not core.can_renew:
        raise Unauthenticated(401, {"code": "unauthenticated", "detail":
                                    "the token has ended: make a new one"})
    if core.can_renew and (anew or stale is None or core.tokens.ends_soon()):
        yield Renew(stale)


class Live:
    """`client.live`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def follow(self, points: Points = (), *, under: str | None = None, rate: str | None = None,
               latest: bool = True, quality_code: bool = False, idle: float | None = None,
               on_gap: OnGap | None = None) -> c.Generator[Sample, None, None]:
        """Samples one by one as they come; see batches."""
        for batch in self.batches(points, under=under, rate=rate, latest=latest,
                                  quality_code=quality_code, idle=idle, on_gap=on_gap):
            yield from batch

    def batches(self, points: Points = (), *, under: str | None = None, rate: str | None = None,
                latest: bool = True, quality_code: bool = False, idle: float | None = None,
                on_gap: OnGap | None = None) -> c.Generator[list[Sample], None, None]:
        """Samples as they come, all of one message at once.

        Begins with the latest of each point, unless `latest` is False. `rate` ("10/s") is at most so
        many messages a second. Ends when nothing came for `idle` seconds, else when the loop is left.
        A lost connection is made again; `on_gap` is told when samples were lost on the way.
        """
        from websockets.exceptions import ConnectionClosed, InvalidHandshake
        from websockets.sync.client import connect
        feed = Feed(points, under, rate, latest, quality_code, on_gap)
        core = self._client._core
        anew = False
        while True:
            self._client._run(token_steps(core, anew))
            code: int | None = None
            opened = False
            failure: Exception | None = None
            try:
                with connect(**target_of(core)) as socket:
                    opened = True
                    for text in feed.opening():
                        socket.send(text)
                    while True:
                        try:
                            heard = socket.recv(timeout=idle)
                        except TimeoutError:
                            return
                        answers, sources = feed.receive(heard)
                        for text in answers:
                            socket.send(text)
                        batch = self._client._run(feed.samples_steps(core, sources))
                        if batch:
                            yield batch
            except ConnectionClosed as error:
                failure, code = error, error.rcvd.code if error.rcvd else None
            except (OSError, InvalidHandshake) as error:
                failure = error
            time.sleep(feed.lost(failure, code, opened))
            anew = code == TOKEN_ENDED


class AsyncLive:
    """`client.live` of an AsyncClient; see Live."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def follow(self, points: Points = (), *, under: str | None = None,
                     rate: str | None = None, latest: bool = True, quality_code: bool = False,
                     idle: float | None = None,
                     on_gap: OnGap | None = None) -> c.AsyncGenerator[Sample, None]:
        """See Live.follow."""
        async for batch in self.batches(points, under=under, rate=rate, latest=latest,
                                        quality_code=quality_code, idle=idle, on_gap=on_gap):
            for sample in batch:
                yield sample

    async def batches(self, points: Points = (), *, under: str | None = None,
                      rate: str | None = None, latest: bool = True, quality_code: bool = False,
                      idle: float | None = None,
                      on_gap: OnGap | None = None) -> c.AsyncGenerator[list[Sample], None]:
        """See Live.batches."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import ConnectionClosed, InvalidHandshake
        feed = Feed(points, under, rate, latest, quality_code, on_gap)
        core = self._client._core
        anew = False
        while True:
            await self._client._run(token_steps(core, anew))
            code: int | None = None
            opened = False
            failure: Exception | None = None
            try:
                async with connect(**target_of(core)) as socket:
                    opened = True
                    for text in feed.opening():
                        await socket.send(text)
                    while True:
                        try:
                            heard = await asyncio.wait_for(socket.recv(), idle)
                        except TimeoutError:
                            return
                        answers, sources = feed.receive(heard)
                        for text in answers:
                            await socket.send(text)
                        batch = await self._client._run(feed.samples_steps(core, sources))
                        if batch:
                            yield batch
            except ConnectionClosed as error:
                failure, code = error, error.rcvd.code if error.rcvd else None
            except (OSError, InvalidHandshake) as error:
                failure = error
            await asyncio.sleep(feed.lost(failure, code, opened))
            anew = code == TOKEN_ENDED
