# SPDX-License-Identifier: Apache-2.0
"""The command line program against the real gantryd, command by command."""

import csv
import json
import os
import pathlib
import pty
import re
import signal
import socket
import subprocess
import threading
import urllib.parse

import pandas
import pytest

from gantryd_process import BIN, Client, Gantryd, wait_until
from plant_process import Plant

GANTRY = os.path.join(BIN, "gantry")
HERE = pathlib.Path(__file__).parent
SNAPSHOTS = HERE / "snapshots"
DATA = pathlib.Path(os.environ.get("GANTRY_TEST_DATA", HERE.parents[2] / "shared" / "data"))
NAB = DATA / "nab" / "machine_temperature_system_failure.csv"
needs_nab = pytest.mark.skipif(not NAB.exists(), reason=f"the recording {NAB} is not here")


class Cli:
    """One person at a keyboard: a folder for their settings, and a server."""

    def __init__(self, folder, url=None, token=None):
        self.folder = pathlib.Path(folder)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8",
                            "XDG_CONFIG_HOME": str(folder)}
        if url:
            self.environment["GANTRY_URL"] = url
        if token:
            self.environment["GANTRY_TOKEN"] = token

    def start(self, *words, **more):
        return subprocess.Popen([GANTRY, *words], env=self.environment, text=True,
                                stdin=more.pop("stdin", subprocess.DEVNULL),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    def run(self, *words, input=None, code=0):
        done = subprocess.run([GANTRY, *words], env=self.environment, text=True, timeout=120,
                              capture_output=True,
                              **({"input": input} if input is not None else
                                 {"stdin": subprocess.DEVNULL}))
        assert done.returncode == code, f"gantry {words}: {done.returncode}\n{done.stdout}" \
                                        f"\n{done.stderr}"
        return done

    def json(self, *words, **more):
        return json.loads(self.run("--json", *words, **more).stdout)

    def error(self, *words, code):
        """The message for people, checked against the one for programs."""
        said = self.run(*words, code=code)
        assert said.stdout == "" and said.stderr.startswith("gantry: "), said
        document = json.loads(self.run("--json", *words, code=code).stderr)["error"]
        assert document["exit_code"] == code and document["message"]
        return said.stderr


@pytest.fixture(scope="module")
def node():
    with Gantryd() as gantryd:
        yield gantryd


@pytest.fixture(scope="module")
def cli(node, tmp_path_factory):
    person = Cli(tmp_path_factory.mktemp("person"), node.url, node.token)
    person.run("models", "create", "press", "--property", "temperature:float64:Cel", "--property",
               "running:bool", "--property", "count:int64", "--property", "batch:string",
               "--name", "Press", "--name-zh", "压力机")
    person.run("assets", "create", "plant", "--level", "site", "--name", "Plant", "--name-zh", "一厂")
    person.run("assets", "create", "plant/press1", "--level", "unit", "--model", "press",
               "--name-zh", "一号压力机", "--attribute", "maker=Schuler")
    return person


def write_file(folder, name, text):
    path = pathlib.Path(folder) / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


# --- help

def command_paths():
    """Every noun and command, as the program's own help lists them."""
    program = subprocess.run([GANTRY, "--help"], capture_output=True, text=True, check=True).stdout
    block = program.split("Usage:")[1].split("\n\n")[0].splitlines()[1:]
    paths = [[]]
    for line in block:
        noun = line.split()[0]
        paths.append([noun])
        text = subprocess.run([GANTRY, noun, "--help"], capture_output=True, text=True,
                              check=True).stdout
        if f"Usage: gantry {noun} COMMAND" in text:
            for verb in text.split("Usage:")[1].split("\n\n")[0].splitlines()[1:]:
                paths.append(verb.split()[:2])
    return paths


def test_every_help_is_as_it_was_recorded():
    """UPDATE_SNAPSHOTS=1 records them again."""
    seen = set()
    for path in command_paths():
        text = subprocess.run([GANTRY, *path, "--help"], capture_output=True, text=True,
                              check=True).stdout
        file = SNAPSHOTS / ("_".join(["gantry", *path]) + ".txt")
        seen.add(file.name)
        if os.environ.get("UPDATE_SNAPSHOTS"):
            SNAPSHOTS.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert file.read_text(encoding="utf-8") == text, f"{file.name}: UPDATE_SNAPSHOTS=1 records"
        assert "\n  gantry " in text[:text.index("Usage:")]
        assert text.splitlines()[-1].startswith("Next: ")
    assert {file.name for file in SNAPSHOTS.glob("*.txt")} == seen
    assert len(seen) > 35


def test_a_slip_of_the_finger_is_understood(tmp_path):
    person = Cli(tmp_path)
    assert "Did you mean 'assets'?" in person.error("asets", "list", code=2)
    assert "Did you mean '--under'?" in person.error("assets", "list", "--udner", "x", code=2)
    assert "Usage: gantry assets COMMAND" in person.run("assets", code=2).stderr
    assert person.run("--version").stdout.startswith("gantry ")


# --- signing in

def test_signing_in_keeps_a_secret_file_and_makes_one_choose_a_password(tmp_path):
    with Gantryd() as fresh:
        person = Cli(tmp_path)
        new = write_file(tmp_path, "new", "a better password\n")
        assert "sign-in" in person.error("whoami", "--url", fresh.url, code=4)
        refused = person.error("sign-in", fresh.url, "--login", "admin", "--password-file", new,
                               code=4)
        assert "password" in refused or "login" in refused
        assert "--new-password-file" in person.error(
            "sign-in", fresh.url, "--login", "admin", "--password-file", fresh.password_file,
            code=2)
        person.run("sign-in", fresh.url, "--login", "admin", "--password-file",
                   fresh.password_file, "--new-password-file", new)
        kept = tmp_path / "gantry" / "credentials.json"
        assert kept.stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "gantry").stat().st_mode & 0o777 == 0o700
        # The last sign-in is where everything goes, without a word about it.
        assert person.json("whoami")["login"] == "admin"
        assert person.json("status")["ready"] is True
        person.run("sign-in", "--login", "admin", "--password-file", "-",
                   input="a better password\n")
        token = json.loads(kept.read_text())["servers"][fresh.url]["access_token"]
        person.run("sign-out")
        assert token not in kept.read_text()
        assert Client(fresh.url, token).refused("GET", "/v1/session").status == 401
        person.error("whoami", "--url", fresh.url, code=4)
        kept.chmod(0o644)
        assert "chmod 600" in person.error("whoami", "--url", fresh.url, code=4)


