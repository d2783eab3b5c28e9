// SPDX-License-Identifier: Apache-2.0
#include "query/metric_source.h"

#include <algorithm>
#include <map>

#include "query/metric_windows.h"

namespace gantry::query {
namespace {

constexpr std::string_view metrics_permission = "metrics:read";
constexpr std::string_view samples_permission = "samples:read";

labels::LabelTest test_of(const promql::Matcher& matcher) {
    return {.name = matcher.name(),
            .accepts = [&matcher](std::string_view value) { return matcher.matches(value); },
            .only = {matcher.values().begin(), matcher.values().end()}};
}

bool is_number(ValueType type) {
    return type == ValueType::Float64 || type == ValueType::Int64 || type == ValueType::Bool;
}

std::string_view asset_of(const Point& point) {
    return std::string_view(point.path)
        .substr(0, point.path.size() - point.property.key.size() - 1);
}

promql::Labels labels_of_point(const Point& point) {
    std::vector<promql::Label> out = {
        {std::string(promql::metric_name), labels::plain_name(point.property.key, true)},
        {"asset", std::string(asset_of(point))},
        {"point", point.path}};
    if (!point.property.unit.empty()) {
        out.push_back({"unit", point.property.unit});
    }
    return promql::Labels(std::move(out));
}

// As of labels_of_point(), without making them: there may be many points, and few that fit.
bool fits(const promql::Matcher& matcher, const Point& point) {
    const std::string& label = matcher.name();
    return label == promql::metric_name
               ? matcher.matches(labels::plain_name(point.property.key, true))
               : matcher.matches(label == "asset"   ? asset_of(point)
                                 : label == "point" ? std::string_view(point.path)
                                 : label == "unit"  ? std::string_view(point.property.unit)
                                                    : std::string_view());
}

// Points that can fit: those that a matcher names, or whose asset it names, or all.
std::vector<directory::PointRef> candidates(const directory::Directory& directory,
                                            const TenantId& tenant,
                                            std::span<const promql::Matcher> matchers) {
    std::vector<directory::PointRef> out;
    for (const promql::Matcher& matcher : matchers) {
        if (matcher.values().empty() || (matcher.name() != "point" && matcher.name() != "asset")) {
            continue;
        }
        for (const std::string& value : matcher.values()) {
            if (matcher.name() == "asset") {
                std::ranges::move(directory.under(tenant, value), std::back_inserter(out));
            } else if (auto point = directory.find(tenant, value)) {
                out.push_back(std::move(point));
            }
        }
        // One asset may be below another.
        std::ranges::sort(out);
        const auto same = std::ranges::unique(out);
        out.erase(same.begin(), same.end());
        return out;
    }
    return directory.under(tenant, "");
}

// Numbers of rows of any type; a row without a good or uncertain value is a stale marker.
void append_numbers(const store::Chunk& chunk, std::vector<double>& out) {
    out.resize(chunk.size());
    for (std::size_t i = 0; i < chunk.size(); ++i) {
        const std::uint64_t bits = chunk.bits[i];
        out[i] = chunk.type == ValueType::Float64
                     ? std::bit_cast<double>(bits)
                     : static_cast<double>(static_cast<std::int64_t>(bits));
    }
    if (chunk.plain()) {
        return;
    }
    for (std::size_t i = 0; i < chunk.size(); ++i) {
        if (chunk.type_of(i) == ValueType::Null || chunk.quality_of(i).bad()) {
            out[i] = std::bit_cast<double>(promql::stale_bits);
        }
    }
}

// Takes the chunks of one scan apart into series.
class Handover {
public:
    Handover(std::span<const MetricSource::Found> found, promql::SeriesVisitor& visitor)
        : found_(found), visitor_(visitor) {}

