// SPDX-License-Identifier: Apache-2.0
#include "lineprotocol/line_parser.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <format>

#include "base/assert.h"
#include "lineprotocol/detail/numbers.h"

namespace gantry::lineprotocol {
namespace {

using detail::load_word;
using detail::Reading;

// What can be read behind a name: a value, a timestamp, and what these read too far.
constexpr std::ptrdiff_t slack_bytes = 2 * detail::number_slack_bytes;

constexpr detail::Stops newline = {'\n', '\n', '\n', '\n'};
constexpr detail::Stops prefix_ends = {' ', '\n', ' ', '\n'};
constexpr detail::Stops string_ends = {'"', '\\', '\n', '"'};

// Whether `at` begins with the text. Both may be read eight bytes too far.
bool same_text(const char* at, std::string_view text) {
    const char* to = text.data();
    std::size_t left = text.size();
    for (; left > 8; left -= 8, at += 8, to += 8) {
        if (load_word(at) != load_word(to)) {
            return false;
        }
    }
    return (load_word(at) ^ load_word(to)) << (64 - 8 * left) == 0;
}

}  // namespace

LineParser::LineParser(SeriesCache& cache, LineOptions options)
    : cache_(cache),
      options_(options),
      unit_(nanoseconds_of(options.precision)),
      find_(detail::finder().find),
      reader_(options) {}

void LineParser::Values::make_room(std::size_t rows) {
    if (series.size() < rows) {
        series.resize(rows);
        types.resize(rows);
        bits.resize(rows);
    }
}

void LineParser::parse(ByteView piece, bool last, SampleBatch& batch) {
    std::string_view text = as_text(piece);
    while (!kept_.empty() && !text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        const bool complete = text[end - 1] == '\n';
        kept_ += text.substr(0, end);
        text.remove_prefix(end);
        const bool too_long = kept_.size() > options_.limits.line_bytes_max;
        if ((!complete && !too_long) || kept_.size() < kept_enough_) {
            continue;
        }
        kept_.erase(0, take(kept_, last && text.empty(), batch));
        // A string with newlines in it may go on and on: each try begins with its line anew.
        kept_enough_ = kept_.size() + kept_.size() / 4;
    }
    if (!kept_.empty()) {
        if (last) {
            kept_.erase(0, take(kept_, true, batch));
        }
        ASSERT(!last || kept_.empty());
        return;
    }
    kept_ = text.substr(take(text, last, batch));
    kept_enough_ = 0;
}

std::size_t LineParser::take(std::string_view text, bool last, SampleBatch& batch) {
    const char* at = text.data();
    const char* end = at + text.size();
    while (at != end) {
        if (skipping_) {
            at = find_(at, end, newline);
            if (at != end) {
                ++at;
                ++line_;
                skipping_ = false;
            }
            continue;
        }
        if (const char* next = take_known(at, end, batch)) {
            at = next;
            ++line_;
            continue;
        }
        const char* next = take_any(at, end, last, batch);
        if (next == nullptr) {
            break;
        }
        at = next;
    }
    return static_cast<std::size_t>(at - text.data());
}

const char* LineParser::take_any(const char* from, const char* end, bool last, SampleBatch& batch) {
    switch (reader_.read(from, end, last)) {
        case Reading::Unfinished: return nullptr;
        case Reading::Refused:
            refuse(reader_.error_column(), reader_.error());
            skipping_ = true;
            return from;
        case Reading::Point:
            if (store(batch)) {
                ++lines_;
            }
            break;
        case Reading::Nothing: break;
    }
    const char* next = reader_.line_end();
    line_ += static_cast<std::uint64_t>(std::count(from, next, '\n'));
    return next;
}

LineParser::Prefix* LineParser::known_prefix(const char* from, const char* end) const {
    Prefix* expected = cache_.expected();
    if (expected != nullptr && end - from > expected->text_bytes + slack_bytes &&
        same_text(from, {expected->text, expected->text_bytes})) {
        return expected;
    }
    const char* stop = find_(from, end, prefix_ends);
    while (stop != end && *stop == ' ' && stop != from && stop[-1] == '\\') {
        stop = find_(stop + 1, end, prefix_ends);
    }
    if (end - stop < slack_bytes || *stop != ' ') {
        return nullptr;
    }
    return cache_.find({from, stop});
}

const LineParser::Field* LineParser::known_field(const Field* field, const Field* fields_end,
                                                 const char* at, const char* end) const {
    for (; field != fields_end; ++field) {
        const std::string_view name = cache_.name(*field);
        if (end - at < static_cast<std::ptrdiff_t>(name.size()) + slack_bytes) {
            return fields_end;
        }
        if (same_text(at, name)) {
            break;
        }
    }
    return field;
}

const char* LineParser::take_known(const char* from, const char* end, SampleBatch& batch) {
    Prefix* prefix = known_prefix(from, end);
    if (prefix == nullptr) {
        return nullptr;
    }
    if (prefix->next != nullptr) {
        constexpr std::ptrdiff_t line_bytes = 64;
        const auto* next = reinterpret_cast<const char*>(prefix->next);
        for (int i = 0; i < 4; ++i) {
            __builtin_prefetch(next + i * line_bytes);
        }
    }
    const char* at = from + prefix->text_bytes;
    const Field* field = prefix->fields;
    const Field* fields_end = field + prefix->field_count;
    row_.clear();
    row_.make_room(prefix->field_count);
    while (true) {
        field = known_field(field, fields_end, at, end);
        if (field == fields_end) {
            return nullptr;
        }
        at += cache_.name(*field).size();
        at = take_value(at, end, field->type);
        if (at == nullptr) {
            return nullptr;
        }
        row_.series[row_.size] = field->series;
        row_.types[row_.size] = field->type;
        ++row_.size;
        ++field;
        if (*at != ',') {
            break;
        }
        ++at;
    }
    Time time = 0;
    at = take_time(at, time);
    if (at == nullptr || static_cast<std::size_t>(at - from) > options_.limits.line_bytes_max ||
        row_.size > options_.limits.fields_max) {
        return nullptr;
    }
    commit(time, batch);
    ++lines_;
    cache_.took(*prefix);
    return at + 1;
}

// Behind it slack_bytes less number_slack_bytes can be read.
const char* LineParser::take_value(const char* at, const char* end, ValueType type) {
    std::uint64_t& bits = row_.bits[row_.size];
    switch (type) {
        case ValueType::Int64: {
            const bool negative = *at == '-';
            at += negative ? 1 : 0;
            const detail::Digits digits = detail::read_digits(at);
            at += digits.count;
            if (digits.count == 0 || digits.count >= detail::digits_max ||
                (*at != 'i' && (*at != 'u' || negative))) {
                return nullptr;
            }
            bits = negative ? 0 - digits.value : digits.value;
            return at + 1;
        }
        case ValueType::Float64: {
            double value = 0;
            const char* behind = detail::read_decimal(at, value);
            if (behind == nullptr) {
                const char first = at[*at == '-' ? 1 : 0];
                const auto read = std::from_chars(at, end, value);
                if ((first != '.' && (first < '0' || first > '9')) || read.ec != std::errc() ||
                    end - read.ptr < slack_bytes) {
                    return nullptr;
                }
                behind = read.ptr;
            }
            bits = std::bit_cast<std::uint64_t>(value);
            return behind;
        }
        case ValueType::Bool: {
            const bool yes = (*at | 0x20) == 't';
            bits = yes ? 1 : 0;
            const std::string_view word = yes ? "true" : "false";
            if (std::string_view(at, word.size()) == word) {
                return at + word.size();
            }
            return (yes || (*at | 0x20) == 'f') && (at[1] == ',' || at[1] == ' ') ? at + 1
                                                                                  : nullptr;
        }
        case ValueType::String: {
            const char* stop = *at == '"' ? find_(at + 1, end, string_ends) : end;
            if (end - stop < slack_bytes || *stop != '"' ||
                static_cast<std::size_t>(stop - at) > text_value_bytes_max) {
                return nullptr;
            }
            bits = row_.texts.size();
            row_.texts.emplace_back(at + 1, stop);
            return stop + 1;
        }
        case ValueType::Null: break;
    }
    return nullptr;
}

const char* LineParser::take_time(const char* at, Time& time) const {
    if (*at != ' ') {
        return nullptr;
    }
    ++at;
    const detail::Digits digits = detail::read_digits(at);
    at += digits.count;
    if (digits.count == 0 || digits.count > detail::digits_max ||
        digits.value >= static_cast<std::uint64_t>(time_max) ||
        __builtin_mul_overflow(static_cast<Time>(digits.value), unit_, &time) ||
        time > options_.latest || time == time_max) {
        return nullptr;
    }
    at += *at == '\r' ? 1 : 0;
    return *at == '\n' ? at : nullptr;
}

bool LineParser::store(SampleBatch& batch) {
    cache_.make_room();
    Prefix* prefix = cache_.find(reader_.prefix());
    const auto fields = reader_.fields();
    std::string key;
    if (prefix == nullptr) {
        std::string_view twice;
        const auto tags = reader_.tags();
        if (!append_line_key(key, reader_.measurement(), tags, twice)) {
            refuse(reader_.column(twice),
                   {Code::InvalidArgument,
                    std::format("tag '{}' is there twice: keep one", detail::shown(twice)),
                    {}});
            return false;
        }
    }
    std::vector<std::size_t> fresh;
    std::size_t expected = 0;
    row_.clear();
    row_.make_room(fields.size());
    for (const detail::FieldText& field : fields) {
        const Field* known = prefix == nullptr
                                 ? nullptr
                                 : cache_.find_field(*prefix, field.name, field.type, expected);
        if (known != nullptr) {
            row_.series[row_.size] = known->series;
            expected = static_cast<std::size_t>(known - prefix->fields) + 1;
        } else {
            auto series = resolve(field, key);
            if (!series) {
                refuse(reader_.column(field.name), std::move(series).error());
                return false;
            }
            row_.series[row_.size] = *series;
            fresh.push_back(row_.size);
        }
        row_.types[row_.size] = field.type;
        row_.bits[row_.size] = field.bits;
        if (field.type == ValueType::String) {
            row_.bits[row_.size] = row_.texts.size();
            row_.texts.push_back(field.text);
        }
        ++row_.size;
    }
    if (prefix == nullptr) {
        prefix = &cache_.add(reader_.prefix(), fields.size());
    }
    for (const std::size_t index : fresh) {
        cache_.add_field(*prefix, fields[index].name, fields[index].type, row_.series[index]);
    }
    commit(reader_.time(), batch);
    cache_.took(*prefix);
    return true;
}

Result<SeriesId> LineParser::resolve(const detail::FieldText& field, std::string& key) {
    if (key.empty()) {
        std::string_view twice;
        append_line_key(key, reader_.measurement(), reader_.tags(), twice);
    }
    const std::size_t prefix_bytes = key.size();
    append_field_key(key, field.name);
    auto series =
        key.size() <= options_.limits.key_bytes_max
            ? cache_.resolve(key, field.type)
            : fail(Code::TooLarge,
                   "the key of the series is longer than {} bytes: shorten the names and tags",
                   options_.limits.key_bytes_max);
    key.resize(prefix_bytes);
    return series;
}

void LineParser::commit(Time time, SampleBatch& batch) {
    points_ += row_.size;
    if (row_.texts.empty()) {
        batch.add_rows(std::span(row_.series).first(row_.size), time, quality::good,
                       std::span(row_.types).first(row_.size),
                       std::span(row_.bits).first(row_.size));
        return;
    }
    for (std::size_t i = 0; i < row_.size; ++i) {
        Row row{row_.series[i], time, row_.types[i], row_.bits[i], {}, quality::good};
        if (row.type == ValueType::String) {
            row.text = row_.texts[row.bits];
        }
        batch.add_row(row);
    }
}

void LineParser::refuse(std::uint64_t column, Error error) {
    ++refused_;
    if (errors_.size() < options_.limits.errors_max) {
        errors_.push_back({line_, column, std::move(error)});
    }
}

}  // namespace gantry::lineprotocol
