// SPDX-License-Identifier: Apache-2.0
#include "connector/file/source.h"

#include <algorithm>
#include <format>

namespace gantry::connector::file {

bool Source::put(const Piece& piece) {
    if (piece.size < next() || piece.head != at_.head) {
        FilePosition fresh;
        fresh.entry = at_.entry;
        at_ = std::move(fresh);
        rest_.clear();
        skipping_ = false;
        used_stamps_ = 0;
        return false;
    }
    rest_ += piece.bytes;
    return true;
}

void Source::take(RowReader& reader, const User& user, bool all) {
    std::size_t used = 0;
    while (used < rest_.size() && !broken_ && user.more()) {
        const std::string_view text = std::string_view(rest_).substr(used);
        std::size_t length = 0;
        if (skipping_) {
            const std::size_t end = text.find('\n');
            skipping_ = end == std::string_view::npos;
            length = skipping_ ? text.size() : end + 1;
        } else if (const auto whole = row_length(text, settings_);
                   whole && *whole <= row_bytes_max) {
            length = *whole;
            take_row(reader, user, text.substr(0, length));
        } else if (text.size() > row_bytes_max) {
            const std::size_t end = text.find('\n');
            skipping_ = end == std::string_view::npos;
            length = skipping_ ? text.size() : end + 1;
            ++at_.line;
            bad(std::format("is longer than {} bytes, or a quote is not closed", row_bytes_max));
        } else if (all) {
            length = text.size();
            take_row(reader, user, text);
        } else {
            break;
        }
        if (at_.head.size() == at_.offset && at_.head.size() < FilePosition::head_bytes) {
            const std::size_t room = FilePosition::head_bytes - at_.head.size();
            at_.head += text.substr(0, std::min(length, room));
        }
        at_.offset += length;
        used += length;
    }
    rest_.erase(0, used);
}

void Source::take_row(RowReader& reader, const User& user, std::string_view row) {
    ++at_.line;
    if (at_.line <= static_cast<std::uint64_t>(settings_.skip_lines)) {
        return;
    }
    if (!has_columns()) {
        auto columns = settings_.header ? reader.header(row) : reader.numbers(row);
        if (!columns) {
            bad(columns.error().message);
            broken_ = true;
            return;
        }
        at_.columns = std::move(*columns);
        if (settings_.header) {
            return;
        }
    }
    const auto read = reader.row(row, at_.columns);
    if (!read) {
        bad(read.error().message);
        return;
    }
    if (!*read) {
        return;
    }
    if (const auto taken = user.row(**read); !taken) {
        bad(taken.error().message);
        return;
    }
    ++good_;
}

void Source::bad(const std::string& why) {
    ++bad_;
    news_ = true;
    trouble_ = std::format("line {}: {} (rows left out: {})", at_.line, why, bad_);
}

Time Source::stamp(Time now, Time& last) {
    if (used_stamps_ == 0) {
        base_ = at_.stamped > 0 ? at_.stamp : std::max(now, last + 1);
    }
    const Time time = base_ + static_cast<Time>(used_stamps_++);
    last = std::max(last, time);
    return time;
}

}  // namespace gantry::connector::file
