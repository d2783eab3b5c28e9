// SPDX-License-Identifier: Apache-2.0
#include "store/series_names.h"

#include <format>

#include "store/catalogue_record.h"

namespace gantry::store {

bool SeriesNames::add(const journal::Record& record) {
    CatalogueRecord found;
    if (!decode_catalogue_record(record.type, record.payload, found)) {
        return false;
    }
    for (std::size_t i = 0; i < found.series.size(); ++i) {
        const std::size_t id = found.first.value + i;
        if (series_.size() <= id) {
            series_.resize(id + 1);
        }
        size_ += series_[id].type == ValueType::Null ? 1 : 0;
        series_[id] = {std::string(found.series[i].key), found.series[i].type};
    }
    return true;
}

std::string SeriesNames::describe(SeriesId id) const {
    return has(id) ? std::string(key(id)) : std::format("series {}, whose name is lost", id.value);
}

std::uint64_t SeriesNames::bytes() const {
    std::uint64_t out = series_.capacity() * sizeof(Series);
    for (const Series& series : series_) {
        out += series.key.capacity();
    }
    return out;
}

}  // namespace gantry::store
