// SPDX-License-Identifier: Apache-2.0
// The data of tsbs_data.h and tsbs_iot_data.h as InfluxDB line protocol.
#pragma once

#include <charconv>
#include <iterator>
#include <string>

#include "testing/tsbs_data.h"
#include "testing/tsbs_iot_data.h"

namespace gantry::testing {

template <class Number>
void append_number(std::string& out, Number number) {
    char text[32];
    const auto end = std::to_chars(std::begin(text), std::end(text), number).ptr;
    out.append(text, end);
}

// What the host says at the time of the data.
inline void append_line(std::string& out, const CpuOnlyData& data, std::size_t host) {
    out += "cpu,hostname=host_";
    append_number(out, host);
    for (std::size_t field = 0; field < CpuOnlyData::fields.size(); ++field) {
        out += field == 0 ? ' ' : ',';
        out += CpuOnlyData::fields[field];
        out += '=';
        append_number(out, data.value(host, field));
        out += 'i';
    }
    out += ' ';
    append_number(out, data.time());
    out += '\n';
}

inline void append_line(std::string& out, const IotData::Row& row) {
    out += row.table_name();
    out += ",name=truck_";
    append_number(out, row.truck);
    for (std::size_t field = 0; field < row.names().size(); ++field) {
        out += field == 0 ? ' ' : ',';
        out += row.names()[field];
        out += '=';
        append_number(out, row.value[field]);
        out += row.whole(field) ? "i" : "";
    }
    out += ' ';
    append_number(out, row.time);
    out += '\n';
}

}  // namespace gantry::testing
