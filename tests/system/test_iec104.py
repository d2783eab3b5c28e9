# SPDX-License-Identifier: Apache-2.0
"""IEC 60870-5-104 against the stations of lib60870, which c104 brings to Python."""

import datetime
import socket
import subprocess
import threading

import c104
import pytest

from connections import connect_points, latest, status, value_is
from gantryd_process import Gantryd, wait_until
from mosquitto_process import Line, free_port

UTC = datetime.timezone.utc


@pytest.fixture(scope="module")
def node():
    with Gantryd() as gantryd:
        yield gantryd


class Station:
    """A controlled station with points of each kind, and what was commanded."""

    def __init__(self, port=None, **more):
        self.port = port or free_port()
        self.server = c104.Server(ip="127.0.0.1", port=self.port, tick_rate_ms=50, **more)
        self.station = self.server.add_station(common_address=1)
        self.other = self.server.add_station(common_address=7)
        self.commands = []
        self.points = {}

    def point(self, address, kind, value=None, station=None, **more):
        made = (station or self.station).add_point(io_address=address, type=kind, **more)
        assert made is not None, address
        if value is not None:
            made.value = value
        self.points[address] = made
        return made

    def commanded(self, address, kind, shown=None, answer=c104.ResponseState.SUCCESS, **more):
        """What comes is noted; what the monitored point then says is what was commanded."""
        def come(point: c104.Point, previous_info: c104.Information,
                 message: c104.IncomingMessage) -> c104.ResponseState:
            self.commands.append((address, point.value))
            if shown is not None and answer == c104.ResponseState.SUCCESS:
                self.points[shown].value = point.value
                self.points[shown].transmit(cause=c104.Cot.RETURN_INFO_REMOTE)
            return answer
        made = self.point(address, kind, **more)
        made.on_receive(callable=come)
        self.come = come
        return made

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *why):
        self.server.stop()


def connect(api, key, port, points, /, **settings):
    connect_points(api, key, "iec104", {"host": "127.0.0.1", "port": port, **settings}, points)


