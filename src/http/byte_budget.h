// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace gantry::http {

// What bodies may take of memory together. One payer gets half of it, so that nobody can keep all
// others from sending or asking. Any thread.
class ByteBudget {
public:
    explicit ByteBudget(std::int64_t total) : total_(total) {}

    // A payer's bodies take so much more, or less. False when that is too much: it is counted all
    // the same, until it is given back. What would be alone is never too much.
    [[nodiscard]] bool charge(const std::string& payer, std::int64_t more) {
        const std::lock_guard lock(mutex_);
        all_ += more;
        std::int64_t& own = by_payer_[payer];
        own += more;
        const bool fits = (all_ <= total_ && own <= total_ / 2) || (all_ == more && more <= total_);
        if (own == 0) {
            by_payer_.erase(payer);
        }
        return fits;
    }

private:
    const std::int64_t total_;
    std::mutex mutex_;
    std::int64_t all_ = 0;
    std::unordered_map<std::string, std::int64_t> by_payer_;
};

// What one connection takes of a budget; given back at its end.
class ByteCharge {
public:
    explicit ByteCharge(ByteBudget& budget) : budget_(budget) {}
    ByteCharge(const ByteCharge&) = delete;
    ByteCharge& operator=(const ByteCharge&) = delete;
    ~ByteCharge() { begin({}); }

    // Gives back what there was; from now on it is this payer's.
    void begin(std::string payer) {
        (void)set(0);
        payer_ = std::move(payer);
    }
    // So many bytes in all. False when that is too much.
    [[nodiscard]] bool set(std::size_t bytes) {
        const auto have = static_cast<std::int64_t>(bytes);
        const std::int64_t more = have - std::exchange(charged_, have);
        return more == 0 || budget_.charge(payer_, more);
    }

private:
    ByteBudget& budget_;
    std::string payer_;
    std::int64_t charged_ = 0;
};

}  // namespace gantry::http
