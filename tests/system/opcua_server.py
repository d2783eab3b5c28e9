# SPDX-License-Identifier: Apache-2.0
"""An OPC UA server that we did not write (asyncua), on a thread of its own."""

import asyncio
import datetime
import hashlib
import logging
import pathlib
import socket
import threading
import uuid

from asyncua import Server, ua
from asyncua.crypto import cert_gen
from asyncua.crypto.permission_rules import User, UserRole
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

NAMESPACE = "http://gantry.example/plant"
POLICIES = ua.SecurityPolicyType
logging.getLogger("asyncua").setLevel(logging.CRITICAL)

# Of every scalar type: the value, and what it is as a point of a type.
SCALARS = {
    "Boolean": (True, "bool", True),
    "SByte": (-128, "int64", -128),
    "Byte": (255, "int64", 255),
    "Int16": (-32768, "int64", -32768),
    "UInt16": (65535, "int64", 65535),
    "Int32": (-2**31, "int64", -2**31),
    "UInt32": (2**32 - 1, "int64", 2**32 - 1),
    "Int64": (-2**63, "int64", -2**63),
    "UInt64": (2**63 - 1, "int64", 2**63 - 1),
    "Float": (0.5, "float64", 0.5),
    "Double": (0.1, "float64", 0.1),
    "String": ("Grüße 泵", "string", "Grüße 泵"),
    "DateTime": (datetime.datetime(2026, 2, 3, 4, 5, 6, 250000, datetime.timezone.utc), "string",
                 "2026-02-03T04:05:06.25Z"),
    "Guid": (uuid.UUID("09087e75-8e5e-499b-954f-f2a9603db28a"), "string",
             "09087e75-8e5e-499b-954f-f2a9603db28a"),
    "ByteString": (b"\x00\xff\x10", "string", "AP8Q"),
    "LocalizedText": (ua.LocalizedText("Pumpe", "de"), "string", "Pumpe"),
    "QualifiedName": (ua.QualifiedName("Name", 1), "string", "Name"),
    "NodeId": (ua.NodeId("a", 2), "string", "ns=2;s=a"),
    "StatusCode": (ua.StatusCode(0x80310000), "int64", 0x80310000),
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(folder, name="server"):
    """Files with a certificate and its key, and the certificate's fingerprint."""
    uri = f"urn:gantry.example:{name}"
    key = cert_gen.generate_private_key()
    certificate = cert_gen.generate_self_signed_app_certificate(
        key, name, {}, [x509.UniformResourceIdentifier(uri), x509.DNSName("localhost")],
        [ExtendedKeyUsageOID.SERVER_AUTH])
    folder = pathlib.Path(folder)
    der = certificate.public_bytes(Encoding.DER)
    (folder / f"{name}.der").write_bytes(der)
    (folder / f"{name}.pem").write_bytes(cert_gen.dump_private_key_as_pem(key))
    return folder / f"{name}.der", folder / f"{name}.pem", hashlib.sha256(der).hexdigest(), uri


class Users:
    def get_user(self, iserver, username=None, password=None, certificate=None):
        if username is None or (username, password) == ("operator", "correct horse"):
            return User(role=UserRole.User)
        return None


class OpcuaServer:
    """`nodes` are variables {identifier: (value, type)}, which clients may write."""

    def __init__(self, nodes, port=None, certificate=None, policies=(POLICIES.NoSecurity,),
                 tokens=(ua.AnonymousIdentityToken, ua.UserNameIdentityToken),
                 namespaces=(NAMESPACE,)):
        self.port = port or free_port()
        self.nodes = nodes
        self.certificate = certificate
        self.policies = policies
        self.tokens = tokens
        self.namespaces = namespaces
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    @property
    def url(self):
        return f"opc.tcp://127.0.0.1:{self.port}"

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)

    def __enter__(self):
        self.thread.start()
        self.call(self._start())
        return self

    def __exit__(self, *_):
        self.call(self._stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def _stop(self):
        # First the door: who comes back at once would keep the server from ending.
        self.server.bserver._server.close()
        await self.server.stop()

    async def _start(self):
        self.server = Server(user_manager=Users())
        await self.server.init()
        self.server.set_endpoint(self.url)
        self.server.set_security_policy(list(self.policies))
        self.server.set_identity_tokens(list(self.tokens))
        if self.certificate:
            await self.server.set_application_uri(self.certificate[3])
            await self.server.load_certificate(str(self.certificate[0]))
            await self.server.load_private_key(str(self.certificate[1]))
        for uri in self.namespaces:
            space = await self.server.register_namespace(uri)
        self.space = space
        self.folder = await self.server.nodes.objects.add_object(ua.NodeId("Plant", space), "Plant")
        self.variables = {}
        for name, (value, kind) in self.nodes.items():
            await self._add(name, value, kind)
        await self.server.start()

    async def _add(self, name, value, kind):
        node = await self.folder.add_variable(ua.NodeId(name, self.space), name, value,
                                              getattr(ua.VariantType, kind))
        await node.set_writable()
        self.variables[name] = node

    def add(self, name, value, kind):
        self.call(self._add(name, value, kind))

    def set(self, name, value, kind, source=None, status=0):
        """A value with its source time (UTC) and status code."""
        data = ua.DataValue(
            Value=ua.Variant(value, getattr(ua.VariantType, kind)), StatusCode_=ua.StatusCode(status),
            SourceTimestamp=source or datetime.datetime.now(datetime.timezone.utc),
            ServerTimestamp=datetime.datetime.now(datetime.timezone.utc))
        self.call(self.server.write_attribute_value(self.variables[name].nodeid, data))

    def get(self, name):
        return self.call(self.variables[name].read_value())
