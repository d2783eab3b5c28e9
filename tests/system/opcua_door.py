# SPDX-License-Identifier: Apache-2.0
"""A gantryd with the OPC UA server open for two tenants, and clients of it (asyncua)."""

import asyncio
import contextlib
import os
import pathlib

from asyncua import Client as UaClient
from asyncua.crypto import security_policies

from gantryd_process import Gantryd
from opcua_server import free_port, make_certificate

POLICY = security_policies.SecurityPolicyAes256Sha256RsaPss


class Door:
    """Tenants `main` and `other`, an endpoint each."""

    def __init__(self, folder, *lines):
        self.folder = pathlib.Path(folder)
        self.node = Gantryd(folder=str(folder))
        self.ports = {"main": free_port(), "other": free_port()}
        self.urls = {tenant: f"opc.tcp://127.0.0.1:{port}" for tenant, port in self.ports.items()}
        self.certificate, self.key, self.fingerprint, self.uri = make_certificate(folder, "client")
        self.person = make_certificate(folder, "person")
        self.config = os.path.join(folder, "gantry.toml")
        with open(self.config, "w") as file:
            file.write("[opcua_server]\nendpoints = ["
                       + ", ".join(f'"{tenant}=127.0.0.1:{port}"'
                                   for tenant, port in self.ports.items())
                       + f']\ntrusted_clients = ["{self.fingerprint}"]\n'
                       f'users = ["{self.person[2]}=operator"]\n' + "".join(lines))
        self.node.start()
        self.api = self.node.client()
        self.api.create("/v1/tenants", {"key": "other", "name": {"en": "Other"}})
        self.restart()

    def restart(self):
        self.node.stop()
        self.node.options = ["--config", self.config]
        self.node.start()
        self.api = self.node.client()

    def principal(self, login, roles=("viewer",), tenant="main"):
        """A token, which is the password of a principal at this door."""
        headers = {"Gantry-Tenant": tenant}
        self.api.post("/v1/principals", {"login": login, "password": "a-first-password",
                                         "roles": list(roles), "must_change_password": False},
                      headers=headers)
        return self.api.post("/v1/tokens", {"name": "door", "principal": login},
                             headers=headers).json()["token"]

    @contextlib.asynccontextmanager
    async def client(self, login="operator", token=None, *, tenant="main", policy=POLICY,
                     certificate=None):
        client = UaClient(self.urls[tenant], timeout=20)
        client.application_uri = certificate[3] if certificate else self.uri
        client.set_user(login)
        client.set_password(token or self.token)
        der, key = certificate[:2] if certificate else (self.certificate, self.key)
        await client.set_security(policy, str(der), str(key))
        async with client:
            yield client


def run(work):
    return asyncio.run(asyncio.wait_for(work, 120))
