// SPDX-License-Identifier: Apache-2.0
#include "lineprotocol/detail/line_reader.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <format>

#include "lineprotocol/detail/numbers.h"

namespace gantry::lineprotocol::detail {
namespace {

constexpr Stops newline = {'\n', '\n', '\n', '\n'};
constexpr Stops measurement_ends = {',', ' ', '\n', '\n'};
constexpr Stops name_ends = {'=', ',', ' ', '\n'};
constexpr Stops value_ends = {',', ' ', '\n', '\r'};
constexpr Stops time_ends = {' ', '\t', '\n', '\r'};
constexpr Stops string_stops = {'"', '\\', '"', '\\'};

bool not_a_number(std::string_view token) {
    token.remove_prefix(token.starts_with('-') || token.starts_with('+') ? 1 : 0);
    const auto is = [token](std::string_view word) {
        return std::ranges::equal(token, word, [](char a, char b) { return (a | 0x20) == b; });
    };
    return is("nan") || is("inf") || is("infinity");
}

// Of a decimal that std::from_chars found to lie outside of what a float can be.
bool is_tiny(std::string_view token) {
    const std::size_t exponent_at = std::min(token.find_first_of("eE"), token.size());
    const std::string_view digits = token.substr(0, exponent_at);
    const std::size_t first = digits.find_first_of("123456789");
    const std::size_t point = std::min(digits.find('.'), digits.size());
    if (first == std::string_view::npos) {
        return true;
    }
    std::int64_t power = 0;
    if (exponent_at < token.size()) {
        const std::string_view text = token.substr(exponent_at + 1);
        const char* from = text.data() + (text.starts_with('+') ? 1 : 0);
        if (std::from_chars(from, text.data() + text.size(), power).ec != std::errc()) {
            return text.starts_with('-');
        }
    }
    return power + static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) < 0;
}

}  // namespace

std::string shown(std::string_view text) {
    constexpr std::size_t shown_max = 40;
    std::size_t size = text.size();
    if (size > shown_max) {
        size = shown_max;
        while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) {
            --size;
        }
    }
    std::string out(text.substr(0, size));
    std::ranges::replace_if(
        out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return size < text.size() ? out + "…" : out;
}

DecimalReading read_whole_decimal(std::string_view token, double& out) {
    constexpr std::size_t copied_max = 40;
    if (token.size() <= copied_max) {
        char copy[copied_max + number_slack_bytes] = {};
        std::ranges::copy(token, copy);
        if (read_decimal(copy, out) == copy + token.size()) {
            return DecimalReading::Good;
        }
    }
    if (token.find_first_not_of("0123456789.eE+-") != std::string_view::npos) {
        return DecimalReading::Malformed;
    }
    const char* end = token.data() + token.size();
    const auto [read, problem] = std::from_chars(token.data(), end, out);
    if (problem == std::errc::invalid_argument || read != end) {
        return DecimalReading::Malformed;
    }
    if (problem == std::errc::result_out_of_range) {
        if (!is_tiny(token)) {
            return DecimalReading::TooLarge;
        }
        out = token.starts_with('-') ? -0.0 : 0.0;
    }
    return DecimalReading::Good;
}

LineReader::LineReader(const LineOptions& options)
    : options_(options), unit_(nanoseconds_of(options.precision)), find_(finder().find) {}

Reading LineReader::read(const char* from, const char* end, bool last) {
    const std::size_t longest = options_.limits.line_bytes_max;
    const bool cut = static_cast<std::size_t>(end - from) > longest + 1;
    begin_ = from;
    at_ = from;
    end_ = cut ? from + longest + 1 : end;
    ran_out_ = false;
    tags_.clear();
    fields_.clear();
    texts_.clear();
    const Reading reading = read_line();
    if (ran_out_ && cut) {
        refuse(
            {begin_ + longest, 1},
            std::format("the line is longer than {} bytes: send fewer fields in a line", longest),
            Code::TooLarge);
        return Reading::Refused;
    }
    return ran_out_ && !last ? Reading::Unfinished : reading;
}

char LineReader::look(std::size_t ahead) {
    if (ahead < static_cast<std::size_t>(end_ - at_)) {
        return at_[ahead];
    }
    ran_out_ = true;
    return '\n';
}

bool LineReader::at_line_end() {
    const char c = look();
    return c == '\n' || (c == '\r' && look(1) == '\n');
}

void LineReader::skip_blanks() {
    while (look() == ' ' || look() == '\t') {
        ++at_;
    }
}

const char* LineReader::find(const char* from, Stops stops) {
    const char* found = find_(from, end_, stops);
    ran_out_ = ran_out_ || found == end_;
    return found;
}

std::string_view LineReader::read_name(Stops stops) {
    const char* from = at_;
    at_ = find(at_, stops);
    while (at_ != end_ && *at_ != '\n' && at_ != from && at_[-1] == '\\') {
        at_ = find(at_ + 1, stops);
    }
    return {from, at_};
}