def test_a_password_is_asked_for_without_echo(tmp_path):
    with Gantryd() as fresh:
        person = Cli(tmp_path)
        controller, terminal = pty.openpty()
        process = subprocess.Popen([GANTRY, "sign-in", fresh.url], env=person.environment,
                                   stdin=terminal, stdout=terminal, stderr=terminal,
                                   start_new_session=True)
        os.close(terminal)
        seen = b""

        def answer(question, text):
            nonlocal seen
            while question not in seen:
                seen += os.read(controller, 4096)
            seen = b""
            os.write(controller, text.encode() + b"\n")

        answer(b"Login [admin]: ", "")
        answer(b"Password: ", fresh.password)
        answer(b"New password: ", "a better password")
        answer(b"The same again: ", "a better password")
        shown = b""
        while b"Signed in" not in shown:
            shown += os.read(controller, 4096)
        assert process.wait(30) == 0
        assert b"better" not in shown
        os.close(controller)
        assert person.json("whoami")["login"] == "admin"


def expire(person, url):
    kept = person.folder / "gantry" / "credentials.json"
    state = json.loads(kept.read_text())
    state["servers"][url]["access_expires"] = "2020-01-01T00:00:00Z"
    kept.write_text(json.dumps(state))
    return state["servers"][url]


def sign_in(folder, node, login):
    node.client().create("/v1/principals", {"login": login, "password": "first-password-1",
                                            "roles": ["administrator"],
                                            "must_change_password": False})
    person = Cli(folder)
    secret = write_file(folder, "secret", "first-password-1\n")
    person.run("sign-in", node.url, "--login", login, "--password-file", secret)
    return person


def test_tokens_are_renewed_once_however_many_programs_want_it(node, cli, tmp_path):
    person = sign_in(tmp_path, node, "renewer")
    before = expire(person, node.url)
    # A refresh token shown twice ends the session, so all of them pass only if one renews.
    processes = [person.start("whoami", "--json") for _ in range(6)]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert json.loads(out)["login"] == "renewer"
    after = json.loads((tmp_path / "gantry" / "credentials.json").read_text())
    after = after["servers"][node.url]
    assert after["refresh_token"] != before["refresh_token"]
    person.run("whoami")


