# SPDX-License-Identifier: Apache-2.0
"""Gantry as an OPC UA server, used by a client that we did not write (asyncua)."""

import asyncio
import contextlib
import datetime
import os
import re
import socket
import struct
import subprocess
import time

import pytest
from asyncua import Client as UaClient
from asyncua import ua
from asyncua.crypto import security_policies

from connections import connect_points, latest
from gantryd_process import BIN, wait_until
from opcua_door import Door, run
from opcua_server import make_certificate
from plant_process import Plant, register_map

START = datetime.datetime(2023, 11, 14, 22, 0, 0, tzinfo=datetime.timezone.utc)
SAMPLES = 3000
STATUS = ua.StatusCodes
SECURE = "http://opcfoundation.org/UA/SecurityPolicy#"


def at(second):
    return START + datetime.timedelta(seconds=second)


def text(second):
    return f"{at(second):%Y-%m-%dT%H:%M:%SZ}"


def fill(api):
    api.create("/v1/models", {"key": "machine", "name": {"en": "Machine", "zh": "机器"}, "properties": [
        {"key": "running", "type": "bool"}]})
    api.create("/v1/models", {"key": "pump", "parent": "machine", "name": {"zh": "水泵", "en": "Pump"},
                              "properties": [
        {"key": "flow", "type": "float64", "unit": "m3/h", "range": {"min": 0, "max": 500},
         "name": {"en": "Flow", "zh": "流量"}, "description": {"en": "At the outlet"}},
        {"key": "starts", "type": "int64", "unit": "{start}"},
        {"key": "batch", "type": "string"}]})
    api.create("/v1/assets", {"key": "plant", "level": "site", "name": {"en": "Plant", "zh": "工厂"}})
    api.create("/v1/assets", {"key": "pump3", "parent": "plant", "model": "pump"})
    api.create("/v1/assets", {"key": "secret"})
    api.create("/v1/points", {"asset": "secret", "key": "level", "type": "float64"})
    api.post("/v1/samples", {"samples": [
        {"point": "plant/pump3.flow",
         "columns": {"time": [text(i) for i in range(SAMPLES)],
                     "value": [i / 10 for i in range(SAMPLES)]}},
        {"point": "plant/pump3.starts",
         "columns": {"time": [text(0), text(1), text(2), text(3)], "value": [1, 2, None, 4],
                     "quality": ["good", "uncertain", "bad", "good"]}},
        {"point": "secret.level", "columns": {"time": [text(0)], "value": [7.5]}},
        {"point": "plant/pump3.batch",
         "columns": {"time": [text(0)], "value": ["Grüße 泵"]}}]})


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    made = Door(str(tmp_path_factory.mktemp("opcua")))
    fill(made.api)
    made.token = made.principal("operator", ["operator"])
    wait_until(lambda: run(has_node(made, "plant/pump3.batch")), "the tree")
    yield made
    made.node.stop()


async def has_node(door, path):
    async with door.client() as client:
        try:
            await point(client, path).read_node_class()
            return True
        except ua.UaStatusCodeError as error:
            assert error.code == STATUS.BadNodeIdUnknown
            return False


def point(client, path):
    return client.get_node(ua.NodeId(path, 2))


async def names(node):
    return [(await child.read_browse_name()).Name for child in await node.get_children()]


def plain(value, kind=ua.VariantType.Double):
    """A value without status and time, which are not written."""
    return ua.DataValue(ua.Variant(value, kind), StatusCode_=None)


def refused(work, *codes):
    with pytest.raises(ua.UaStatusCodeError) as caught:
        run(work)
    assert caught.value.code in codes, caught.value


# ---- who comes in


def test_endpoints_are_encrypted_and_anonymous_is_not_offered(door):
    async def ask():
        return await UaClient(door.urls["main"]).connect_and_get_server_endpoints()
    endpoints = run(ask())
    assert {one.SecurityPolicyUri for one in endpoints} == {
        SECURE + name for name in ("Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss")}
    assert {one.SecurityMode for one in endpoints} == {ua.MessageSecurityMode.SignAndEncrypt}
    assert {token.TokenType for one in endpoints for token in one.UserIdentityTokens} == {
        ua.UserTokenType.UserName, ua.UserTokenType.Certificate}


