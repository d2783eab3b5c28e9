// SPDX-License-Identifier: Apache-2.0
#include "api/remote_write.h"

#include <algorithm>

#include "api/line_write.h"
#include "lineprotocol/series_key.h"
#include "remotewrite/decoder.h"

namespace gantry::api {
namespace {

constexpr std::string_view write_permission = "metrics:write";
constexpr std::int64_t nanoseconds = 1'000'000;
constexpr std::size_t batch_bytes_max = store::Store::batch_bytes_max / 2;

// Makes batches of what a request holds.
class Intake final : public remotewrite::Visitor {
public:
    Intake(Services& services, const Call& call)
        : services_(services),
          call_(call),
          everything_(may_everywhere(call.context, write_permission)),
          latest_(services.pipeline.latest_time() / nanoseconds) {
        batches_.emplace_back();
    }

    Result<> series(std::span<const remotewrite::LabelView> labels,
                    std::span<const remotewrite::Sample> samples) override {
        const auto id = series_of(labels);
        if (!id) {
            refuse(id.error().message);
            // Of the store as a whole, not of this series.
            return id.error().code == Code::StorageFull || id.error().code == Code::Unavailable
                       ? std::unexpected(id.error())
                       : Result<>{};
        }
        for (const remotewrite::Sample& sample : samples) {
            if (sample.time > latest_ || sample.time <= time_min / nanoseconds) {
                refuse(std::format("{}: the time {} ms is {}: check the clock of the source", key_,
                                   sample.time,
                                   sample.time > latest_ ? "too far in the future" : "too old"));
                continue;
            }
            batches_.back().add_float(*id, sample.time * nanoseconds, quality::good, sample.value);
        }
        if (batches_.back().bytes() > batch_bytes_max) {
            batches_.emplace_back();
        }
        return {};
    }

    Result<> metadata(const remotewrite::Metadata&) override { return {}; }

    void refuse(const std::string& why) {
        if (refused_++ == 0) {
            first_refusal_ = why;
        }
    }
    std::size_t refused() const { return refused_; }
    const std::string& first_refusal() const { return first_refusal_; }
    std::vector<SampleBatch>& batches() { return batches_; }

private:
    Result<SeriesId> series_of(std::span<const remotewrite::LabelView> labels) {
        std::string_view name;
        tags_.clear();
        for (const auto& [label, value] : labels) {
            if (label == labels::metric_name_label) {
                name = value;
            } else {
                tags_.push_back({label, value});
            }
        }
        if (!everything_ && !call_.context.may(write_permission, name)) {
            return fail(Code::Forbidden, "you may not write '{}': it needs the permission {}", name,
                        write_permission);
        }
        const bool sayable = !name.ends_with('\\') && std::ranges::none_of(tags_, [](auto& tag) {
            return tag.name.ends_with('\\');
        });
        if (!sayable) {
            return fail(Code::InvalidArgument, "a name ends in a backslash: '{}'", name);
        }
        key_ = lineprotocol::series_key(name, tags_, "value");
        return services_.labels.make(call_.tenant(), key_, ValueType::Float64);
    }

    Services& services_;
    const Call& call_;
    const bool everything_;
    const std::int64_t latest_;
    std::vector<SampleBatch> batches_;
    std::vector<lineprotocol::Tag> tags_;
    std::string key_;
    std::size_t refused_ = 0;
    std::string first_refusal_;
};

struct Decoded {
    remotewrite::Counts counts;
    std::string first_refusal;
};

Result<remotewrite::Version> version_of(const http::Request& request) {
    const std::string_view encoding = request.header("content-encoding");
    if (!encoding.empty() && encoding != "snappy") {
        return fail(Code::InvalidArgument, "Content-Encoding {}: remote write is snappy", encoding);
    }
    const std::string_view type = request.header("content-type");
    return type.empty() ? remotewrite::Version::V1 : remotewrite::parse_content_type(type);
}

}  // namespace

void RemoteReport::add_headers(http::Response& response) const {
    if (second_version) {
        response.with("X-Prometheus-Remote-Write-Samples-Written", std::to_string(samples));
        response.with("X-Prometheus-Remote-Write-Histograms-Written", "0");
        response.with("X-Prometheus-Remote-Write-Exemplars-Written", "0");
    }
}

Async<RemoteReport> take_remote_write(Services& services, const Call& call) {
    CO_TRY_ASSIGN(const remotewrite::Version version, version_of(call.request));
    Intake intake(services, call);
    CO_TRY_ASSIGN(
        Decoded decoded, co_await offload(services.offload, [&]() -> Result<Decoded> {
            remotewrite::Decoder decoder;
            Decoded out;
            TRY_ASSIGN(out.counts, decoder.decode(as_bytes(call.request.body), version, intake));
            if (!decoder.refusals().empty()) {
                const remotewrite::Refusal& first = decoder.refusals().front();
                out.first_refusal = std::format("series {}: {}", first.series, first.error.message);
            }
            return out;
        }));
    RemoteReport report;
    store::Lsn last = 0;
    for (const SampleBatch& batch : intake.batches()) {
        CO_TRY_ASSIGN(const store::Lsn lsn,
                      co_await services.pipeline.append_checked(batch, pipeline::WhenFull::Fail));
        last = std::max(last, lsn);
        report.samples += batch.size();
    }
    CO_TRY(co_await services.pipeline.settle(last, Acknowledge::Durable));
    report.second_version = version == remotewrite::Version::V2;
    report.refused = decoded.counts.refused + intake.refused();
    report.histograms = decoded.counts.histograms;
    report.exemplars = decoded.counts.exemplars;
    report.first_refusal =
        decoded.first_refusal.empty() ? intake.first_refusal() : decoded.first_refusal;
    co_return report;
}

}  // namespace gantry::api
