// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "mqtt/codec/packet.h"
#include "mqtt/detail/trie.h"

namespace gantry::mqtt {

// Who subscribes, as its owner numbers them.
using SubscriberId = std::uint32_t;
inline constexpr SubscriberId no_subscriber = UINT32_MAX;

// Of a topic or a filter; a filter with more is not taken, a topic with more has no subscribers.
inline constexpr std::size_t levels_max = 128;

struct Subscription {
    SubscriberId subscriber = no_subscriber;
    std::uint32_t id = 0;  // its subscription identifier, 0: none
    SubscriptionOptions options;

    bool operator==(const Subscription&) const = default;
};

// A group of a shared subscription that a message is for: one of the members is to get it.
struct SharedMatch {
    std::span<const Subscription> members;  // never empty
    // Whose turn it is, to be moved on by who chooses; may be beyond the end.
    std::uint32_t* turn = nullptr;
};

// Who gets a message. Kept by who asks, so that asking again costs no allocation.
struct Matches {
    std::vector<Subscription> subscriptions;  // a subscriber once for each of its filters
    std::vector<SharedMatch> groups;

    void clear() {
        subscriptions.clear();
        groups.clear();
    }
};

// All subscriptions of one namespace of topics. A filter with "$share/" is a member of a group. One
// thread; what match() gave is good until the next change.
class SubscriptionTree {
public:
    enum class Added : std::uint8_t { New, Replaced, TooDeep };

    explicit SubscriptionTree(Random& random) : trie_(random) {}

    // A filter that is_topic_filter(). A subscriber has one subscription for each filter.
    Added add(std::string_view filter, const Subscription& subscription);
    // False: there was none.
    bool remove(std::string_view filter, SubscriberId subscriber);
    // A topic that is_topic_name(). In no order. Clears `out` first.
    void match(std::string_view topic, Matches& out) const;

    std::size_t size() const { return size_; }
    // Changes with every change of the subscriptions: what was matched before may be matched anew.
    std::uint64_t generation() const { return generation_; }
    std::size_t bytes() const;

private:
    struct Group {
        std::string name;
        std::vector<Subscription> members;
        std::unique_ptr<std::uint32_t> turn = std::make_unique<std::uint32_t>(0);
    };
    // What few filters have.
    struct More {
        std::vector<Subscription> others;  // by subscriber
        std::vector<Group> groups;
    };
    // One filter. Most have a single subscriber.
    struct Spot {
        detail::NodeId plus = detail::no_node;  // children for wildcards
        detail::NodeId hash = detail::no_node;
        Subscription one;
        std::unique_ptr<More> more;
    };
    using Trie = detail::Trie<Spot>;
    class Walk;

    static bool is_used(const Spot& spot) {
        return spot.one.subscriber != no_subscriber || spot.more != nullptr;
    }
    static More& more_of(Spot& spot);
    static bool add_plain(Spot& spot, const Subscription& subscription);
    static bool add_shared(Spot& spot, std::string_view group, const Subscription& subscription);
    static bool remove_plain(Spot& spot, SubscriberId subscriber);
    static bool remove_shared(Spot& spot, std::string_view group, SubscriberId subscriber);
    // A child for a wildcard that came or goes.
    void link(detail::NodeId node, detail::NodeId to);

    Trie trie_;
    std::size_t size_ = 0;
    std::uint64_t generation_ = 0;
};

}  // namespace gantry::mqtt
