// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <optional>

#include "journal/frame.h"
#include "journal/journal.h"

namespace gantry::journal {
namespace {

class FileScanner {
public:
    FileScanner(ByteView content, const std::string& name, Lsn after)
        : content_(content), name_(name) {
        scan_.last = after;
    }

    Result<FileScan> run(const RecordVisitor& visit) {
        const Lsn after = scan_.last;
        TRY(read_header());
        std::size_t at = sizeof(FileHeader);
        std::size_t damaged_from = content_.size();
        while (at + sizeof(FrameHeader) <= content_.size()) {
            const auto frame = frame_at(at);
            if (!frame) {
                damaged_from = std::min(damaged_from, at);
                at = next_magic(at + frame_alignment);
                continue;
            }
            if (damaged_from < at) {
                scan_.damage.push_back({name_, damaged_from, at - damaged_from, false});
            }
            damaged_from = content_.size();
            scan_.epoch = frame->epoch;
            const Lsn before = scan_.records > 0 ? scan_.last : std::max<Lsn>(scan_.first, 1) - 1;
            if (frame->lsn > before + 1 && (scan_.records > 0 || scan_.first > 0)) {
                scan_.missing.push_back({before + 1, frame->lsn - 1});
            }
            scan_.first_record = scan_.records == 0 ? frame->lsn : scan_.first_record;
            scan_.last = frame->lsn;
            ++scan_.records;
            TRY(visit(Record{frame->lsn, frame->type,
                             content_.subspan(at + sizeof(FrameHeader), frame->length)}));
            at += frame_bytes(frame->length);
        }
        report_tail(damaged_from);
        if (scan_.last == after) {
            scan_.last = 0;
        }
        return scan_;
    }

private:
    Result<> read_header() {
        FileHeader header;
        if (content_.size() < sizeof(header)) {
            if (!content_.empty()) {
                scan_.damage.push_back({name_, 0, content_.size(), true});
            }
            return {};
        }
        std::memcpy(&header, content_.data(), sizeof(header));
        if (header.magic == file_magic && header.crc == header_crc(header)) {
            if (header.version != file_version) {
                return fail(Code::Unsupported,
                            "{} has format version {}, this program reads {}: use the program that "
                            "wrote it, or a newer one",
                            name_, header.version, file_version);
            }
            scan_.first = header.first;
            scan_.epoch = header.epoch;
            return {};
        }
        // Without it the epoch is taken from the first frame that is whole. A file whose every byte
        // is zero was reserved and never written.
        if (!all_zero(0)) {
            scan_.damage.push_back({name_, 0, sizeof(header), false});
        }
        return {};
    }

    // The frame that begins here, if it is whole, of this file, and newer than the last.
    std::optional<FrameHeader> frame_at(std::size_t at) const {
        FrameHeader header;
        std::memcpy(&header, content_.data() + at, sizeof(header));
        if (header.magic != frame_magic || header.length > Journal::payload_bytes_max ||
            frame_bytes(header.length) > content_.size() - at ||
            (scan_.epoch != 0 && header.epoch != scan_.epoch) || header.lsn <= scan_.last) {
            return std::nullopt;
        }
        const ByteView payload = content_.subspan(at + sizeof(header), header.length);
        if (header.crc != header_crc(header, payload)) {
            return std::nullopt;
        }
        return header;
    }

    std::size_t next_magic(std::size_t at) const {
        while (at + sizeof(FrameHeader) <= content_.size()) {
            std::uint32_t word = 0;
            std::memcpy(&word, content_.data() + at, sizeof(word));
            if (word == frame_magic) {
                return at;
            }
            at += frame_alignment;
        }
        return content_.size();
    }

    // What follows the last frame is zero, unless a write was cut short.
    void report_tail(std::size_t from) {
        if (from < content_.size() && !all_zero(from)) {
            std::size_t end = content_.size();
            while (content_[end - 1] == std::byte{0}) {
                --end;
            }
            scan_.damage.push_back({name_, from, end - from, true});
        }
    }

    bool all_zero(std::size_t from) const {
        return std::ranges::all_of(content_.subspan(from),
                                   [](std::byte byte) { return byte == std::byte{0}; });
    }

    ByteView content_;
    const std::string& name_;
    FileScan scan_;
};

}  // namespace

Result<FileScan> scan_file(ByteView content, const std::string& name, Lsn after,
                           const RecordVisitor& visit) {
    return FileScanner(content, name, after).run(visit);
}

Result<FolderScan> scan_folder(Disk& disk, const std::string& folder, const RecordVisitor& visit,
                               const std::function<Result<>()>& end_of_file) {
    FolderScan out;
    TRY_ASSIGN(const auto names, disk.list(folder));
    Lsn last_record = 0;
    for (const std::string& name : names) {
        if (!is_journal_file(name)) {
            continue;
        }
        const std::string path = folder + "/" + name;
        TRY_ASSIGN(const auto file, disk.open(path, OpenMode::Read));
        TRY_ASSIGN(const auto mapping, file->map());
        const ByteView content = mapping->bytes();
        TRY_ASSIGN(FileScan scan, scan_file(content, name, last_record, visit));
        if (end_of_file) {
            TRY(end_of_file());
        }
        // What the numbers of this file say about those before it.
        const Lsn begin = scan.first != 0 ? scan.first : scan.first_record;
        const bool goes_on = begin == out.last + 1 || begin == 0;
        if (!out.files.empty() && begin > out.last + 1) {
            out.missing.push_back({out.last + 1, begin - 1});
        }
        out.missing.insert(out.missing.end(), scan.missing.begin(), scan.missing.end());
        if (!out.files.empty() && !goes_on) {
            for (Damage& damage : out.files.back().scan.damage) {
                damage.torn_tail = false;
            }
        }
        out.first = out.first == 0 ? begin : out.first;
        out.last = std::max({out.last, scan.last, begin == 0 ? 0 : begin - 1});
        last_record = std::max(last_record, scan.last);
        out.files.push_back({name, content.size(), std::move(scan)});
    }
    return out;
}

bool is_journal_file(std::string_view name) {
    return name.starts_with("journal-") && name.ends_with(".gj");
}

}  // namespace gantry::journal
