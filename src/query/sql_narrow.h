// SPDX-License-Identifier: Apache-2.0
// What the conditions of a query leave to be read of a table of samples.
#pragma once

#include <duckdb.hpp>
#include <duckdb/planner/operator/logical_get.hpp>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "model/quality.h"
#include "store/chunk.h"

namespace gantry::query {

// What a column says, where a condition on it narrows what is read.
enum class Role : unsigned char {
    Other,
    Point,
    Asset,
    PointId,
    Metric,
    Measurement,
    Field,
    Labels,  // as JSON
    Time,    // microseconds, rounded down
    TimeNs,
    Quality,
};

// Which severities the query wants, a bit each.
using Severities = std::uint8_t;
inline constexpr Severities all_severities = 7;

constexpr Severities bit_of(Severity severity) {
    return static_cast<Severities>(1U << static_cast<unsigned>(severity));
}

// What the query wants to see at most.
struct Narrowing {
    using Names = std::set<std::string>;

    TimeRange range;
    // Values that columns of these roles must be among.
    std::map<Role, Names> names;
    // Values that labels must have.
    std::map<std::string, std::string> labels;
    Severities severities = all_severities;

    bool admits(Role role, const std::string& name) const {
        const auto found = names.find(role);
        return found == names.end() || found->second.contains(name);
    }
    bool admits(Severity severity) const { return (severities & bit_of(severity)) != 0; }
};

// Narrows by the conditions on columns of a scan, whose roles are given, and takes away those that
// are met exactly then. DuckDB applies the others once more, so narrowing too little is never
// wrong.
void push_down(Narrowing& narrowing, const duckdb::LogicalGet& get, std::span<const Role> roles,
               duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters);

// The value of a constant expression, else null.
const duckdb::Value* constant_of(const duckdb::Expression& expression);

// For EXPLAIN: what is left to read. Conditions that are met exactly do not stand in the plan.
void describe(const Narrowing& narrowing, duckdb::InsertionOrderPreservingMap<std::string>& out);

}  // namespace gantry::query
