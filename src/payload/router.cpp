// SPDX-License-Identifier: Apache-2.0
#include "payload/router.h"

#include <xxhash.h>

#include <algorithm>

namespace gantry::payload {
namespace {

constexpr std::size_t topics_bytes_max = std::size_t{8} << 20;

}  // namespace

MappingSet::MappingSet(std::span<const MappingPtr> mappings) {
    for (const MappingPtr& mapping : mappings) {
        if (!mapping->config().enabled) {
            continue;
        }
        const auto number = static_cast<std::uint32_t>(mappings_.size());
        mappings_.push_back(mapping);
        Node* node = &root_;
        bool rest = false;
        for (const TopicFilter::Part& part : mapping->topic().parts()) {
            if (part.level == TopicFilter::Level::Rest) {
                rest = true;
                break;
            }
            std::unique_ptr<Node>& child =
                part.level == TopicFilter::Level::One ? node->any : node->children[part.text];
            if (!child) {
                child = std::make_unique<Node>();
            }
            node = child.get();
        }
        (rest ? node->rest : node->here).push_back(number);
    }
}

void MappingSet::match(const Node& node, std::string_view rest, bool ended, bool wildcards,
                       std::vector<std::uint32_t>& out) {
    if (wildcards) {
        out.insert(out.end(), node.rest.begin(), node.rest.end());
    }
    if (ended) {
        out.insert(out.end(), node.here.begin(), node.here.end());
        return;
    }
    const std::size_t slash = rest.find('/');
    const std::string_view level = rest.substr(0, slash);
    const bool last = slash == std::string_view::npos;
    const std::string_view below = last ? std::string_view() : rest.substr(slash + 1);
    const auto child = node.children.find(level);
    if (child != node.children.end()) {
        match(*child->second, below, last, true, out);
    }
    if (wildcards && node.any) {
        match(*node.any, below, last, true, out);
    }
}

void MappingSet::match(std::string_view topic, std::vector<std::uint32_t>& out) const {
    out.clear();
    // 4.7.2: what begins with '$' is not for wildcards at the first level.
    match(root_, topic, false, !topic.starts_with('$'), out);
    std::ranges::sort(out);
}

std::size_t Router::Hash::operator()(std::string_view text) const {
    return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

Router::Router(Random& random, const PayloadLimits& limits)
    : decoder_(random, limits),
      mappings_(std::make_shared<MappingSet>(std::span<const MappingPtr>())),
      by_topic_(0, Hash{random.number()}) {}

void Router::use(std::shared_ptr<const MappingSet> mappings) {
    by_topic_.clear();
    topics_bytes_ = 0;
    routed_ = {};
    mappings_ = std::move(mappings);
}

std::span<const std::uint32_t> Router::match(std::string_view topic) {
    const auto known = by_topic_.find(topic);
    if (known != by_topic_.end()) {
        return known->second;
    }
    if (topics_bytes_ > topics_bytes_max) {
        by_topic_.clear();
        topics_bytes_ = 0;
        ++started_over_;
    }
    std::vector<std::uint32_t> found;
    mappings_->match(topic, found);
    found.shrink_to_fit();
    topics_bytes_ += 128 + topic.size() + found.size() * sizeof(std::uint32_t);
    return by_topic_.emplace(std::string(topic), std::move(found)).first->second;
}

const Routed& Router::route(std::string_view topic, std::string_view payload, Time arrival,
                            ReadingBatch& out) {
    routed_.failures.clear();
    routed_.readings = 0;
    routed_.bad = 0;
    const std::span<const std::uint32_t> matched = match(topic);
    routed_.mappings = matched.size();
    for (const std::uint32_t number : matched) {
        const Mapping& mapping = (*mappings_)[number];
        auto decoded = decoder_.decode(mapping, topic, payload, arrival, out);
        if (!decoded) {
            routed_.failures.push_back({&mapping, std::move(decoded).error(), true});
            continue;
        }
        routed_.readings += decoded->readings;
        routed_.bad += decoded->bad;
        if (decoded->first) {
            routed_.failures.push_back({&mapping, std::move(*decoded->first), false});
        }
    }
    return routed_;
}

}  // namespace gantry::payload