def test_without_encryption_there_is_no_session(door):
    async def connect():
        async with UaClient(door.urls["main"]):
            pass
    refused(connect(), STATUS.BadSecurityPolicyRejected)


@pytest.mark.parametrize("policy", [security_policies.SecurityPolicyBasic256Sha256,
                                    security_policies.SecurityPolicyAes128Sha256RsaOaep,
                                    security_policies.SecurityPolicyAes256Sha256RsaPss])
def test_each_policy_serves(door, policy):
    async def read():
        async with door.client(policy=policy) as client:
            return await point(client, "plant/pump3.flow").read_value()
    assert run(read()) == pytest.approx((SAMPLES - 1) / 10)


def test_wrong_tokens_logins_and_tenants_are_refused(door):
    async def connect(login, token, tenant="main"):
        async with door.client(login, token, tenant=tenant):
            pass
    refused(connect("operator", "gty_wrong"), STATUS.BadIdentityTokenRejected)
    refused(connect("nobody", door.token), STATUS.BadIdentityTokenRejected)
    refused(connect("operator", door.token, "other"), STATUS.BadIdentityTokenRejected)
    entries = door.api.get("/v1/audit")["items"]
    denied = [one for one in entries if one["action"] == "sign_in" and "opcua" in one["detail"]]
    assert {one["outcome"] for one in denied} >= {"ok"}, denied[:5]


def test_a_client_that_is_not_trusted_is_kept_to_be_looked_at_and_trusted_when_moved(
        door, tmp_path):
    stranger = make_certificate(tmp_path, "stranger")

    async def connect():
        async with door.client(certificate=stranger) as client:
            return await point(client, "plant/pump3.flow").read_value()
    with pytest.raises((ua.UaError, ConnectionError, asyncio.TimeoutError, TimeoutError)):
        run(connect())
    folder = door.folder / "data" / "opcua"
    kept = folder / "rejected" / f"{stranger[2]}.der"
    wait_until(kept.exists, "the certificate is kept")
    assert kept.read_bytes() == stranger[0].read_bytes()
    kept.rename(folder / "trusted" / kept.name)
    assert run(connect()) > 0


def test_a_person_signs_in_by_a_certificate(door):
    async def read(person):
        client = UaClient(door.urls["main"], timeout=20)
        client.application_uri = door.uri
        await client.set_security(security_policies.SecurityPolicyAes256Sha256RsaPss,
                                  str(door.certificate), str(door.key))
        await client.load_client_certificate(str(person[0]))
        await client.load_private_key(str(person[1]))
        async with client:
            return await point(client, "plant/pump3.flow").read_value()
    assert run(read(door.person)) > 0
    refused(read((door.certificate, door.key)), STATUS.BadIdentityTokenRejected)


def test_a_token_that_is_taken_back_ends_the_session(door):
    token = door.principal("leaver")

    async def stay():
        async with door.client("leaver", token) as client:
            node = point(client, "plant/pump3.flow")
            await node.read_value()
            made = [one for one in door.api.get("/v1/tokens")["items"]
                    if one["principal"] == door.api.get("/v1/principals/leaver")["id"]]
            for one in made:
                door.api.call("DELETE", f"/v1/tokens/{one['id']}")
            with pytest.raises((ua.UaError, ConnectionError)):
                for _ in range(200):
                    await node.read_value()
                    await asyncio.sleep(0.05)
    try:
        run(stay())
    except (ua.UaError, ConnectionError):
        pass  # closing a session that is gone


# ---- the tree


