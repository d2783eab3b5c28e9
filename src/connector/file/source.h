// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>

#include "connector/file/position.h"
#include "connector/file/rows.h"

namespace gantry::connector::file {

// One file that is read row by row, whatever comes in between: pieces go in, rows come out. Pure.
class Source {
public:
    // `row` takes a row, or says what is wrong with it; false from `more` ends a turn early.
    struct User {
        std::function<Result<>(const record::Row&)> row;
        std::function<bool()> more;
    };

    Source(const Settings& settings, FilePosition at) : settings_(settings), at_(std::move(at)) {}

    const FilePosition& at() const { return at_; }
    Entry& entry() { return at_.entry; }
    void mark_done() { at_.done = true; }
    // Where the next piece begins.
    std::uint64_t next() const { return at_.offset + rest_.size(); }
    std::size_t waiting() const { return rest_.size(); }

    // A piece that was read at next(), with the head of the file. What was read before is of
    // another content if they do not fit: everything is from the beginning then, and this is false.
    bool put(const Piece& piece);
    // Takes the rows that are complete; with `all` also what stands at the end without one.
    void take(RowReader& reader, const User& user, bool all);
    // Rows that are there already are not wanted: goes on at the end. After the header was taken.
    void skip_to(std::uint64_t offset) {
        at_.offset = offset;
        rest_.clear();
    }
    bool has_columns() const { return !settings_.csv() || !at_.columns.empty(); }

    // What is wrong: with the last rows, or, if it is broken, with the file.
    const std::string& trouble() const { return trouble_; }
    bool broken() const { return broken_; }
    std::uint64_t good_rows() const { return good_; }
    std::uint64_t bad_rows() const { return bad_; }
    // Whether there is trouble that nobody was told of; from now on they were.
    bool take_news() { return std::exchange(news_, false); }

    // The time of a row without one, `now` or later: the same again when it is read again.
    Time stamp(Time now, Time& last);
    bool stamps() const { return used_stamps_ > 0; }
    // A row that was under way before has been stamped, and now there are no more of those.
    bool replayed() const { return at_.stamped > 0 && used_stamps_ == at_.stamped; }
    void intend(FilePosition& position) const {
        position.stamp = base_;
        position.stamped = used_stamps_;
    }
    void committed() {
        at_.stamped = 0;
        used_stamps_ = 0;
    }

    std::shared_ptr<Descriptor> file;
    bool leaving = false;  // its name is not one of ours any more
    Duration grown_at{0};

private:
    void take_row(RowReader& reader, const User& user, std::string_view row);
    void bad(const std::string& why);

    const Settings& settings_;
    FilePosition at_;
    std::string rest_;
    bool skipping_ = false;  // in a row that is too long
    bool broken_ = false;
    std::string trouble_;
    bool news_ = false;
    std::uint64_t good_ = 0;
    std::uint64_t bad_ = 0;
    Time base_ = 0;
    std::uint64_t used_stamps_ = 0;
};

}  // namespace gantry::connector::file
