// SPDX-License-Identifier: Apache-2.0
#include "api/sample_export.h"

#include <cstdio>
#include <filesystem>

namespace gantry::api {
namespace {

// No value is nothing, an empty text "".
void append_csv_value(std::string& out, const Value& value) {
    const std::string text = to_text(value);
    if (text.empty() && type_of(value) == ValueType::String) {
        out += "\"\"";
    } else {
        append_csv_field(out, text);
    }
}

constexpr std::size_t rows_a_piece = 10'000;
constexpr std::size_t file_piece_bytes = 256 * 1024;

// One CSV on its way out: which point, and from where on.
class CsvStream {
public:
    CsvStream(Services& services, Party party, std::vector<directory::PointRef> points,
              const HistoryRequest& request)
        : services_(services),
          party_(std::move(party)),
          points_(std::move(points)),
          range_(request.range),
          usable_(request.raw_usable()),
          from_(range_.from) {}

    Async<std::string> next() {
        co_return co_await offload(services_.queries, party_, [this] { return piece(); });
    }

private:
    Result<std::string> piece() {
        std::string out;
        if (!header_written_) {
            header_written_ = true;
            out = "point,time,value,quality,quality_code\r\n";
        }
        while (at_ < points_.size() && out.size() < file_piece_bytes) {
            const directory::PointEntry& entry = *points_[at_];
            TRY_ASSIGN(const auto history,
                       query::usable_history(services_.store, entry.series, {from_, range_.to},
                                             rows_a_piece, usable_));
            for (const Sample& sample : history.samples) {
                append_csv_field(out, entry.point.path);
                out += ',';
                out += format_time(sample.time);
                out += ',';
                append_csv_value(out, sample.value);
                out += std::format(",{},{}\r\n", severity_name(sample.quality.severity()),
                                   sample.quality.code);
            }
            if (history.next) {
                from_ = *history.next;
            } else {
                from_ = range_.from;
                ++at_;
            }
        }
        return out;
    }

    Services& services_;
    const Party party_;
    std::vector<directory::PointRef> points_;
    TimeRange range_;
    store::Usable usable_;
    Time from_;
    std::size_t at_ = 0;
    bool header_written_ = false;
};

// A file on its way out; removed with this.
class FileStream {
public:
    FileStream(Services& services, std::string path)
        : services_(services), path_(std::move(path)) {}
    FileStream(const FileStream&) = delete;
    FileStream& operator=(const FileStream&) = delete;
    ~FileStream() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }

    Async<std::string> next() {
        co_return co_await offload(services_.offload, [this] { return piece(); });
    }

private:
    Result<std::string> piece() {
        if (!file_) {
            TRY_ASSIGN(file_, disk_.open(path_, OpenMode::Read));
        }
        std::string out(file_piece_bytes, '\0');
        TRY_ASSIGN(const std::size_t size,
                   file_->read(at_, std::as_writable_bytes(std::span(out))));
        at_ += size;
        out.resize(size);
        return out;
    }

    Services& services_;
    std::string path_;
    RealDisk disk_;
    std::unique_ptr<File> file_;
    std::uint64_t at_ = 0;
};

Result<> must_be_raw(const HistoryRequest& request) {
    return request.every == Duration{0}
               ? Result<>{}
               : bad_field("every", "files hold raw samples: leave it out, or accept "
                                    "application/json or an Arrow stream");
}

}  // namespace

http::Response stream_answer(http::BodySource source, std::string_view type,
                             std::string_view file_name) {
    http::Response out;
    out.with("Content-Type", std::string(type));
    out.with("Content-Disposition", std::format("attachment; filename=\"{}\"", file_name));
    out.source = std::move(source);
    return out;
}

void append_csv_field(std::string& out, std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        out += text;
        return;
    }
    out += '"';
    for (const char c : text) {
        out += c;
        if (c == '"') {
            out += c;
        }
    }
    out += '"';
}

Result<http::Response> export_csv(Services& services, const Call& call,
                                  const std::vector<directory::PointRef>& points,
                                  const HistoryRequest& request) {
    TRY(must_be_raw(request));
    auto source = std::make_shared<CsvStream>(services, call.party(), points, request);
    return stream_answer([source = std::move(source)] { return source->next(); },
                         "text/csv; charset=utf-8; header=present", "samples.csv");
}

Result<http::Response> export_parquet(Services& services, const Call& call,
                                      const std::vector<directory::PointRef>& points,
                                      const HistoryRequest& request) {
    TRY(must_be_raw(request));
    const std::string path = services.temporary_folder + "/export-" +
                             make_ulid(services.clock.now(), services.random) + ".parquet";
    auto source = std::make_shared<FileStream>(services, path);
    TRY(services.sql.export_parquet(call.context, points, request.range, path,
                                    request.raw_usable()));
    return stream_answer([source = std::move(source)] { return source->next(); },
                         "application/vnd.apache.parquet", "samples.parquet");
}

}  // namespace gantry::api