def test_the_tree_has_types_names_and_units(door):
    async def look():
        async with door.client() as client:
            assert await client.get_namespace_index(
                "urn:gantry:" + door.api.get("/v1/tenants/main")["id"]) == 2
            roots = await names(client.nodes.objects)
            assert "plant" in roots and "secret" in roots
            pump = point(client, "plant/pump3")
            assert set(await names(pump)) == {"running", "flow", "starts", "batch"}
            kind = client.get_node(await pump.read_type_definition())
            assert kind.nodeid == ua.NodeId("model:pump", 2)
            assert (await kind.read_display_name()).Text == "Pump"
            assert set(await names(kind)) == {"flow", "starts", "batch"}
            parent = (await kind.get_referenced_nodes(ua.ObjectIds.HasSubtype,
                                                      ua.BrowseDirection.Inverse))[0]
            assert parent.nodeid == ua.NodeId("model:machine", 2)

            flow = point(client, "plant/pump3.flow")
            assert (await flow.read_type_definition()).Identifier == ua.ObjectIds.AnalogItemType
            assert (await flow.read_display_name()).Text == "Flow"
            assert (await flow.read_description()).Text == "At the outlet"
            assert (await flow.read_data_type()).Identifier == ua.ObjectIds.Double
            span = await (await flow.get_child("0:EURange")).read_value()
            assert (span.Low, span.High) == (0, 500)
            unit = await (await flow.get_child("0:EngineeringUnits")).read_value()
            assert (unit.UnitId, unit.DisplayName.Text) == (5067080, "m³/h")  # MQH
            level = await flow.get_access_level()
            assert level == {ua.AccessLevel.CurrentRead, ua.AccessLevel.HistoryRead}

            starts = point(client, "plant/pump3.starts")
            assert (await starts.read_type_definition()).Identifier == ua.ObjectIds.AnalogUnitType
            unit = await (await starts.get_child("0:EngineeringUnits")).read_value()
            assert (unit.UnitId, unit.DisplayName.Text) == (-1, "{start}")
            assert (await point(client, "plant/pump3.running").read_type_definition()).Identifier \
                == ua.ObjectIds.BaseDataVariableType
    run(look())


def test_names_come_in_the_language_of_the_client(door):
    async def look():
        async with door.client() as client:
            client._locale = ["zh"]
            await client.activate_session(username="operator", password=door.token)
            return (await point(client, "plant/pump3.flow").read_display_name()).Text
    assert run(look()) == "流量"


def test_values_times_and_status_codes_are_those_of_the_samples(door):
    async def look():
        async with door.client() as client:
            flow = await point(client, "plant/pump3.flow").read_data_value()
            assert flow.Value.VariantType == ua.VariantType.Double
            assert flow.SourceTimestamp.replace(tzinfo=datetime.timezone.utc) == at(SAMPLES - 1)
            assert await point(client, "plant/pump3.starts").read_value() == 4
            assert await point(client, "plant/pump3.batch").read_value() == "Grüße 泵"
            unknown = await point(client, "plant/pump3.running").read_data_value(
                raise_on_bad_status=False)
            assert unknown.StatusCode.value == STATUS.BadWaitingForInitialData
    run(look())


def test_the_registry_is_followed_while_clients_look(door):
    async def look():
        async with door.client() as client:
            door.api.create("/v1/assets", {"key": "late", "parent": "plant", "model": "pump"})
            await until(client, "plant/late.flow", True)
            door.api.call("PATCH", "/v1/assets/plant%2Flate", {"key": "later"},
                          headers={"If-Match": "*"})
            await until(client, "plant/later.flow", True)
            await until(client, "plant/late.flow", False)
            door.api.call("DELETE", "/v1/assets/plant%2Flater", headers={"If-Match": "*"})
            await until(client, "plant/later.flow", False)
            assert "later" not in await names(point(client, "plant"))

    async def until(client, path, there):
        for _ in range(400):
            value = await point(client, path).read_attribute(ua.AttributeIds.NodeClass,
                                                             raise_on_bad_status=False)
            if value.StatusCode.is_good() == there:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{path} is {'not ' if there else 'still '}there")
    run(look())


