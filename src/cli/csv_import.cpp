// SPDX-License-Identifier: Apache-2.0
#include "cli/csv_import.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <format>
#include <thread>

#include "base/json_writer.h"
#include "model/json.h"

namespace gantry::cli {
namespace {

constexpr std::size_t piece_bytes = 256 * 1024;
constexpr std::size_t batch_values = 10'000;
constexpr std::size_t batch_bytes = 4 * 1024 * 1024;
constexpr std::size_t named_bad_rows = 10;
constexpr std::size_t counted_points_max = 2'000;
constexpr int attempts_max = 6;
constexpr std::chrono::milliseconds first_pause{200};

// Standard input can be read once only; it is kept in a file without a name meanwhile.
Result<int> spool() {
    std::FILE* file = std::tmpfile();
    if (file == nullptr) {
        return fail(Code::Io, "cannot make a temporary file: {}", std::strerror(errno));
    }
    const int out = dup(fileno(file));
    std::fclose(file);
    std::string piece(piece_bytes, '\0');
    while (true) {
        const ssize_t size = read(STDIN_FILENO, piece.data(), piece.size());
        if (size == 0) {
            return out;
        }
        if (size < 0 || write(out, piece.data(), static_cast<std::size_t>(size)) != size) {
            close(out);
            return fail(Code::Io, "cannot keep standard input: {}", std::strerror(errno));
        }
    }
}

void write_value(JsonWriter& json, const Value& value) {
    std::visit(
        [&json](const auto& content) {
            using T = std::decay_t<decltype(content)>;
            if constexpr (std::is_same_v<T, std::monostate>) {
                json.null();
            } else if constexpr (std::is_same_v<T, std::int64_t>) {
                json.big(content);
            } else {
                json.value(content);
            }
        },
        value);
}

bool may_pass(Code code) {
    return code == Code::Unavailable || code == Code::RateLimited || code == Code::Timeout;
}

}  // namespace

// Values on their way, those of each point together, in the order of the file.
struct CsvImport::Batch {
    std::vector<CsvValue> values;
    std::size_t bytes = 0;
    std::vector<std::uint64_t> lines;  // of each value, as the request has them

