# SPDX-License-Identifier: Apache-2.0
"""A gantryd whose broker is open, for the tests of clients that are not ours."""

import os
import subprocess

from gantryd_process import Client, Gantryd


class Door:
    """A gantryd with the broker open, and machines that know its tokens."""

    def __init__(self, folder, *lines, tls=False):
        self.folder = folder
        self.config = os.path.join(folder, "gantry.toml")
        text = '[mqtt]\nlisten = "127.0.0.1:0"\n' + "".join(line + "\n" for line in lines)
        if tls:
            self.certificate = make_certificate(folder)
            text += ('listen_tls = "127.0.0.1:0"\n'
                     f'tls_certificate = "{folder}/cert.pem"\ntls_key = "{folder}/key.pem"\n')
        with open(self.config, "w") as file:
            file.write(text)
        self.node = Gantryd("--config", self.config, folder=folder)
        self.start()

    def start(self):
        before = len(self.node.log_events()) if self.node.process else 0
        self.node.start()
        self.api = self.node.client()
        for event in self.node.log_events()[before:]:
            if event["event"] == "listening" and event["module"] == "mqtt":
                port = int(event["address"].rsplit(":", 1)[1])
                if event["tls"]:
                    self.tls_port = port
                else:
                    self.port = port

    def principal(self, login, *statements, api=None):
        """A machine with an API token, and a role that says what it may do with topics."""
        api = api or self.api
        role = {"key": login, "name": {"en": login, "zh": login},
                "statements": [{"effect": "allow", "under": "", **one} for one in statements]}
        if statements:
            api.create("/v1/roles", role)
        api.create("/v1/principals", {"login": login, "password": "a-first-password",
                                      "roles": [login] if statements else ["engineer"]})
        anonymous = self.node.anonymous()
        first = anonymous.create("/v1/session", {"login": login, "password": "a-first-password"})
        Client(self.node.url, first["access_token"]).call(
            "PUT", "/v1/session/password",
            {"current": "a-first-password", "new": "a-second-password"})
        return api.create("/v1/tokens", {"name": "machine", "principal": login})

    def mosquitto(self, program, *arguments, login="plc", token=None, port=None):
        return subprocess.Popen(
            ["stdbuf", "-oL", program, "-h", "127.0.0.1", "-p", str(port or self.port), "-u", login,
             "-P", token or self.token, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def pub(self, *arguments, code=0, **more):
        with self.mosquitto("mosquitto_pub", *arguments, **more) as process:
            out, problem = process.communicate(timeout=60)
        assert process.returncode == code, (process.returncode, out, problem)
        return problem

    def sub(self, *arguments, **more):
        """A subscriber that is subscribed."""
        process = self.mosquitto("mosquitto_sub", "-d", *arguments, **more)
        for line in process.stdout:
            if "Subscribed" in line or "SUBACK" in line:
                break
        else:
            raise AssertionError(process.stderr.read())
        return process


def metrics(door):
    return door.api.call("GET", "/metrics").body.decode()


def counter(door, name):
    return next(float(line.split()[1]) for line in metrics(door).splitlines()
                if line.startswith(name + " "))


def make_certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
                    "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"],
                   check=True, capture_output=True)
    return f"{folder}/cert.pem"