def test_a_token_that_was_taken_back_is_renewed_and_a_session_that_ended_is_told(node, cli,
                                                                               tmp_path):
    person = sign_in(tmp_path, node, "ended")
    kept = tmp_path / "gantry" / "credentials.json"
    state = json.loads(kept.read_text())
    state["servers"][node.url]["access_token"] = "gty_wrong"
    kept.write_text(json.dumps(state))
    person.run("whoami")
    state["servers"][node.url]["refresh_token"] = "gty_wrong"
    kept.write_text(json.dumps(state))
    assert "has ended: run gantry sign-in" in person.error("whoami", code=4)


def test_a_token_file_stands_in_for_a_sign_in(node, cli, tmp_path):
    person = Cli(tmp_path)
    person.run("whoami", "--url", node.url, "--token-file", node.token_file)
    person.run("whoami", "--url", node.url, "--token-file", "-", input=node.token)
    person.error("whoami", "--url", node.url,
                 "--token-file", write_file(tmp_path, "bad", "nonsense\n"), code=4)


# --- nobody there, wrong there

def test_who_cannot_be_reached_is_named_with_a_remedy(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: refuses
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        person = Cli(tmp_path, url, "gty_x")
        text = person.error("status", code=5)
        assert url in text and "refused" in text and "gantry doctor" in text
        assert "reachable" in person.run("doctor", code=5).stdout
        person.error("sign-in", "--login", "x", "--password-file", "-", code=5)
    assert "https" in Cli(tmp_path, "ftp://x", "t").error("status", code=2)
    assert "not encrypted" in Cli(tmp_path, "http://192.0.2.1", "t").error("status", code=4)


def test_what_is_no_gantry_is_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        def answer():
            for _ in range(2):
                connection, _ = server.accept()
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno")
                connection.close()
        thread = threading.Thread(target=answer)
        thread.start()
        person = Cli(tmp_path, f"http://127.0.0.1:{server.getsockname()[1]}", "t")
        assert "502" in person.error("whoami", code=5)
        thread.join()


def make_certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem", "-subj",
                    "/CN=gantry test", "-addext", "subjectAltName=DNS:localhost"],
                   check=True, capture_output=True)


def test_tls_wants_a_certificate_that_it_trusts_for_the_name(tmp_path):
    make_certificate(tmp_path)
    config = write_file(tmp_path, "gantry.toml",
                        f'[http]\ntls_certificate = "{tmp_path}/cert.pem"\n'
                        f'tls_key = "{tmp_path}/key.pem"\n')
    with Gantryd("--config", config) as secure:
        port = urllib.parse.urlparse(secure.url).port
        person = Cli(tmp_path, f"https://localhost:{port}", secure.token)
        assert "not trusted" in person.error("status", code=4)
        assert person.json("status", "--ca", f"{tmp_path}/cert.pem")["ready"] is True
        person.environment["GANTRY_CA"] = f"{tmp_path}/cert.pem"
        person.run("doctor")
        person.run("assets", "create", "plant")
        person.run("points", "create", "plant.x")
        secure_api = person.run("export", "csv", "plant.x")
        assert secure_api.stdout.startswith("point,time")
        # Live values go the same way.
        watching = person.start("watch", "plant.x", "--count", "1", "--json")
        person.run("import", "csv", write_file(tmp_path, "x.csv", "time,value\n"
                                               "2026-01-01T00:00:00Z,4\n"), "--point", "plant.x")
        assert json.loads(watching.communicate(timeout=60)[0])["value"] == 4
        other = f"https://127.0.0.1:{port}"
        assert "127.0.0.1" in person.error("status", "--url", other, code=4)


def test_doctor_tells_what_it_looked_at(cli):
    checks = {item["check"]: item["result"] for item in cli.json("doctor")["items"]}
    assert {"credentials", "reachable", "server", "sign-in", "clock", "disk there"} <= set(checks)
    assert set(checks.values()) == {"ok"}


# --- things

