# SPDX-License-Identifier: Apache-2.0
"""What a disk may hold after a power cut, from a recording of disk_recorder.cpp.

POSIX promises no more than this: what was written to a file is there after a cut if the file was
synced afterwards, else any of it may be, in any order, sector by sector; an entry of a folder is
there if the folder was synced afterwards, else the latest changes of it may be missing.
"""

import os
import posixpath
import struct

HEAD = struct.Struct("<cQQQI")
SECTOR = 512


def records(path):
    """(where it begins, kind, file, a, bytes) of each."""
    with open(path, "rb") as recording:
        at = 0
        while head := recording.read(HEAD.size):
            kind, file, a, _, length = HEAD.unpack(head)
            yield at, kind.decode(), file, a, recording.read(length)
            at += HEAD.size + length


class File:
    """What is safe, and what came since."""

    def __init__(self):
        self.safe = bytearray()
        self.since = []

    def sync(self):
        for change in self.since:
            apply(self.safe, *change)
        self.since = []

    def after_cut(self, random, kept):
        """Each change since the last sync is there with that probability, a write by sectors."""
        content = bytearray(self.safe)
        for kind, at, data in self.since:
            if kind != "W":
                if random.random() < kept:
                    apply(content, kind, at, data)
                continue
            torn = random.random() < 0.5
            whole = random.random() < kept
            for start, end in sectors(at, len(data)) if torn else [(at, at + len(data))]:
                if random.random() < kept if torn else whole:
                    apply(content, "W", start, data[start - at:end - at])
        return content


def sectors(at, length):
    edges = [at, *range((at // SECTOR + 1) * SECTOR, at + length, SECTOR), at + length]
    return zip(edges, edges[1:], strict=False)


def apply(content, kind, at, data):
    if kind == "T":
        del content[at:]
    if len(content) < at:
        content.extend(bytes(at - len(content)))
    if kind == "W":
        content[at:at + len(data)] = data


class Folder:
    """Entries that are safe, and changes of them since: (name, file or folder, or None)."""

    def __init__(self):
        self.safe = {}
        self.now = {}
        self.since = []

    def change(self, changes):
        """Changes that only come together."""
        self.since.append(changes)
        for name, what in changes:
            enter(self.now, name, what)

    def sync(self):
        self.safe = dict(self.now)
        self.since = []

    def after_cut(self, random, kept):
        entries = dict(self.safe)
        for changes in self.since:  # a file system's own journal keeps their order
            if random.random() >= kept:
                break
            for name, what in changes:
                enter(entries, name, what)
        return entries


def enter(entries, name, what):
    if what is None:
        entries.pop(name, None)
    else:
        entries[name] = what


class Disk:
    """The folder that was recorded, at one moment of the recording."""

    def __init__(self, root):
        self.root = root
        self.top = Folder()
        self.by_inode = {}

    def find(self, path):
        """The folder that a path is in, and its name there."""
        assert path.startswith(self.root), path
        folder = self.top
        *parents, name = posixpath.normpath(path[len(self.root):]).strip("/").split("/")
        for parent in parents:
            folder = folder.now[parent]
        return folder, name

    def play(self, kind, file, a, data):
        if kind == "X":
            raise AssertionError(f"the recorder does not understand {data.decode()}")
        if kind in "WTA":
            kind = "T" if kind == "T" else kind
            self.by_inode[file].since.append((kind, a, data))
        elif kind == "S":
            self.by_inode[file].sync()
        elif kind == "R":
            self.rename(data[:a].decode(), data[a:].decode())
        else:
            self.enter(kind, file, data.decode())

    def enter(self, kind, file, path):
        if path.rstrip("/") == self.root:
            if kind == "O":
                self.by_inode[file] = self.top
            return
        folder, name = self.find(path)
        if kind == "C":
            folder.change([(name, File())])
        elif kind == "M":
            folder.change([(name, Folder())])
        elif kind == "U":
            folder.change([(name, None)])
        if kind in "CO":
            self.by_inode[file] = folder.now[name]

    def rename(self, old, new):
        (folder, name), (other, new_name) = self.find(old), self.find(new)
        assert folder is other, f"{old} moves to another folder"
        folder.change([(new_name, folder.now[name]), (name, None)])

    def save(self, path, random, kept):
        """Writes to a new folder what a cut may leave; kept is 1 for all that was written."""
        save(self.top, path, random, kept)


def save(folder, path, random, kept):
    os.mkdir(path)
    for name, what in folder.after_cut(random, kept).items():
        inner = os.path.join(path, name)
        if isinstance(what, Folder):
            save(what, inner, random, kept)
        else:
            with open(inner, "wb") as file:
                file.write(what.after_cut(random, kept))
