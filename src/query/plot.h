// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "query/summaries.h"

namespace gantry::query {

inline constexpr std::size_t plot_spans_max = 20'000;

// The rows that a line needs which is drawn so many pixels wide (M4: Jugel et al., VLDB 2014): of
// each of as many equal spans of the range the first, the last, the smallest and the largest that
// is usable, as they are and oldest first, so the line is the same as one through all rows. For
// Usable::Any also the first and the last row of a span that has no value, so that gaps stay; of
// strings the first and the last. InvalidArgument: an endless range, or more than plot_spans_max
// spans.
Result<RawHistory> plot_history(const store::Store& store, SeriesId series, TimeRange range,
                                std::size_t spans, store::Usable usable);

}  // namespace gantry::query
