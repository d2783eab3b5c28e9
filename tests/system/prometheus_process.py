# SPDX-License-Identifier: Apache-2.0
"""Runs Debian's Prometheus for a test; requests of remote write made by protobuf and snappy of others."""

import json
import math
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request

import snappy
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from gantryd_process import BIN, wait_until

STALE = struct.unpack("<d", struct.pack("<Q", 0x7ff0000000000002))[0]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Prometheus:
    def __init__(self, config="global: {}\n", *flags):
        self.folder = tempfile.mkdtemp(prefix="gantry-prometheus-")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        settings = os.path.join(self.folder, "prometheus.yml")
        with open(settings, "w", encoding="utf-8") as file:
            file.write(config)
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={settings}", "--log.level=warn",
                 f"--storage.tsdb.path={self.folder}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}", *flags],
                stdout=log, stderr=log)
        wait_until(self.ready, "Prometheus", 60)

    def ready(self):
        assert self.process.poll() is None, self.log()
        try:
            with urllib.request.urlopen(self.url + "/-/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as file:
            return file.read()

    def call(self, path, body, **headers):
        request = urllib.request.Request(self.url + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            return error.read()

    def ask(self, kind, *times_and_text):
        """The same words that gantry-promql-eval takes."""
        if kind == "series":
            body = {"match[]": times_and_text[0], "start": "0", "end": "9000000000"}
            path = "/api/v1/series"
        elif kind == "instant":
            body = {"time": times_and_text[0], "query": times_and_text[1]}
            path = "/api/v1/query"
        else:
            body = dict(zip(("start", "end", "step", "query"), times_and_text))
            path = "/api/v1/query_range"
        return json.loads(self.call(path, urllib.parse.urlencode(body).encode()))

    def write(self, series):
        """series: (labels, [(milliseconds, value)]) each."""
        answer = self.call("/api/v1/write", snappy.compress(write_request(series)),
                           **{"Content-Encoding": "snappy",
                              "Content-Type": "application/x-protobuf",
                              "X-Prometheus-Remote-Write-Version": "0.1.0"})
        assert answer == b"", answer

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Lines:
    """A program that answers each line of its input with a line of JSON."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([os.path.join(BIN, program), *arguments], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"it ended at {line!r}"
        return json.loads(answer)

    def stop(self):
        self.process.stdin.close()
        assert self.process.wait(60) == 0


def _messages():
    """The messages of remote write, both versions, from their published fields."""
    label = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="write.proto", package="t", syntax="proto3")

    def message(name, *fields):
        made = file.message_type.add(name=name)
        for number, field, kind in fields:
            repeated = kind.endswith("*")
            kind = kind.rstrip("*")
            basic = getattr(label, "TYPE_" + kind.upper(), None)
            added = made.field.add(
                name=field, number=number, type=basic or label.TYPE_MESSAGE,
                label=label.LABEL_REPEATED if repeated else label.LABEL_OPTIONAL)
            if basic is None:
                added.type_name = ".t." + kind

    message("Label", (1, "name", "string"), (2, "value", "string"))
    message("Sample", (1, "value", "double"), (2, "timestamp", "int64"))
    message("TimeSeries", (1, "labels", "Label*"), (2, "samples", "Sample*"))
    message("WriteRequest", (1, "timeseries", "TimeSeries*"))
    message("MetaTwo", (1, "type", "int32"), (3, "help_ref", "uint32"), (4, "unit_ref", "uint32"))
    message("SeriesTwo", (1, "labels_refs", "uint32*"), (2, "samples", "Sample*"),
            (5, "metadata", "MetaTwo"))
    message("RequestTwo", (4, "symbols", "string*"), (5, "timeseries", "SeriesTwo*"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return {name: factory.GetPrototype(pool.FindMessageTypeByName("t." + name))
            for name in ("WriteRequest", "RequestTwo")}


MESSAGES = _messages()


def write_request(series):
    request = MESSAGES["WriteRequest"]()
    for labels, samples in series:
        one = request.timeseries.add()
        for name, value in sorted(labels.items()):
            one.labels.add(name=name, value=value)
        for time, value in samples:
            one.samples.add(timestamp=time, value=value)
    return request.SerializeToString()


def write_request_two(series, helps):
    request = MESSAGES["RequestTwo"]()
    symbols = {"": 0}

    def reference(text):
        return symbols.setdefault(text, len(symbols))

    for labels, samples in series:
        one = request.timeseries.add()
        for name, value in sorted(labels.items()):
            one.labels_refs.extend((reference(name), reference(value)))
        for time, value in samples:
            one.samples.add(timestamp=time, value=value)
        one.metadata.type = 2
        one.metadata.help_ref = reference(helps)
    request.symbols.extend(symbols)
    return request.SerializeToString()


def bits_of(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


def is_stale(value):
    return math.isnan(value) and bits_of(value) == 0x7ff0000000000002
