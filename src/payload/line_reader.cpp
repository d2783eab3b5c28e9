// SPDX-License-Identifier: Apache-2.0
#include "payload/line_reader.h"

#include "base/encoding.h"
#include "lineprotocol/series_key.h"

namespace gantry::payload {
namespace {

// Names that are known; beyond them all are forgotten.
constexpr std::size_t names_bytes_max = std::size_t{8} << 20;
constexpr std::size_t cache_bytes_max = std::size_t{8} << 20;

}  // namespace

LineReader::LineReader(Random& random)
    : cache_(
          random,
          [this](std::string_view key, ValueType) -> Result<SeriesId> {
              // One key may come with two types, and be two series here.
              series_.push_back({lineprotocol::split_series_key(key)});
              series_bytes_ += sizeof(Series) + 4 * key.size();
              return SeriesId{static_cast<std::uint32_t>(series_.size() - 1)};
          },
          cache_bytes_max) {}

Result<> LineReader::read(std::string_view text, const lineprotocol::LineOptions& options,
                          Document& document) {
    if (!is_utf8(text)) {
        return fail(Code::InvalidArgument, "the lines are not UTF-8");
    }
    if (series_bytes_ > names_bytes_max) {
        cache_.clear();
        series_.clear();
        series_bytes_ = 0;
    }
    batch_.clear();
    lineprotocol::LineParser parser(cache_, options);
    parser.parse(as_bytes(text), true, batch_);
    refused_ = parser.refused();
    first_.reset();
    if (!parser.errors().empty()) {
        first_ = {parser.errors()[0].error.code, lineprotocol::to_text(parser.errors()[0]), {}};
    }
    bool room = document.open(Kind::Array);
    for (std::size_t i = 0; room && i < batch_.size(); ++i) {
        room = add(batch_.row(i), document);
    }
    if (!room) {
        return fail(Code::TooLarge, "the lines have too many values");
    }
    document.close();
    return {};
}

bool LineReader::add(const Row& row, Document& document) const {
    const lineprotocol::SeriesName& name = series_[row.series.value].name;
    bool room = document.open(Kind::Object) && document.text(name.measurement, "measurement") &&
                document.open(Kind::Object, "tags");
    for (std::size_t i = 0; room && i < name.tags.size(); ++i) {
        room = document.text(name.tags[i].second, name.tags[i].first);
    }
    if (!room) {
        return false;
    }
    document.close();
    room = document.text(name.field, "field") && document.whole(row.time, "time");
    switch (row.type) {
        case ValueType::Null: break;
        case ValueType::Bool: room = room && document.flag(row.bits != 0, "value"); break;
        case ValueType::Int64:
            room = room && document.whole(static_cast<std::int64_t>(row.bits), "value");
            break;
        case ValueType::Float64:
            room = room && document.number(std::bit_cast<double>(row.bits), "value");
            break;
        case ValueType::String: room = room && document.text(row.text, "value"); break;
    }
    if (room) {
        document.close();
    }
    return room;
}

}  // namespace gantry::payload
