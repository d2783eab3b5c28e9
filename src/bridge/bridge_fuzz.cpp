// SPDX-License-Identifier: Apache-2.0
// What a request says of a bridge: what is accepted is stored and read as the same, topics that its
// rules move are topics, and what one rule moves out and in again is what it was.
#include <string>

#include "base/assert.h"
#include "base/bytes.h"
#include "bridge/config.h"
#include "mqtt/codec/topic.h"

namespace {

using namespace gantry;
using namespace gantry::bridge;

void try_topics(const Rule& rule) {
    for (const std::string& topic : {std::string("a"), std::string("a/b"), rule.local_prefix,
                                     rule.local_prefix + "x/y", rule.local_prefix + rule.filter}) {
        const auto there = rule.to_remote(topic);
        ASSERT(!there || mqtt::is_topic_name(*there));
        if (there && rule.direction == Direction::Both) {
            const auto back = rule.to_local(*there);
            ASSERT(!back || *back == topic);
        }
    }
    ASSERT(filters_overlap(rule.local_filter(), rule.local_filter()));
    ASSERT(filters_overlap(rule.local_filter(), rule.remote_filter()) ==
           filters_overlap(rule.remote_filter(), rule.local_filter()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto body = parse_json(as_text(std::as_bytes(std::span(data, size))));
    if (!body) {
        return 0;
    }
    Config config;
    SecretFields secrets;
    if (!read_bridge(*body, config, secrets)) {
        return 0;
    }
    const auto again = read_config(json::serialize(to_json(config)));
    ASSERT(again && *again == config);
    for (const Rule& rule : config.rules) {
        try_topics(rule);
    }
    (void)find_loop(config.rules);
    return 0;
}
