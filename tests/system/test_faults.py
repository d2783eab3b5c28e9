# SPDX-License-Identifier: Apache-2.0
"""What the world does to a server, and what the server says then."""

import os
import shutil
import socket
import subprocess
import tempfile

import pytest

from gantryd_process import BIN, Gantryd, wait_until

GANTRYD = os.path.join(BIN, "gantryd")


def run(*options, expect):
    """Runs gantryd with options that it must refuse; what it says about them."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([GANTRYD, "--data", folder + "/data", *options], text=True,
                              capture_output=True, timeout=60, check=False)
        assert done.returncode == expect, done.stderr
        return done.stderr.strip().splitlines()[-1]


def config_with(text):
    file = tempfile.NamedTemporaryFile("w", suffix=".toml", delete=False)
    file.write(text)
    file.close()
    return file.name


def test_a_taken_port_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        line = run("--listen", address, expect=1)
        assert address in line and "taken by another program" in line


def test_listening_for_others_wants_tls():
    assert "tls_certificate" in run("--listen", "0.0.0.0:0", expect=2)


def test_wrong_configuration_is_named_with_line_and_remedy():
    line = run("--config", config_with("[http]\nlissten = '127.0.0.1:0'\n"), expect=2)
    assert ":2: http.lissten is not a known key: did you mean listen?" in line
    line = run("--config", config_with("[store]\nmemtable_bytes = 1\n"), expect=2)
    assert "store.memtable_bytes must be" in line
    assert "cannot read /nowhere" in run("--config", "/nowhere", expect=2)
    assert "no option --colour" in run("--colour", expect=2)


def test_two_programs_do_not_share_a_data_folder():
    with Gantryd() as node:
        done = subprocess.run([GANTRYD, "--data", node.data, "--listen", "127.0.0.1:0"], text=True,
                              capture_output=True, timeout=60, check=False)
        assert done.returncode == 1 and "is in use by another gantryd" in done.stderr


def test_the_printed_configuration_can_be_used():
    printed = subprocess.run([GANTRYD, "--print-config"], text=True, capture_output=True,
                             check=True).stdout
    with Gantryd("--config", config_with(printed)) as node:
        assert node.anonymous().get("/health/ready")["status"] == "ready"


def test_tls_by_configuration():
    folder = tempfile.mkdtemp()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                    folder + "/key.pem", "-out", folder + "/cert.pem"], check=True,
                   capture_output=True)
    config = config_with(f"[http]\ntls_certificate = '{folder}/cert.pem'\n"
                         f"tls_key = '{folder}/key.pem'\n")
    with Gantryd("--config", config) as node:
        assert node.url.startswith("https://")
        curl = ["curl", "-sS", "--cacert", folder + "/cert.pem"]
        live = subprocess.run([*curl, node.url + "/health/live"], capture_output=True, check=True)
        assert b"live" in live.stdout
        refused = subprocess.run(["curl", "-sS", node.url + "/health/live"], capture_output=True,
                                 check=False)
        assert refused.returncode != 0, "a certificate that nobody trusts is refused"
        old = subprocess.run([*curl, "--tls-max", "1.1", node.url + "/health/live"],
                             capture_output=True, check=False)
        assert old.returncode != 0
        head = subprocess.run([*curl, "-sI", "-X", "GET", node.url + "/v1/about"],
                              capture_output=True, check=True, text=True).stdout
        assert "Strict-Transport-Security" in head
    wrong = config_with(f"[http]\ntls_certificate = '{folder}/key.pem'\ntls_key = '/nowhere'\n")
    assert "TLS certificate" in run("--config", wrong, "--listen", "127.0.0.1:0", expect=2)
    shutil.rmtree(folder)


def test_a_full_disk_refuses_writes_serves_reads_and_recovers_by_itself(small_disk):
    config = config_with("[store]\njournal_file_bytes = 8388608\nmemtable_bytes = 4194304\n")
    with Gantryd("--config", config, folder=small_disk) as node:
        api = node.client()
        api.create("/v1/assets", {"key": "disk"})
        api.create("/v1/points", {"asset": "disk", "key": "v", "type": "int64"})
        ballast = os.path.join(small_disk, "ballast")
        acknowledged = 0
        with open(ballast, "wb") as file:
            free = shutil.disk_usage(small_disk).free
            file.write(b"\0" * max(0, free - 1_000_000))

        def write(first):
            return api.post("/v1/samples", {"samples": [{"point": "disk.v", "columns": {
                "time": [f"2026-01-01T{first // 3600:02}:{first // 60 % 60:02}:{first % 60:02}"
                         f".{n:09}Z" for n in range(2000)],
                # Numbers that no codec makes shorter.
                "value": [(first * 10**6 + n) * 0x9E3779B97F4A7C15 % 2**53
                          for n in range(2000)]}}]})

        refused = None
        for second in range(2000):
            try:
                write(second)
                acknowledged += 2000
            except Exception as error:  # pylint: disable=broad-except
                refused = error
                break
        assert refused is not None and refused.status == 507, refused
        assert refused.problem["code"] == "storage_full"
        count = api.sql("SELECT count(*) FROM samples")["rows"][0][0]
        assert count == acknowledged
        assert api.get("/v1/points/disk.v/latest")["value"] is not None
        os.remove(ballast)

        def writes_again():
            try:
                return write(3000).status == 204
            except Exception:  # pylint: disable=broad-except
                return False

        wait_until(writes_again, "recovery after space was made")
        assert api.sql("SELECT count(*) FROM samples")["rows"][0][0] == acknowledged + 2000


def test_a_failed_store_says_so_and_goes_on_reading():
    """fsync fails for good: strace injects the error into the running program."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not there to make fdatasync fail")
    with Gantryd() as node:
        api = node.client()
        api.create("/v1/assets", {"key": "sync"})
        api.create("/v1/points", {"asset": "sync", "key": "v"})
        assert api.post("/v1/samples", {"samples": [{"point": "sync.v", "value": 1}]}).status == 204
        tracer = subprocess.Popen(
            ["strace", "-f", "-qq", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO",
             "-p", str(node.process.pid)], stderr=subprocess.PIPE)
        try:
            def fails():
                try:
                    api.post("/v1/samples", {"samples": [{"point": "sync.v", "value": 2}]})
                except Exception as error:  # pylint: disable=broad-except
                    return error
                return None

            error = wait_until(fails, "the injected fault")
            assert error.status in (500, 503), error
        finally:
            tracer.terminate()
            tracer.wait()
        after = api.refused("POST", "/v1/samples", {"samples": [{"point": "sync.v", "value": 3}]})
        assert after.status == 503 and "journal has failed" in after.problem["detail"]
        ready = node.anonymous().refused("GET", "/health/ready")
        assert ready.status == 503 and ready.problem["status"] == "failed"
        assert api.get("/v1/points/sync.v/latest")["value"] in (1, 2)
        node.kill()
        node.start()
        assert node.client().get("/v1/points/sync.v/latest")["value"] in (1, 2)
