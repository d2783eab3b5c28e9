# SPDX-License-Identifier: Apache-2.0
"""./dev run: gantryd with its embedded defaults, and the demo plant that it polls.

run.py <folder of the programs> <folder to keep everything in>. Ends with Ctrl-C, or when one of the
two programs ends by itself.
"""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time

HTTP_PORT = int(os.environ.get("GANTRY_PORT", "8080"))
PLANT_PORT = int(os.environ.get("GANTRY_PLANT_PORT", "5020"))
MQTT_PORT = int(os.environ.get("GANTRY_MQTT_PORT", "1883"))
START_SECONDS = 60
STOP_SECONDS = 20


class Failed(Exception):
    """What to tell the user instead of a trace."""


def say(text=""):
    print(text, flush=True)


def check_port(port, variable, what):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Failed(f"port {port}, for {what}, cannot be used ({error.strerror}); choose "
                         f"another by {variable}=<port> ./dev run") from None


class Program:
    """A child whose output is kept in a file, apart from what it says at the start."""

    def __init__(self, command, log):
        self.name = pathlib.Path(command[0]).name
        self.log = log
        with log.open("ab") as errors:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors,
                                            stdin=subprocess.DEVNULL, text=True)

    def lines_until(self, pattern):
        """What it says up to a line like that."""
        said = []
        watchdog = threading.Timer(START_SECONDS, self.process.kill)
        watchdog.start()
        for line in self.process.stdout:
            said.append(line.rstrip())
            if re.search(pattern, line):
                break
        else:
            last = self.log.read_text(errors="replace").strip().splitlines()[-1:]
            raise Failed(f"{self.name} did not start: {' '.join(last) or 'it said nothing'}")
        watchdog.cancel()
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        return said

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failed(f"{self.name} did not stop within {STOP_SECONDS} s; see {self.log}") \
                from None
        if code != 0:
            raise Failed(f"{self.name} ended with {code}; see {self.log}")


def load_demo(programs, url, folder, token_file):
    """Models, assets and the connection, if they are not there yet."""
    token = token_file.read_text().strip()
    token_file.unlink()
    done = subprocess.run(
        [programs / "gantry", "--no-input", "demo", "load", "--port", str(PLANT_PORT)],
        env={**os.environ, "GANTRY_URL": url, "GANTRY_TOKEN": token,
             "XDG_CONFIG_HOME": str(folder / "config")},
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"the demo plant could not be set up: {done.stderr.strip()}")
    return done.stdout.strip() or done.stderr.strip()


def run(programs, folder):
    folder.mkdir(parents=True, exist_ok=True)
    check_port(HTTP_PORT, "GANTRY_PORT", "console and API")
    check_port(PLANT_PORT, "GANTRY_PLANT_PORT", "the demo plant")
    check_port(MQTT_PORT, "GANTRY_MQTT_PORT", "the MQTT broker")
    config = folder / "gantry.toml"
    config.write_text(f'[mqtt]\nlisten = "127.0.0.1:{MQTT_PORT}"\n')
    token = folder / "token"
    started = []
    try:
        plant = Program([programs / "gantry-plant", "--listen", f"127.0.0.1:{PLANT_PORT}"],
                        folder / "plant.log")
        started.append(plant)
        plant.lines_until("serving Modbus TCP")
        node = Program([programs / "gantryd", "--config", config, "--data", folder / "data", "--listen",
                        f"127.0.0.1:{HTTP_PORT}", "--setup-token", token], folder / "gantryd.log")
        started.append(node)
        said = node.lines_until("^Stop with")
        url = next(found.group() for line in said if (found := re.search(r"https?://\S+", line)))
        loaded = load_demo(programs, url, folder, token)
        for line in said[:-1]:
            say(line)
            if line.startswith("  data "):
                say(f"  demo plant        Modbus TCP at 127.0.0.1:{PLANT_PORT}; {loaded}")
                say(f"  logs              {folder}/*.log")
        if not any("first start" in line for line in said):
            say("\n  Sign in with the password that you chose. To begin anew, stop and remove "
                f"{folder}.\n")
        say(f"  On the command line: ./dev shell {programs / 'gantry'} sign-in {url}")
        say("\nStop with Ctrl-C.")
        while all(program.process.poll() is None for program in started):
            time.sleep(0.2)
        ended = next(program for program in started if program.process.poll() is not None)
        raise Failed(f"{ended.name} has ended by itself; see {ended.log}")
    finally:
        for program in reversed(started):
            program.stop()


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
    except KeyboardInterrupt:
        say("\nstopped")
        return 0
    except Failed as error:
        print(f"dev: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
