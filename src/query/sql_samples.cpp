// SPDX-License-Identifier: Apache-2.0
// The table `samples`: rows of points.
#include <algorithm>
#include <set>

#include "query/sql_series.h"

namespace gantry::query {
namespace {

class PointList final : public SeriesList {
public:
    void add(const directory::PointRef& entry) {
        points_.push_back(entry);
        series.push_back(entry->series);
    }

    duckdb::Value constant(duckdb::column_t column, std::size_t index) const override {
        const Point& point = points_[index]->point;
        switch (static_cast<SampleColumn>(column)) {
            case SampleColumn::Point: return duckdb::Value(point.path);
            case SampleColumn::Asset: return duckdb::Value(asset_of(point.path));
            default: return duckdb::Value(point.id.text());
        }
    }

private:
    std::vector<directory::PointRef> points_;
};

std::unique_ptr<SeriesList> list(const SqlScope& scope, const Narrowing& narrowing) {
    std::vector<directory::PointRef> found = wanted_points(scope, narrowing);
    if (!scope.points_given) {
        // Rows of series with neighbouring numbers lie together.
        std::ranges::sort(found, {}, [](const auto& entry) { return entry->series.value; });
    }
    auto out = std::make_unique<PointList>();
    std::set<std::uint32_t> seen;
    for (const directory::PointRef& entry : found) {
        if (seen.insert(entry->series.value).second) {
            out->add(entry);
        }
    }
    return out;
}

}  // namespace

std::string asset_of(const std::string& point_path) {
    return point_path.substr(0, point_path.rfind('.'));
}

namespace {

std::vector<directory::PointRef> candidates(const SqlScope& scope, const Narrowing& narrowing) {
    if (scope.points_given) {
        return scope.points;
    }
    const auto named = narrowing.names.find(Role::Point);
    if (named == narrowing.names.end()) {
        return scope.directory->under(scope.context.tenant, "");
    }
    std::vector<directory::PointRef> out;
    for (const std::string& path : named->second) {
        if (auto entry = scope.directory->find(scope.context.tenant, path)) {
            out.push_back(std::move(entry));
        }
    }
    return out;
}

}  // namespace

std::vector<directory::PointRef> wanted_points(const SqlScope& scope, const Narrowing& narrowing) {
    std::vector<directory::PointRef> out = candidates(scope, narrowing);
    std::erase_if(out, [&](const directory::PointRef& entry) {
        const Point& point = entry->point;
        return !narrowing.admits(Role::Point, point.path) ||
               !narrowing.admits(Role::Asset, asset_of(point.path)) ||
               !narrowing.admits(Role::PointId, point.id.text()) ||
               !scope.context.may("samples:read", point.path);
    });
    return out;
}

const SeriesTable& samples_table() {
    using duckdb::LogicalType;
    static const SeriesTable table{
        "gantry_samples",
        {{"point", LogicalType::VARCHAR, Role::Point, nullptr},
         {"asset", LogicalType::VARCHAR, Role::Asset, nullptr},
         {"time", LogicalType::TIMESTAMP_TZ, Role::Time, fill_of(SampleColumn::Time)},
         {"time_ns", LogicalType::BIGINT, Role::TimeNs, fill_of(SampleColumn::TimeNs)},
         {"value", LogicalType::DOUBLE, Role::Other, fill_of(SampleColumn::Value)},
         {"value_int", LogicalType::BIGINT, Role::Other, fill_of(SampleColumn::ValueInt)},
         {"value_text", LogicalType::VARCHAR, Role::Other, fill_of(SampleColumn::ValueText)},
         {"quality", LogicalType::VARCHAR, Role::Quality, fill_of(SampleColumn::Quality)},
         {"quality_code", LogicalType::UINTEGER, Role::Other, fill_of(SampleColumn::QualityCode)},
         {"point_id", LogicalType::VARCHAR, Role::PointId, nullptr}},
        list};
    return table;
}

}  // namespace gantry::query