def test_node_ids_outlive_a_restart(door):
    door.restart()
    assert run(has_node(door, "plant/pump3.flow"))


# ---- what a principal may see


def test_what_a_principal_may_not_read_is_not_there(door):
    door.api.create("/v1/roles", {"key": "pump3_only", "name": {"en": "Pump 3"}, "statements": [
        {"effect": "allow", "permissions": ["assets:read", "points:read", "samples:read"],
         "under": "plant/pump3"}]})
    token = door.principal("visitor", ["pump3_only"])

    async def look():
        async with door.client("visitor", token) as client:
            assert "secret" not in await names(client.nodes.objects)
            assert "plant" in await names(client.nodes.objects)
            assert await names(point(client, "plant")) == ["pump3"]
            assert await point(client, "plant/pump3.flow").read_value() > 0
            level = point(client, "secret.level")
            for work in (level.read_value(), level.read_display_name(),
                         level.write_value(plain(1.0)),
                         level.read_raw_history(at(0), at(10)),
                         point(client, "secret").read_browse_name()):
                with pytest.raises(ua.UaStatusCodeError) as caught:
                    await work
                assert caught.value.code == STATUS.BadNodeIdUnknown
            assert await point(client, "secret").get_children() == []
            with pytest.raises(ua.UaStatusCodeError):
                await client.nodes.objects.get_child("2:secret")
    run(look())


def test_tenants_do_not_see_each_other(door):
    async def look():
        async with door.client("theirs", token, tenant="other") as client:
            assert "plant" not in await names(client.nodes.objects)
            with pytest.raises(ua.UaStatusCodeError) as caught:
                await point(client, "plant/pump3.flow").read_value()
            assert caught.value.code == STATUS.BadNodeIdUnknown
    token = door.principal("theirs", tenant="other")
    run(look())


# ---- subscriptions


class Changes:
    def __init__(self):
        self.queue = asyncio.Queue()

    def datachange_notification(self, node, value, data):
        self.queue.put_nowait((node.nodeid.Identifier, value, data.monitored_item.Value))

    async def until(self, wanted):
        async with asyncio.timeout(30):
            while True:
                got = await self.queue.get()
                if wanted(*got):
                    return got


def test_changes_come_with_their_quality(door):
    door.api.create("/v1/points", {"asset": "plant", "key": "live", "type": "float64"})

    def send(value, quality="good"):
        now = f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%dT%H:%M:%S.%fZ}"
        door.api.post("/v1/samples", {"samples": [
            {"point": "plant.live", "columns": {"time": [now], "value": [value],
                                                "quality": [quality]}}]})

    async def watch():
        async with door.client() as client:
            changes = Changes()
            subscription = await client.create_subscription(100, changes)
            for _ in range(100):
                if await has_node(door, "plant.live"):
                    break
            await subscription.subscribe_data_change(point(client, "plant.live"))
            send(1.5)
            await changes.until(lambda _, value, __: value == 1.5)
            send(2.5, "uncertain")
            _, _, data = await changes.until(lambda _, value, __: value == 2.5)
            assert data.StatusCode.value == STATUS.Uncertain
            send(None, "BadCommunicationError")
            await changes.until(
                lambda _, __, data: data.StatusCode.value == STATUS.BadCommunicationError)
            door.api.call("DELETE", "/v1/points/plant.live", headers={"If-Match": "*"})
            await changes.until(
                lambda _, __, data: data.StatusCode.value == STATUS.BadNodeIdUnknown)
    run(watch())


# ---- history