def test_models_assets_and_points(cli):
    assert [item["key"] for item in cli.json("models", "list")["items"]] == ["press"]
    assert len(cli.json("models", "show", "press")["properties"]) == 4
    assert "temperature" in cli.run("models", "show", "press").stdout
    assert cli.json("assets", "show", "plant/press1")["attributes"] == {"maker": "Schuler"}
    tree = cli.json("assets", "tree")["items"]
    plant = next(item for item in tree if item["key"] == "plant")
    assert plant["children"][0]["path"] == "plant/press1"
    drawn = cli.run("assets", "tree").stdout.splitlines()
    assert any(re.match(r"└─ press1\s+unit\s+一号压力机$", line) for line in drawn), drawn
    assert "plant/press1\tunit" in cli.run("assets", "list", "--plain").stdout
    cli.run("assets", "create", "plant/spare", "--dry-run")
    assert cli.error("assets", "show", "plant/spare", code=3)
    cli.run("assets", "create", "plant/spare")
    assert "plant/spare" in cli.error("assets", "create", "plant/spare", code=1)
    cli.run("points", "create", "plant/spare.level", "--unit", "m", "--min", "0", "--max", "5",
            "--writable", "--name-zh", "液位")
    point = cli.json("points", "show", "plant/spare.level")
    assert point["range"] == {"min": 0, "max": 5} and point["access"] == "read_write"
    assert [item["path"] for item in cli.json("points", "list", "--asset", "plant/spare")["items"]
            ] == ["plant/spare.level"]
    assert "UCUM" in cli.error("points", "create", "plant/spare.x", "--unit", "parsnips", code=2)
    cli.error("points", "create", "nodot", code=2)
    assert "--yes" in cli.error("assets", "delete", "plant/spare", code=2)
    cli.run("assets", "delete", "plant/spare", "--dry-run")
    cli.run("assets", "delete", "plant/spare", "--yes")
    cli.error("assets", "show", "plant/spare", code=3)
    again = cli.run("models", "show", "press", "--json").stdout
    cli.run("models", "create", "press2", "--file", "-", input=again)
    assert len(cli.json("models", "show", "press2")["properties"]) == 4


def test_values_are_written_by_import_and_read_in_every_form(cli, tmp_path):
    path = write_file(tmp_path, "wide.csv",
                      "时间,temperature,running,count,batch\r\n"
                      "2026-03-01 08:00:00,20.5,true,9007199254740993,\"a \"\"b\"\", c\"\r\n"
                      "2026-03-01 08:01:00,,false,2,水\r\n"
                      "2026-03-01 08:02:00.000000001,22,0,3,\r\n")
    report = cli.json("import", "csv", path, "--under", "plant/press1", "--zone", "Asia/Shanghai")
    assert (report["rows_read"], report["values_read"], report["stored"], report["replaced"]) == (
        3, 11, 11, 0)
    columns = cli.json("history", "plant/press1.temperature", "--from", "2026-03-01T00:00:00Z",
                       "--to", "2026-03-02T00:00:00Z")["items"][0]["columns"]
    assert columns["time"] == ["2026-03-01T00:00:00Z", "2026-03-01T00:02:00.000000001Z"]
    assert columns["value"] == [20.5, 22]
    assert cli.json("history", "plant/press1.count", "--from", "2026-03-01T00:00:00Z"
                    )["items"][0]["columns"]["value"][0] == "9007199254740993"
    batch = cli.json("history", "plant/press1.batch", "--from", "2026-03-01T00:00:00Z")
    assert batch["items"][0]["columns"]["value"] == ['a "b", c', "水", ""]
    plain = cli.run("read", "plant/press1.temperature", "--plain").stdout
    assert plain == "plant/press1.temperature\t22\tCel\tgood\t2026-03-01T00:02:00.000000001Z\n"
    assert "Cel" in cli.run("read", "--under", "plant/press1").stdout
    assert len(cli.json("read", "--under", "plant/press1")["items"]) == 4
    cli.error("read", "plant/press1.nothing", code=3)
    cli.error("read", code=2)
    buckets = cli.run("history", "plant/press1.temperature", "--from", "2026-03-01T00:00:00Z", "--to",
                      "2026-03-01T01:00:00Z", "--every", "1h", "--aggregate", "min,max").stdout
    assert buckets.split("\n")[1].split()[1:3] == ["20.5", "22"]
    assert cli.run("history", "plant/press1.temperature").stdout == ""  # the last hour: nothing