    bool take(const store::Chunk& chunk) {
        while (next_ < found_.size() && found_[next_].id != chunk.series) {
            ++next_;
            begun_ = false;
        }
        if (next_ == found_.size()) {
            return false;
        }
        if (!begun_) {
            begun_ = true;
            result_ = visitor_.series(found_[next_].labels);
        }
        if (result_) {
            append_numbers(chunk, numbers_);
            result_ = visitor_.samples(chunk.time, numbers_);
        }
        return result_.has_value();
    }
    const Result<>& result() const { return result_; }

private:
    std::span<const MetricSource::Found> found_;
    promql::SeriesVisitor& visitor_;
    std::size_t next_ = 0;
    bool begun_ = false;
    std::vector<double> numbers_;
    Result<> result_;
};

}  // namespace

template <class Take>
Result<> MetricSource::each_labelled(std::string_view permission,
                                     std::span<const promql::Matcher> matchers, std::size_t most,
                                     Take take) {
    std::vector<labels::LabelTest> tests;
    for (const promql::Matcher& matcher : matchers) {
        tests.push_back(test_of(matcher));
    }
    TRY_ASSIGN(const auto found, labels_.select(context_.tenant, tests, most));
    std::map<std::string, bool> may;
    for (const auto& series : found) {
        const auto [known, fresh] = may.try_emplace(labels::measurement_of(series.key), false);
        if (fresh) {
            known->second = context_.may(permission, known->first);
        }
        if (known->second) {
            take(series);
        }
    }
    return {};
}

Result<> MetricSource::find_labelled(std::span<const promql::Matcher> matchers, std::size_t most,
                                     std::vector<Found>& out) {
    return each_labelled(metrics_permission, matchers, most,
                         [&](const labels::LabelIndex::Found& series) {
                             const auto info = store_.series(series.id);
                             if (!info || !is_number(info->type)) {
                                 return;
                             }
                             std::vector<promql::Label> labels;
                             for (labels::Label& label : labels::labels_of(series.key)) {
                                 labels.push_back({std::move(label.name), std::move(label.value)});
                             }
                             out.push_back({series.id, promql::Labels(std::move(labels))});
                         });
}

Result<std::vector<SeriesId>> MetricSource::find_for(std::string_view permission,
                                                     std::span<const promql::Matcher> matchers,
                                                     std::size_t most) {
    std::vector<SeriesId> out;
    TRY(each_labelled(permission, matchers, most, [&out](const labels::LabelIndex::Found& series) {
        out.push_back(series.id);
    }));
    return out;
}

void MetricSource::find_points(std::span<const promql::Matcher> matchers,
                               std::vector<Found>& out) const {
    for (const auto& entry : candidates(directory_, context_.tenant, matchers)) {
        const Point& point = entry->point;
        const auto fits_point = [&point](const auto& matcher) { return fits(matcher, point); };
        if (is_number(point.property.type) && std::ranges::all_of(matchers, fits_point) &&
            context_.may(samples_permission, point.path)) {
            out.push_back({entry->series, labels_of_point(point)});
        }
    }
}

std::map<std::string, std::set<MetricSource::About>> MetricSource::about(Language language) const {
    std::map<std::string, std::set<About>> out;
    for (const directory::PointRef& entry : directory_.under(context_.tenant, "")) {
        const Property& property = entry->point.property;
        if (!is_number(property.type) || !context_.may(samples_permission, entry->point.path)) {
            continue;
        }
        std::string help(property.description.in(language));
        if (help.empty()) {
            help = property.name.in(language);
        }
        out[labels::plain_name(property.key, true)].insert({property.unit, std::move(help)});
    }
    return out;
}

Result<std::vector<MetricSource::Found>> MetricSource::find(
    std::span<const promql::Matcher> matchers, std::size_t most) {
    std::vector<Found> out;
    TRY(find_labelled(matchers, most, out));
    find_points(matchers, out);
    if (out.size() > most) {
        return fail(Code::TooLarge, "{} series match, at most {} at once: narrow the selector",
                    out.size(), most);
    }
    return out;
}

Result<> MetricSource::select(std::span<const promql::Matcher> matchers,
                              const promql::SelectHints& hints, promql::SeriesVisitor& visitor) {
    TRY_ASSIGN(const std::vector<Found> found, find(matchers, series_max));
    std::vector<SeriesId> ids;
    ids.reserve(found.size());
    for (const Found& series : found) {
        ids.push_back(series.id);
    }
    const auto labels_of = [&found](std::size_t i) -> const promql::Labels& {
        return found[i].labels;
    };
    const bool by_statistics = hints.statistics_suffice && windows_are_buckets(hints.windows);
    if (hints.last_suffices || by_statistics) {
        TRY_ASSIGN(const auto left, hints.last_suffices
                                        ? visit_latest(store_, ids, hints, labels_of, visitor)
                                        : visit_windows(store_, ids, hints, labels_of, visitor));
        for (std::size_t i = 0; i < left.size(); ++i) {
            ids[i] = ids[left[i]];  // left is in rising order
        }
        ids.resize(left.size());
    }
    Handover handover(found, visitor);
    TRY(store_.scan(ids, hints.range,
                    [&handover](const store::Chunk& chunk) { return handover.take(chunk); }));
    return handover.result();
}

}  // namespace gantry::query
