// SPDX-License-Identifier: Apache-2.0
// The table `metrics`: rows of series by labels, those that line protocol and remote write bring.
#include <map>

#include "base/json_writer.h"
#include "lineprotocol/series_key.h"
#include "query/sql_series.h"

namespace gantry::query {
namespace {

constexpr std::string_view permission = "metrics:read";
constexpr std::size_t series_max = 1'000'000;

// Columns of `metrics` that all rows of a series have in common, in order.
enum class MetricColumn : duckdb::column_t { Name, Measurement, Field, Labels };

class MetricList final : public SeriesList {
public:
    void add(const labels::LabelIndex::Found& found) {
        keys_.push_back(found.key);
        series.push_back(found.id);
    }

    duckdb::Value constant(duckdb::column_t column, std::size_t index) const override {
        switch (static_cast<MetricColumn>(column)) {
            case MetricColumn::Name: return duckdb::Value(name_of(keys_[index]));
            case MetricColumn::Measurement:
                return duckdb::Value(labels::measurement_of(keys_[index]));
            case MetricColumn::Field: return duckdb::Value(field_of(keys_[index]));
            default: return labels_value(keys_[index]);
        }
    }

    static std::string field_of(std::string_view key) {
        return lineprotocol::split_series_key(key).field;
    }
    static std::string name_of(std::string_view key) {
        const auto name = lineprotocol::split_series_key(key);
        return labels::metric_name(name.measurement, name.field);
    }

private:
    static duckdb::Value labels_value(std::string_view key) {
        std::string text;
        JsonWriter json(text);
        json.begin_object();
        for (const labels::Label& label : labels::labels_of(key)) {
            if (label.name != labels::metric_name_label) {
                json.field(label.name, label.value);
            }
        }
        json.end_object();
        duckdb::Value out(std::move(text));
        out.Reinterpret(duckdb::LogicalType::JSON());
        return out;
    }

    std::vector<std::string_view> keys_;
};

std::vector<labels::LabelTest> tests_of(const Narrowing& narrowing) {
    std::vector<labels::LabelTest> out;
    for (const auto& [name, value] : narrowing.labels) {
        if (name != labels::metric_name_label) {
            out.push_back(labels::label_is(name, value));
        }
    }
    if (const auto names = narrowing.names.find(Role::Metric); names != narrowing.names.end()) {
        const Narrowing::Names& wanted = names->second;
        out.push_back(
            {.name = std::string(labels::metric_name_label),
             .accepts =
                 [&wanted](std::string_view name) { return wanted.contains(std::string(name)); },
             .only = {wanted.begin(), wanted.end()}});
    }
    return out;
}

std::unique_ptr<SeriesList> list(const SqlScope& scope, const Narrowing& narrowing) {
    auto out = std::make_unique<MetricList>();
    const auto names = narrowing.names.find(Role::Metric);
    if (names != narrowing.names.end() && names->second.empty()) {
        return out;
    }
    const auto found = scope.labels->select(scope.context.tenant, tests_of(narrowing), series_max);
    if (!found) {
        throw duckdb::InvalidInputException(found.error().message);
    }
    std::map<std::string, bool> readable;
    for (const auto& series : *found) {
        const auto [known, fresh] = readable.try_emplace(labels::measurement_of(series.key), false);
        if (fresh) {
            known->second = narrowing.admits(Role::Measurement, known->first) &&
                            scope.context.may(permission, known->first);
        }
        if (known->second && narrowing.admits(Role::Field, MetricList::field_of(series.key))) {
            out->add(series);
        }
    }
    return out;
}

}  // namespace

const SeriesTable& metrics_table() {
    using duckdb::LogicalType;
    static const SeriesTable table{
        "gantry_metrics",
        {{"name", LogicalType::VARCHAR, Role::Metric, nullptr},
         {"measurement", LogicalType::VARCHAR, Role::Measurement, nullptr},
         {"field", LogicalType::VARCHAR, Role::Field, nullptr},
         {"labels", LogicalType::JSON(), Role::Labels, nullptr},
         {"time", LogicalType::TIMESTAMP_TZ, Role::Time, fill_of(SampleColumn::Time)},
         {"time_ns", LogicalType::BIGINT, Role::TimeNs, fill_of(SampleColumn::TimeNs)},
         {"value", LogicalType::DOUBLE, Role::Other, fill_of(SampleColumn::Value)},
         {"value_int", LogicalType::BIGINT, Role::Other, fill_of(SampleColumn::ValueInt)},
         {"value_text", LogicalType::VARCHAR, Role::Other, fill_of(SampleColumn::ValueText)},
         {"quality", LogicalType::VARCHAR, Role::Quality, fill_of(SampleColumn::Quality)},
         {"quality_code", LogicalType::UINTEGER, Role::Other, fill_of(SampleColumn::QualityCode)}},
        list};
    return table;
}

}  // namespace gantry::query
