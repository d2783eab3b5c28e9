// SPDX-License-Identifier: Apache-2.0
#include "connector/file/trial.h"

#include <algorithm>
#include <format>

#include "connector/file/source.h"
#include "connector/local/local.h"
#include "connector/message/leaves.h"

namespace gantry::connector::file {
namespace {

constexpr std::size_t files_shown_max = 100;
constexpr std::size_t sample_bytes = row_bytes_max;
constexpr std::size_t leaves_max = 10'000;

struct Found {
    Folder folder;
    std::vector<Entry> entries;
};

Result<Found> look(const Local& local, const Settings& settings) {
    Found out;
    TRY_ASSIGN(out.folder, local.folders.open(settings.folder()));
    TRY_ASSIGN(auto entries, list_files(out.folder));
    for (Entry& entry : entries) {
        if (name_fits(settings.names(), entry.name)) {
            out.entries.push_back(std::move(entry));
        }
    }
    return out;
}

// The beginning of the newest file.
struct Sample {
    Entry entry;
    std::string bytes;
    bool whole = false;
};

Result<Sample> sample(const Local& local, const Settings& settings) {
    TRY_ASSIGN(const Found found, look(local, settings));
    if (found.entries.empty()) {
        return fail(Code::Unavailable, "there is no file {} in {}", settings.names(),
                    found.folder.path);
    }
    Sample out;
    out.entry = *std::ranges::max_element(found.entries, {}, &Entry::modified);
    TRY_ASSIGN(const auto file, open_file(found.folder, out.entry));
    TRY_ASSIGN(Piece piece, read_piece(*file, 0, 0, sample_bytes));
    out.whole = piece.size <= piece.bytes.size();
    out.bytes = std::move(piece.bytes);
    return out;
}

// Calls back with rows until it says false. What is wrong with the last one, if anything.
std::string each_row(const Settings& settings, const Sample& sample,
                     const std::function<Result<bool>(const record::Row&)>& visit) {
    RowReader reader(settings);
    Source source(settings, {});
    bool more = true;
    (void)source.put({.size = sample.bytes.size(), .head = {}, .bytes = sample.bytes});
    source.take(reader,
                {.row = [&](const record::Row& row) -> Result<> {
                     TRY_ASSIGN(more, visit(row));
                     return {};
                 },
                 .more = [&] { return more; }},
                sample.whole);
    return source.trouble();
}

}  // namespace

Async<TestReport> try_connection(const Local& local, const Settings& settings) {
    TestReport out;
    const auto found =
        co_await offload(local.pool, [&local, settings] { return look(local, settings); });
    if (!found) {
        out.detail = found.error().message;
        co_return out;
    }
    out.connected = true;
    out.detail = std::format("{} files in {}", found->entries.size(), found->folder.path);
    for (const Entry& entry : found->entries) {
        if (out.probes.size() == files_shown_max) {
            break;
        }
        TestReport::Probe& probe = out.probes.emplace_back();
        probe.name = entry.name;
        const auto opened = co_await offload(
            local.pool, [folder = found->folder, entry] { return open_file(folder, entry); });
        probe.answered = opened.has_value();
        probe.detail = opened
                           ? std::format("{} bytes, of {}", entry.size, format_time(entry.modified))
                           : opened.error().message;
    }
    co_return out;
}

Async<std::vector<TrialReading>> try_addresses(const Local& local, const Surroundings& around,
                                               const Settings& settings,
                                               const std::vector<TrialTag>& tags) {
    CO_TRY_ASSIGN(const Sample taken, co_await offload(local.pool, [&local, settings] {
                      return sample(local, settings);
                  }));
    std::vector<TrialReading> out(tags.size());
    std::vector<std::optional<record::Tag>> made(tags.size());
    std::size_t wanted = 0;
    for (std::size_t i = 0; i < tags.size(); ++i) {
        out[i].time = around.clock.now();
        auto tag = record::make_tag(tags[i].address, tags[i].property);
        if (!tag) {
            out[i].quality = quality::bad_configuration_error;
            out[i].detail = tag.error().message;
            continue;
        }
        out[i].detail = std::format("no row of {} is of this tag", taken.entry.name);
        made[i] = std::move(*tag);
        ++wanted;
    }
    const record::TimeReader times = settings.times();
    const auto time_path = settings.time_path();
    Decoder decoder;
    std::string scratch;
    const std::string trouble =
        each_row(settings, taken, [&](const record::Row& row) -> Result<bool> {
            TRY_ASSIGN(const auto time, record::time_of(row, time_path, times));
            for (std::size_t i = 0; i < tags.size(); ++i) {
                if (!made[i] || !record::is_meant(*made[i], row, scratch)) {
                    continue;
                }
                const auto found =
                    decoder.find_in(row.document, row.node, row.typing, made[i]->lookup);
                if (found.silent) {
                    continue;
                }
                out[i].time = time.value_or(out[i].time);
                out[i].value = value_of(found.reading.type, found.reading.bits, found.reading.text);
                out[i].quality = found.reading.quality;
                out[i].detail = found.trouble;
                made[i].reset();
                --wanted;
            }
            return wanted > 0;
        });
    for (std::size_t i = 0; i < tags.size(); ++i) {
        if (made[i] && !trouble.empty()) {
            out[i].detail = trouble;
        }
    }
    co_return out;
}

Async<ScanReport> scan_columns(const Local& local, const Settings& settings,
                               const ScanRequest& request) {
    CO_TRY_ASSIGN(const Sample taken, co_await offload(local.pool, [&local, settings] {
                      return sample(local, settings);
                  }));
    ScanReport out;
    out.done = true;
    std::int64_t at = 0;
    const auto add = [&](record::Address address, Value value) {
        if (at >= request.from && at < request.from + request.count) {
            out.found.push_back({record::format_address(address), std::move(value)});
        }
        ++at;
    };
    out.detail = each_row(settings, taken, [&](const record::Row& row) -> Result<bool> {
        if (!settings.csv()) {
            for_each_leaf(row.document, leaves_max, [&](const std::string& path, Value value) {
                record::Address address;
                address.column = path;
                add(std::move(address), std::move(value));
            });
            return false;
        }
        std::string scratch;
        for (auto node = row.node + 1; node < row.document[row.node].next; ++node) {
            record::Address address;
            address.column = row.document[node].key;
            gantry::Reading read;
            const bool known = payload::convert(row.document, node, ValueType::Null, row.typing,
                                                scratch, read) == nullptr;
            add(std::move(address), known ? read.value() : Value());
        }
        return false;
    });
    out.next = request.from + request.count;
    out.done = at <= out.next;
    if (out.detail.empty()) {
        out.detail = std::format("columns of {}", taken.entry.name);
    }
    co_return out;
}

}  // namespace gantry::connector::file
