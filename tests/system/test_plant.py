# SPDX-License-Identifier: Apache-2.0
"""gantry-plant against pymodbus, a Modbus stack that is neither ours nor the plant's."""

import asyncio
import os
import random
import re
import signal
import socket
import struct
import threading
import time

import pytest
from pymodbus.client import AsyncModbusTcpClient, ModbusTcpClient

from plant_process import Plant, register_map, run, wait_until
from register_decoder import decode, encode

PAGE = os.path.join(os.path.dirname(__file__), "../../docs/guide/demo-plant.md")
PUMPS, LINE, METER = 1, 2, 3
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, DEVICE_FAILURE, NO_TARGET = 1, 2, 3, 4, 0x0B


class Reader:
    """A pymodbus client that knows the points of the map by their keys."""

    def __init__(self, port, points):
        self.client = ModbusTcpClient("127.0.0.1", port=port, timeout=10, retries=0)
        assert self.client.connect()
        self.points = points

    def read_raw(self, unit, area, address, count):
        call = {"co": self.client.read_coils, "di": self.client.read_discrete_inputs,
                "hr": self.client.read_holding_registers,
                "ir": self.client.read_input_registers}[area]
        return call(address, count=count, slave=unit)

    def read(self, unit, key):
        point = self.points[unit, key]
        answer = self.read_raw(unit, point["area"], point["address"], point["count"])
        assert not answer.isError(), (key, answer)
        values = answer.bits if point["area"] in ("co", "di") else answer.registers
        return decode(point, values[:point["count"]])

    def write(self, unit, key, value):
        point = self.points[unit, key]
        if point["area"] == "co":
            return self.client.write_coil(point["address"], value, slave=unit)
        words = encode(point, value)
        if len(words) == 1:
            return self.client.write_register(point["address"], words[0], slave=unit)
        return self.client.write_registers(point["address"], words, slave=unit)


@pytest.fixture(scope="module")
def the_map():
    return register_map()


@pytest.fixture(scope="module")
def points(the_map):
    return {(point["unit"], point["key"]): point for point in the_map["points"]}


@pytest.fixture(scope="module")
def plant():
    with Plant("--fault-rate", "0", "--speed", "10") as running:
        yield running


@pytest.fixture
def reader(plant, points):
    reader = Reader(plant.port, points)
    yield reader
    reader.client.close()


def refused(answer, code):
    assert answer.isError(), answer
    assert answer.exception_code == code, answer


def request(unit, pdu, transaction=1):
    return struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + bytes(pdu)


def receive(sock, size):
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        assert part, "the plant closed the connection"
        data += part
    return data


def receive_frame(sock):
    header = receive(sock, 7)
    return header + receive(sock, struct.unpack(">H", header[4:6])[0] - 1)


def closed_by_plant(sock):
    """Reads to the end: true when the plant ends the connection."""
    sock.settimeout(20)
    try:
        while sock.recv(65536):
            pass
    except (ConnectionResetError, BrokenPipeError):
        pass
    return True


# --- what it serves


def test_every_point_can_be_read_and_is_in_its_range(reader, the_map):
    reader_points = the_map["points"]
    assert len(reader_points) > 150
    for point in reader_points:
        value = reader.read(point["unit"], point["key"])
        if isinstance(value, str):
            assert value.isascii() and value.isprintable() and value, point
        elif not isinstance(value, bool):
            assert point["least"] - point["scale"] <= value <= point["most"] + point["scale"], \
                (point["key"], value)


def test_blocks_can_be_read_whole_and_what_lies_beside_them_cannot(reader, the_map):
    for unit in the_map["units"]:
        for block in unit["readable"]:
            area, first, count = block["area"], block["first"], block["count"]
            assert not reader.read_raw(unit["unit"], area, first, count).isError()
            refused(reader.read_raw(unit["unit"], area, first + count, 1), ILLEGAL_ADDRESS)
            refused(reader.read_raw(unit["unit"], area, first, count + 1), ILLEGAL_ADDRESS)
            if first > 0:
                refused(reader.read_raw(unit["unit"], area, first - 1, 1), ILLEGAL_ADDRESS)


