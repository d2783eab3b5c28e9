// SPDX-License-Identifier: Apache-2.0
#include "mqtt/subscription_tree.h"

#include <algorithm>
#include <array>

#include "mqtt/codec/topic.h"

namespace gantry::mqtt {

using detail::no_node;
using detail::NodeId;

namespace {

auto place_of(std::vector<Subscription>& members, SubscriberId subscriber) {
    return std::ranges::lower_bound(members, subscriber, {}, &Subscription::subscriber);
}

// True: new.
bool put(std::vector<Subscription>& members, const Subscription& subscription) {
    const auto place = place_of(members, subscription.subscriber);
    if (place != members.end() && place->subscriber == subscription.subscriber) {
        *place = subscription;
        return false;
    }
    members.insert(place, subscription);
    return true;
}

bool take(std::vector<Subscription>& members, SubscriberId subscriber) {
    const auto place = place_of(members, subscriber);
    if (place == members.end() || place->subscriber != subscriber) {
        return false;
    }
    members.erase(place);
    return true;
}

}  // namespace

// Goes down the tree along one topic.
class SubscriptionTree::Walk {
public:
    Walk(const Trie& trie, Matches& out) : trie_(trie), out_(out) {}

    void run(std::string_view topic) {
        detail::LevelSplit split(topic);
        for (std::string_view text; split.next(text); ++count_) {
            if (count_ == levels_max) {
                return;
            }
            levels_[count_] = trie_.level(text);
        }
        // 4.7.2: wildcards of the first level are not for what begins with '$'.
        down(Trie::root, 0, !topic.starts_with('$'));
    }

private:
    void down(NodeId node, std::size_t depth, bool wildcards) {
        const Trie::Node& here = trie_[node];
        const Spot& spot = here.payload;
        if (wildcards && spot.hash != no_node) {
            collect(trie_[spot.hash].payload);
        }
        if (depth == count_) {
            collect(spot);
            return;
        }
        if (wildcards && spot.plus != no_node) {
            down(spot.plus, depth + 1, true);
        }
        if (levels_[depth] != detail::Levels::none && here.first_child != no_node) {
            const NodeId child = trie_.child(node, levels_[depth]);
            if (child != no_node) {
                down(child, depth + 1, true);
            }
        }
    }
    void collect(const Spot& spot) {
        if (spot.one.subscriber != no_subscriber) {
            out_.subscriptions.push_back(spot.one);
        }
        if (spot.more != nullptr) {
            out_.subscriptions.insert(out_.subscriptions.end(), spot.more->others.begin(),
                                      spot.more->others.end());
            for (const Group& group : spot.more->groups) {
                out_.groups.push_back({group.members, group.turn.get()});
            }
        }
    }

    const Trie& trie_;
    Matches& out_;
    std::size_t count_ = 0;
    std::array<detail::LevelId, levels_max> levels_;
};

SubscriptionTree::More& SubscriptionTree::more_of(Spot& spot) {
    if (spot.more == nullptr) {
        spot.more = std::make_unique<More>();
    }
    return *spot.more;
}

bool SubscriptionTree::add_plain(Spot& spot, const Subscription& subscription) {
    if (spot.one.subscriber == subscription.subscriber) {
        spot.one = subscription;
        return false;
    }
    if (spot.one.subscriber == no_subscriber && spot.more == nullptr) {
        spot.one = subscription;
        return true;
    }
    return put(more_of(spot).others, subscription);
}

bool SubscriptionTree::add_shared(Spot& spot, std::string_view group,
                                  const Subscription& subscription) {
    auto& groups = more_of(spot).groups;
    auto found = std::ranges::find(groups, group, &Group::name);
    if (found == groups.end()) {
        found = groups.insert(found, Group{std::string(group), {}});
    }
    return put(found->members, subscription);
}

bool SubscriptionTree::remove_plain(Spot& spot, SubscriberId subscriber) {
    if (spot.one.subscriber == subscriber) {
        spot.one = Subscription{};
        return true;
    }
    return spot.more != nullptr && take(spot.more->others, subscriber);
}

bool SubscriptionTree::remove_shared(Spot& spot, std::string_view group, SubscriberId subscriber) {
    if (spot.more == nullptr) {
        return false;
    }
    const auto found = std::ranges::find(spot.more->groups, group, &Group::name);
    if (found == spot.more->groups.end() || !take(found->members, subscriber)) {
        return false;
    }
    if (found->members.empty()) {
        spot.more->groups.erase(found);
    }
    return true;
}

void SubscriptionTree::link(NodeId node, NodeId to) {
    const std::string_view text = trie_.text(node);
    Spot& parent = trie_[trie_[node].parent].payload;
    if (text == "+") {
        parent.plus = to;
    } else if (text == "#") {
        parent.hash = to;
    }
}

SubscriptionTree::Added SubscriptionTree::add(std::string_view filter,
                                              const Subscription& subscription) {
    ASSERT(subscription.subscriber != no_subscriber);
    const auto [group, path] = split_shared(filter);
    if (level_count(path) > levels_max) {
        return Added::TooDeep;
    }
    const NodeId node = trie_.make(path, [this](NodeId made) { link(made, made); });
    Spot& spot = trie_[node].payload;
    ++generation_;
    const bool fresh =
        group.empty() ? add_plain(spot, subscription) : add_shared(spot, group, subscription);
    size_ += fresh ? 1 : 0;
    return fresh ? Added::New : Added::Replaced;
}

bool SubscriptionTree::remove(std::string_view filter, SubscriberId subscriber) {
    const auto [group, path] = split_shared(filter);
    const NodeId node = trie_.find(path);
    if (node == no_node) {
        return false;
    }
    Spot& spot = trie_[node].payload;
    if (!(group.empty() ? remove_plain(spot, subscriber)
                        : remove_shared(spot, group, subscriber))) {
        return false;
    }
    ++generation_;
    --size_;
    if (spot.more != nullptr && spot.more->others.empty() && spot.more->groups.empty()) {
        spot.more.reset();
    }
    trie_.prune(node, is_used, [this](NodeId gone) { link(gone, no_node); });
    return true;
}

void SubscriptionTree::match(std::string_view topic, Matches& out) const {
    out.clear();
    Walk(trie_, out).run(topic);
}

std::size_t SubscriptionTree::bytes() const { return trie_.bytes(); }

}  // namespace gantry::mqtt