def test_values_of_each_kind_with_quality_and_time(node):
    api = node.client()
    with Station() as station:
        kind = c104.Type
        station.point(1, kind.M_SP_NA_1, True)
        station.point(2, kind.M_DP_NA_1, c104.Double.ON)
        station.point(3, kind.M_ST_NA_1, c104.Int7(-5))
        station.point(4, kind.M_BO_NA_1, c104.Byte32(0xFFFF0001))
        station.point(5, kind.M_ME_NA_1, c104.NormalizedFloat(-0.5))
        station.point(6, kind.M_ME_NB_1, c104.Int16(-1000))
        station.point(7, kind.M_ME_NC_1, 21.5)
        station.point(9, kind.M_ME_TF_1, 50.25)
        station.point(7, kind.M_ME_NC_1, 7.5, station=station.other)
        connect(api, "kinds", station.port, {
            "single": ("1", {"type": "bool"}), "double": ("1/2", {"type": "bool"}),
            "double_raw": ("2", {"type": "int64"}), "step": ("3", {"type": "int64"}),
            "bits": ("4", {"type": "int64"}), "normalized": ("5*100+10", {}),
            "scaled": ("6*0.1", {}), "float": ("7", {}), "timed": ("9", {}),
            "elsewhere": ("7/7", {}), "nowhere": ("4711", {}), "nobody": ("9/7", {})})
        for point, value in (("single", True), ("double", True), ("double_raw", 2), ("step", -5),
                             ("bits", 0xFFFF0001), ("normalized", -40), ("scaled", -100),
                             ("float", 21.5), ("elsewhere", 7.5)):
            found = wait_until(value_is(api, f"kinds.{point}", value),
                               lambda: f"{point}: {latest(api, f'kinds.{point}')}")  # noqa: B023
            assert found["quality"] == "good", (point, found)
        assert latest(api, "kinds.nowhere")["quality_code"] == 0x80320000
        trouble = wait_until(lambda: [one for one in status(api, "kinds")["troubles"]
                                      if "common address 9" in str(one)], "who is not there")
        assert "common address" in str(trouble)

        # Spontaneous, with the station's own time and quality.
        wait_until(value_is(api, "kinds.timed", 50.25), "what was asked for")
        at = datetime.datetime.now(UTC).replace(microsecond=250_000)
        at += datetime.timedelta(seconds=1)
        old = at - datetime.timedelta(hours=2)
        for time, value in ((old, 1.5), (at, 49.75)):  # and an event of long ago
            station.points[9].info = c104.ShortInfo(actual=value, recorded_at=time)
            assert station.points[9].transmit(cause=c104.Cot.SPONTANEOUS)
        found = wait_until(value_is(api, "kinds.timed", 49.75), "a timed value")
        assert found["time"] == at.strftime("%Y-%m-%dT%H:%M:%S.25Z"), found
        rows = api.sql("SELECT time, value FROM samples WHERE point = 'kinds.timed' AND value = 1.5")
        assert [row[0][:19] for row in rows["rows"]] == [old.strftime("%Y-%m-%dT%H:%M:%S")], rows
        for flag, code in ((c104.Quality.NonTopical, 0x40900000),
                           (c104.Quality.Substituted, 0x40910000),
                           (c104.Quality.Overflow, 0x40940000),
                           (c104.Quality.Invalid, 0x80000000)):
            station.points[6].info = c104.ScaledInfo(actual=c104.Int16(-1000), quality=flag)
            assert station.points[6].transmit(cause=c104.Cot.SPONTANEOUS)
            wait_until(lambda: latest(api, "kinds.scaled")["quality_code"] == code,  # noqa: B023
                       lambda: f"{code}: {latest(api, 'kinds.scaled')}")  # noqa: B023
        assert latest(api, "kinds.scaled")["value"] is None
    wait_until(lambda: latest(api, "kinds.float")["quality_code"] == 0x40900000,
               "the last value, as uncertain")
    assert latest(api, "kinds.float")["value"] == 21.5
    wait_until(lambda: status(api, "kinds")["state"] == "backing_off", "back-off")
    with Station(port=station.port) as again:
        again.point(7, c104.Type.M_ME_NC_1, 22.5)
        found = wait_until(value_is(api, "kinds.float", 22.5), "the station is found again", 90)
        assert found["quality"] == "good"
    api.call("DELETE", "/v1/connections/kinds")


