#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packs the console's built files into one, which the program embeds.

usage: pack_assets.py <folder> <output>

The pack is text, then bytes: a line a file, "path type etag plain-size gzip-size forever", separated
by tabs; an empty line; then for each file its plain bytes and its gzip bytes. A gzip size of 0 means
that packing does not pay. "forever" is 1 for files whose name holds a hash of their content.
"""

import gzip
import hashlib
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}

NOT_BUILT = (
    b"<!doctype html><meta charset=utf-8><title>Gantry</title>"
    b"<p>This program was built without its console. Run <code>./dev build</code>.</p>"
)


def main() -> int:
    folder, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    files = {}
    if (folder / "index.html").exists():
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                files["/" + path.relative_to(folder).as_posix()] = path.read_bytes()
    else:
        files["/index.html"] = NOT_BUILT
    index, data = [], []
    for name, plain in files.items():
        kind = TYPES.get(pathlib.PurePosixPath(name).suffix, "application/octet-stream")
        packed = gzip.compress(plain, 9, mtime=0)
        if len(packed) > 0.9 * len(plain):
            packed = b""
        tag = '"%s"' % hashlib.sha256(plain).hexdigest()[:20]
        forever = "1" if name.startswith("/assets/") else "0"
        index.append("\t".join([name, kind, tag, str(len(plain)), str(len(packed)), forever]))
        data += [plain, packed]
    content = "".join(line + "\n" for line in index).encode() + b"\n" + b"".join(data)
    if not output.exists() or output.read_bytes() != content:
        output.write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