Reading LineReader::finish(Reading reading) {
    at_ += at_ != end_ && *at_ == '\r' ? 1 : 0;
    at_ += at_ != end_ ? 1 : 0;
    return reading;
}

bool LineReader::refuse(std::string_view part, std::string message, Code code) {
    error_column_ = column(part);
    error_ = {code, std::move(message), {}};
    return false;
}

Reading LineReader::read_line() {
    skip_blanks();
    if (at_line_end()) {
        return finish(Reading::Nothing);
    }
    if (look() == '#') {
        at_ = find(at_, newline);
        return finish(Reading::Nothing);
    }
    const char* from = at_;
    if (!read_measurement()) {
        return Reading::Refused;
    }
    while (look() == ',') {
        ++at_;
        if (!read_tag()) {
            return Reading::Refused;
        }
    }
    prefix_ = {from, at_};
    skip_blanks();
    if (at_line_end()) {
        refuse({at_, 1},
               "the fields are missing: write a space and field=value behind measurement and tags");
        return Reading::Refused;
    }
    do {
        at_ += fields_.empty() ? 0 : 1;
        if (!read_field()) {
            return Reading::Refused;
        }
    } while (look() == ',');
    return read_time() ? finish(Reading::Point) : Reading::Refused;
}

bool LineReader::read_measurement() {
    if (look() == ',') {
        return refuse({at_, 1}, "the measurement is missing: a line is measurement[,tag=value...] "
                                "field=value[,field=value...] [timestamp]");
    }
    measurement_ = read_name(measurement_ends);
    return true;
}

bool LineReader::read_tag() {
    const char* from = at_;
    const std::string_view name = read_name(name_ends);
    if (name.empty()) {
        return refuse({from, 1},
                      "a tag has no name: write name=value, or remove the comma before it");
    }
    if (look() != '=') {
        return refuse(name, std::format("tag '{0}' has no value: write {0}=value, or leave it out",
                                        shown(name)));
    }
    ++at_;
    const std::string_view value = read_name(name_ends);
    if (look() == '=') {
        return refuse({at_, 1}, std::format("the value of tag '{}' has '=' in it: write it as \\=",
                                            shown(name)));
    }
    if (value.empty()) {
        return refuse(name, std::format("tag '{0}' has no value: write {0}=value, or leave it out",
                                        shown(name)));
    }
    if (tags_.size() == options_.limits.tags_max) {
        return refuse(name,
                      std::format("the line has more than {} tags: make fields of some",
                                  options_.limits.tags_max),
                      Code::TooLarge);
    }
    tags_.push_back({name, value});
    return true;
}

bool LineReader::read_field() {
    FieldText field;
    const char* from = at_;
    field.name = read_name(name_ends);
    if (field.name.empty()) {
        return refuse({from, 1},
                      "a field has no name: write name=value, or remove the comma before it");
    }
    if (look() != '=') {
        return refuse(
            field.name,
            std::format("field '{0}' has no value: write {0}=value; a space inside a name "
                        "or a tag is written '\\ '",
                        shown(field.name)));
    }
    if (fields_.size() == options_.limits.fields_max) {
        return refuse(field.name,
                      std::format("the line has more than {} fields: make two lines of it",
                                  options_.limits.fields_max),
                      Code::TooLarge);
    }
    ++at_;
    if (!read_value(field)) {
        return false;
    }
    const bool ended = look() == ',' || look() == ' ' || at_line_end();
    const std::string_view value(field.name.data() + field.name.size() + 1, at_);
    if (!ended && value.contains('\n')) {
        return refuse(value,
                      std::format("the string of field '{}' goes on into the next line, and ends "
                                  "with no comma or space behind it: write '\"' where it ends",
                                  shown(field.name)));
    }
    if (!ended) {
        return refuse({at_, 1},
                      std::format("a comma or a space has to follow the value of field '{}'",
                                  shown(field.name)));
    }
    fields_.push_back(field);
    return true;
}

bool LineReader::read_value(FieldText& field) {
    if (look() == '"') {
        return read_string(field);
    }
    const char* from = at_;
    at_ = find(at_, value_ends);
    const std::string_view token(from, at_);
    if (token.empty()) {
        return refuse(field.name,
                      std::format("field '{0}' has no value: write {0}=value, or leave it out",
                                  shown(field.name)));
    }
    for (const std::string_view word :
         {"t", "T", "true", "True", "TRUE", "f", "F", "false", "False", "FALSE"}) {
        if (token == word) {
            field.type = ValueType::Bool;
            field.bits = (word[0] | 0x20) == 't' ? 1 : 0;
            return true;
        }
    }
    return read_number(field, token);
}

