// SPDX-License-Identifier: Apache-2.0
#include "store/page_cache.h"

namespace gantry::store {
namespace {

// Of what keeps a page, about.
constexpr std::uint64_t slot_bytes = 96;

// A file of so many pages would have 275 G rows.
std::uint64_t key_of(std::uint64_t number, std::size_t page) { return number << 21 ^ page; }

std::uint64_t bytes_of(const IndexPage& page) { return page.bytes() + slot_bytes; }

}  // namespace

std::shared_ptr<const IndexPage> PageCache::page(const Segment& segment, std::uint64_t number,
                                                 std::size_t page) {
    const std::uint64_t key = key_of(number, page);
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = slot_of_.find(key); found != slot_of_.end()) {
            Slot& slot = slots_[found->second];
            slot.used = true;
            return slot.page;
        }
    }
    std::vector<BlockEntry> entries;
    segment.read_page(page, entries);
    const bool whole = entries.size() == segment.pages()[page].entries;
    auto made = std::make_shared<const IndexPage>(std::move(entries));
    if (whole) {
        keep(key, made);
    }
    return made;
}

void PageCache::keep(std::uint64_t key, const std::shared_ptr<const IndexPage>& page) {
    const std::lock_guard lock(mutex_);
    if (bytes_of(*page) > bytes_max_ || !slot_of_.emplace(key, slots_.size()).second) {
        return;
    }
    slots_.push_back({key, page, false});
    bytes_ += bytes_of(*page);
    while (bytes_ > bytes_max_) {
        drop_one();
    }
}

// The next that nobody has asked for since the hand was there last.
void PageCache::drop_one() {
    for (;; ++hand_) {
        hand_ = hand_ < slots_.size() ? hand_ : 0;
        if (!slots_[hand_].used) {
            break;
        }
        slots_[hand_].used = false;
    }
    Slot& slot = slots_[hand_];
    bytes_ -= bytes_of(*slot.page);
    slot_of_.erase(slot.key);
    if (&slot != &slots_.back()) {
        slot = std::move(slots_.back());
        slot_of_[slot.key] = hand_;
    }
    slots_.pop_back();
}

std::uint64_t PageCache::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

}  // namespace gantry::store
