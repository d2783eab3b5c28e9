// SPDX-License-Identifier: Apache-2.0
// What a host application knows of an edge node.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "model/reading_batch.h"
#include "sparkplug/payload.h"
#include "sparkplug/topic.h"

namespace gantry::sparkplug::detail {

// As a birth has defined it, with its last value.
struct MetricState {
    std::string point;  // "group/node/device/name"
    DataType type = DataType::Unknown;
    bool silent = false;  // gives no readings: for the protocol itself, or only holds others
    std::string unit;
    std::optional<std::uint64_t> alias;

    ValueType last_type = ValueType::Null;
    std::uint64_t last_bits = 0;
    std::string last_text;
};

// A device, or the node itself.
struct Device {
    std::string id;  // empty: the node
    bool born = false;
    std::string prefix;  // of its points: "group/node/device/"
    std::vector<MetricState> metrics;
    std::map<std::string, std::uint32_t, std::less<>> by_name;
};

struct Place {
    static constexpr std::uint32_t none = UINT32_MAX;
    std::uint32_t device = none;
    std::uint32_t metric = 0;
};

// From an alias to what it stands for. Nodes that number from 0 cost an index, others a look-up.
class AliasTable {
public:
    void clear() {
        dense_.clear();
        sparse_.clear();
        size_ = 0;
    }
    Place find(std::uint64_t alias) const {
        if (alias < dense_.size()) {
            return dense_[static_cast<std::size_t>(alias)];
        }
        const auto known = sparse_.find(alias);
        return known == sparse_.end() ? Place{} : known->second;
    }
    // One that is not there yet.
    void add(std::uint64_t alias, Place place) {
        ++size_;
        if (alias < dense_.size() + 64 || alias < size_ * 4) {
            const auto at = static_cast<std::size_t>(alias);
            if (at >= dense_.size()) {
                grow(at + 1);
            }
            dense_[at] = place;
        } else {
            sparse_.emplace(alias, place);
        }
    }
    void remove(std::uint64_t alias) {
        --size_;
        if (alias < dense_.size()) {
            dense_[static_cast<std::size_t>(alias)] = {};
        } else {
            sparse_.erase(alias);
        }
    }

private:
    void grow(std::size_t size) {
        dense_.resize(size);
        for (auto at = sparse_.begin(); at != sparse_.end() && at->first < size;) {
            dense_[static_cast<std::size_t>(at->first)] = at->second;
            at = sparse_.erase(at);
        }
    }

    std::vector<Place> dense_;
    std::map<std::uint64_t, Place> sparse_;
    std::size_t size_ = 0;
};

// A message that came before another one that is to come first.
struct Held {
    MessageType type = MessageType::Ndata;
    std::string device;
    std::string payload;
};

struct NodeState {
    std::string group;
    std::string id;
    bool online = false;
    Time since = 0;  // time of day at which it was born or died
    std::optional<std::uint64_t> bd_seq;
    std::uint8_t next_seq = 0;
    std::vector<std::unique_ptr<Device>> devices;  // the first is the node
    std::map<std::string, std::uint32_t, std::less<>> by_device;
    AliasTable aliases;
    std::size_t metrics = 0;

    std::map<std::uint8_t, Held> held;  // by seq
    std::size_t held_bytes = 0;
    std::optional<Duration> reorder_due;  // monotonic: the missing message is waited for no longer
    std::optional<Duration> devices_due;  // devices that are not born again by then are gone
    std::optional<Duration> deadline;     // the first of these two
    std::optional<Duration> rebirth_after;  // no request before
};

}  // namespace gantry::sparkplug::detail