    std::string request() {
        std::map<const Target*, std::vector<const CsvValue*>> by_target;
        for (const CsvValue& value : values) {
            by_target[value.target].push_back(&value);
        }
        lines.clear();
        std::string out;
        JsonWriter json(out);
        json.begin_object().key("samples").begin_array();
        for (const auto& [target, group] : by_target) {
            const bool qualities =
                std::ranges::any_of(group, [](const CsvValue* v) { return !v->quality.empty(); });
            json.begin_object().field("point", target->path).key("columns").begin_object();
            json.key("time").begin_array();
            for (const CsvValue* value : group) {
                json.value(format_time(value->time));
                lines.push_back(value->line);
            }
            json.end_array().key("value").begin_array();
            for (const CsvValue* value : group) {
                write_value(json, value->value);
            }
            json.end_array();
            if (qualities) {
                json.key("quality").begin_array();
                for (const CsvValue* value : group) {
                    json.value(value->quality.empty() ? std::string_view("good")
                                                      : std::string_view(value->quality));
                }
                json.end_array();
            }
            json.end_object().end_object();
        }
        json.end_array().end_object();
        return out;
    }
};

CsvImport::CsvImport(Context& context, std::string path, char separator, ColumnWishes wishes,
                     TimeFormat times)
    : context_(context),
      path_(std::move(path)),
      separator_(separator),
      rows_(std::move(wishes), std::move(times),
            [this](const std::string& point) { return find_point(point); }) {}

CsvImport::~CsvImport() {
    if (file_ >= 0) {
        close(file_);
    }
}

Result<Target> CsvImport::find_point(const std::string& path) {
    TRY_ASSIGN(const json::value point, context_.api.get(item_target("/v1/points", path)));
    const json::object& in = point.as_object();
    const auto type = parse_value_type(field_text(in, "type"));
    Target out;
    out.path = field_text(in, "path");
    out.type = type.value_or(ValueType::Float64);
    return out;
}

Result<> CsvImport::open() {
    if (path_ == "-") {
        TRY_ASSIGN(file_, spool());
    } else {
        file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    }
    if (file_ < 0) {
        return fail(errno == ENOENT ? Code::NotFound : Code::Io, "cannot read {}: {}", path_,
                    std::strerror(errno));
    }
    struct stat status{};
    if (fstat(file_, &status) != 0 || !S_ISREG(status.st_mode)) {
        return fail(Code::InvalidArgument,
                    "{} is not a file: it is read twice, so give a file, or '-' for standard input",
                    path_);
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
    return {};
}

Result<> CsvImport::read_all(std::string_view label, char separator, const TakeRow& take) {
    CsvReader reader(separator);
    Progress progress(context_.out, context_.clock, std::string(label), size_, "bytes");
    std::string piece(piece_bytes, '\0');
    std::uint64_t at = 0;
    while (true) {
        const ssize_t size = pread(file_, piece.data(), piece.size(), static_cast<off_t>(at));
        if (size < 0) {
            return fail(Code::Io, "cannot read {}: {}", path_, std::strerror(errno));
        }
        if (size == 0) {
            break;
        }
        TRY(reader.feed(std::string_view(piece.data(), static_cast<std::size_t>(size)), take));
        at += static_cast<std::uint64_t>(size);
        progress.at(at);
        if (context_.loop.interrupted()) {
            return fail(Code::Cancelled, "stopped");
        }
    }
    TRY(reader.finish(take));
    if (at != size_) {
        return fail(Code::Conflict, "{} has changed while it was read", path_);
    }
    return {};
}

Result<> CsvImport::check_row(const CsvRecord& record) {
    const bool header = records_++ == 0;
    if (auto read = rows_.read(record, scratch_); !read) {
        // Without the header nothing else can be judged; nor without the server or a zone.
        const Code code = read.error().code;
        if (header || (code != Code::InvalidArgument && code != Code::NotFound)) {
            return header ? read : within(std::format("line {}", record.line), read.error());
        }
        if (++bad_count_ <= named_bad_rows) {
            bad_.push_back(std::format("  line {}: {}", record.line, read.error().message));
        }
        return {};
    }
    report_.rows += header ? 0 : 1;
    report_.values += scratch_.size();
    for (CsvValue& value : scratch_) {
        Target& target = *value.target;
        ++target.values;
        target.first = std::min(target.first, value.time);
        if (value.time >= target.last) {
            target.last = value.time;
            target.last_value = std::move(value.value);
            target.last_line = value.line;
        }
    }
    return {};
}

Result<> CsvImport::bad_rows() const {
    if (bad_count_ == 0) {
        return {};
    }
    std::string text = std::format("{} cannot be used, so nothing was imported:",
                                   bad_count_ == 1 ? "one row" : grouped(bad_count_) + " rows");
    for (const std::string& line : bad_) {
        text += "\n" + line;
    }
    if (bad_count_ > bad_.size()) {
        text += std::format("\n  and {} more", grouped(bad_count_ - bad_.size()));
    }
    return fail(Code::InvalidArgument, "{}", text);
}

Result<> CsvImport::check() {
    TRY(open());
    TRY(read_all("checking", separator_,
                 [this](const CsvRecord& record) { return check_row(record); }));
    TRY(bad_rows());
    if (report_.values == 0) {
        return fail(Code::InvalidArgument, "{} has no values in it", path_);
    }
    return {};
}

// The server refuses what is too far in the future. Its latest row goes first, alone: if it is
// refused, nothing has been stored yet.
Result<> CsvImport::probe_future() {
    const Target* latest = nullptr;
    for (const auto& [path, target] : rows_.targets()) {
        if (latest == nullptr || target.last > latest->last) {
            latest = &target;
        }
    }
    if (latest == nullptr || latest->last <= context_.clock.now()) {
        return {};
    }
    Batch batch;
    batch.values.push_back({.target = const_cast<Target*>(latest),
                            .time = latest->last,
                            .value = latest->last_value,
                            .quality = {},
                            .line = latest->last_line});
    auto sent = post(batch);
    return sent ? sent : within("nothing was imported", sent.error());
}

// The aggregate is fast, and counts numbers only; SQL counts everything.
Result<std::uint64_t> CsvImport::count_of(const Target& target) {
    if (target.type != ValueType::String && !rows_.has_quality()) {
        TRY_ASSIGN(const json::value answer,
                   context_.api.get(
                       target_of(item_target("/v1/points", target.path) + "/samples",
                                 {{"from", format_time(target.first)},
                                  {"to", format_time(target.last + 1)},
                                  {"every", std::format("{}ns", target.last - target.first + 1)},
                                  {"agg", "count"}})));
        std::uint64_t sum = 0;
        for (const json::value& number : answer.at("columns").at("count").as_array()) {
            sum += number.is_number() ? number.to_number<std::uint64_t>() : 0;
        }
        return sum;
    }
    TRY_ASSIGN(
        const json::value answer,
        context_.api.post(
            "/v1/sql",
            json::object{{"query", "SELECT count(*) FROM samples WHERE point = ? AND "
                                   "time_ns BETWEEN ? AND ?"},
                         {"parameters", json::array{target.path, target.first, target.last}}}));
    return answer.at("rows").at(0).at(0).to_number<std::uint64_t>();
}

Result<std::optional<std::uint64_t>> CsvImport::count() {
    if (rows_.targets().size() > counted_points_max) {
        return std::nullopt;
    }
    std::uint64_t sum = 0;
    for (const auto& [path, target] : rows_.targets()) {
        if (target.values == 0) {
            continue;
        }
        const auto one = count_of(target);
        if (!one && (one.error().code == Code::Forbidden || one.error().code == Code::NotFound)) {
            return std::nullopt;  // who may only write is not told what is there
        }
        TRY(one);
        sum += *one;
    }
    return sum;
}

// Sends one batch until it is stored, or there is no sense in trying on.
Result<> CsvImport::post(const Batch& batch) {
    Batch copy = batch;
    const std::string body = copy.request();
    Result<http::Answer> answer = fail(Code::Internal, "not sent");
    auto pause = first_pause;
    for (int attempt = 1; attempt <= attempts_max; ++attempt) {
        answer = context_.api.post_text("/v1/samples?ack=durable", body);
        if (answer || !may_pass(answer.error().code) || context_.loop.interrupted()) {
            break;
        }
        if (attempt < attempts_max) {
            std::this_thread::sleep_for(pause);
            pause *= 2;
        }
    }
    if (!answer) {
        return std::unexpected(answer.error());
    }
    if (answer->body.empty()) {
        report_.accepted += batch.values.size();
        return {};
    }
    TRY_ASSIGN(const json::value report, parse_json(answer->body));
    const json::object& in = report.as_object();
    report_.accepted += in.at("accepted").to_number<std::uint64_t>();
    const json::array& rejected = in.at("rejected").as_array();
    if (rejected.empty()) {
        return {};
    }
    std::string text =
        std::format("the server refused {} values of a batch:", grouped(rejected.size()));
    for (std::size_t i = 0; i < rejected.size() && i < named_bad_rows; ++i) {
        const json::object& row = rejected[i].as_object();
        const auto index = row.at("index").to_number<std::size_t>();
        text += std::format("\n  line {}: {}", index < copy.lines.size() ? copy.lines[index] : 0,
                            field_text(row, "detail"));
    }
    return fail(Code::InvalidArgument, "{}", text);
}

Result<> CsvImport::flush(Batch& batch) {
    if (batch.values.empty()) {
        return {};
    }
    TRY(post(batch));
    last_line_sent_ = batch.values.back().line;
    batch.values.clear();
    batch.bytes = 0;
    return {};
}

Result<> CsvImport::send() {
    TRY_ASSIGN(report_.before, count());
    TRY(probe_future());
    report_.accepted = 0;
    rows_.rewind();
    Batch batch;
    auto sent = read_all("importing", separator_, [&](const CsvRecord& record) -> Result<> {
        if (auto read = rows_.read(record, scratch_); !read) {
            return fail(Code::Conflict, "line {}: {} (the file has changed since it was checked)",
                        record.line, read.error().message);
        }
        for (CsvValue& value : scratch_) {
            batch.bytes +=
                64 + value.quality.size() +
                (value.value.index() == 4 ? std::get<std::string>(value.value).size() : 0);
            batch.values.push_back(std::move(value));
        }
        const bool full = batch.values.size() >= batch_values || batch.bytes >= batch_bytes;
        return full ? flush(batch) : Result<>{};
    });
    if (sent) {
        sent = flush(batch);
    }
    if (!sent) {
        return fail(sent.error().code,
                    "{}\nBefore that {} of {} values were stored{}. The same command can be "
                    "repeated: values that are there already are replaced by the same",
                    sent.error().message, grouped(report_.accepted), grouped(report_.values),
                    last_line_sent_ > 0 ? std::format(", up to line {}", last_line_sent_) : "");
    }
    TRY_ASSIGN(report_.after, count());
    return {};
}

}  // namespace gantry::cli
