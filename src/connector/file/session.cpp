// SPDX-License-Identifier: Apache-2.0
#include "connector/file/session.h"

#include <algorithm>

#include "connector/file/watch.h"

namespace gantry::connector::file {
namespace {

using namespace std::chrono_literals;

constexpr Duration retry_pause = 1s;  // after the sink has refused a batch

}  // namespace

FileConnector::Session::Session(FileConnector& of, SampleSink& sink, const Local& local)
    : of_(of),
      sink_(sink),
      local_(local),
      times_(of.settings_.times()),
      time_path_(of.settings_.time_path()),
      reader_(of.settings_) {}

Async<> FileConnector::Session::run() {
    const Settings& settings = of_.settings_;
    DeviceState& device = of_.device_;
    CO_TRY_ASSIGN(folder_,
                  co_await offload(local_.pool, [&local = local_, path = settings.folder()] {
                      return local.folders.open(path);
                  }));
    CO_TRY_ASSIGN(const auto position,
                  co_await offload(local_.pool, [&local = local_, id = of_.id_] {
                      return local.positions.load(id);
                  }));
    first_ = !position;
    if (position) {
        CO_TRY_ASSIGN(kept_, positions_of(*position));
    }
    restart();
    Watch watch(co_await asio::this_coro::executor, folder_.path);
    device.regain();
    device.around().log.info("connector", "connected",
                             {{"connection", device.key()}, {"to", folder_.path}});
    while (true) {
        CO_TRY_ASSIGN(const Duration wait, co_await look());
        device.vitals().polled({});
        device.meters().polls.add();
        co_await watch.wait(device.around().timers, wait);
    }
}

Async<Duration> FileConnector::Session::look() {
    const Settings& settings = of_.settings_;
    CO_TRY_ASSIGN(const std::vector<Entry> entries,
                  co_await offload(local_.pool,
                                   [&local = local_, folder = folder_,
                                    path = settings.folder()] -> Result<std::vector<Entry>> {
                                       TRY_ASSIGN(const Folder now, local.folders.open(path));
                                       TRY(check_same_folder(folder, now));
                                       return list_files(folder);
                                   }));
    // Rows that nobody wants yet are left for those who will.
    if (of_.table_.tags.empty()) {
        co_return settings.rescan;
    }
    if (settings.drops()) {
        co_return co_await take_dropped(entries);
    }
    co_return co_await follow(entries);
}

Async<Duration> FileConnector::Session::follow(const std::vector<Entry>& entries) {
    const Timers& timers = of_.device_.around().timers;
    const Settings& settings = of_.settings_;
    for (Source& source : sources_) {
        source.leaving = true;
    }
    bool any = false;
    for (const Entry& entry : entries) {
        const bool fits = name_fits(settings.names(), entry.name);
        // What has no header may be written anew.
        sources_.remove_if([&entry](Source& one) {
            return one.broken() && one.entry().id == entry.id && entry.size < one.entry().size;
        });
        any = any || fits;
        Source* source = source_of(entry.id);
        if (source == nullptr && fits && sources_.size() < positions_max) {
            FilePosition fresh;
            fresh.entry = entry;
            source = &sources_.emplace_back(settings, std::move(fresh));
            source->grown_at = timers.now();
            moved_ = true;
            if (first_ && settings.start == "end") {
                CO_TRY(co_await jump(*source));
            }
        }
        if (source != nullptr) {
            source->leaving = !fits;
            source->entry() = entry;
        }
    }
    if (std::exchange(first_, false)) {
        CO_TRY_ASSIGN(const bool begun, co_await commit());
        if (!begun) {
            co_return retry_pause;
        }
    }
    of_.device_.vitals().part(settings.names(), any ? "" : "there is no such file (yet)");
    // What is about to go is older.
    sources_.sort([](Source& left, Source& right) {
        return std::pair(!left.leaving, left.entry().name) <
               std::pair(!right.leaving, right.entry().name);
    });
    bool again = false;
    for (auto source = sources_.begin(); source != sources_.end();) {
        const std::uint64_t before = source->next();
        CO_TRY_ASSIGN(const bool readable, co_await read(*source));
        if (turn_over_) {
            again = true;
            break;
        }
        if (source->next() != before) {
            source->grown_at = timers.now();
        }
        const bool quiet = timers.now() - source->grown_at >= settings.settle;
        if (source->leaving && (!readable || quiet)) {
            take(*source, true);
            const bool whole = !turn_over_ && !full();
            turn_over_ = false;
            again = again || !whole;
            moved_ = true;
            if (whole) {
                tell_trouble(*source);
                source = sources_.erase(source);
                continue;
            }
        }
        again = again || source->leaving;
        ++source;
    }
    CO_TRY(co_await commit());
    co_return again ? std::min(settings.rescan, std::max<Duration>(settings.settle / 2, 50ms))
                    : settings.rescan;
}

// Behind the last whole row that is there.
Async<> FileConnector::Session::jump(Source& source) {
    CO_TRY_ASSIGN(const bool opened, co_await open(source));
    if (!opened) {
        co_return Result<>{};
    }
    const auto piece_at = [this, &source](std::uint64_t offset) {
        return offload(local_.pool, [file = source.file, offset] {
            return read_piece(*file, 0, offset, piece_bytes);
        });
    };
    CO_TRY_ASSIGN(const Piece first, co_await piece_at(0));
    if (first.size > first.bytes.size() || !first.bytes.empty()) {
        std::uint64_t columns_wanted = of_.settings_.csv() ? 1 : 0;
        (void)source.put(first);
        source.take(reader_,
                    {.row = [](const record::Row&) { return Result<>{}; },
                     .more = [&] { return columns_wanted > 0 && !source.has_columns(); }},
                    false);
    }
    const std::uint64_t from = first.size > piece_bytes ? first.size - piece_bytes : 0;
    CO_TRY_ASSIGN(const Piece last, co_await piece_at(from));
    const std::size_t end = last.bytes.rfind('\n');
    if (end != std::string::npos && from + end + 1 > source.at().offset) {
        source.skip_to(from + end + 1);
    }
    co_return Result<>{};
}

std::vector<Entry> FileConnector::Session::settled(const std::vector<Entry>& entries,
                                                   Duration& wait) {
    const Settings& settings = of_.settings_;
    const Duration now = of_.device_.around().timers.now();
    std::vector<Entry> out;
    std::map<FileId, Seen> seen;
    for (const Entry& entry : entries) {
        if (!name_fits(settings.names(), entry.name)) {
            continue;
        }
        const FilePosition* known = kept(entry.id);
        if (known != nullptr && known->done && known->entry.size == entry.size &&
            known->entry.modified == entry.modified) {
            continue;
        }
        Seen one{entry.size, entry.modified, now};
        if (const auto before = seen_.find(entry.id); before != seen_.end() &&
                                                      before->second.size == entry.size &&
                                                      before->second.modified == entry.modified) {
            one.since = before->second.since;
        }
        seen.emplace(entry.id, one);
        if (now - one.since >= settings.settle) {
            out.push_back(entry);
        } else {
            wait = std::min(wait, std::max<Duration>(one.since + settings.settle - now, 10ms));
        }
    }
    seen_ = std::move(seen);
    if (settings.order == "time") {
        std::ranges::stable_sort(out, {}, &Entry::modified);
    }
    return out;
}

Async<Duration> FileConnector::Session::take_dropped(const std::vector<Entry>& entries) {
    Duration wait = of_.settings_.rescan;
    // What is not there any more need not be remembered.
    std::erase_if(kept_, [&entries](const FilePosition& one) {
        return std::ranges::find(entries, one.entry.id, &Entry::id) == entries.end();
    });
    std::erase_if(acted_, [&entries](const FileId& one) {
        return std::ranges::find(entries, one, &Entry::id) == entries.end();
    });
    for (const Entry& entry : settled(entries, wait)) {
        const FilePosition* known = kept(entry.id);
        if (known == nullptr && kept_.size() >= positions_max) {
            of_.device_.vitals().part(
                of_.settings_.names(),
                std::format("{} files that were read are in the folder: have them moved or deleted",
                            kept_.size()));
            break;
        }
        CO_TRY(co_await take_whole(entry));
        if (turn_over_) {
            co_return retry_pause;
        }
    }
    // Those that were read before the program ended, and not put aside.
    const std::vector<FilePosition> done = kept_;
    for (const FilePosition& one : done) {
        if (one.done && of_.settings_.after != "keep" &&
            !std::ranges::contains(acted_, one.entry.id)) {
            CO_TRY(co_await finish(one.entry, {}));
        }
    }
    co_return wait;
}

Async<> FileConnector::Session::take_whole(const Entry& entry) {
    sources_.clear();
    FilePosition begin;
    if (const FilePosition* known = kept(entry.id);
        known != nullptr && !known->done && known->offset <= entry.size) {
        begin = *known;
    }
    begin.entry = entry;
    Source& source = sources_.emplace_back(of_.settings_, std::move(begin));
    const bool from_start = source.at().offset == 0;
    moved_ = true;
    bool readable = false;
    while (true) {
        CO_TRY_ASSIGN(readable, co_await read(source));
        if (turn_over_) {
            co_return Result<>{};
        }
        take(source, true);
        if (!turn_over_ && !full()) {
            break;
        }
        CO_TRY_ASSIGN(const bool taken, co_await commit());
        if (!taken) {
            turn_over_ = true;
            co_return Result<>{};
        }
    }
    std::string trouble;
    if (!readable || source.broken() ||
        (from_start && source.good_rows() == 0 && source.bad_rows() > 0)) {
        trouble = source.trouble().empty() ? "it cannot be read" : source.trouble();
    }
    if (source.trouble().empty()) {
        of_.device_.vitals().part(entry.name, {});
    }
    source.mark_done();
    source.entry() = entry;
    moved_ = true;
    CO_TRY_ASSIGN(const bool taken, co_await commit());
    if (!taken) {
        turn_over_ = true;
        co_return Result<>{};
    }
    sources_.clear();
    co_return co_await finish(entry, trouble);
}

// It was read, or is of no use.
Async<> FileConnector::Session::finish(const Entry& entry, const std::string& trouble) {
    DeviceState& device = of_.device_;
    acted_.push_back(entry.id);
    if (!trouble.empty()) {
        device.vitals().part(entry.name, trouble);
        device.around().log.warn(
            "connector", "file left out",
            {{"connection", device.key()}, {"file", entry.name}, {"detail", trouble}});
    }
    if (of_.settings_.after == "keep") {
        co_return Result<>{};
    }
    const bool removes = of_.settings_.after == "delete" && trouble.empty();
    const std::string aside = trouble.empty() ? "done" : "failed";
    const auto acted = co_await offload(local_.pool, [folder = folder_, entry, removes, aside] {
        return removes ? remove_file(folder, entry) : put_aside(folder, entry, aside);
    });
    if (!acted) {
        device.vitals().part(entry.name, "was read, but stays: " + acted.error().message);
    }
    co_return Result<>{};
}

Async<bool> FileConnector::Session::open(Source& source) {
    if (!source.file) {
        auto opened = co_await offload(local_.pool, [folder = folder_, entry = source.entry()] {
            return open_file(folder, entry);
        });
        if (!opened) {
            // Another one has its name meanwhile: the next look finds it.
            if (opened.error().code != Code::NotFound) {
                of_.device_.vitals().part(source.entry().name, opened.error().message);
            }
            co_return false;
        }
        source.file = std::move(*opened);
    }
    co_return true;
}

Async<bool> FileConnector::Session::read(Source& source) {
    turn_over_ = false;
    if (source.broken()) {
        co_return false;
    }
    CO_TRY_ASSIGN(const bool opened, co_await open(source));
    while (opened) {
        const Duration began = of_.device_.around().timers.now();
        const auto piece = co_await offload(
            local_.pool,
            [file = source.file, head = source.at().head.size(), from = source.next()] {
                return read_piece(*file, head, from, piece_bytes);
            });
        if (!piece) {
            of_.device_.vitals().part(source.entry().name, piece.error().message);
            co_return false;
        }
        of_.device_.vitals().round_trip(of_.device_.around().timers.now() - began);
        if (!source.put(*piece)) {
            of_.device_.around().log.info(
                "connector", "file begins anew",
                {{"connection", of_.device_.key()}, {"file", source.entry().name}});
            moved_ = true;
            continue;
        }
        for (bool stopped = true; stopped;) {
            turn_over_ = false;
            take(source, false);
            if (source.broken()) {
                tell_trouble(source);
                co_return false;
            }
            stopped = turn_over_ || full();
            if (stopped) {
                CO_TRY_ASSIGN(const bool taken, co_await commit());
                if (!taken) {
                    turn_over_ = true;
                    co_return true;
                }
            }
        }
        if (piece->bytes.empty()) {
            co_return true;
        }
    }
    co_return false;
}

void FileConnector::Session::take(Source& source, bool all) {
    const std::uint64_t before = source.at().offset;
    source.take(reader_,
                {.row = [this, &source](const record::Row& row) { return take_row(source, row); },
                 .more = [this] { return !turn_over_ && !full(); }},
                all);
    moved_ = moved_ || source.at().offset != before;
}

bool FileConnector::Session::full() const { return batch_.bytes() > batch_bytes_max; }

Result<> FileConnector::Session::take_row(Source& source, const record::Row& row) {
    TRY_ASSIGN(const std::optional<Time> time, record::time_of(row, time_path_, times_));
    of_.taker_.take(row, time ? *time : source.stamp(of_.device_.around().clock.now(), last_stamp_),
                    batch_);
    turn_over_ = turn_over_ || (!time && source.replayed());
    return {};
}

void FileConnector::Session::tell_trouble(Source& source) {
    if (!source.take_news()) {
        return;
    }
    of_.device_.vitals().part(source.entry().name, source.trouble());
    of_.device_.meters().requests_refused.add();
    of_.device_.around().log.warn("connector", "rows left out",
                                  {{"connection", of_.device_.key()},
                                   {"file", source.entry().name},
                                   {"detail", source.trouble()}});
}

Async<bool> FileConnector::Session::commit() {
    if (!moved_) {
        co_return true;
    }
    // Rows without a time get theirs from us: it is to be the same if they are read again.
    bool intends = false;
    for (Source& source : sources_) {
        if (source.stamps()) {
            FilePosition position;
            if (const FilePosition* known = kept(source.at().entry.id)) {
                position = *known;
            }
            position.entry = source.at().entry;
            source.intend(position);
            keep(position);
            intends = true;
        }
    }
    if (intends) {
        CO_TRY(co_await save());
    }
    if (!co_await of_.device_.deliver(sink_, std::exchange(batch_, {}), Acknowledge::Durable)) {
        restart();
        co_await of_.device_.around().timers.sleep(retry_pause);
        co_return false;
    }
    if (!of_.settings_.drops()) {
        kept_.clear();
    }
    for (Source& source : sources_) {
        source.committed();
        keep(source.at());
        tell_trouble(source);
    }
    CO_TRY(co_await save());
    moved_ = false;
    co_return true;
}

void FileConnector::Session::keep(const FilePosition& position) {
    const auto found = std::ranges::find(kept_, position.entry.id,
                                         [](const FilePosition& one) { return one.entry.id; });
    if (found == kept_.end()) {
        kept_.push_back(position);
    } else {
        *found = position;
    }
}

Async<> FileConnector::Session::save() {
    co_return co_await offload(local_.pool,
                               [&local = local_, id = of_.id_, position = to_json(kept_)] {
                                   return local.positions.save(id, position);
                               });
}

// Sources where the durable position says.
void FileConnector::Session::restart() {
    sources_.clear();
    batch_ = {};
    moved_ = false;
    turn_over_ = false;
    if (!of_.settings_.drops()) {
        for (const FilePosition& one : kept_) {
            sources_.emplace_back(of_.settings_, one);
        }
    }
}

Source* FileConnector::Session::source_of(const FileId& id) {
    const auto found = std::ranges::find(sources_, id, [](Source& one) { return one.entry().id; });
    return found == sources_.end() ? nullptr : &*found;
}

const FilePosition* FileConnector::Session::kept(const FileId& id) const {
    const auto found =
        std::ranges::find(kept_, id, [](const FilePosition& one) { return one.entry.id; });
    return found == kept_.end() ? nullptr : &*found;
}

}  // namespace gantry::connector::file
