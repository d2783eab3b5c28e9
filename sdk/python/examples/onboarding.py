# SPDX-License-Identifier: Apache-2.0
"""A thing model, an asset tree and points, made from a script that may run as often as you like.

    GANTRY_URL=https://gantry.example GANTRY_TOKEN=gty_… python onboarding.py
"""

import collections.abc
import contextlib

from gantry import Client, Conflict
from gantry.types import NewModel

PUMP: NewModel = {
    "key": "sdk-pump",
    "name": {"en": "Pump", "zh": "水泵"},
    "properties": [
        {"key": "flow", "type": "float64", "unit": "m3/h", "range": {"min": 0, "max": 100}},
        {"key": "starts", "type": "int64"},
        {"key": "running", "type": "bool"},
    ],
}


@contextlib.contextmanager
def unless_it_is_there() -> collections.abc.Iterator[None]:
    try:
        yield
    except Conflict as error:
        print("already there:", error.detail)


def main() -> None:
    with Client() as client:
        with unless_it_is_there():
            client.create_model(PUMP)
        with unless_it_is_there():
            client.create_asset({"key": "works", "level": "site", "name": {"zh": "工厂"}})
        for number in (1, 2):
            with unless_it_is_there():
                client.create_asset({"key": f"pump{number}", "parent": "works",
                                     "model": "sdk-pump"})
        # A point that only this pump has.
        with unless_it_is_there():
            client.create_point({"asset": "works/pump1", "key": "noise", "type": "float64",
                                 "unit": "dB"})
        for point in client.iterate_points(under="works"):
            print(point["path"], point["type"], point.get("unit", "-"))


if __name__ == "__main__":
    main()
