# SPDX-License-Identifier: Apache-2.0
"""One call of the API as data: what the generated methods make, and what is sent for it."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import datetime
import json
import typing
import urllib.parse

from gantry._times import text_of_datetime

Kind = typing.Literal["json", "text", "bytes", "none"]

ANSWERS = {"json": "application/json", "none": "application/json", "text": "text/plain",
           "bytes": "*/*"}


@dataclasses.dataclass(frozen=True)
class Request:
    """`path` has {names} that `path_values` fills; what is None in `query` is not sent.

    `creates` makes a POST one that may be sent again, by an Idempotency-Key. `repeatable` says so of
    a POST that changes nothing, or the same thing each time.
    """

    method: str
    path: str
    path_values: c.Mapping[str, str] = dataclasses.field(default_factory=dict)
    query: c.Mapping[str, typing.Any] = dataclasses.field(default_factory=dict)
    body: typing.Any = None
    content_type: str = "application/json"
    answer: Kind = "json"
    accept: str | None = None
    creates: bool = False
    idempotency_key: str | None = None
    if_match: str | int | None = None
    repeatable: bool = False
    with_token: bool = True

    @property
    def may_repeat(self) -> bool:
        return self.repeatable or self.creates or self.method in ("GET", "HEAD", "PUT", "DELETE")

    def target(self) -> str:
        """Path and query, percent-encoded: the slashes of `plant/line2` must not part the path."""
        path = self.path
        for name, value in self.path_values.items():
            if not value:
                raise ValueError(f"{self.method} {self.path}: {name} is empty")
            path = path.replace("{" + name + "}", urllib.parse.quote(value, safe=""))
        pairs = [(name, text) for name, value in self.query.items() for text in texts_of(value)]
        return path + ("?" + urllib.parse.urlencode(pairs) if pairs else "")

    def headers(self) -> dict[str, str]:
        out = {"Accept": self.accept or ANSWERS[self.answer]}
        if self.body is not None:
            out["Content-Type"] = self.content_type
        if self.idempotency_key is not None:
            out["Idempotency-Key"] = self.idempotency_key
        if self.if_match is not None:
            # An item's `version` is its ETag without the quotes.
            tag = str(self.if_match)
            out["If-Match"] = tag if tag == "*" or tag.startswith('"') else f'"{tag}"'
        return out

    def content(self) -> bytes | None:
        if self.body is None or isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, ensure_ascii=False, allow_nan=False).encode()


def texts_of(value: typing.Any) -> list[str]:
    """A query parameter's values as they are written in a URL."""
    if value is None:
        return []
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, datetime.datetime):
        return [text_of_datetime(value)]
    if isinstance(value, c.Iterable) and not isinstance(value, str):
        return [text for item in value for text in texts_of(item)]
    return [str(value)]
