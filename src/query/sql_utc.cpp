// SPDX-License-Identifier: Apache-2.0
#include "query/sql_utc.h"

#include <algorithm>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/scalar_function_catalog_entry.hpp>

namespace gantry::query {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::ScalarFunction;

// Not epoch(): it rounds otherwise in the last digit.
constexpr const char* names[] = {
    "time_bucket", "date_trunc", "datetrunc", "microsecond", "millisecond", "second",
    "minute",      "hour",       "day",       "dayofmonth",  "month",       "quarter",
    "year",        "decade",     "century",   "millennium",  "week",        "weekofyear",
    "yearweek",    "isoyear",    "dayofyear", "dayofweek",   "weekday",     "isodow",
};

LogicalType without_zone(const LogicalType& type) {
    return type.id() == LogicalTypeId::TIMESTAMP_TZ ? LogicalType(LogicalTypeId::TIMESTAMP) : type;
}

bool is_twin(const ScalarFunction& plain, const ScalarFunction& zoned) {
    return plain.return_type == without_zone(zoned.return_type) &&
           std::ranges::equal(plain.arguments, zoned.arguments,
                              [](const LogicalType& left, const LogicalType& right) {
                                  return left == without_zone(right);
                              });
}

}  // namespace

void use_utc(duckdb::Connection& connection) {
    auto& context = *connection.context;
    context.RunFunctionInTransaction([&] {
        auto& catalog = duckdb::Catalog::GetSystemCatalog(context);
        for (const char* name : names) {
            auto entry = catalog.GetEntry<duckdb::ScalarFunctionCatalogEntry>(
                context, DEFAULT_SCHEMA, name, duckdb::OnEntryNotFound::RETURN_NULL);
            if (!entry) {
                continue;
            }
            auto& all = entry->functions.functions;
            for (ScalarFunction& zoned : all) {
                if (std::ranges::find(zoned.arguments, LogicalType(LogicalTypeId::TIMESTAMP_TZ)) ==
                    zoned.arguments.end()) {
                    continue;
                }
                const auto plain = std::ranges::find_if(
                    all, [&zoned](const auto& other) { return is_twin(other, zoned); });
                if (plain != all.end()) {
                    zoned.function = plain->function;
                    zoned.bind = nullptr;  // of a constant part: only for the types that it returns
                    zoned.init_local_state = plain->init_local_state;
                    zoned.statistics = nullptr;
                    zoned.serialize = plain->serialize;
                    zoned.deserialize = plain->deserialize;
                }
            }
        }
    });
}

}  // namespace gantry::query
