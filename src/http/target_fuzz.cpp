// SPDX-License-Identifier: Apache-2.0
// Any bytes as a request target: what is taken decodes to UTF-8 and encodes back to the same.
#include "base/assert.h"
#include "base/encoding.h"
#include "http/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    gantry::http::Request request;
    request.target.assign(reinterpret_cast<const char*>(data), size);
    if (gantry::http::parse_target(request)) {
        for (const std::string& segment : request.segments) {
            ASSERT(gantry::is_utf8(segment));
            ASSERT(gantry::http::percent_decode(gantry::http::percent_encode(segment)) == segment);
        }
    }
    (void)request.cookie("gantry_session");
    return 0;
}