def test_values_agree_with_each_other(reader):
    """Two encodings of one quantity, read far apart in type and order, are the same quantity."""
    level = reader.read(PUMPS, "tank.level")
    volume = reader.read(PUMPS, "tank.volume")
    assert volume == pytest.approx(12 * level, abs=0.5)
    fine = reader.read(METER, "energy.import")
    assert reader.read(METER, "energy.import_wh") / 1000 == pytest.approx(fine, abs=0.5)
    assert reader.read(METER, "nameplate.serial") == "SN2026004217"
    assert reader.read(PUMPS, "nameplate.flow") == 60
    apparent = 3 * reader.read(METER, "voltage.l1") * reader.read(METER, "current.l1")
    assert apparent == pytest.approx(reader.read(METER, "power.apparent"), rel=0.25)


def test_the_plant_lives(reader):
    first = reader.read(LINE, "labeller.good")
    wait_until(lambda: reader.read(LINE, "labeller.good") > first + 20, "bottles are made")
    assert reader.read(LINE, "line.state") == 6


# --- writing


def test_a_setpoint_acts_on_the_physics(reader):
    assert not reader.write(PUMPS, "pump1.run", True).isError()
    assert reader.read(PUMPS, "station.automatic") is False
    wait_until(lambda: reader.read(PUMPS, "pump1.flow") > 55, "the pump runs at full speed")
    assert not reader.write(PUMPS, "pump1.speed_setpoint", 80.0).isError()
    assert reader.read(PUMPS, "pump1.speed_setpoint") == pytest.approx(80)
    wait_until(lambda: 20 < reader.read(PUMPS, "pump1.flow") < 45, "less speed gives less flow")
    wait_until(lambda: reader.read(PUMPS, "pump1.frequency") == pytest.approx(40, abs=0.1),
               "the frequency comes down to that of the setpoint")
    assert not reader.write(PUMPS, "pump1.run", False).isError()
    wait_until(lambda: reader.read(PUMPS, "pump1.state") == 1, "the pump stops")
    assert reader.read(PUMPS, "pump1.flow") == 0
    reader.write(PUMPS, "pump1.speed_setpoint", 100.0)
    reader.write(PUMPS, "station.automatic", True)


def test_values_of_each_order_can_be_written(reader):
    for unit, key, value in ((PUMPS, "tank.level_setpoint", 2.75), (LINE, "filler.target", 502.5),
                             (PUMPS, "pump2.vibration_trip", 9.5), (LINE, "batch.next", "LOT-X 42"),
                             (LINE, "line.speed_setpoint", 180)):
        assert not reader.write(unit, key, value).isError()
        assert reader.read(unit, key) == value
    assert reader.read(LINE, "batch.number") == "LOT-X 42"
    wait_until(lambda: reader.read(LINE, "line.speed") == pytest.approx(180), "the line slows down")


def test_many_coils_and_registers_in_one_request(reader):
    assert not reader.client.write_coils(0, [False, False, True], slave=PUMPS).isError()
    assert reader.read(PUMPS, "station.automatic") is True
    both = reader.client.write_registers(0, [900, 950], slave=PUMPS)
    assert not both.isError()
    assert reader.read(PUMPS, "pump2.speed_setpoint") == pytest.approx(95)
    answer = reader.client.readwrite_registers(
        read_address=0, read_count=2, write_address=0, values=[1000, 1000], slave=PUMPS)
    assert answer.registers == [1000, 1000], "written first, then read"