def test_sql_from_an_argument_and_from_standard_input(cli):
    answer = cli.json("sql", "SELECT 1 AS one, 'x' AS two")
    assert answer["rows"] == [[1, "x"]]
    assert cli.run("sql", "--plain", input="SELECT point FROM points ORDER BY point LIMIT 1").stdout \
        == "plant/press1.batch\n"
    assert cli.error("sql", "SELEC 1", code=2)
    assert "first 2 rows only" in cli.run("sql", "SELECT * FROM points", "--limit", "2").stderr
    cli.error("sql", "   ", code=2)


def test_watch_shows_values_as_they_come_and_ends_by_itself_or_by_ctrl_c(cli, tmp_path):
    process = cli.start("watch", "plant/press1.count", "--json")
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, "")))
    reader.start()
    wait_until(lambda: lines, "the latest value")
    cli.run("import", "csv", write_file(tmp_path, "live.csv", "time,count\n"
                                        "2026-03-02T00:00:00Z,41\n2026-03-02T00:00:01Z,42\n"),
            "--under", "plant/press1")
    wait_until(lambda: len(lines) >= 2 and json.loads(lines[-1])["value"] == 42, "42")
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    reader.join()
    assert json.loads(process.stderr.read())["error"]["code"] == "cancelled"
    one = cli.run("watch", "plant/press1.count", "--count", "1")
    assert one.stdout.split()[:3] == ["2026-03-02T00:00:01Z", "plant/press1.count", "42"]
    cli.error("watch", "plant/press1.nothing", code=3)
    cli.error("watch", code=2)


def test_writing_is_checked_before_anything_is_sent(cli):
    cli.run("points", "create", "plant/press1.setpoint", "--min", "0", "--max", "50", "--writable")
    assert "can only be read" in cli.error("write", "plant/press1.temperature", "5", code=4)
    assert "outside the range" in cli.error("write", "plant/press1.setpoint", "51", code=2)
    cli.error("write", "plant/press1.setpoint", "warm", code=2)
    cli.run("write", "plant/press1.setpoint", "-5", code=2)
    check = cli.json("write", "plant/press1.setpoint", "5", "--dry-run")
    assert check["passes"] and not check["needs_approval"] and check["rules"] == []
    refused = cli.run("write", "plant/press1.setpoint", "5", code=4)
    assert "no enabled connection has the point 'plant/press1.setpoint'" in refused.stderr


def test_what_a_role_may_not_do_is_refused(node, cli, tmp_path):
    node.client().create("/v1/principals", {"login": "looker", "password": "first-password-1",
                                            "roles": ["viewer"], "must_change_password": False})
    person = Cli(tmp_path)
    person.run("sign-in", node.url, "--login", "looker", "--password-file", "-",
               input="first-password-1\n")
    assert person.json("assets", "list")["items"]
    person.error("assets", "create", "mine", code=4)
    text = person.error("import", "csv", write_file(tmp_path, "a.csv", "time,value\n"
                                                    "2026-01-01T00:00:00Z,1\n"),
                        "--point", "plant/press1.temperature", code=4)
    assert "0 of 1 values were stored" in text


# --- import and export

@needs_nab
def test_the_machine_temperature_recording_arrives_value_by_value(node, cli):
    cli.run("points", "create", "plant/press1.nab", "--unit", "Cel")
    said = cli.run("import", "csv", str(NAB), "--point", "plant/press1.nab", "--zone", "UTC")
    assert said.stderr.splitlines()[0] == (
        "22,695 rows read, 12 replaced an earlier value of the same time, 22,683 stored")
    frame = pandas.read_csv(NAB, float_precision="round_trip").groupby("timestamp", sort=True).last()
    assert len(frame) == 22683
    wanted = {stamp.replace(" ", "T") + "Z": value for stamp, value in frame["value"].items()}
    api = node.client()
    columns = api.get("/v1/points/plant%2Fpress1.nab/samples", limit=100000,
                      **{"from": "2013-01-01T00:00:00Z", "to": "2015-01-01T00:00:00Z"})["columns"]
    assert dict(zip(columns["time"], columns["value"])) == wanted
    assert set(columns["quality"]) == {"good"}
    rows = api.sql("SELECT count(*), avg(value), min(value), max(value) FROM samples "
                   "WHERE point = 'plant/press1.nab'")["rows"][0]
    assert rows[0] == 22683
    assert rows[1] == pytest.approx(frame["value"].mean(), rel=1e-12)
    assert rows[2:] == [frame["value"].min(), frame["value"].max()]
    again = cli.json("import", "csv", str(NAB), "--point", "plant/press1.nab", "--zone", "UTC")
    assert (again["replaced"], again["stored"], again["there_now"]) == (22695, 0, 22683)


