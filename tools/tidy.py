# SPDX-License-Identifier: Apache-2.0
"""Refuses what the project does not want and no compiler notices: tidy.py [folder].

Prints `path:line: rule: what to do` and ends with 1 when something is refused. A rule marked as a
warning is only told. Every rule has a test in tidy_test.py that shows it go red.
"""

import pathlib
import re
import subprocess
import sys
import typing
import unicodedata

CXX = {".h", ".cpp"}
CODE = CXX | {".c", ".cmake", ".py", ".sh", ".pl", ".ts", ".svelte"}
GENERATED = {"node_modules", "build", "dist", ".git", "__pycache__"}
FOREIGN = GENERATED | {"third_party", "corpus"}
HEADER_LINES = (250, 400)  # told from the first, refused from the second
SOURCE_LINES = (500, 600)
COLUMNS = 100

# Names that Asio, coroutines and allocators ask for.
EXPECTED_GETTERS = {"get_executor", "get_allocator", "get_return_object"}

# Where packages come from is the machine's affair. Written in parts: this file is checked too.
REGISTRY_HOSTS = re.compile(
    "|".join(r"\b(?:[\w-]+\.)*" + name + r"\." + domain for name, domain in (
        ("npm" + "js", "(?:org|com)"), ("yarn" + "pkg", "com"), ("py" + "pi", "org"),
        ("python" + "hosted", "org"), ("deb" + "ian", "org"), ("crates", "io"),
        ("proxy.go" + "lang", "org"), ("ruby" + "gems", "org"), ("repo1?.maven(?:.apache)?", "org"),
        ("node" + "source", "com"))), re.IGNORECASE)


class Finding(typing.NamedTuple):
    path: str
    line: int
    rule: str
    advice: str
    warning: bool = False

    def __str__(self):
        kind = "warning: " if self.warning else ""
        return f"{self.path}:{self.line}: {kind}{self.rule}: {self.advice}"


