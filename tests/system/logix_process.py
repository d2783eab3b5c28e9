# SPDX-License-Identifier: Apache-2.0
"""Runs a Logix controller as cpppo imitates one, in a process of its own, and a client of it."""

import contextlib
import socket
import subprocess
import sys

from gantryd_process import wait_until
from mosquitto_process import free_port


class Logix:
    """Tags as cpppo takes them, "Line=DINT[100]", and Text, which is a STRING. What is read and
    written here goes by pylogix."""

    def __init__(self, *tags, port=None, options=()):
        self.port = port or free_port()
        self.tags = tags
        self.options = options
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-B", __file__, "--no-udp", "--address", f"127.0.0.1:{self.port}",
             *self.options, *self.tags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.answers, "cpppo listens", 60)
        return self

    def __exit__(self, *why):
        self.process.kill()
        self.process.wait(30)

    def answers(self):
        assert self.process.poll() is None
        with contextlib.suppress(OSError), \
                socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def client(self):
        from pylogix import PLC
        return PLC("127.0.0.1", timeout=60, port=self.port)

    def write(self, **values):
        """Names of tags, with __ for a dot."""
        with self.client() as plc:
            for name, value in values.items():
                done = plc.Write(name.replace("__", "."), value)
                assert done.Status == "Success", done

    def write_tag(self, tag, value):
        with self.client() as plc:
            done = plc.Write(tag, value)
            assert done.Status == "Success", done

    def read(self, tag):
        with self.client() as plc:
            found = plc.Read(tag)
            assert found.Status == "Success", found
            return found.Value


def serve():
    """cpppo asks for greenery 2, of which there is no wheel: this is what differs in greenery 3."""
    import greenery.fsm
    import greenery.lego

    def to_machine(expression):
        machine = expression.to_fsm()
        machine.__dict__["map"] = {
            state: {None if symbol is greenery.fsm.anything_else else symbol: to
                    for symbol, to in row.items()} for state, row in machine.map.items()}
        return machine

    for part in (greenery.lego.lego, greenery.lego.pattern, greenery.lego.conc,
                 greenery.lego.mult, greenery.lego.charclass):
        part.fsm = to_machine
    from cpppo.server.enip import main
    main.tags["Text"] = text()
    return main.main()


def text():
    """A tag that is a STRING of Logix, a structure that cpppo's command line does not have."""
    from cpppo.dotdict import dotdict
    from cpppo.server.enip import device, parser

    class Text(parser.STRUCT):
        structure_tag = 0x0FCE
        struct_calcsize = 88

    class Attribute(device.Attribute):
        def __setitem__(self, key, value):
            super().__setitem__(key, [dotdict({"data": value})])

    empty = dotdict({"data": dotdict({"input": bytearray(Text.struct_calcsize)})})
    return dotdict({"attribute": Attribute("Text", Text, default=[empty]), "error": 0})


if __name__ == "__main__":
    sys.exit(serve())
