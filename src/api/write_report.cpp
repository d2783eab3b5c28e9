// SPDX-License-Identifier: Apache-2.0
#include "api/write_report.h"

#include <algorithm>

#include "api/call.h"
#include "base/json_writer.h"

namespace gantry::api {

http::Response write_report(std::size_t accepted, std::vector<pipeline::RejectedRow> rejected,
                            std::uint64_t rejected_total) {
    if (rejected_total == 0) {
        return no_content();
    }
    std::ranges::stable_sort(rejected, {}, &pipeline::RejectedRow::index);
    std::string body;
    JsonWriter json(body);
    json.begin_object().field("accepted", accepted).key("rejected").begin_array();
    for (const pipeline::RejectedRow& row : rejected) {
        json.begin_object().field("index", row.index).field("code", code_name(row.error.code));
        json.field("detail", row.error.message).end_object();
    }
    json.end_array();
    if (rejected_total > rejected.size()) {
        json.field("rejected_total", rejected_total);
    }
    json.end_object();
    return http::Response::text(200, "application/json", std::move(body));
}

}  // namespace gantry::api
