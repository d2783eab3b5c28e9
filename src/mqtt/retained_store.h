// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <queue>
#include <string_view>
#include <utility>
#include <vector>

#include "mqtt/detail/trie.h"
#include "mqtt/message.h"
#include "mqtt/subscription_tree.h"

namespace gantry::mqtt {

struct RetainedLimits {
    std::size_t messages_max = 1'000'000;
    std::size_t bytes_max = std::size_t{1} << 30;
};

// The last retained message of each topic of one namespace. Beyond a limit messages of new topics
// are refused; those of known ones are replaced. One thread.
class RetainedStore {
public:
    enum class Kept : std::uint8_t {
        Stored,
        Removed,  // an empty payload: the topic has none now
        Nothing,  // an empty payload, and there was none
        Full,
        TooDeep
    };

    explicit RetainedStore(Random& random, RetainedLimits limits = {})
        : trie_(random), limits_(limits) {}

    Kept put(MessagePtr message);
    // One that was taken over before: without the limits.
    Kept restore(MessagePtr message) { return store(std::move(message), false); }
    // False: there was none.
    bool remove(std::string_view topic);
    // Appends the messages whose topics a filter (not shared) matches and which have not expired.
    void match(std::string_view filter, Time now, std::vector<MessagePtr>& out) const;
    // Removes messages that have expired, `most` at most; false: there are none left.
    bool sweep(Time now, std::size_t most);
    // For who goes through all of them while they change: visit(message) for those in the next
    // places, so many at most, from `place`, which it moves on; false: that was all. One that stays
    // is in one place.
    template <class Visit>
    bool visit(std::size_t& place, std::size_t most, Visit visit) const {
        const std::size_t end = std::min(trie_.places(), place + most);
        for (; place < end; ++place) {
            const MessagePtr& message = trie_[static_cast<detail::NodeId>(place)].payload;
            if (message != nullptr) {
                visit(message);
            }
        }
        return place < trie_.places();
    }

    std::size_t size() const { return size_; }
    std::size_t message_bytes() const { return message_bytes_; }

private:
    using Trie = detail::Trie<MessagePtr>;
    class Walk;
    struct Expiry {
        Time at;
        detail::NodeId node;
        const Message* message;  // only to see whether it is there still

        bool operator>(const Expiry& other) const { return at > other.at; }
    };

    Kept store(MessagePtr message, bool limited);
    void remove(detail::NodeId node);
    void note_expiry(detail::NodeId node, const MessagePtr& message);

    Trie trie_;
    const RetainedLimits limits_;
    std::size_t size_ = 0;
    std::size_t message_bytes_ = 0;
    // May hold some of messages that are gone.
    std::priority_queue<Expiry, std::vector<Expiry>, std::greater<>> expiries_;
};

}  // namespace gantry::mqtt