def test_the_line_is_stopped_reset_and_started(reader):
    def state_is(*states):
        return lambda: reader.read(LINE, "line.state") in states

    wait_until(state_is(6), "execute")
    reader.write(LINE, "line.stop", True)
    wait_until(state_is(2), "stopped")
    assert reader.read(LINE, "line.speed") == 0
    reader.write(LINE, "line.reset", True)
    wait_until(state_is(4), "idle")
    assert not reader.write(LINE, "line.command", 2).isError()
    assert reader.read(LINE, "line.command") == 0
    wait_until(state_is(6), "execute")


def test_writes_out_of_range_are_refused_and_change_nothing(reader):
    for unit, key, value in ((PUMPS, "pump1.speed_setpoint", 100.1),
                             (PUMPS, "pump1.speed_setpoint", 39.9),
                             (PUMPS, "tank.level_setpoint", 4.3),
                             (PUMPS, "tank.level_setpoint", float("nan")),
                             (LINE, "line.speed_setpoint", 301), (LINE, "line.command", 10),
                             (LINE, "batch.next", "\x01")):
        before = reader.read(unit, key)
        refused(reader.write(unit, key, value), ILLEGAL_VALUE)
        assert reader.read(unit, key) == before


def test_what_cannot_be_written_is_refused(reader):
    refused(reader.client.write_register(100, 1, slave=PUMPS), ILLEGAL_ADDRESS)  # read-only
    refused(reader.client.write_register(2, 1, slave=PUMPS), ILLEGAL_ADDRESS)  # half a float
    refused(reader.client.write_register(50, 1, slave=PUMPS), ILLEGAL_ADDRESS)
    refused(reader.client.write_coil(50, True, slave=PUMPS), ILLEGAL_ADDRESS)


# --- faults


def test_units_that_do_not_exist_fail_to_respond(reader):
    for unit in (0, 4, 10, 247, 255):
        refused(reader.read_raw(unit, "ir", 0, 1), NO_TARGET)


def test_a_dead_sensor_answers_device_failure_and_its_neighbours_do_not(reader, points):
    assert not reader.write(PUMPS, "fault.sensor-failure", True).isError()
    vibration = points[PUMPS, "pump1.vibration"]
    refused(reader.read_raw(PUMPS, "ir", vibration["address"], 2), DEVICE_FAILURE)
    refused(reader.read_raw(PUMPS, "ir", 100, 20), DEVICE_FAILURE)
    reader.read(PUMPS, "pump1.bearing_temperature")
    reader.read(PUMPS, "pump2.vibration")
    reader.write(PUMPS, "fault.sensor-failure", False)
    reader.read(PUMPS, "pump1.vibration")


def test_planned_faults_develop(points):
    with Plant("--fault-rate", "0", "--speed", "100", "--fault", "jam@60s",
               "--fault", "bearing-wear@1s") as plant:
        reader = Reader(plant.port, points)
        wait_until(lambda: reader.read(PUMPS, "fault.bearing-wear"), "wear begins")
        wait_until(lambda: reader.read(LINE, "line.state") == 11, "the jam holds the line")
        assert reader.read(LINE, "alarm.jam") is True
        assert reader.read(LINE, "filler.state") == 5
        wait_until(lambda: reader.read(LINE, "line.state") == 6, "the line goes on")
        reader.client.close()
        errors = plant.stop()
        assert '"event":"fault_begun","fault":"jam"' in errors


def test_a_worn_bearing_trips_the_pump_and_the_other_takes_over(points):
    with Plant("--fault-rate", "0", "--speed", "3600", "--fault", "bearing-wear@1m") as plant:
        reader = Reader(plant.port, points)
        wait_until(lambda: reader.read(PUMPS, "pump1.vibration") > 4, "vibration grows")
        wait_until(lambda: reader.read(PUMPS, "pump1.trip") == 1, "it trips by vibration")
        wait_until(lambda: reader.read(PUMPS, "pump2.starts") > 0, "the stand-by pump starts")
        reader.client.close()


# --- the server


