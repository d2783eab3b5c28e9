// SPDX-License-Identifier: Apache-2.0
#include "api/arrow_import.h"

#include <algorithm>
#include <cctype>

#include "api/point_access.h"
#include "api/write_report.h"
#include "arrow/sample_stream.h"
#include "arrow/writer.h"

namespace gantry::api {
namespace {

// A body as small as that is decoded in less time than it takes to hand it to another thread.
constexpr std::size_t small_body_bytes = 64 * 1024;

// What became of the rows so far.
class Import {
public:
    Import(Services& services, const Call& call)
        : services_(services),
          body_(as_bytes(call.request.body)),
          stream_(body_, [&services, &call](std::string_view name) -> Result<arrow::PointSeries> {
              TRY_ASSIGN(const auto entry,
                         find_point(services, call, std::string(name), "samples:write"));
              return arrow::PointSeries{entry->series, entry->point.property.type};
          }) {}

    // False at the end.
    Async<bool> take_part(Acknowledge acknowledge) {
        arrow::Part part;
        CO_TRY_ASSIGN(const bool more, co_await decode(part));
        if (!part.batch.empty()) {
            CO_TRY_ASSIGN(const auto report,
                          co_await services_.pipeline.take(std::move(part.batch), acknowledge,
                                                           pipeline::WhenFull::Fail));
            add(report, part);
        }
        co_return more;
    }

    Async<> make_durable() const {
        if (last_ == 0) {
            co_return Result<>{};
        }
        co_return co_await services_.pipeline.committer().durable(last_);
    }

    std::unexpected<Error> after_some(Error error) const {
        if (accepted_ > 0) {
            error.message += std::format(
                "; {} rows before it were stored: the whole may be sent again", accepted_);
        }
        return std::unexpected(std::move(error));
    }

    http::Response answer() {
        for (const arrow::RejectedRow& row : stream_.rejected()) {
            rejected_.push_back({row.row, row.error});
        }
        const std::uint64_t total = refused_ + stream_.rejected_rows();
        std::ranges::stable_sort(rejected_, {}, &pipeline::RejectedRow::index);
        rejected_.resize(std::min(rejected_.size(), arrow::SampleStream::rejected_max));
        return write_report(accepted_, std::move(rejected_), total);
    }

private:
    Async<bool> decode(arrow::Part& part) {
        if (body_.size() <= small_body_bytes) {
            co_return stream_.next(part);
        }
        co_return co_await offload(services_.offload, [this, &part] { return stream_.next(part); });
    }

    void add(const pipeline::SubmitReport& report, const arrow::Part& part) {
        accepted_ += report.accepted;
        refused_ += report.rejected.size();
        last_ = std::max(last_, report.last);
        for (const pipeline::RejectedRow& row : report.rejected) {
            if (rejected_.size() == arrow::SampleStream::rejected_max) {
                break;
            }
            rejected_.push_back({part.row_of(row.index), row.error});
        }
    }

    Services& services_;
    ByteView body_;
    arrow::SampleStream stream_;
    std::size_t accepted_ = 0;
    std::uint64_t refused_ = 0;  // by the pipeline
    std::vector<pipeline::RejectedRow> rejected_;
    store::Lsn last_ = 0;
};

}  // namespace

bool is_arrow(const http::Request& request) {
    std::string type(request.header("content-type"));
    std::ranges::transform(type, type.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return type.starts_with(arrow::media_type);
}

// The parts become durable together, at the end.
Async<http::Response> write_arrow(Services& services, const Call& call, Acknowledge acknowledge) {
    const bool durable = acknowledge == Acknowledge::Durable;
    Import import(services, call);
    while (true) {
        const auto more = co_await import.take_part(durable ? Acknowledge::Written : acknowledge);
        if (!more) {
            co_return import.after_some(more.error());
        }
        if (!*more) {
            break;
        }
    }
    if (durable) {
        CO_TRY(co_await import.make_durable());
    }
    co_return import.answer();
}

}  // namespace gantry::api
