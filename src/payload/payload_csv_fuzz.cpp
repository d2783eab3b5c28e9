// SPDX-License-Identifier: Apache-2.0
// Any text as CSV: what was read, written again with every cell in quotes, is read as the same.
#include "base/assert.h"
#include "payload/csv_reader.h"

namespace {

using namespace gantry::payload;

std::string cell(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        out += c == '"' ? "\"\"" : std::string(1, c);
    }
    return out + "\"";
}

std::string row(const std::vector<std::string>& cells) {
    std::string out;
    for (const std::string& one : cells) {
        out += out.empty() ? "" : ";";
        out += cell(one);
    }
    return out + "\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    CsvReader reader;
    CsvOptions options;
    options.columns = {"a", "b", "c"};
    options.header = size % 2 == 0;
    Document document;
    document.begin(300, 4, size);
    if (!reader.read(text, options, document)) {
        return 0;
    }
    std::string again;
    for (NodeIndex at = 1; at < document.size(); at = document[at].next) {
        std::vector<std::string> cells;
        for (NodeIndex child = at + 1; child < document[at].next; ++child) {
            ASSERT(document[child].key == options.columns[cells.size()]);
            cells.emplace_back(document[child].text);
        }
        ASSERT(!cells.empty() && cells.size() <= 3);
        again += row(cells);
    }
    Document second;
    second.begin(300, 4, again.size());
    options.header = false;
    options.separator = ';';
    ASSERT(reader.read(again, options, second));
    ASSERT(second.size() == document.size());
    for (NodeIndex i = 0; i < second.size(); ++i) {
        ASSERT(second[i].text == document[i].text && second[i].kind == document[i].kind);
    }
    return 0;
}