def test_64_clients_are_served_at_once(plant):
    reads = 40

    async def one_client(number):
        client = AsyncModbusTcpClient("127.0.0.1", port=plant.port, timeout=20, retries=0)
        assert await client.connect()
        await everybody.wait()
        for i in range(reads):
            unit = 1 + (number + i) % 3
            answer = await client.read_input_registers(0, count=6, slave=unit)
            assert not answer.isError() and len(answer.registers) == 6 and answer.dev_id == unit
        client.close()

    async def all_clients():
        tasks = [asyncio.create_task(one_client(number)) for number in range(64)]
        await asyncio.sleep(0.2)
        everybody.set()
        await asyncio.gather(*tasks)

    everybody = asyncio.Event()
    start = time.monotonic()
    asyncio.run(all_clients())
    print(f"{64 * reads / (time.monotonic() - start):.0f} requests/s by 64 pymodbus clients")


def test_a_half_sent_request_blocks_nobody(plant, reader):
    whole = request(PUMPS, [4, 0, 0, 0, 2])
    halves = []
    for cut in range(1, len(whole)):
        sock = socket.create_connection(("127.0.0.1", plant.port), timeout=20)
        sock.sendall(whole[:cut])
        halves.append((sock, cut))
    start = time.monotonic()
    for _ in range(20):
        reader.read(PUMPS, "tank.level")
    assert time.monotonic() - start < 5
    for sock, cut in halves:
        sock.sendall(whole[cut:])
        assert receive_frame(sock)[7:9] == bytes([4, 4])
        sock.close()


def test_requests_in_a_row_are_answered_in_order(plant):
    with socket.create_connection(("127.0.0.1", plant.port), timeout=20) as sock:
        # Among them refused ones: a wrong quantity and an unknown function must not eat the rest.
        pdus = [[4, 0, 0, 0, 2], [3, 0, 0, 0, 126], [43, 14, 1, 0], [4, 0, 50, 0, 1],
                [1, 0, 0, 0, 4]]
        sock.sendall(b"".join(request(PUMPS, pdus[i % 5], i) for i in range(200)))
        codes = {0: (4, 4), 1: (0x83, ILLEGAL_VALUE), 2: (0xAB, ILLEGAL_FUNCTION),
                 3: (0x84, ILLEGAL_ADDRESS), 4: (1, 1)}
        for i in range(200):
            frame = receive_frame(sock)
            assert struct.unpack(">H", frame[:2])[0] == i
            assert (frame[7], frame[8]) == codes[i % 5]


def test_what_is_not_modbus_is_disconnected(plant, reader):
    for bytes_sent in (b"GET / HTTP/1.1\r\nHost: plant\r\n\r\n", b"\0\1\0\0\0\1\1",
                       b"\0\1\0\0\xff\xff\1\4", b"\0\1\0\1\0\6\1\4\0\0\0\2"):
        with socket.create_connection(("127.0.0.1", plant.port), timeout=20) as sock:
            sock.sendall(bytes_sent)
            assert closed_by_plant(sock)
    reader.read(PUMPS, "tank.level")


def test_malformed_requests_do_not_harm_it(plant, reader):
    chance = random.Random(4)
    for _ in range(300):
        with socket.create_connection(("127.0.0.1", plant.port), timeout=20) as sock:
            pdu = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 30)))
            if chance.random() < 0.7:  # a function that exists, with nonsense after it
                pdu = bytes([chance.choice([1, 2, 3, 4, 5, 6, 15, 16, 22, 23])]) + pdu[1:]
            frame = request(chance.choice([1, 2, 3, 9]), pdu)
            sock.sendall(frame[:chance.randrange(1, len(frame) + 1)])
    assert plant.alive()
    reader.read(PUMPS, "tank.level")
    reader.client.write_coils(0, [False, False, True], slave=PUMPS)