bool LineReader::read_string(FieldText& field) {
    const std::string_view quote(at_, 1);
    const char* from = ++at_;
    bool escaped = false;
    for (at_ = find(at_, string_stops); look() != '"'; at_ = find(at_, string_stops)) {
        if (at_ == end_) {
            return refuse(quote,
                          std::format("the string of field '{}' does not end: write '\"' behind it",
                                      shown(field.name)));
        }
        const bool escapes = look(1) == '"' || look(1) == '\\';
        escaped = escaped || escapes;
        at_ += escapes ? 2 : 1;
    }
    field.type = ValueType::String;
    field.text = {from, at_};
    ++at_;
    if (escaped) {
        // No string moves while the line is read: all of them are shorter than the line.
        texts_.reserve(static_cast<std::size_t>(end_ - begin_));
        const std::size_t start = texts_.size();
        for (std::size_t i = 0; i < field.text.size(); ++i) {
            const bool escapes = field.text[i] == '\\' && i + 1 < field.text.size() &&
                                 (field.text[i + 1] == '"' || field.text[i + 1] == '\\');
            i += escapes ? 1 : 0;
            texts_ += field.text[i];
        }
        field.text = std::string_view(texts_).substr(start);
    }
    if (field.text.size() > text_value_bytes_max) {
        return refuse(quote,
                      std::format("the string of field '{}' is longer than {} bytes: shorten it",
                                  shown(field.name), text_value_bytes_max),
                      Code::TooLarge);
    }
    return true;
}

bool LineReader::read_number(FieldText& field, std::string_view token) {
    const bool numeric = (token[0] >= '0' && token[0] <= '9') || token[0] == '.' || token[0] == '-';
    if (numeric && (token.back() == 'i' || token.back() == 'u')) {
        return read_whole(field, token);
    }
    if (not_a_number(token)) {
        return refuse(
            token, std::format("field '{}': NaN and infinity are not stored: leave the field out",
                               shown(field.name)));
    }
    if (numeric) {
        return read_float(field, token);
    }
    return refuse(token,
                  std::format("field '{}': '{}' is not a value: write a number, 42i, 42u, true, "
                              "false or \"text\"",
                              shown(field.name), shown(token)));
}

bool LineReader::read_whole(FieldText& field, std::string_view token) {
    const char* end = token.data() + token.size() - 1;
    std::int64_t value = 0;
    const auto [read, problem] = std::from_chars(token.data(), end, value);
    const bool below = token[0] == '-';
    if (problem == std::errc::invalid_argument || read != end || (below && *end == 'u')) {
        return refuse(
            token,
            std::format("field '{}': '{}' is not a whole number: write digits before the {}{}",
                        shown(field.name), shown(token), *end,
                        *end == 'u' ? ", without a sign" : ""));
    }
    if (problem == std::errc::result_out_of_range) {
        return refuse(
            token, std::format("field '{}': {} is {} than {}: send it as a float, without the {}",
                               shown(field.name), shown(token), below ? "less" : "more",
                               below ? INT64_MIN : INT64_MAX, *end));
    }
    field.type = ValueType::Int64;
    field.bits = static_cast<std::uint64_t>(value);
    return true;
}

bool LineReader::read_float(FieldText& field, std::string_view token) {
    double value = 0;
    switch (read_whole_decimal(token, value)) {
        case DecimalReading::Good: break;
        case DecimalReading::Malformed:
            return refuse(
                token, std::format("field '{}': '{}' is not a number: write it as 21.5 or 2.15e1",
                                   shown(field.name), shown(token)));
        case DecimalReading::TooLarge:
            return refuse(
                token,
                std::format("field '{}': {} is too large for a 64-bit float: leave the field out",
                            shown(field.name), shown(token)));
    }
    field.type = ValueType::Float64;
    field.bits = std::bit_cast<std::uint64_t>(value);
    return true;
}

bool LineReader::read_time() {
    skip_blanks();
    if (at_line_end()) {
        const std::int64_t behind = options_.now % unit_;
        time_ = options_.now - (behind < 0 ? behind + unit_ : behind);
        return true;
    }
    const char* from = at_;
    at_ = find(at_, time_ends);
    const std::string_view token(from, at_);
    const auto [read, problem] = std::from_chars(from, at_, time_);
    if (problem == std::errc::invalid_argument || read != at_) {
        return refuse(token, std::format("'{}' is not a timestamp: write a whole number of {}",
                                         shown(token), precision_name(options_.precision)));
    }
    const bool overflows =
        problem == std::errc::result_out_of_range || __builtin_mul_overflow(time_, unit_, &time_);
    if (overflows || time_ < time_min + 2 || time_ == time_max) {
        return refuse(
            token, std::format("timestamp {} in {} lies outside of 1677-09-21 to 2262-04-11: check "
                               "the precision",
                               shown(token), precision_name(options_.precision)));
    }
    if (time_ > options_.latest) {
        return refuse(
            token,
            std::format("timestamp {} is {}, too far in the future: check the clock "
                        "of the source, and the precision ({})",
                        shown(token), format_time(time_), precision_name(options_.precision)));
    }
    skip_blanks();
    if (!at_line_end()) {
        return refuse(
            {at_, 1},
            "nothing may follow the timestamp: write the next point on a line of its own");
    }
    return true;
}

}  // namespace gantry::lineprotocol::detail
