// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "store/store.h"

namespace gantry::store {

void Aggregate::add(Time time, Quality row_quality, std::optional<double> value) {
    ++rows;
    if (row_quality.bad() || !value || std::isnan(*value)) {
        return;
    }
    if (count == 0) {
        min = max = first = *value;
        first_time = time;
    }
    ++count;
    good_count += row_quality.good() ? 1 : 0;
    min = std::min(min, *value);
    max = std::max(max, *value);
    sum += *value;
    square_sum += (*value - first) * (*value - first);
    last = *value;
    last_time = time;
}

double Aggregate::deviation() const {
    if (count < 2) {
        return 0;
    }
    const auto n = static_cast<double>(count);
    const double shift = average() - first;
    return std::sqrt(std::max(0.0, square_sum / n - shift * shift));
}

Quality Aggregate::quality() const {
    if (count == 0) {
        return gantry::quality::bad;
    }
    return good_count == rows ? gantry::quality::good : gantry::quality::uncertain;
}

}  // namespace gantry::store
