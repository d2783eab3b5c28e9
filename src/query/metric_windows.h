// SPDX-License-Identifier: Apache-2.0
// PromQL's windows from what the store knows of its blocks, without reading every sample.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "promql/source.h"
#include "store/store.h"

namespace gantry::query {

// Whether buckets of the store come to the windows: there is one, or each begins where the one
// before it ends.
bool windows_are_buckets(const promql::Windows& windows);

using LabelsOf = std::function<const promql::Labels&(std::size_t)>;

// Tells the visitor what each window of each series comes to, and returns the places of those that
// must be sent as samples instead, because something in them is no number or too large for a sum.
// labels_of(i) are the labels of the i-th series; a series without a row is left out.
Result<std::vector<std::size_t>> visit_windows(const store::Store& store,
                                               std::span<const SeriesId> series,
                                               const promql::SelectHints& hints,
                                               const LabelsOf& labels_of,
                                               promql::SeriesVisitor& visitor);

// Where the last sample of each suffices: sends it if the last row of all is in the range, and
// returns the places of those whose is later, or does not count.
Result<std::vector<std::size_t>> visit_latest(const store::Store& store,
                                              std::span<const SeriesId> series,
                                              const promql::SelectHints& hints,
                                              const LabelsOf& labels_of,
                                              promql::SeriesVisitor& visitor);

}  // namespace gantry::query