@needs_nab
def test_what_is_exported_comes_in_again_elsewhere(cli, tmp_path):
    exported = tmp_path / "nab.csv"
    cli.run("export", "csv", "plant/press1.nab", "-o", str(exported))
    assert "is there already" in cli.error("export", "csv", "plant/press1.nab", "-o",
                                           str(exported), code=1)
    with exported.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 22683
    copy = tmp_path / "copy.csv"
    copy.write_text(exported.read_text().replace("press1.nab", "press1.copy"))
    cli.run("points", "create", "plant/press1.copy", "--unit", "Cel")
    report = cli.json("import", "csv", str(copy))
    assert report["stored"] == 22683 and report["replaced"] == 0
    second = cli.run("export", "csv", "plant/press1.copy").stdout
    assert second.replace("press1.copy", "press1.nab").splitlines() == \
        exported.read_text().splitlines()
    parquet = tmp_path / "nab.parquet"
    cli.run("export", "parquet", "plant/press1.nab", "-o", str(parquet))
    assert parquet.read_bytes()[:4] == b"PAR1"
    assert not list(tmp_path.glob("*.part"))


def test_a_bad_row_is_named_and_nothing_is_half_imported(cli, tmp_path):
    cli.run("points", "create", "plant/press1.clean")
    good = "".join(f"2026-04-01T00:{minute:02}:00Z,{minute}\n" for minute in range(60))
    path = write_file(tmp_path, "bad.csv", "time,value\n" + good +
                      "2026-04-01T01:00:00Z,warm\nnoon,3\n2026-04-01T01:02:00Z,4,5\n")
    text = cli.error("import", "csv", path, "--point", "plant/press1.clean", code=2)
    assert "3 rows cannot be used, so nothing was imported" in text
    assert "line 62: 'warm' in column 'value' is not a float64 value" in text
    assert "line 63: 'noon' is not a time" in text
    assert "line 64: the row has 3 fields where the header has 2" in text
    assert cli.json("read", "plant/press1.clean")["items"][0]["value"] is None
    # What only the server can know is found before the first value is stored, too.
    path = write_file(tmp_path, "future.csv", "time,value\n" + good + "2126-01-01T00:00:00Z,1\n")
    text = cli.error("import", "csv", path, "--point", "plant/press1.clean", code=2)
    assert "nothing was imported" in text and "line 62" in text
    assert cli.json("read", "plant/press1.clean")["items"][0]["value"] is None
    assert "--zone" in cli.error("import", "csv", write_file(
        tmp_path, "zone.csv", "time,value\n2026-04-01 00:00:00,1\n"), "--point",
        "plant/press1.clean", code=2)
    cli.error("import", "csv", str(tmp_path / "absent.csv"), "--point", "plant/press1.clean",
              code=3)
    assert "column 'nothing'" in cli.error("import", "csv", write_file(
        tmp_path, "column.csv", "time,nothing\n2026-04-01T00:00:00Z,1\n"), "--under",
        "plant/press1", code=3)
    checked = cli.json("import", "csv", write_file(tmp_path, "good.csv", "time,value\n" + good),
                       "--point", "plant/press1.clean", "--dry-run")
    assert checked["rows_read"] == 60 and checked["accepted"] == 0
    assert cli.json("read", "plant/press1.clean")["items"][0]["value"] is None


def test_times_come_in_many_forms_and_from_standard_input(cli):
    cli.run("points", "create", "plant/press1.forms")
    moment = {"%d/%m/%Y %H:%M": "01/05/2026 08:00", "s": "1777593600", "ms": "1777593600000.5",
              "us": "1777593600001000", "ns": "1777593600000000007"}
    for number, (form, text) in enumerate(moment.items()):
        cli.run("import", "csv", "-", "--point", "plant/press1.forms", "--time-format", form,
                "--zone", "UTC", "--separator", ";", input=f"when;v\n{text};{number}\n"
                .replace("when", "time"))
    columns = cli.json("history", "plant/press1.forms", "--from", "2026-05-01T00:00:00Z"
                       )["items"][0]["columns"]
    assert dict(zip(columns["time"], columns["value"])) == {
        "2026-05-01T00:00:00Z": 1, "2026-05-01T00:00:00.000000007Z": 4,
        "2026-05-01T00:00:00.0005Z": 2, "2026-05-01T00:00:00.001Z": 3,
        "2026-05-01T08:00:00Z": 0}


