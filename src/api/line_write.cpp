// SPDX-License-Identifier: Apache-2.0
#include "api/line_write.h"

#include <algorithm>

#include "http/gzip.h"
#include "lineprotocol/line_parser.h"

namespace gantry::api {
namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10;
// Larger pieces are parsed where they hold up nobody.
constexpr std::size_t inline_bytes_max = std::size_t{32} << 10;
// What a packed body may come to; lines pack to a tenth or so, and 64 MiB are taken.
constexpr std::size_t unpacked_bytes_max = std::size_t{1} << 30;
constexpr std::string_view write_permission = "metrics:write";

// The body in pieces, unpacked.
class Pieces {
public:
    explicit Pieces(const http::Request& request) : left_(request.body) {
        if (request.header("content-encoding") == "gzip") {
            packed_.emplace(left_);
        }
    }
    bool small() const { return !packed_ && left_.size() <= inline_bytes_max; }
    // Empty: there are no more.
    Result<std::string_view> next() {
        if (packed_) {
            TRY_ASSIGN(const std::string_view piece, packed_->next(piece_bytes));
            unpacked_ += piece.size();
            if (unpacked_ > unpacked_bytes_max) {
                return fail(Code::TooLarge,
                            "the body has more than {} bytes unpacked; the lines before are "
                            "stored: send it in parts",
                            unpacked_bytes_max);
            }
            return piece;
        }
        const std::string_view out = left_.substr(0, piece_bytes);
        left_.remove_prefix(out.size());
        return out;
    }

private:
    std::string_view left_;
    std::optional<http::Gunzip> packed_;
    std::size_t unpacked_ = 0;
};

labels::LineCaches::Lease cache_for(Services& services, const Call& call,
                                    const std::string& database) {
    if (may_everywhere(call.context, write_permission)) {
        return services.line_caches.take(call.tenant(), database);
    }
    return services.line_caches.take(
        call.tenant(), database, [&call](std::string_view measurement) -> Result<> {
            if (call.context.may(write_permission, measurement)) {
                return {};
            }
            return fail(Code::Forbidden, "you may not write '{}': it needs the permission {}",
                        measurement, write_permission);
        });
}

Result<> check_encoding(const http::Request& request) {
    const std::string_view encoding = request.header("content-encoding");
    if (encoding.empty() || encoding == "identity" || encoding == "gzip") {
        return {};
    }
    return fail(Code::InvalidArgument, "Content-Encoding {} is not known: send gzip, or none",
                encoding);
}

}  // namespace

bool may_everywhere(const security::Context& context, std::string_view permission) {
    return context.may(permission) &&
           std::ranges::none_of(context.identity->statements, [&](const auto& statement) {
               return statement.effect == security::Effect::Forbid &&
                      std::ranges::any_of(statement.permissions, [&](const auto& pattern) {
                          return security::permission_matches(pattern, permission);
                      });
           });
}

std::string summary_of(const LineReport& report) {
    if (report.errors.empty()) {
        return {};
    }
    std::string out = to_text(report.errors.front());
    if (report.refused > 1) {
        out += std::format(" (and {} more {})", report.refused - 1,
                           report.refused == 2 ? "line" : "lines");
    }
    return out;
}

Async<LineReport> write_lines(Services& services, const Call& call, const LineRequest& request) {
    CO_TRY(check_encoding(call.request));
    const labels::LineCaches::Lease cache = cache_for(services, call, request.database);
    lineprotocol::LineParser parser(*cache, {.precision = request.precision,
                                             .now = services.clock.now(),
                                             .latest = services.pipeline.latest_time()});
    Pieces pieces(call.request);
    SampleBatch batch;
    const auto parse_next = [&]() -> Result<bool> {
        batch.clear();
        TRY_ASSIGN(const std::string_view piece, pieces.next());
        parser.parse(as_bytes(piece), piece.empty(), batch);
        return piece.empty();
    };
    store::Lsn last = 0;
    const bool small = pieces.small();
    for (bool ended = false; !ended;) {
        if (small) {
            CO_TRY_ASSIGN(ended, parse_next());
        } else {
            CO_TRY_ASSIGN(ended, co_await offload(services.offload, parse_next));
        }
        CO_TRY_ASSIGN(const store::Lsn lsn,
                      co_await services.pipeline.append_checked(batch, pipeline::WhenFull::Fail));
        last = std::max(last, lsn);
    }
    CO_TRY(co_await services.pipeline.settle(last, request.acknowledge));
    co_return LineReport{.points = parser.points(),
                         .lines = parser.lines(),
                         .refused = parser.refused(),
                         .errors = {parser.errors().begin(), parser.errors().end()}};
}

}  // namespace gantry::api