class File:
    """A text file of the project; `code` is its text without comments and contents of strings."""

    def __init__(self, root, path):
        self.path = path
        self.parts = path.parts
        self.suffix = path.suffix
        self.text = (root / path).read_bytes().decode("utf-8", errors="replace")
        self.lines = self.text.splitlines()
        self.ours = not FOREIGN.intersection(self.parts)
        self.in_src = self.parts[0] == "src" and len(self.parts) > 2
        self.module = self.parts[1] if self.in_src else None

    @property
    def code(self):
        blank = lambda found: re.sub(r"[^\n]", " ", found.group())
        return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, self.text, flags=re.DOTALL)

    def found(self, line, rule, advice, warning=False):
        return Finding(str(self.path), line, rule, advice, warning)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def project_files(root):
    """What git tracks or would add; without git, every file that nothing generated."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"], capture_output=True, check=False)
    if listed.returncode == 0:
        paths = [pathlib.Path(name.decode()) for name in listed.stdout.split(b"\0") if name]
    else:
        paths = [path.relative_to(root) for path in root.rglob("*")
                 if not GENERATED.intersection(path.relative_to(root).parts)]
    for path in sorted(set(paths)):
        full = root / path
        if full.is_file() and not full.is_symlink() and b"\0" not in full.read_bytes()[:8192]:
            yield File(root, path)


def read_modules(root):
    """Each module of src/modules.cmake with all that it may use, itself included; under the name with
    " test" behind it what its tests may use besides."""
    map_file = root / "src" / "modules.cmake"
    text = re.sub(r"#[^\n]*", "", map_file.read_text()) if map_file.exists() else ""
    allowed = {}
    for name, words in re.findall(r"\bmodule\(\s*(\w+)([^)]*)\)", text):
        allowed[name] = {name}
        allowed[name + " test"] = set()
        keyword = None
        for word in words.split():
            if word in ("DEPS", "LINK", "PRECOMPILE", "TEST_DEPS", "TEST_LINK"):
                keyword = word
            elif keyword in ("DEPS", "TEST_DEPS"):
                allowed[name if keyword == "DEPS" else name + " test"] |= allowed.get(word, {word})
    return allowed


def check_includes(file, modules):
    for_tests = file.path.stem.endswith(("_test", "_bench", "_fuzz", "testing"))
    usable = modules.get(file.module, set())
    if for_tests:
        usable = usable | modules.get(f"{file.module} test", set())
    for number, line in enumerate(file.lines, 1):
        include = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not include or not file.in_src:
            continue
        parts = include.group(1).split("/")
        if ".." in parts:
            yield file.found(number, "include", "write the path from src/, without '..'")
        if len(parts) < 2 or parts[0] == file.module:
            continue
        target = parts[0]
        if target == "testing":
            if not for_tests:
                yield file.found(number, "include", "testing/ is for tests")
            continue
        if "detail" in parts:
            yield file.found(number, "detail", f"use what {target}/ offers outside of its detail/")
        if target in modules and file.module in modules and target not in usable:
            yield file.found(number, "module", f"{file.module} does not use {target}: name it in DEPS "
                             "of src/modules.cmake, or do without")


def check_license(file):
    if file.suffix not in CODE or not file.text:
        return
    first = 1 if file.text.startswith("#!") else 0
    line = file.lines[first] if first < len(file.lines) else ""
    if "SPDX-License-Identifier: Apache-2.0" not in line:
        yield file.found(first + 1, "license", "this line is to be 'SPDX-License-Identifier: Apache-2.0'"
                         " in a comment")


def check_size(file):
    if file.suffix not in CXX:
        return
    told, refused = HEADER_LINES if file.suffix == ".h" else SOURCE_LINES
    count = len(file.lines)
    if count > told:
        yield file.found(count, "size", f"{count} lines: split it by responsibility "
                         f"(at most {refused}, better {told})", warning=count <= refused)


def width(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in line)


def check_layout(file):
    if file.suffix not in CODE:
        return
    for number, line in enumerate(file.lines, 1):
        if file.suffix in CXX and width(line) > COLUMNS and "://" not in line:
            yield file.found(number, "columns", f"{width(line)} columns: break it at {COLUMNS}")
        if "\t" in line:
            yield file.found(number, "tab", "indent with blanks")
        if line != line.rstrip():
            yield file.found(number, "blanks", "remove them at the end of the line")


def check_names(file):
    if file.suffix not in CXX or not file.in_src:
        return
    code = file.code
    for found in re.finditer(r"\b(?:class|struct)\s+(\w*(?:Manager|Helper|Util|Utils))\b", code):
        yield file.found(line_of(code, found.start()), "name",
                         f"say what {found.group(1)} is; that word says nothing")
    # Reading from a cursor, bool get_text(std::string_view& out), is not what is meant.
    declaration = r"^(?! *(?:return|co_return|co_await|throw|else)\b)([\w:<>,*&\[\] ]*[\w>*&\]]) *" \
                  r"(?<![\w:])(get_\w+)\s*\("
    for found in re.finditer(declaration, code, flags=re.MULTILINE):
        type_before, name = found.groups()
        if name not in EXPECTED_GETTERS and not re.search(r"\bbool$", type_before):
            yield file.found(line_of(code, found.start(2)), "name",
                             f"{name}: name it after what it returns, without get_")


def check_awaits(file):
    if file.suffix not in CXX:
        return
    code = file.code
    for found in re.finditer(r"(?:&&|\|\||\?)[\s(!*]*co_await\b|\?[^;{}?]*[^:]:\s*co_await\b", code):
        yield file.found(line_of(code, found.end()), "await",
                         "g++ 14 evaluates it whatever stands to its left: put it into a variable first")


def check_skips(file):
    if file.suffix not in CXX:
        return
    code = file.code
    for found in re.finditer(r"\bGTEST_SKIP\(\)\s*(?!<<|\s)", code):
        yield file.found(line_of(code, found.start()), "skip", "say why: GTEST_SKIP() << \"...\"")


def check_hosts(file):
    for number, line in enumerate(file.lines, 1):
        host = REGISTRY_HOSTS.search(line)
        if host:
            yield file.found(number, "registry", f"remove {host.group()}: the machine's settings say "
                             "where packages come from")


def check(root):
    """All findings, in the order of the files."""
    root = pathlib.Path(root).resolve()
    modules = read_modules(root)
    for file in project_files(root):
        yield from check_hosts(file)
        if file.ours:
            yield from check_includes(file, modules)
            for rule in (check_license, check_size, check_layout, check_names, check_awaits,
                         check_skips):
                yield from rule(file)


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent
    findings = list(check(root))
    for finding in findings:
        print(finding)
    return 1 if any(not finding.warning for finding in findings) else 0


if __name__ == "__main__":
    sys.exit(main())