class Cutter:
    """Passes bytes on to a server, and cuts everything off after so many bytes to it."""

    def __init__(self, url, limit):
        self.target = urllib.parse.urlparse(url)
        self.limit = limit
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while self.limit > 0:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection((self.target.hostname, self.target.port))
            threading.Thread(target=self.back, args=(server, client), daemon=True).start()
            while self.limit > 0 and (data := client.recv(65536)):
                self.limit -= len(data)
                server.sendall(data)
            client.close()
            server.close()
        self.listener.close()

    @staticmethod
    def back(server, client):
        try:
            while data := server.recv(65536):
                client.sendall(data)
        except OSError:
            pass


def test_an_import_that_breaks_off_says_how_far_it_came_and_can_be_repeated(node, cli, tmp_path):
    cli.run("points", "create", "plant/press1.broken")
    path = write_file(tmp_path, "long.csv", "time,value\n" + "".join(
        f"{1767225600 + second},{second}\n" for second in range(50_000)))
    words = ("import", "csv", path, "--point", "plant/press1.broken", "--time-format", "s")
    person = Cli(tmp_path, Cutter(node.url, 1_000_000).url, node.token)
    text = person.run(*words, code=5).stderr
    found = re.search(r"Before that ([\d,]+) of 50,000 values were stored, up to line (\d+)", text)
    stored = int(found.group(1).replace(",", ""))
    assert 0 < stored < 50_000 and int(found.group(2)) == stored + 1
    assert "can be repeated" in text
    report = cli.json(*words)
    assert report["there_now"] == 50_000
    assert report["there_before"] >= stored


# --- completion

