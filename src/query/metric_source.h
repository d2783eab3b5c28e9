// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "directory/directory.h"
#include "labels/label_index.h"
#include "model/localized.h"
#include "promql/source.h"
#include "security/context.h"

namespace gantry::query {

// What PromQL is asked about: the series of a tenant that have labels, and the points of its
// assets, as far as the principal may read them. A point reads as
//
//     flow{asset="plant/line2/pump3", point="plant/line2/pump3.flow", unit="m3/h"}
//
// Strings are left out; false and true are 0 and 1. A row that is bad, or has no value, ends a
// series as a stale marker does: what the device did not say is not made up from what it said
// before.
class MetricSource final : public promql::Source {
public:
    MetricSource(const store::Store& store, labels::LabelIndex& labels,
                 const directory::Directory& directory, const security::Context& context)
        : store_(store), labels_(labels), directory_(directory), context_(context) {}

    Result<> select(std::span<const promql::Matcher> matchers, const promql::SelectHints& hints,
                    promql::SeriesVisitor& visitor) override;

    struct Found {
        SeriesId id;
        promql::Labels labels;
    };
    // Series that fit every matcher; TooLarge: more than `most`.
    Result<std::vector<Found>> find(std::span<const promql::Matcher> matchers, std::size_t most);

    // Those that have labels, of any type, and that the principal may do this with. TooLarge: more
    // than `most`.
    Result<std::vector<SeriesId>> find_for(std::string_view permission,
                                           std::span<const promql::Matcher> matchers,
                                           std::size_t most);

    // What is known of the metrics that points make, beside their samples: for each name its
    // units and descriptions, in the language. They are gauges.
    struct About {
        std::string unit;
        std::string help;

        auto operator<=>(const About&) const = default;
    };
    std::map<std::string, std::set<About>> about(Language language) const;

    static constexpr std::size_t series_max = 200'000;

private:
    // Calls back with each.
    template <class Take>
    Result<> each_labelled(std::string_view permission, std::span<const promql::Matcher> matchers,
                           std::size_t most, Take take);
    Result<> find_labelled(std::span<const promql::Matcher> matchers, std::size_t most,
                           std::vector<Found>& out);
    void find_points(std::span<const promql::Matcher> matchers, std::vector<Found>& out) const;

    const store::Store& store_;
    labels::LabelIndex& labels_;
    const directory::Directory& directory_;
    const security::Context& context_;
};

}  // namespace gantry::query
