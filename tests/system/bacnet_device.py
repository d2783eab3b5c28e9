# SPDX-License-Identifier: Apache-2.0
"""Runs a BACnet/IP device as bacpypes3 makes one, in a process of its own."""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys

from gantryd_process import wait_until

INSTANCE = 4711


def free_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class BacnetDevice:
    """Objects of every usual kind; do() changes them from inside, as the device's program does."""

    def __init__(self, port=None, instance=INSTANCE):
        self.port = port or free_udp_port()
        self.instance = instance
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-B", __file__, str(self.port), str(self.instance)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout.readline() == "ready\n"
        wait_until(self.answers, "bacpypes3 listens", 60)
        return self

    def __exit__(self, *why):
        self.process.kill()
        self.process.wait(30)

    def answers(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line, \
                contextlib.suppress(OSError):
            line.settimeout(0.5)
            line.connect(("127.0.0.1", self.port))
            line.send(bytes.fromhex("810a0008") + bytes.fromhex("01001008"))  # Who-Is
            return bool(line.recv(1500))
        return False

    def do(self, name, attribute, value):
        self.process.stdin.write(json.dumps([name, attribute, value]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        assert answer == "done", answer


def objects():
    from bacpypes3.basetypes import EngineeringUnits
    from bacpypes3.local.analog import AnalogInputObject, AnalogOutputObject, AnalogValueObject
    from bacpypes3.local.binary import BinaryInputObject, BinaryValueObject
    from bacpypes3.local.multistate import MultiStateValueObject
    from bacpypes3.local.object import Object
    from bacpypes3.object import CharacterStringValueObject, PositiveIntegerValueObject

    class Text(Object, CharacterStringValueObject):
        pass

    class Counter(Object, PositiveIntegerValueObject):
        pass

    plain = {"statusFlags": [0, 0, 0, 0], "eventState": "normal", "outOfService": False}
    degrees = EngineeringUnits("degreesCelsius")
    out = [
        AnalogInputObject(objectIdentifier=("analog-input", 1), objectName="Supply", units=degrees,
                          description="supply air", presentValue=21.5, covIncrement=0.1,
                          reliability="no-fault-detected", **plain),
        AnalogValueObject(objectIdentifier=("analog-value", 3), objectName="Setpoint",
                          units=degrees, presentValue=20.0, covIncrement=0.1, **plain),
        AnalogOutputObject(objectIdentifier=("analog-output", 1), objectName="Valve",
                           units=EngineeringUnits("percent"), presentValue=0.0,
                           relinquishDefault=5.0, covIncrement=0.1, **plain),
        BinaryInputObject(objectIdentifier=("binary-input", 1), objectName="Door",
                          presentValue="inactive", polarity="normal", **plain),
        BinaryValueObject(objectIdentifier=("binary-value", 2), objectName="Enable",
                          presentValue="active", **plain),
        MultiStateValueObject(objectIdentifier=("multi-state-value", 1), objectName="Mode",
                              presentValue=2, numberOfStates=3,
                              stateText=["off", "auto", "hand"], **plain),
        Text(objectIdentifier=("characterstring-value", 1), objectName="Label",
             presentValue="pump 泵", statusFlags=[0, 0, 0, 0]),
        Counter(objectIdentifier=("positive-integer-value", 1), objectName="Counter",
                presentValue=4_000_000_000, units=EngineeringUnits("noUnits"), **plain),
    ]
    out += [AnalogValueObject(objectIdentifier=("analog-value", 100 + n), objectName=f"Many{n}",
                              units=degrees, presentValue=float(n), covIncrement=0.1, **plain)
            for n in range(120)]
    return out


async def serve(port, instance):
    from bacpypes3.app import Application
    from bacpypes3.local.device import DeviceObject
    from bacpypes3.local.networkport import NetworkPortObject
    from bacpypes3.pdu import IPv4Address

    device = DeviceObject(objectIdentifier=("device", instance), objectName="Plant",
                          vendorIdentifier=999, vendorName="Example Controls",
                          modelName="Model 7", firmwareRevision="1.2.3")
    network = NetworkPortObject(IPv4Address(f"127.0.0.1/32:{port}"), objectName="Port",
                                objectIdentifier=("network-port", 1), networkNumber=0,
                                networkNumberQuality="unknown")
    made = objects()
    app = Application.from_object_list([device, network, *made])
    named = {one.objectName: one for one in made}
    print("ready", flush=True)
    while line := await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
        name, attribute, value = json.loads(line)
        try:
            if attribute == "presentValue" and isinstance(value, list):
                from bacpypes3.primitivedata import Real
                await named[name].write_property("presentValue", Real(value[0]), None, value[1])
            else:
                setattr(named[name], attribute, value)
            print("done", flush=True)
        except Exception as error:  # told to the test
            print(repr(error), flush=True)
    app.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
