// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>

#include "connector/file/file_connector.h"

namespace gantry::connector::file {

// One stretch of reading, from a folder that is there until it is not. On the connector's shard.
class FileConnector::Session {
public:
    Session(FileConnector& of, SampleSink& sink, const Local& local);

    // Until the folder cannot be read, and says why.
    Async<> run();

private:
    // What is to be read, and for how long to wait after it.
    Async<Duration> look();
    Async<Duration> follow(const std::vector<Entry>& entries);
    Async<Duration> take_dropped(const std::vector<Entry>& entries);
    std::vector<Entry> settled(const std::vector<Entry>& entries, Duration& wait);
    Async<> take_whole(const Entry& entry);
    Async<> finish(const Entry& entry, const std::string& trouble);
    // Everything that the file has now; false: it cannot be read.
    Async<bool> read(Source& source);
    Async<bool> open(Source& source);
    Async<> jump(Source& source);
    void take(Source& source, bool all);
    void tell_trouble(Source& source);
    Result<> take_row(Source& source, const record::Row& row);

    // What was read becomes durable, and then the position. False: nothing was taken, and the
    // sources are where they were.
    Async<bool> commit();
    Async<> save();
    void keep(const FilePosition& position);
    void restart();
    Source* source_of(const FileId& id);
    const FilePosition* kept(const FileId& id) const;
    bool full() const;

    static constexpr std::size_t piece_bytes = std::size_t{64} << 10;
    static constexpr std::size_t batch_bytes_max = std::size_t{1} << 20;

    FileConnector& of_;
    SampleSink& sink_;
    const Local& local_;
    const record::TimeReader times_;
    const std::optional<payload::Path> time_path_;
    RowReader reader_;
    Folder folder_;
    SampleBatch batch_;
    std::vector<FilePosition> kept_;  // what is durable
    std::list<Source> sources_;
    bool first_ = false;  // nothing was ever read
    bool moved_ = false;  // a source has advanced since the last commit
    bool turn_over_ = false;
    Time last_stamp_ = time_min;
    struct Seen {
        std::uint64_t size = 0;
        Time modified = 0;
        Duration since{0};
    };
    std::map<FileId, Seen> seen_;
    std::vector<FileId> acted_;  // that were put aside, or could not be
};

}  // namespace gantry::connector::file
