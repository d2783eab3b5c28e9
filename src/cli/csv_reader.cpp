// SPDX-License-Identifier: Apache-2.0
#include "cli/csv_reader.h"

#include <utility>

namespace gantry::cli {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

}  // namespace

Result<> CsvReader::keep(char c) {
    if (++bytes_ > record_bytes_max) {
        return fail(Code::InvalidArgument,
                    "line {}: the record is longer than 1 MiB: a quote may not be closed",
                    record_.line);
    }
    field_ += c;
    return {};
}

Result<> CsvReader::end_field() {
    if (record_.fields.size() == fields_max) {
        return fail(Code::InvalidArgument, "line {}: there are more than {} fields", record_.line,
                    fields_max);
    }
    record_.fields.push_back(std::exchange(field_, {}));
    record_.quoted.push_back(std::exchange(quoted_, false));
    state_ = State::FieldStart;
    return {};
}

Result<> CsvReader::end_record(const Take& take) {
    const bool empty_line = record_.fields.empty() && field_.empty() && !quoted_;
    if (!empty_line) {
        TRY(end_field());
        TRY(take(record_));
    }
    record_.fields.clear();
    record_.quoted.clear();
    bytes_ = 0;
    quoted_ = false;
    state_ = State::FieldStart;
    return {};
}

Result<> CsvReader::put(char c, const Take& take) {
    if (state_ == State::AfterReturn) {
        // "\r\n" is one line break, "\r" alone is one too (old spreadsheets write it).
        TRY(end_record(take));
        record_.line = ++line_;
        if (c == '\n') {
            return {};
        }
    }
    switch (state_) {
        case State::AfterReturn:
        case State::FieldStart:
        case State::Plain:
            if (c == separator_) {
                return end_field();
            }
            if (c == '\r') {
                state_ = State::AfterReturn;
                return {};
            }
            if (c == '\n') {
                TRY(end_record(take));
                record_.line = ++line_;
                return {};
            }
            if (c == '"' && state_ == State::FieldStart) {
                state_ = State::Quoted;
                quoted_ = true;
                return {};
            }
            if (c == '"') {
                return fail(Code::InvalidArgument,
                            "line {}: a quote in the middle of a field: quote the whole field and "
                            "double the quotes inside",
                            line_);
            }
            state_ = State::Plain;
            return keep(c);
        case State::Quoted:
            if (c == '"') {
                state_ = State::QuoteInQuoted;
                return {};
            }
            line_ += c == '\n' ? 1 : 0;
            return keep(c);
        case State::QuoteInQuoted:
            if (c == '"') {
                state_ = State::Quoted;
                return keep(c);
            }
            if (c == separator_) {
                return end_field();
            }
            if (c == '\r') {
                state_ = State::AfterReturn;
                return {};
            }
            if (c == '\n') {
                TRY(end_record(take));
                record_.line = ++line_;
                return {};
            }
            return fail(Code::InvalidArgument,
                        "line {}: after the closing quote of a field a '{}' is wanted, not more "
                        "text",
                        line_, separator_);
    }
    return {};
}

Result<> CsvReader::feed(std::string_view piece, const Take& take) {
    for (const char c : piece) {
        if (!started_) {
            if (c == byte_order_mark[mark_seen_]) {
                started_ = ++mark_seen_ == byte_order_mark.size();
                continue;
            }
            started_ = true;
            for (std::size_t i = 0; i < mark_seen_; ++i) {
                TRY(put(byte_order_mark[i], take));  // it only began like a mark
            }
        }
        if (c == '\0') {
            return fail(Code::InvalidArgument,
                        "line {}: a zero byte: this is not text, or it is UTF-16; save it as "
                        "UTF-8",
                        line_);
        }
        TRY(put(c, take));
    }
    return {};
}

Result<> CsvReader::finish(const Take& take) {
    if (!started_) {
        for (std::size_t i = 0; i < mark_seen_; ++i) {
            TRY(put(byte_order_mark[i], take));
        }
    }
    if (state_ == State::Quoted) {
        return fail(Code::InvalidArgument, "line {}: a quote is opened and never closed",
                    record_.line);
    }
    return end_record(take);
}

std::string csv_field(std::string_view text) {
    if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
        return std::string(text);
    }
    std::string out = "\"";
    for (const char c : text) {
        out += c == '"' ? "\"\"" : std::string(1, c);
    }
    return out + "\"";
}

}  // namespace gantry::cli