def test_raw_history_comes_in_parts_forward_and_backward(door):
    async def read():
        async with door.client() as client:
            flow = point(client, "plant/pump3.flow")

            async def values(*range, **more):
                return [one.Value.Value for one in await flow.read_raw_history(*range, **more)]
            all_of_it = await values(at(0), at(SAMPLES), return_bounds=False)
            assert all_of_it == [i / 10 for i in range(SAMPLES)]
            assert await values(at(5), at(8), return_bounds=False) == [0.5, 0.6, 0.7]
            assert await values(at(8), at(5), return_bounds=False) == [0.8, 0.7, 0.6]
            assert await values(at(5), at(8)) == [0.5, 0.6, 0.7, 0.8]
            assert await values(at(5.5), at(7.5)) == [0.5, 0.6, 0.7, 0.8]
            assert await values(at(7.5), at(5.5)) == [0.8, 0.7, 0.6, 0.5]
            assert await values(at(10), None, numvalues=3, return_bounds=False) == [1.0, 1.1, 1.2]
            assert await values(None, at(10), numvalues=3, return_bounds=False) == [1.0, 0.9, 0.8]
            before = await flow.read_raw_history(at(-5), at(0))
            assert before[0].StatusCode.value == STATUS.BadBoundNotFound

            details = ua.ReadRawModifiedDetails(
                IsReadModified=False, StartTime=at(0), EndTime=at(10), NumValuesPerNode=4,
                ReturnBounds=False)
            got, mark = [], None
            while True:
                part = await flow.history_read(details, mark)
                part.StatusCode.check()
                got.append([one.Value.Value for one in part.HistoryData.DataValues])
                mark = part.ContinuationPoint
                if not mark:
                    break
                spent = mark
                # It is of this node and this session.
                async with door.client() as another:
                    for stranger in (point(client, "plant/pump3.starts"),
                                     point(another, "plant/pump3.flow")):
                        wrong = await stranger.history_read(details, mark)
                        assert wrong.StatusCode.value == STATUS.BadContinuationPointInvalid
            assert [len(one) for one in got] == [4, 4, 2]
            assert sum(got, []) == [i / 10 for i in range(10)]
            again = await flow.history_read(details, spent)
            assert again.StatusCode.value == STATUS.BadContinuationPointInvalid
            starts = await point(client, "plant/pump3.starts").read_raw_history(at(0), at(10))
            assert [one.StatusCode.value for one in starts[:4]] == [0, STATUS.Uncertain, STATUS.Bad, 0]
    run(read())


async def processed(client, path, aggregate, start, end, seconds):
    details = ua.ReadProcessedDetails(
        StartTime=at(start), EndTime=at(end), ProcessingInterval=seconds * 1000.0,
        AggregateType=[ua.NodeId(aggregate, 0)])
    wanted = ua.HistoryReadValueId()
    wanted.NodeId = ua.NodeId(path, 2)
    parameters = ua.HistoryReadParameters()
    parameters.HistoryReadDetails = details
    parameters.TimestampsToReturn = ua.TimestampsToReturn.Source
    parameters.ReleaseContinuationPoints = False
    parameters.NodesToRead = [wanted]
    result = (await client.uaclient.history_read(parameters))[0]
    result.StatusCode.check()
    return result.HistoryData.DataValues


def test_aggregates_are_those_of_part_13(door):
    ids = ua.ObjectIds

    async def read():
        async with door.client() as client:
            async def of(aggregate, *span, path="plant/pump3.flow"):
                found = await processed(client, path, aggregate, *span)
                return [(one.Value.Value if one.Value else None, one.StatusCode.value)
                        for one in found]
            good, partial = 0x0401, 0x0405
            assert await of(ids.AggregateFunction_Average, 0, 20, 10) == [
                (pytest.approx(0.45), good), (pytest.approx(1.45), good)]
            assert await of(ids.AggregateFunction_Minimum, 0, 15, 10) == [
                (0.0, good), (1.0, partial)]
            assert await of(ids.AggregateFunction_Maximum, 0, 10, 0) == [(0.9, good)]
            assert await of(ids.AggregateFunction_Count, 2995, 3010, 5) == [
                (5, good), (None, STATUS.BadNoData), (None, STATUS.BadNoData)]
            # Of four values one is uncertain and one is bad: neither counts.
            assert await of(ids.AggregateFunction_Count, 0, 4, 4, path="plant/pump3.starts") == [
                (2, STATUS.UncertainDataSubNormal | good)]
            with pytest.raises(ua.UaStatusCodeError) as caught:
                await of(ids.AggregateFunction_Total, 0, 10, 10)
            assert caught.value.code == STATUS.BadAggregateNotSupported
            with pytest.raises(ua.UaStatusCodeError) as caught:
                await of(ids.AggregateFunction_Average, 0, 10, 10, path="plant/pump3.batch")
            assert caught.value.code == STATUS.BadAggregateNotSupported
    run(read())


