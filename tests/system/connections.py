# SPDX-License-Identifier: Apache-2.0
"""What the tests of connectors do alike: connect points, and look at what comes."""

from gantryd_process import wait_until


def connect_points(api, key, protocol, settings, points):
    """An asset with points, and a connection with a tag for each: {key: (address, point)}."""
    api.create("/v1/assets", {"key": key})
    for name, (_, point) in points.items():
        api.create("/v1/points", {"asset": key, "key": name, **point})
    api.create("/v1/connections", {"key": key, "protocol": protocol, "settings": settings})
    api.create("/v1/tags", {"items": [{"connection": key, "point": f"{key}.{name}",
                                       "address": address}
                                      for name, (address, _) in points.items()]})


def latest(api, point):
    return api.get(f"/v1/points/{point.replace('/', '%2F')}/latest", quality="code")


def status(api, key):
    return api.get(f"/v1/connections/{key}")["status"]


def value_is(api, point, value):
    return lambda: (found := latest(api, point))["value"] == value and found


def seen(api, point, value, seconds=30):
    """The sample, once its value is that."""
    return wait_until(value_is(api, point, value), lambda: f"{point}: {latest(api, point)}", seconds)
