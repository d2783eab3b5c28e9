// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/random.h"
#include "mqtt/detail/levels.h"

namespace gantry::mqtt::detail {

using NodeId = std::uint32_t;
inline constexpr NodeId no_node = UINT32_MAX;

// A tree of topic levels. Nodes lie in one array; a child is found by one table for all of them.
template <class Payload>
class Trie {
public:
    static constexpr NodeId root = 0;

    struct Node {
        NodeId parent = no_node;
        LevelId level = 0;
        NodeId first_child = no_node;
        NodeId next = no_node;  // of the same parent
        NodeId before = no_node;
        Payload payload{};
    };

    explicit Trie(Random& random) : levels_(random), salt_(random.number() | 1) {
        nodes_.emplace_back();
    }

    Node& operator[](NodeId node) { return nodes_[node]; }
    const Node& operator[](NodeId node) const { return nodes_[node]; }
    LevelId level(std::string_view text) const { return levels_.find(text); }
    std::string_view text(NodeId node) const { return levels_.text(nodes_[node].level); }
    NodeId child(NodeId parent, LevelId level) const {
        return table_.find(hash_of(parent, level), [&](NodeId node) {
            return nodes_[node].parent == parent && nodes_[node].level == level;
        });
    }

    // The node of that path; no_node.
    NodeId find(std::string_view path) const {
        NodeId node = root;
        LevelSplit split(path);
        for (std::string_view text; node != no_node && split.next(text);) {
            const LevelId level = levels_.find(text);
            node = level == Levels::none ? no_node : child(node, level);
        }
        return node;
    }
    // The same, made if it is not there; made(node) for each that is new.
    template <class Made>
    NodeId make(std::string_view path, Made made) {
        NodeId node = root;
        LevelSplit split(path);
        for (std::string_view text; split.next(text);) {
            const LevelId level = levels_.find(text);
            NodeId next = level == Levels::none ? no_node : child(node, level);
            if (next == no_node) {
                next = add(node, text);
                made(next);
            }
            node = next;
        }
        return node;
    }
    // Removes the node and those above it that have neither children nor a payload that
    // is_used(). gone(node) for each before it goes.
    template <class IsUsed, class Gone>
    void prune(NodeId node, IsUsed is_used, Gone gone) {
        while (node != root && nodes_[node].first_child == no_node &&
               !is_used(nodes_[node].payload)) {
            const NodeId parent = nodes_[node].parent;
            gone(node);
            drop(node);
            node = parent;
        }
    }

    // Nodes have numbers below it.
    std::size_t places() const { return nodes_.size(); }
    std::size_t size() const { return nodes_.size() - free_.size(); }
    std::size_t bytes() const {
        return nodes_.capacity() * sizeof(Node) + free_.capacity() * sizeof(NodeId) +
               table_.bytes() + levels_.bytes();
    }

private:
    std::uint32_t hash_of(NodeId parent, LevelId level) const {
        const std::uint64_t mixed = (std::uint64_t{parent} << 32 | level) * salt_;
        return static_cast<std::uint32_t>((mixed ^ mixed >> 29) * 0x9e3779b97f4a7c15 >> 32);
    }
    NodeId add(NodeId parent, std::string_view text) {
        NodeId node = static_cast<NodeId>(nodes_.size());
        if (free_.empty()) {
            ASSERT(node != no_node);
            nodes_.emplace_back();
        } else {
            node = free_.back();
            free_.pop_back();
        }
        Node& made = nodes_[node];
        made.parent = parent;
        made.level = levels_.acquire(text);
        made.next = nodes_[parent].first_child;
        if (made.next != no_node) {
            nodes_[made.next].before = node;
        }
        nodes_[parent].first_child = node;
        table_.add(hash_of(parent, made.level), node);
        return node;
    }
    void drop(NodeId node) {
        Node& gone = nodes_[node];
        table_.remove(hash_of(gone.parent, gone.level), node);
        levels_.release(gone.level);
        (gone.before == no_node ? nodes_[gone.parent].first_child : nodes_[gone.before].next) =
            gone.next;
        if (gone.next != no_node) {
            nodes_[gone.next].before = gone.before;
        }
        gone = Node{};
        free_.push_back(node);
    }

    Levels levels_;
    const std::uint64_t salt_;
    IdTable table_;
    std::vector<Node> nodes_;
    std::vector<NodeId> free_;
};

}  // namespace gantry::mqtt::detail