# ---- writes


def test_writes_reach_the_device(door):
    api = door.api
    with Plant() as plant:
        tags = {one["key"]: one["tag"] for one in register_map()["points"]}
        connect_points(api, "station", "modbus_tcp",
                       {"host": "127.0.0.1", "port": plant.port, "timeout": "1s",
                        "groups": {"default": "100ms"}},
                       {"speed": (tags["pump1.speed_setpoint"],
                                  {"access": "read_write", "unit": "%",
                                   "range": {"min": 40, "max": 100}}),
                        "pressure": (tags["pump1.discharge_pressure"], {"unit": "bar"})})
        wait_until(lambda: latest(api, "station.pressure")["quality"] == "good", "a good pressure")
        wait_until(lambda: run(has_node(door, "station.speed")), "the points")

        async def write():
            async with door.client() as client:
                speed = point(client, "station.speed")

                async def put(node, value, kind=ua.VariantType.Double):
                    wanted = ua.WriteValue()
                    wanted.NodeId = node.nodeid
                    wanted.AttributeId = ua.AttributeIds.Value
                    wanted.Value = plain(value, kind)
                    request = ua.WriteParameters()
                    request.NodesToWrite = [wanted]
                    return (await client.uaclient.write(request))[0].value
                assert await put(speed, 85.5) in (0, STATUS.GoodCompletesAsynchronously)
                for _ in range(400):
                    if await speed.read_value() == pytest.approx(85.5):
                        break
                    await asyncio.sleep(0.05)
                assert await speed.read_value() == pytest.approx(85.5)
                with pytest.raises(ua.UaStatusCodeError) as caught:
                    await speed.write_value(70.0)  # with a time of the client
                assert caught.value.code == STATUS.BadWriteNotSupported
                assert await put(speed, 101.0) == STATUS.BadOutOfRange
                assert await put(speed, float("nan")) == STATUS.BadOutOfRange
                assert await put(speed, "x", ua.VariantType.String) == STATUS.BadTypeMismatch
                assert await put(point(client, "station.pressure"), 1.0) == STATUS.BadNotWritable
            async with door.client("reader", token) as client:
                level = await point(client, "station.speed").get_user_access_level()
                assert ua.AccessLevel.CurrentWrite not in level
                with pytest.raises(ua.UaStatusCodeError) as caught:
                    await point(client, "station.speed").write_value(
                        ua.DataValue(ua.Variant(50.0, ua.VariantType.Double)))
                assert caught.value.code == STATUS.BadUserAccessDenied
        token = door.principal("reader")
        run(write())
    done = api.get("/v1/commands", point="station.speed")["items"][0]
    assert (done["value"], done["outcome"], done["by"]["login"]) == (85.5, "confirmed", "operator")
    assert any(done["id"] in one["object"] and one["outcome"] == "ok"
               for one in api.get("/v1/audit")["items"] if one["action"] == "commands:write")


# ---- limits, and what is wrong


@pytest.mark.parametrize(("line", "complaint"), [
    ('endpoints = ["main=127.0.0.1:{port}"]', "cannot listen"),
    ('endpoints = ["nobody=127.0.0.1:0"]', "nobody"),
    ('endpoints = ["127.0.0.1:4840"]', "main=127.0.0.1:4840"),
    ('endpoints = ["main=127.0.0.1:0"]\ntrusted_clients = ["xy"]', "trusted_clients"),
    ('endpoints = ["main=127.0.0.1:0"]\nusers = ["xy"]', "users")],
    ids=["taken", "tenant", "endpoint", "trusted", "users"])