def test_a_client_that_does_not_take_its_answers_delays_nobody(plant, reader):
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(20)
        sock.connect(("127.0.0.1", plant.port))

        def flood():
            try:
                while True:
                    sock.sendall(request(PUMPS, [4, 0, 100, 0, 20]) * 200)
            except OSError:
                pass  # disconnected: its answers found no room

        thread = threading.Thread(target=flood)
        thread.start()
        while thread.is_alive():
            reader.read(PUMPS, "tank.level")
        thread.join()
        assert closed_by_plant(sock)
    reader.read(PUMPS, "tank.level")


def test_latency_delays_each_answer_and_keeps_the_order(points):
    with Plant("--latency", "50ms") as plant:
        reader = Reader(plant.port, points)
        start = time.monotonic()
        reader.read(PUMPS, "tank.level")
        assert time.monotonic() - start >= 0.05
        reader.client.close()
        with socket.create_connection(("127.0.0.1", plant.port), timeout=20) as sock:
            sock.sendall(b"".join(request(PUMPS, [4, 0, 0, 0, 2], i) for i in range(150)))
            for i in range(150):
                assert struct.unpack(">H", receive_frame(sock)[:2])[0] == i


def test_more_pump_stations_for_load(points):
    with Plant("--units", "200", "--speed", "10") as plant:
        reader = Reader(plant.port, points)
        address = points[PUMPS, "demand.flow"]["address"]

        def flows():
            return {tuple(reader.read_raw(unit, "ir", address, 2).registers)
                    for unit in range(10, 210)}

        wait_until(lambda: len(flows()) > 100, "each is a station of its own")
        refused(reader.read_raw(210, "ir", 0, 1), NO_TARGET)
        reader.client.close()


def test_many_devices_have_a_port_each():
    points = {(point["unit"], point["key"]): point
              for point in register_map("--devices", "1")["points"]}
    with Plant("--devices", "50", "--speed", "10") as plant:
        assert len(set(plant.ports)) == 50
        first = {}
        for port in plant.ports:
            reader = Reader(port, points)
            first[port] = reader.read(1, "sequence")
            answer = reader.read_raw(1, "hr", 0, 100)
            assert len(answer.registers) == 100
            reader.client.close()
        reader = Reader(plant.ports[0], points)
        wait_until(lambda: reader.read(1, "sequence") > first[plant.ports[0]] + 10, "it counts")
        reader.client.close()


# --- the program


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_with_clients_connected(how, points):
    with Plant() as plant:
        reader = Reader(plant.port, points)
        reader.read(PUMPS, "tank.level")
        errors = plant.stop(how)
        assert '"event":"stopped"' in errors
        reader.client.close()


def test_a_port_that_is_taken_is_an_error_of_one_line(plant):
    result = run("--listen", f"127.0.0.1:{plant.port}")
    assert result.returncode == 1 and result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert f"127.0.0.1:{plant.port}" in result.stderr and "--listen" in result.stderr


@pytest.mark.parametrize("options", [
    ["--listen", "nowhere"], ["--speed", "fast"], ["--fault", "jamm@5m"], ["--units", "201"],
    ["--bogus"], ["--json"], ["--devices", "1000", "--ports-from", "65000"]])
def test_wrong_options_are_errors_of_one_line(options):
    result = run(*options)
    assert result.returncode == 2 and result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert options[0] in result.stderr or options[-2] in result.stderr


def test_the_help_and_the_page_say_the_same_about_every_fault(points):
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    text = run("--help").stdout
    names = [key.removeprefix("fault.") for _, key in points if key.startswith("fault.")]
    assert len(names) == 7
    for name in names:
        about = re.search(rf"^  {name} +(.*)$", text, re.MULTILINE).group(1)
        assert re.search(rf"^\| `{name}` \| [0-9.]+ h \| {re.escape(about)} \|$", page,
                         re.MULTILINE), name


def test_the_page_shows_the_map_as_it_is():
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    begin, end = "<!-- begin: gantry-plant --map -->\n\n", "\n<!-- end -->"
    assert page.partition(begin)[2].partition(end)[0] == run("--map").stdout, \
        "replace the part between the two marks with what gantry-plant --map prints"