def test_commands_are_carried_out_and_read_back(node):
    api = node.client()
    with Station() as station:
        kind = c104.Type
        station.point(11, kind.M_SP_NA_1, False)
        station.commanded(111, kind.C_SC_NA_1, shown=11,
                          command_mode=c104.CommandMode.SELECT_AND_EXECUTE)
        station.point(12, kind.M_ME_NC_1, 1.0)
        station.commanded(112, kind.C_SE_NC_1, shown=12)
        station.point(13, kind.M_ME_NB_1, c104.Int16(5))
        station.commanded(113, kind.C_SE_NB_1, answer=c104.ResponseState.FAILURE)
        station.point(14, kind.M_ME_NC_1, 1.0)
        station.commanded(114, kind.C_SE_NC_1)  # and what is monitored stays as it was
        station.commanded(115, kind.C_SC_NA_1)
        station.point(17, kind.M_DP_NA_1, c104.Double.OFF)  # a single command of a double point

        def close(point: c104.Point, previous_info: c104.Information,
                  message: c104.IncomingMessage) -> c104.ResponseState:
            station.points[17].value = c104.Double.ON if point.value else c104.Double.OFF
            station.points[17].transmit(cause=c104.Cot.RETURN_INFO_REMOTE)
            return c104.ResponseState.SUCCESS
        station.point(117, kind.C_SC_NA_1).on_receive(callable=close)
        writable = {"access": "read_write"}
        connect(api, "commands", station.port, {
            "switch": ("11 cmd=sc@111 sbo", {"type": "bool", **writable}),
            "setpoint": ("12 cmd=float@112", {"range": {"min": 0, "max": 100}, **writable}),
            "refused": ("13*0.1 cmd=sva@113", writable), "stuck": ("14 cmd=float@114", writable),
            "pulse": ("115 cmd=sc", {"type": "bool", **writable}),
            "breaker": ("17 cmd=sc@117", {"type": "bool", **writable}),
            "missing": ("16 cmd=sc@999", {"type": "bool", **writable})}, command_timeout="2s")
        wait_until(value_is(api, "commands.setpoint", 1.0), "the set-point")

        def write(point, value):
            return api.create("/v1/commands", {"point": f"commands.{point}", "value": value})

        done = write("switch", True)
        assert (done["outcome"], done["read_back"]) == ("confirmed", True), done
        done = write("breaker", True)
        assert (done["outcome"], done["read_back"]) == ("confirmed", True), done
        done = write("setpoint", 21.5)
        assert (done["outcome"], done["read_back"]) == ("confirmed", 21.5), done
        wait_until(value_is(api, "commands.setpoint", 21.5), "what was written, as a sample")
        done = write("refused", 7.5)
        assert done["outcome"] == "refused" and "negative confirmation" in done["detail"], done
        done = write("stuck", 9.0)
        assert done["outcome"] in ("failed", "unknown"), done
        # lib60870 confirms a single command, and does not say when it is done.
        done = write("pulse", True)
        assert done["outcome"] == "unknown" and "confirmed" in done["detail"], done
        done = write("missing", True)
        assert done["outcome"] == "refused" and "unknown information object" in done["detail"], done
        assert api.refused("POST", "/v1/commands", {"point": "commands.setpoint", "value": 101})
        assert [address for address, _ in station.commands if address != 113] == [111, 112, 114, 115]
    away = write("setpoint", 5.0)
    assert away["outcome"] in ("refused", "unknown"), away
    api.call("DELETE", "/v1/connections/commands")


def test_a_command_over_a_line_that_breaks_is_unknown(node):
    api = node.client()
    with Station() as station:
        station.point(11, c104.Type.M_SP_NA_1, False)
        line = Line(station.port)

        def come(point: c104.Point, previous_info: c104.Information,
                 message: c104.IncomingMessage) -> c104.ResponseState:
            line.cut()
            return c104.ResponseState.SUCCESS
        station.point(111, c104.Type.C_SC_NA_1).on_receive(callable=come)
        connect(api, "broken", line.port, {
            "switch": ("11 cmd=sc@111", {"type": "bool", "access": "read_write"})})
        wait_until(value_is(api, "broken.switch", False), "its state")
        done = api.create("/v1/commands", {"point": "broken.switch", "value": True})
        assert done["outcome"] == "unknown" and "broke" in done["detail"], done
        # And it goes on.
        wait_until(lambda: status(api, "broken")["restarts"] >= 1
                   and latest(api, "broken.switch")["quality"] == "good", "the station again", 90)
        line.close()
    api.call("DELETE", "/v1/connections/broken")