def complete(cli, line):
    """What bash offers at the end of that line."""
    words = line.split(" ")
    script = (f"source <({GANTRY} completion bash)\n"
              f"COMP_WORDS=({' '.join(repr(word) for word in words)})\n"
              f"COMP_CWORD={len(words) - 1}\n_gantry 2>/dev/null\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"")
    environment = cli.environment | {"PATH": BIN_PATH + ":" + os.environ["PATH"]}
    return subprocess.run(["bash", "--norc", "-c", script], env=environment, text=True, timeout=60,
                          capture_output=True, check=True).stdout.split()


BIN_PATH = os.path.abspath(BIN)


def test_bash_completes_commands_options_and_names(cli):
    assert complete(cli, "gantry as") == ["assets"]
    assert set(complete(cli, "gantry assets ")) == {"list", "tree", "show", "create", "delete"}
    assert complete(cli, "gantry assets list --un") == ["--under"]
    assert "--json" in complete(cli, "gantry --json read --")
    assert complete(cli, "gantry read plant/press1.temp") == ["plant/press1.temperature"]
    assert complete(cli, "gantry assets create x --model pres") == ["press", "press2"]
    assert complete(cli, "gantry points create a.b --type b") == ["bool"]
    assert "site" in complete(cli, "gantry assets create x --level ")
    for shell in ("zsh", "fish"):
        assert "gantry" in cli.run("completion", shell).stdout


# --- the demo plant

def test_the_demo_pack_is_what_the_plant_has(tmp_path):
    plant = subprocess.run([os.path.join(BIN, "gantry-plant"), "--map", "--json"],
                           capture_output=True, text=True, check=True).stdout
    root = HERE.parents[1]
    subprocess.run(["python3", str(root / "tools" / "make_demo_pack.py"), str(tmp_path)],
                   input=plant, text=True, check=True)
    for name in ("models.json", "assets.json", "connections.json"):
        made = (tmp_path / name).read_text(encoding="utf-8")
        assert made == (root / "packs" / "demo-plant" / name).read_text(encoding="utf-8"), (
            "gantry-plant --map --json | tools/make_demo_pack.py packs/demo-plant")


def offers_modbus(node):
    items = node.client().get("/v1/protocols")["items"]
    return any("modbus_tcp" in json.dumps(item) for item in items)


def test_connections_and_tags_of_none(cli):
    assert cli.json("connections", "list") == {"items": []}
    assert cli.json("tags", "list") == {"items": []}
    cli.error("connections", "show", "nowhere", code=3)
    cli.error("connections", "remove", "nowhere", "--yes", code=3)
    cli.error("connections", "test", code=2)
    cli.error("connections", "add", "x", "--set", "nonsense", code=2)
    planned = cli.json("connections", "add", "x", "--set", "host=192.0.2.1", "--set", "port=502",
                       "--dry-run")["would_create"]
    assert planned["settings"] == {"host": "192.0.2.1", "port": 502}
    cli.error("tags", "remove", "plant/press1.temperature", "--yes", code=3)
    made = cli.json("demo", "load", "--dry-run")
    assert made["models"]["made"] == 10 and made["tags"]["made"] == 169


def test_the_demo_plant_from_an_empty_server_to_live_values(tmp_path):
    with Gantryd() as fresh:
        if not offers_modbus(fresh):
            pytest.skip("this server speaks no Modbus")
        with Plant() as plant:
            demo_plant_from_empty_to_live(Cli(tmp_path, fresh.url, fresh.token), plant.port)


def demo_plant_from_empty_to_live(cli, port):
    loaded = cli.json("demo", "load", "--port", str(port))
    assert loaded["tags"] == {"made": 169, "changed": 0, "there": 0}
    again = cli.json("demo", "load", "--port", str(port))
    assert again["tags"] == {"made": 0, "changed": 0, "there": 169} and again["assets"]["made"] == 0
    point = "demo/pump-station/tank.level"

    def level():
        return cli.json("read", point)["items"][0]

    wait_until(lambda: level()["quality"] == "good", "a good level", 60)
    assert 0 < level()["value"] < 5.1
    wait_until(lambda: all(item["quality"] == "good" for item in
                           cli.json("read", "--under", "demo")["items"]), "all 169 good", 60)
    assert len(cli.run("watch", "--under", "demo", "--count", "200").stdout.splitlines()) == 200
    connection = cli.json("connections", "list")["items"][0]
    assert connection["key"] == "demo-plant" and connection["status"]["state"] == "running"
    assert "running" in cli.run("connections", "show", "demo-plant").stdout
    assert cli.json("connections", "test", "demo-plant")["connected"] is True
    device = ("--protocol", "modbus_tcp", "--set", "host=127.0.0.1", "--set", f"port={port}")
    assert cli.json("connections", "test", *device)["connected"] is True
    read = cli.json("connections", "read", *device, "--address", "ir:0:f32@ABCD")["items"][0]
    assert read["quality"] == "good" and 0 < read["value"] < 5.1
    found = cli.json("connections", "scan", "demo-plant", "--area", "ir", "--count", "20", "--yes")
    assert found["found"]
    setpoint = "demo/pump-station/pump2.speed_setpoint"
    written = cli.json("write", setpoint, "75", "--yes")
    assert written["outcome"] == "confirmed" and written["read_back"] == 75
    wait_until(lambda: cli.json("read", setpoint)["items"][0]["value"] == 75, "75 to be read")
    cli.run("tags", "remove", setpoint, "--yes")
    assert len(cli.json("tags", "list", "--connection", "demo-plant")["items"]) == 168
    cli.run("write", setpoint, "80", code=4)
    address = next(tag["address"] for tag in json.loads(
        (HERE.parents[1] / "packs/demo-plant/connections.json").read_text(encoding="utf-8")
    )["items"][0]["tags"] if tag["point"] == setpoint)
    cli.run("tags", "add", "demo-plant", setpoint, address)

    def confirmed():
        """Until the connection has taken the tag over, a write is refused."""
        with cli.start("write", setpoint, "80", "--yes") as written:
            out, problem = written.communicate(timeout=60)
        waits = ("taking over", "no enabled connection has the point")
        assert written.returncode == 0 or any(text in problem + out for text in waits), (
            out, problem)
        return out.startswith("confirmed")

    wait_until(confirmed, "a confirmed write")
    cli.run("connections", "remove", "demo-plant", "--yes")
    cli.error("connections", "show", "demo-plant", code=3)
