// SPDX-License-Identifier: Apache-2.0
#include "intake/proposals.h"

#include <format>

#include "model/unit.h"

namespace gantry::intake {
namespace {

constexpr std::size_t shown_bytes_max = 64;

std::string text_of(const Reading& reading) {
    switch (reading.type) {
        case ValueType::Bool: return reading.bits != 0 ? "true" : "false";
        case ValueType::Int64: return std::to_string(static_cast<std::int64_t>(reading.bits));
        case ValueType::Float64: return std::format("{}", std::bit_cast<double>(reading.bits));
        case ValueType::String: return std::string(reading.text.substr(0, shown_bytes_max));
        case ValueType::Null: break;
    }
    return {};
}

}  // namespace

void Proposals::add(std::string_view point, const Reading& reading, std::string_view mapping) {
    const std::lock_guard lock(mutex_);
    auto found = by_point_.find(point);
    if (found == by_point_.end()) {
        if (by_point_.size() >= count_max) {
            return;
        }
        found = by_point_.emplace(std::string(point), Proposal{}).first;
        found->second.point = point;
    }
    Proposal& one = found->second;
    ++one.readings;
    one.time = reading.time;
    one.mapping = mapping;
    if (reading.type != ValueType::Null) {
        one.type = reading.type;
        one.value = text_of(reading);
    }
    if (!reading.unit.empty() && one.unit != reading.unit && parse_unit(reading.unit)) {
        one.unit = reading.unit;
    }
}

std::vector<Proposal> Proposals::list(std::string_view after, std::size_t most) const {
    const std::lock_guard lock(mutex_);
    std::vector<Proposal> out;
    for (auto at = by_point_.upper_bound(after); at != by_point_.end() && out.size() < most; ++at) {
        out.push_back(at->second);
    }
    return out;
}

std::optional<Proposal> Proposals::find(std::string_view point) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_point_.find(point);
    return found == by_point_.end() ? std::nullopt : std::optional(found->second);
}

void Proposals::remove(std::string_view point) {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_point_.find(point); found != by_point_.end()) {
        by_point_.erase(found);
    }
}

void Proposals::clear() {
    const std::lock_guard lock(mutex_);
    by_point_.clear();
}

std::size_t Proposals::size() const {
    const std::lock_guard lock(mutex_);
    return by_point_.size();
}

}  // namespace gantry::intake
