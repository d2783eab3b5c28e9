# SPDX-License-Identifier: Apache-2.0
"""Shows that each rule of tidy.py goes red on what it refuses, and only on that."""

import pathlib
import tempfile
import unittest

import tidy

LICENSE = "// SPDX-License-Identifier: Apache-2.0\n"
MODULES = """# module(comment DEPS store)
module(base)
module(model DEPS base)
module(store DEPS model LINK dep::zstd)
module(http DEPS base LINK dep::asio PRECOMPILE asio)
"""


class TidyTest(unittest.TestCase):
    def rules(self, files, warnings=False):
        """The rules that are broken by a project made of these files."""
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {"src/modules.cmake": "# SPDX-License-Identifier: Apache-2.0\n" + MODULES,
                               **files}.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return [finding.rule for finding in tidy.check(folder) if finding.warning == warnings]

    def source(self, body, name="src/store/x.cpp"):
        return self.rules({name: LICENSE + body})

    def test_a_clean_file_is_clean(self):
        self.assertEqual(self.source('#include "store/x.h"\n#include "base/id.h"\nint x() { return 1; }\n'), [])

    def test_an_include_of_a_module_that_is_not_declared(self):
        self.assertEqual(self.source('#include "http/server.h"\n'), ["module"])
        self.assertEqual(self.source('#include "base/id.h"\n', "src/http/x.cpp"), [])
        self.assertEqual(self.source('#include "model/unit.h"\n', "src/http/x.cpp"), ["module"])

    def test_a_module_that_only_the_tests_may_use(self):
        modules = {"src/modules.cmake": LICENSE.replace("//", "#") +
                   "module(base)\nmodule(lines DEPS base)\nmodule(store DEPS base TEST_DEPS lines)\n"}
        body = LICENSE + '#include "lines/parser.h"\n'
        self.assertEqual(self.rules({**modules, "src/store/x_bench.cpp": body}), [])
        self.assertEqual(self.rules({**modules, "src/store/x.cpp": body}), ["module"])

    def test_the_map_counts_what_a_dependency_depends_on(self):
        self.assertEqual(self.source('#include "base/id.h"\n', "src/store/deep/x.cpp"), [])

    def test_an_include_of_another_modules_detail(self):
        self.assertEqual(self.source('#include "model/detail/x.h"\n'), ["detail"])
        self.assertEqual(self.source('#include "store/detail/x.h"\n'), [])

    def test_an_include_by_a_way_round(self):
        self.assertEqual(self.source('#include "../http/server.h"\n'), ["include"])

    def test_testing_is_only_for_tests(self):
        self.assertEqual(self.source('#include "testing/testing.h"\n'), ["include"])
        self.assertEqual(self.source('#include "testing/testing.h"\n', "src/store/x_test.cpp"), [])

    def test_a_file_without_its_license(self):
        for suffix in ("h", "cpp", "c", "cmake", "py", "sh", "pl", "ts", "svelte"):
            self.assertEqual(self.rules({f"tools/x.{suffix}": "nothing\n"}), ["license"], suffix)
        self.assertEqual(self.rules({"tools/x.sh": "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n"}), [])
        self.assertEqual(self.rules({"tools/x.sh": "#!/bin/sh\n\n# SPDX-License-Identifier: Apache-2.0\n"}),
                         ["license"])

    def test_what_others_wrote_is_left_alone(self):
        self.assertEqual(self.rules({"third_party/x/x.py": "nothing\n"}), [])

    def test_files_that_are_too_long(self):
        header, source = "src/store/x.h", "src/store/x.cpp"
        self.assertEqual(self.rules({header: LICENSE + "\n" * 400}), ["size"])
        self.assertEqual(self.rules({source: LICENSE + "\n" * 600}), ["size"])
        self.assertEqual(self.rules({header: LICENSE + "\n" * 399}), [])
        self.assertEqual(self.rules({header: LICENSE + "\n" * 250}, warnings=True), ["size"])
        self.assertEqual(self.rules({source: LICENSE + "\n" * 500}, warnings=True), ["size"])
        self.assertEqual(self.rules({source: LICENSE + "\n" * 499}, warnings=True), [])

    def test_lines_over_a_hundred_columns(self):
        self.assertEqual(self.source("// " + "x" * 98 + "\n"), ["columns"])
        self.assertEqual(self.source("// " + "x" * 97 + "\n"), [])
        self.assertEqual(self.source("// " + "泵" * 49 + "\n"), ["columns"])

    def test_tabs_and_trailing_blanks(self):
        self.assertEqual(self.source("\tint x;\n"), ["tab"])
        self.assertEqual(self.source("int x; \n"), ["blanks"])

    def test_names_that_say_nothing(self):
        for name in ("SessionManager", "TimeHelper", "StringUtil", "Utils"):
            self.assertEqual(self.source(f"class {name} {{}};\n"), ["name"], name)
        self.assertEqual(self.source("class Managers {};  // not a Manager\n"), [])

    def test_functions_named_get(self):
        for line in ("    int get_size() const;", "auto get_it(int x) -> int {", "std::vector<int>& get_all();",
                     "    [[nodiscard]] int get_size() const;", "Result<Time> get_time() {"):
            self.assertEqual(self.source(line + "\n"), ["name"], line)
        for line in ("    return get_if(x);", "    auto x = std::get_time(y);", "    x.get_executor();",
                     "    executor_type get_executor() const;", "    y(stream->get_option());",
                     "// int get_size();", "    [[nodiscard]] bool get_text(std::string_view& text) {", "    std::get_if<int>(&x);", "    boost::get_pointer(x);"):
            self.assertEqual(self.source(line + "\n"), [], line)

    def test_awaiting_where_the_compiler_evaluates_too_much(self):
        for line in ("if (a && co_await b())", "x = a || !co_await b();", "co_return a ? co_await b() : c;",
                     "co_return a ? b : co_await c();", "if (a &&\n    (co_await b()))"):
            self.assertEqual(self.source(line + "\n"), ["await"], line)
        for line in ("co_await (a() || b());", "if (!co_await b())", "// a && co_await b",
                     "for (auto x : co_await b())", "case a: co_await b();"):
            self.assertEqual(self.source(line + "\n"), [], line)

    def test_a_skip_without_a_reason(self):
        self.assertEqual(self.source("    GTEST_SKIP();\n"), ["skip"])
        self.assertEqual(self.source('    GTEST_SKIP() << "no IPv6 here";\n'), [])
        self.assertEqual(self.source('    GTEST_SKIP()\n        << "no IPv6 here";\n'), [])

    def test_the_host_of_a_package_registry(self):
        for host in ("registry.npm" + "js.org", "py" + "pi.org", "files.python" + "hosted.org",
                     "deb.deb" + "ian.org", "static.crates" + ".io", "proxy.go" + "lang.org",
                     "repo.maven" + ".apache.org", "repo1.maven" + ".org", "registry.yarn" + "pkg.com",
                     "ruby" + "gems.org", "deb.node" + "source.com"):
            self.assertEqual(self.rules({"docs/x.md": f"see https://{host}/x\n"}), ["registry"], host)
            self.assertEqual(self.rules({"third_party/x/package-lock.json": f'"{host}"\n'}), ["registry"])
        self.assertEqual(self.rules({"docs/x.md": "Debian, npm and PyPI\n"}), [])


if __name__ == "__main__":
    unittest.main()
