// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "store/segment.h"

namespace gantry::store {

// Pages of indexes as readers want them, those that were asked for of late: to decode the entries
// of a page costs ten times what it costs to add up what they say. Any thread.
class PageCache {
public:
    explicit PageCache(std::uint64_t bytes_max = default_bytes_max) : bytes_max_(bytes_max) {}

    // Never null. `number` is that of the segment's file. What is damaged is not kept, and has no
    // entries.
    std::shared_ptr<const IndexPage> page(const Segment& segment, std::uint64_t number,
                                          std::size_t page);

    // Memory that it takes; pages that readers still have are not counted once they were dropped.
    std::uint64_t bytes() const;

private:
    static constexpr std::uint64_t default_bytes_max = 32 * 1024 * 1024;

    struct Slot {
        std::uint64_t key = 0;
        std::shared_ptr<const IndexPage> page;
        bool used = false;  // since the hand went by
    };

    void keep(std::uint64_t key, const std::shared_ptr<const IndexPage>& page);
    void drop_one();

    const std::uint64_t bytes_max_;
    mutable std::mutex mutex_;  // guards what follows
    std::uint64_t bytes_ = 0;
    std::unordered_map<std::uint64_t, std::size_t> slot_of_;  // by key
    std::vector<Slot> slots_;
    std::size_t hand_ = 0;
};

}  // namespace gantry::store
