// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "api/history_request.h"

namespace gantry::api {

// All raw samples of the points in the range, whatever their number, as a stream of CSV:
// point,time,value,quality,quality_code. Read part by part as the client takes it.
Result<http::Response> export_csv(Services& services, const Call& call,
                                  const std::vector<directory::PointRef>& points,
                                  const HistoryRequest& request);

// The same as a Parquet file, made in the temporary folder and removed when it has been sent.
Result<http::Response> export_parquet(Services& services, const Call& call,
                                      const std::vector<directory::PointRef>& points,
                                      const HistoryRequest& request);

// An answer that is a file, handed out by the source.
http::Response stream_answer(http::BodySource source, std::string_view type,
                             std::string_view file_name);

// A field of CSV (RFC 4180), in quotes where it needs them.
void append_csv_field(std::string& out, std::string_view text);

}  // namespace gantry::api
