# SPDX-License-Identifier: Apache-2.0
"""Remote write as Prometheus sends it, and as protobuf and snappy of others encode it."""

import http.server
import threading

import pytest
import snappy

from gantryd_process import wait_until
from prometheus_process import (STALE, Lines, Prometheus, bits_of, free_port, write_request,
                                write_request_two)


@pytest.fixture
def dump():
    program = Lines("gantry-remotewrite-dump")
    yield lambda body, version=1: program.ask(f"{version} {body.hex()}")
    program.stop()


SERIES = [
    ({"__name__": "up", "job": "a", "site": "Schöneberg"}, [(1000, 1.5), (2000, -0.0)]),
    ({"__name__": "down"}, [(1, STALE), (2, float("inf")), (-(10**12), 1e-300)]),
]


def found(series):
    return [{"labels": labels, "samples": [[time, str(bits_of(value))] for time, value in samples]}
            for labels, samples in series]


def test_the_first_version_of_other_encoders(dump):
    answer = dump(snappy.compress(write_request(SERIES)))
    assert answer["found"] == found(SERIES)
    assert (answer["series"], answer["samples"]) == (2, 5)


def test_the_second_version_of_other_encoders(dump):
    answer = dump(snappy.compress(write_request_two(SERIES, "What it is.")), 2)
    assert [one for one in answer["found"] if "labels" in one] == found(SERIES)
    assert {"metric": "up", "type": "gauge", "help": "What it is.", "unit": ""} in answer["found"]


def test_a_large_request_with_much_to_repeat(dump):
    series = [({"__name__": "m", "i": str(i)}, [(k, i * k / 7) for k in range(20)])
              for i in range(3000)]
    body = snappy.compress(write_request(series))
    answer = dump(body)
    assert answer["found"] == found(series)
    answer = dump(body[:-1])
    assert "damaged" in answer["error"] and not answer["found"]
    answer = dump(write_request(series))
    assert "snappy" in answer["error"]


class Device(http.server.BaseHTTPRequestHandler):
    """Serves metrics at /metrics, takes remote write at any other path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        text = ("# HELP pump_starts_total How often it was started.\n"
                "# TYPE pump_starts_total counter\n"
                f"pump_starts_total{{pump=\"P1\"}} {self.server.count}\n"
                "# TYPE flow gauge\nflow{pump=\"P1\"} 2.5\n").encode()
        self.server.count += 1
        if self.server.gone:
            text = b"# TYPE flow gauge\nflow{pump=\"P1\"} 2.5\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append((self.headers["Content-Type"], body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def device():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Device)
    server.count, server.gone, server.bodies = 1, False, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_what_prometheus_itself_sends(dump, device):
    address = f"127.0.0.1:{device.server_address[1]}"
    config = f"""
global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}
scrape_configs:
  - job_name: device
    static_configs: [{{targets: ["{address}"]}}]
remote_write:
  - url: http://{address}/write
    queue_config: {{batch_send_deadline: 100ms}}
    metadata_config: {{send_interval: 300ms}}
"""
    seen = {}
    metadata = {}

    def read_bodies():
        while device.bodies:
            kind, body = device.bodies.pop(0)
            assert kind == "application/x-protobuf"
            answer = dump(body)
            assert "error" not in answer and not answer["refused"], answer
            for one in answer["found"]:
                if "metric" in one:
                    metadata[one["metric"]] = one
                else:
                    name = one["labels"]["__name__"]
                    assert one["labels"]["job"] == "device"
                    seen.setdefault(name, []).extend(one["samples"])
        return seen

    with Prometheus(config):
        wait_until(lambda: len(read_bodies().get("pump_starts_total", [])) >= 3
                   and "pump_starts_total" in metadata, "samples and metadata", 60)
        device.gone = True
        stale = str(bits_of(STALE))
        wait_until(lambda: read_bodies()["pump_starts_total"][-1][1] == stale,
                   "the stale marker of a series that has ended", 60)
    values = [int(bits) for _, bits in seen["pump_starts_total"]]
    assert values[:3] == [bits_of(float(value)) for value in (1, 2, 3)]
    assert metadata["pump_starts_total"]["type"] == "counter"
    assert metadata["pump_starts_total"]["help"] == "How often it was started."
    assert all(int(bits) == bits_of(2.5) for _, bits in seen["flow"])
