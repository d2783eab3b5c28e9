// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "payload/decoder.h"

namespace gantry::payload {

using MappingPtr = std::shared_ptr<const Mapping>;

// All mappings of a tenant, found by topic level by level. Never changes; any thread.
class MappingSet {
public:
    // In that order; those that are not enabled are left out.
    explicit MappingSet(std::span<const MappingPtr> mappings);
    MappingSet(const MappingSet&) = delete;
    MappingSet& operator=(const MappingSet&) = delete;

    std::size_t size() const { return mappings_.size(); }
    const Mapping& operator[](std::size_t index) const { return *mappings_[index]; }
    // The numbers of those for messages of that topic, in their order.
    void match(std::string_view topic, std::vector<std::uint32_t>& out) const;

private:
    struct Node {
        std::map<std::string, std::unique_ptr<Node>, std::less<>> children;
        std::unique_ptr<Node> any;
        std::vector<std::uint32_t> here;
        std::vector<std::uint32_t> rest;
    };

    static void match(const Node& node, std::string_view rest, bool ended, bool wildcards,
                      std::vector<std::uint32_t>& out);

    std::vector<MappingPtr> mappings_;
    Node root_;
};

// What came of one message by all mappings of its topic.
struct Routed {
    struct Failure {
        const Mapping* mapping = nullptr;
        Error error;
        bool whole = false;  // nothing of the message was taken by this mapping
    };
    std::size_t mappings = 0;  // that are for this topic; 0: nobody wants it
    std::size_t readings = 0;
    std::size_t bad = 0;            // see Decoded
    std::vector<Failure> failures;  // one a mapping at most
};

// From a message to readings. Remembers which mappings a topic has. One thread; a set of mappings
// may be replaced at any time between two messages.
class Router {
public:
    explicit Router(Random& random, const PayloadLimits& limits = {});

    void use(std::shared_ptr<const MappingSet> mappings);
    const MappingSet& mappings() const { return *mappings_; }

    // Good until the next call.
    std::span<const std::uint32_t> match(std::string_view topic);
    // Adds to `out`. The result is good until the next call.
    const Routed& route(std::string_view topic, std::string_view payload, Time arrival,
                        ReadingBatch& out);

    // Times that it forgot all topics, because there were too many.
    std::uint64_t started_over() const { return started_over_; }

private:
    // Clients choose the topics: the seed keeps them from choosing where they lie.
    struct Hash {
        using is_transparent = void;
        std::uint64_t seed = 0;
        std::size_t operator()(std::string_view text) const;
    };

    Decoder decoder_;
    std::shared_ptr<const MappingSet> mappings_;
    std::unordered_map<std::string, std::vector<std::uint32_t>, Hash, std::equal_to<>> by_topic_;
    std::size_t topics_bytes_ = 0;
    std::uint64_t started_over_ = 0;
    Routed routed_;
};

}  // namespace gantry::payload
