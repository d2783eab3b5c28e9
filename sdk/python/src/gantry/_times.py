# SPDX-License-Identifier: Apache-2.0
"""Times of the API (RFC 3339, nanoseconds) from and to what Python has. A zone is never guessed."""

from __future__ import annotations

import datetime
import functools
import re

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
SECOND = 1_000_000_000


class NoZone(ValueError):
    """A time without a zone: it could be meant anywhere on Earth."""


@functools.lru_cache(maxsize=4096)
def seconds_at(text: str) -> int:
    """Whole seconds of 2026-11-22T08:30:00; samples of one second ask for the same again."""
    return round((datetime.datetime.fromisoformat(text + "+00:00") - EPOCH).total_seconds())


def parse_ns(text: str) -> int:
    """Nanoseconds since 1970 of a time in UTC as the API writes it."""
    if not text.endswith("Z"):
        return (datetime.datetime.fromisoformat(text) - EPOCH) // datetime.timedelta(
            microseconds=1) * 1000
    fraction = text[20:-1]
    return seconds_at(text[:19]) * SECOND + (int(fraction.ljust(9, "0")) if fraction else 0)


def text_of_ns(ns: int) -> str:
    seconds, fraction = divmod(ns, SECOND)
    text = (EPOCH + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction:09}".rstrip("0") + "Z" if fraction else text + "Z"


def text_of_datetime(time: datetime.datetime) -> str:
    if time.tzinfo is None:
        raise NoZone(f"the time {time} has no zone: give it one, as in "
                     "datetime.now(timezone.utc) or .replace(tzinfo=ZoneInfo('Asia/Shanghai'))")
    nanos = getattr(time, "nanosecond", 0)  # pandas.Timestamp has them
    return text_of_ns((time - EPOCH) // datetime.timedelta(microseconds=1) * 1000 + nanos)


def text_of(time: str | int | datetime.datetime) -> str:
    """A time that a caller gave: RFC 3339, nanoseconds since 1970, or a datetime with a zone."""
    if isinstance(time, datetime.datetime):
        return text_of_datetime(time)
    if isinstance(time, int):
        return text_of_ns(time)
    if re.search(r"\d{2}:\d{2}", time) and not re.search(r"([Zz]|[+-]\d{2}:\d{2})$", time):
        raise NoZone(f"the time '{time}' has no zone: write it as 2026-11-22T08:30:00+08:00 or …Z")
    return time


def datetime_of(ns: int) -> datetime.datetime:
    """In UTC; a datetime has microseconds, so what is finer is cut off."""
    return EPOCH + datetime.timedelta(microseconds=ns // 1000)
