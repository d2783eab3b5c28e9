// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <future>
#include <vector>

#include "store/batch_reader.h"
#include "store/state.h"

namespace gantry::store {

// Brings what only the journal has back into memory, while the store is opened. Rows are gathered
// over many records and then added by several threads, each for series of its own, and block by
// block of series: what memory has of a series is fetched once for all its rows. What is more
// than memory may hold goes to segments meanwhile, as in a store that runs: then the next start
// need not replay it, whatever becomes of this one. For one thread.
class Replay {
public:
    // Records up to `flushed` are in segments. `freeze` makes a new part of memory, `write` writes
    // the one before to segments; on another thread, if there is much.
    Replay(State& state, Lsn flushed, std::function<void()> freeze,
           std::function<Result<>()> write);

    // Corrupt: its checksum holds and it cannot be read. The payload must stay until end_of_file().
    Result<> take(const journal::Record& record);
    Result<> end_of_file() { return add_gathered(); }
    Result<> finish();

private:
    struct Gathered {
        Lsn lsn;
        BatchReader rows;
    };
    // As many rows as are read at once.
    struct Group {
        Lsn lsn;
        BatchReader rows;  // stands before them
        std::uint32_t least;
        std::uint32_t most;  // of the ids of their series
    };
    using Blocks = std::vector<std::vector<const Group*>>;  // groups with rows of each block

    Result<> erase(const journal::Record& record);
    Result<> add_gathered();
    unsigned threads() const;
    void by_all_threads(unsigned threads, const std::function<void(unsigned lane)>& work);
    bool arrange(unsigned bits, std::vector<Group>& groups, Blocks& blocks);
    void add_blocks(const Blocks& blocks, unsigned bits, unsigned lane, unsigned threads);
    void add_in_order(unsigned bits, unsigned lane, unsigned threads);
    void note_newest(Time newest);
    Result<> make_room();
    Result<> wait_for_write();
    Result<> judge(Result<> written);
    void publish_tombstones();
    static std::unexpected<Error> unreadable(Lsn lsn);

    State& state_;
    const Lsn flushed_;
    const std::function<void()> freeze_;
    const std::function<Result<>()> write_;
    const std::uint64_t gathered_bytes_max_;
    std::vector<Gathered> gathered_;
    std::uint64_t gathered_rows_ = 0;
    std::uint64_t gathered_bytes_ = 0;  // that the rows will take in memory, about
    std::atomic<Lsn> unreadable_ = 0;
    std::vector<Tombstone> erased_;  // since the tombstones were published
    std::future<Result<>> writing_;
    bool larger_ = false;    // than memory: the journal has shown it
    bool no_space_ = false;  // on disk: memory must do
};

}  // namespace gantry::store
