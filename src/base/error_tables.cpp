// SPDX-License-Identifier: Apache-2.0
#include "base/error_tables.h"

#include <array>

#include "base/assert.h"

namespace gantry {
namespace {

struct Row {
    Code code;
    std::string_view name;
    int http;
    int mqtt;
    std::string_view sql;
    int exit;
};

constexpr std::array<Row, code_count> rows = {{
    {Code::InvalidArgument, "invalid_argument", 400, 0x83, "22023", 2},
    {Code::Unauthenticated, "unauthenticated", 401, 0x86, "28000", 4},
    {Code::Forbidden, "forbidden", 403, 0x87, "42501", 4},
    {Code::NotFound, "not_found", 404, 0x83, "42704", 3},
    {Code::Conflict, "conflict", 409, 0x83, "42710", 1},
    {Code::PreconditionFailed, "precondition_failed", 412, 0x83, "40001", 1},
    {Code::PreconditionRequired, "precondition_required", 428, 0x83, "40001", 2},
    {Code::TooLarge, "too_large", 413, 0x95, "54000", 2},
    {Code::Unsupported, "unsupported", 501, 0x83, "0A000", 1},
    {Code::RateLimited, "rate_limited", 429, 0x96, "53400", 1},
    {Code::QuotaExceeded, "quota_exceeded", 403, 0x97, "53400", 4},
    {Code::Cancelled, "cancelled", 499, 0x98, "57014", 1},
    {Code::Timeout, "timeout", 504, 0x88, "57014", 5},
    {Code::Unavailable, "unavailable", 503, 0x88, "57P03", 5},
    {Code::StorageFull, "storage_full", 507, 0x97, "53100", 1},
    {Code::Corrupt, "corrupt", 500, 0x80, "XX001", 1},
    {Code::Io, "io", 500, 0x80, "58030", 1},
    {Code::Internal, "internal", 500, 0x80, "XX000", 1},
}};

const Row& row(Code code) {
    const Row& found = rows[static_cast<std::size_t>(code)];
    ASSERT(found.code == code);
    return found;
}

}  // namespace

std::string_view code_name(Code code) { return row(code).name; }
int http_status(Code code) { return row(code).http; }
int mqtt_reason(Code code) { return row(code).mqtt; }
std::string_view sql_state(Code code) { return row(code).sql; }
int exit_code(Code code) { return row(code).exit; }

std::optional<Code> code_from_name(std::string_view name) {
    for (const Row& candidate : rows) {
        if (candidate.name == name) {
            return candidate.code;
        }
    }
    return std::nullopt;
}

}  // namespace gantry