def test_settings_and_addresses_are_tried_before_they_are_saved(node):
    api = node.client()
    with Station() as station:
        station.point(1, c104.Type.M_SP_NA_1, True)
        station.point(4001, c104.Type.M_ME_NC_1, 21.5)
        settings = {"host": "127.0.0.1", "port": station.port}
        tried = api.create("/v1/protocols/iec104/test", {"settings": settings})
        assert tried["connected"] and tried["probes"][0]["answered"], tried
        assert "2 objects" in tried["probes"][0]["detail"]
        tried = api.create("/v1/protocols/iec104/test",
                           {"settings": {**settings, "common_address": 9}})
        assert tried["connected"] and not tried["probes"][0]["answered"], tried
        read = api.create("/v1/protocols/iec104/read", {"settings": settings, "addresses": [
            "4001*2", "1/2", "0", "1 cmd=xx"]})["items"]
        assert read[0]["value"] == 43 and read[0]["quality"] == "good", read
        assert "does not bring object 2" in read[1]["detail"]
        assert "from 1 to 16777215" in read[2]["detail"] and "cmd=sc@5001" in read[3]["detail"]
        found = api.create("/v1/protocols/iec104/scan", {
            "settings": settings, "area": "objects", "from": 1, "count": 65_536})
        assert [(one["address"], one["value"]) for one in found["found"]] == [
            ("1/1", 1), ("1/4001", 21.5)], found
    tried = api.create("/v1/protocols/iec104/test", {"settings": settings})
    assert not tried["connected"] and str(station.port) in tried["detail"], tried
    for wrong, field in (({"k": 0}, "k"), ({"t2": "15s"}, "t2"), ({"ca": "x"}, "tls"),
                         ({"port": 0}, "port"), ({"extra": 1}, "extra")):
        refused = api.refused("POST", "/v1/connections", {
            "key": "wrong", "protocol": "iec104", "settings": {**settings, **wrong}})
        assert refused.status == 400 and field in str(refused.problem), refused.problem


def test_a_line_that_breaks_is_found_and_everything_asked_for_again(node):
    api = node.client()
    with Station() as station:
        point = station.point(1, c104.Type.M_ME_NC_1, 1.0)
        line = Line(station.port)
        connect(api, "line", line.port, {"value": ("1", {})})
        wait_until(value_is(api, "line.value", 1.0), "the first")
        for n in range(2, 5):
            line.cut()
            point.value = float(n)  # nobody is told
            wait_until(value_is(api, "line.value", float(n)), "it is asked for", 90)
        assert latest(api, "line.value")["quality"] == "good"
        line.close()
    api.call("DELETE", "/v1/connections/line")


def test_who_does_not_speak_it_is_named(node):
    api = node.client()
    with socket.create_server(("127.0.0.1", 0)) as server:
        def talk():
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer:
                    peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        threading.Thread(target=talk, daemon=True).start()
        tried = api.create("/v1/protocols/iec104/test", {
            "settings": {"host": "127.0.0.1", "port": server.getsockname()[1]}})
        assert not tried["connected"] and "not IEC 60870-5-104" in tried["detail"], tried


def test_over_tls_with_certificates_of_both_sides(node, tmp_path):
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=tmp_path)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=authority",
            "-keyout", "ca.key", "-out", "ca.pem")
    for name in ("station", "gantry"):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout",
                f"{name}.key", "-out", f"{name}.csr", "-addext", "subjectAltName=IP:127.0.0.1")
        openssl("x509", "-req", "-days", "2", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey",
                "ca.key", "-CAcreateserial", "-copy_extensions", "copy", "-out", f"{name}.pem")
    security = c104.TransportSecurity(validate=True, only_known=False)
    security.set_certificate(cert=f"{tmp_path}/station.pem", key=f"{tmp_path}/station.key")
    security.set_ca_certificate(cert=f"{tmp_path}/ca.pem")
    api = node.client()
    with Station(transport_security=security) as station:
        station.point(1, c104.Type.M_ME_NC_1, 21.5)
        settings = {"tls": True, "ca": (tmp_path / "ca.pem").read_text(),
                    "certificate": (tmp_path / "gantry.pem").read_text(),
                    "key": (tmp_path / "gantry.key").read_text()}
        connect(api, "tls", station.port, {"value": ("1", {})}, **settings)
        wait_until(value_is(api, "tls.value", 21.5), lambda: status(api, "tls"))
        assert "PRIVATE" not in str(api.get("/v1/connections/tls"))
        tried = api.create("/v1/protocols/iec104/test", {"settings": {
            "host": "127.0.0.1", "port": station.port, "tls": True}})
        assert not tried["connected"] and "certificate" in tried["detail"], tried
    api.call("DELETE", "/v1/connections/tls")
