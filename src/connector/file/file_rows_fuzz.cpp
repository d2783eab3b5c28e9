// SPDX-License-Identifier: Apache-2.0
// A file gives the same rows whatever pieces it comes in, and its end is always reached.
#include "base/assert.h"
#include "connector/file/source.h"

namespace {

using namespace gantry::connector::file;

std::string rows_of(const Settings& settings, std::string_view text, std::size_t piece) {
    RowReader reader(settings);
    Source source(settings, {});
    std::string out;
    const Source::User user{
        .row = [&out](const gantry::connector::record::Row& row) -> gantry::Result<> {
            for (auto i = row.node; i < row.document[row.node].next; ++i) {
                out += row.document[i].key;
                out += '=';
                row.document.append_text(i, out);
            }
            out += '|';
            return {};
        },
        .more = [] { return true; }};
    for (std::size_t at = 0; at < text.size(); at += piece) {
        ASSERT(source.put({.size = text.size(),
                           .head = std::string(text.substr(0, source.at().head.size())),
                           .bytes = std::string(text.substr(at, piece))}));
        source.take(reader, user, false);
    }
    source.take(reader, user, true);
    ASSERT(source.broken() || source.next() == text.size());
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    Settings settings;
    settings.format = (data[0] & 1) != 0 ? "jsonl" : "csv";
    settings.header = (data[0] & 2) == 0;
    settings.delimiter = (data[0] & 4) != 0 ? ";" : ",";
    settings.decimal_comma = (data[0] & 4) != 0;
    settings.skip_lines = (data[0] & 8) != 0 ? 1 : 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    ASSERT(rows_of(settings, text, text.size() + 1) == rows_of(settings, text, 3));
    return 0;
}