def test_a_wrong_configuration_is_told(door, tmp_path, line, complaint):
    config = tmp_path / "gantry.toml"
    config.write_text("[opcua_server]\n" + line.replace("{port}", str(door.ports["main"])))
    done = subprocess.run(
        [os.path.join(BIN, "gantryd"), "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0",
         "--config", str(config)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (1, 2) and complaint in done.stderr, done


def string(text):
    return struct.pack("<i", len(text)) + text


class Stranger:
    """A connection byte by byte, without security (OPC 10000-6, 6.7 and 7.1)."""

    def __init__(self, door):
        self.socket = socket.create_connection(("127.0.0.1", door.ports["main"]), timeout=20)
        self.url = door.urls["main"].encode()

    def send(self, kind, body):
        self.socket.sendall(kind + struct.pack("<I", 8 + len(body)) + body)

    def take(self):
        head = self.socket.recv(8, socket.MSG_WAITALL)
        if len(head) < 8:
            return b"", b""
        return head[:4], self.socket.recv(struct.unpack("<I", head[4:])[0] - 8, socket.MSG_WAITALL)

    def hello(self):
        self.send(b"HELF", struct.pack("<5I", 0, 65536, 65536, 0, 0) + string(self.url))
        assert self.take()[0] == b"ACKF"

    def open(self):
        """Ids of the channel and its token."""
        header = b"\0\0" + struct.pack("<qIIiI", 0, 1, 0, -1, 10_000) + b"\0\0\0"
        request = struct.pack("<III", 0, 0, 1) + struct.pack("<iI", -1, 600_000)
        self.send(b"OPNF", struct.pack("<I", 0) + string((SECURE + "None").encode())
                  + struct.pack("<iiII", -1, -1, 1, 1) + b"\x01\0\xbe\x01" + header + request)
        kind, body = self.take()
        assert kind == b"OPNF", (kind, body)
        return struct.unpack("<II", body[-24:-16])


def test_who_may_only_ask_for_endpoints_sends_no_long_messages(door):
    stranger = Stranger(door)
    stranger.hello()
    channel, token = stranger.open()
    sent = 0
    with contextlib.suppress(ConnectionError):
        for number in range(2, 100):
            stranger.send(b"MSGC", struct.pack("<IIII", channel, token, number, 2) + bytes(8000))
            sent += 8000
            stranger.socket.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                if stranger.socket.recv(8, socket.MSG_PEEK)[:3] in (b"", b"ERR"):
                    break
            stranger.socket.setblocking(True)
            time.sleep(0.02)
    assert sent <= 200_000
    assert run(has_node(door, "plant/pump3.flow"))


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 4096, b"HELF\xff\xff\xff\xff" + bytes(64),
    b"OPNF" + struct.pack("<I", 100) + bytes(92), b"MSGF" + struct.pack("<I", 24) + bytes(16),
    b"HELF" + struct.pack("<I", 32) + struct.pack("<5I", 0, 65536, 65536, 0, 0)
    + struct.pack("<i", 2**31 - 1)],
    ids=["http", "ones", "hello", "open", "message", "string"])
def test_nonsense_ends_the_connection_and_nothing_else(door, data):
    stranger = Stranger(door)
    with contextlib.suppress(ConnectionError):
        stranger.socket.sendall(data)
        rest = b"x"
        while rest:
            rest = stranger.socket.recv(4096)
    assert run(has_node(door, "plant/pump3.flow"))


def test_connections_that_say_nothing_are_bounded(door):
    sockets = [socket.create_connection(("127.0.0.1", door.ports["main"])) for _ in range(300)]
    try:
        assert run(has_node(door, "plant/pump3.flow"))
        text = door.api.call("GET", "/metrics").body.decode()
        found = re.search(r"^gantry_opcua_server_connections (\d+)", text, re.MULTILINE)
        assert found and int(found.group(1)) <= 401
    finally:
        for one in sockets:
            one.close()
