# SPDX-License-Identifier: Apache-2.0
"""The SDK for TypeScript: compiles strictly, passes its tests against the real gantryd, and its examples
and its guide run."""

import functools
import http.server
import json
import re
import subprocess
import threading

import pytest

import sdk_process
from gantryd_process import Gantryd, wait_until

HERE = sdk_process.TYPESCRIPT


def tsc(*arguments):
    return sdk_process.run(["npx", "--no-install", "tsc", *arguments], cwd=HERE, seconds=300)


@pytest.fixture(scope="module", autouse=True)
def compiled():
    lock = json.loads((HERE / "package-lock.json").read_text())["packages"]
    installed = HERE / "node_modules/typescript/package.json"
    if not installed.exists() or (json.loads(installed.read_text())["version"]
                                  != lock["node_modules/typescript"]["version"]):
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit"], cwd=HERE, check=True,
                       capture_output=True, timeout=600)
    tsc("-p", "tsconfig.json")
    tsc("-p", "tsconfig.examples.json")


def test_the_client_does_what_it_says():
    with Gantryd() as node:
        said = sdk_process.run(["node", "--test", "--test-reporter=tap", "test/"], node, cwd=HERE,
                               seconds=300)
    assert re.search(r"^# fail 0$", said, re.MULTILINE)
    assert int(re.search(r"^# pass (\d+)$", said, re.MULTILINE).group(1)) > 15


def test_live_takes_the_web_socket_of_browsers_and_newer_nodes():
    with Gantryd() as node:
        said = sdk_process.run(
            ["node", "--experimental-websocket", "--test", "--test-reporter=tap",
             "--test-name-pattern=live", "test/"], node, cwd=HERE, seconds=300)
    assert re.search(r"^# pass [1-9]", said, re.MULTILINE)
    assert re.search(r"^# fail 0$", said, re.MULTILINE)


PAGE = """<!doctype html><title>waiting</title><pre></pre><script type="module">
import { Client, numbers } from '/index.js';
try {
    const client = new Client({ url: 'URL', token: 'TOKEN' });
    await client.createAsset({ key: 'browser' });
    await client.createPoint({ asset: 'browser', key: 'p', type: 'float64' });
    await client.samples.write([{ point: 'browser.p', value: 1.5 }]);
    const [read] = await client.samples.read({ points: 'browser.p' });
    const said = [...numbers(read)];
    for await (const sample of client.live.follow({ points: 'browser.p', idleMs: 300 })) said.push(sample.value);
    document.querySelector('pre').textContent = 'said ' + said;
} catch (error) {
    document.querySelector('pre').textContent = String(error.stack);
}
await fetch('/said', { method: 'POST', body: document.querySelector('pre').textContent });
</script>"""


class Pages(http.server.SimpleHTTPRequestHandler):
    """The compiled package and a page that uses it, which tells what came of it."""

    def do_GET(self):  # pylint: disable=invalid-name
        if self.path != "/":
            super().do_GET()
            return
        page = self.server.page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def do_POST(self):  # pylint: disable=invalid-name
        self.server.said = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


def test_it_works_in_a_browser(tmp_path):
    # The page is not the server's own, which browsers rightly refuse; here it is wanted.
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-web-security",
               f"--user-data-dir={tmp_path}", "--no-proxy-server"]
    pages = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Pages, directory=HERE / "dist"))
    pages.said = None
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    with Gantryd() as node:
        pages.page = PAGE.replace("URL", node.url).replace("TOKEN", node.token)
        with subprocess.Popen([*command, f"http://127.0.0.1:{pages.server_port}/"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as browser:
            try:
                wait_until(lambda: pages.said, "the page", seconds=60)
            finally:
                browser.kill()
    pages.shutdown()
    assert pages.said == "said 1.5,1.5"


def test_the_examples_run():
    with Gantryd() as node:
        def example(name):
            return sdk_process.run(["node", f"build/examples/{name}.js"], node, cwd=HERE)
        said = example("onboarding")
        assert "works/pump1.flow float64 m3/h" in said and "already there" not in said
        assert example("onboarding").count("already there") == 5
        said = example("write_and_read")
        assert "written: 1440" in said and "row 1 of works/pump1.running" in said
        assert "read: 1440 rows in m3/h" in said and "least: 40.0" in said
        assert example("live").splitlines()[-1] == "works/pump1.starts 5 good"
        said = example("errors")
        for word in ("not found:", "wrong: /properties/0/unit", "changed meanwhile:",
                     "rejected: not_found", "nobody there"):
            assert word in said


def test_the_guide_runs():
    folder = HERE / "build/guide"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "guide.ts").write_text("".join(sdk_process.blocks_of_guide("ts")))
    (folder / "tsconfig.json").write_text(json.dumps({
        "extends": "../../tsconfig.json", "files": ["guide.ts"], "include": [],
        "compilerOptions": {"rootDir": ".", "outDir": ".", "noUnusedLocals": False}}))
    tsc("-p", folder / "tsconfig.json")
    with Gantryd() as node:
        said = sdk_process.run(["node", folder / "guide.js"], node, cwd=HERE)
    assert "plant/line2/pump3.flow" in said


def test_the_package_has_what_it_needs():
    listed = json.loads(sdk_process.run(
        ["npm", "pack", "--dry-run", "--ignore-scripts", "--json"], cwd=HERE))
    names = {entry["path"] for entry in listed[0]["files"]}
    assert {"dist/index.js", "dist/index.d.ts", "dist/generated.d.ts", "README.md", "LICENSE",
            "package.json", "src/index.ts"} <= names
    assert not any(name.startswith(("test/", "examples/", "build/")) for name in names)
    package = json.loads((HERE / "package.json").read_text())
    assert "dependencies" not in package and list(package["devDependencies"]) == ["typescript"]
