// SPDX-License-Identifier: Apache-2.0
#include "store/manifest.h"

#include <charconv>
#include <format>

namespace gantry::store {
namespace {

constexpr std::uint64_t magic = 0x3146494e414d5947;  // "GYMANIF1"
constexpr std::uint32_t version = 2;

Bytes encode(const Manifest& manifest) {
    Bytes bytes;
    ByteWriter out(bytes);
    out.put(magic);
    out.put(version);
    out.put(manifest.generation);
    out.put(manifest.next_number);
    out.put(manifest.flushed);
    out.put(static_cast<std::uint64_t>(manifest.segments.size()));
    for (const Manifest::Entry& entry : manifest.segments) {
        out.put(entry.number);
        out.put(entry.level);
        out.put(entry.summary.rows);
        out.put(entry.summary.blocks);
        out.put(entry.summary.first);
        out.put(entry.summary.last);
        out.put(entry.summary.last_lsn);
    }
    out.put(static_cast<std::uint64_t>(manifest.tombstones.size()));
    for (const Tombstone& tombstone : manifest.tombstones) {
        out.put(tombstone.series.value);
        out.put(tombstone.range.from);
        out.put(tombstone.range.to);
        out.put(tombstone.lsn);
    }
    out.put(crc32c(bytes));
    return bytes;
}

bool take_segments(ByteReader& in, std::uint32_t found_version, Manifest& out) {
    std::uint64_t count = 0;
    if (!in.get(count)) {
        return false;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
        Manifest::Entry& entry = out.segments.emplace_back();
        if (!in.get(entry.number) || !in.get(entry.level)) {
            return false;
        }
        // Version 1 had no more; the segment itself says it.
        if (found_version == 1) {
            entry.summary.last_lsn = out.flushed;
        } else if (!in.get(entry.summary.rows) || !in.get(entry.summary.blocks) ||
                   !in.get(entry.summary.first) || !in.get(entry.summary.last) ||
                   !in.get(entry.summary.last_lsn)) {
            return false;
        }
    }
    return true;
}

bool take_tombstones(ByteReader& in, Manifest& out) {
    std::uint64_t count = 0;
    if (!in.get(count)) {
        return false;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
        Tombstone& tombstone = out.tombstones.emplace_back();
        if (!in.get(tombstone.series.value) || !in.get(tombstone.range.from) ||
            !in.get(tombstone.range.to) || !in.get(tombstone.lsn)) {
            return false;
        }
    }
    return true;
}

}  // namespace

Result<bool> decode_manifest(ByteView bytes, const std::string& path, Manifest& out) {
    std::uint32_t crc = 0;
    if (bytes.size() < sizeof(crc) || !ByteReader(bytes.last(sizeof(crc))).get(crc) ||
        crc != crc32c(bytes.first(bytes.size() - sizeof(crc)))) {
        return false;
    }
    ByteReader in(bytes.first(bytes.size() - sizeof(crc)));
    std::uint64_t found_magic = 0;
    std::uint32_t found_version = 0;
    if (!in.get(found_magic) || !in.get(found_version) || found_magic != magic) {
        return false;
    }
    if (found_version == 0 || found_version > version) {
        return fail(Code::Unsupported, "{} has format version {}, this program reads 1 to {}", path,
                    found_version, version);
    }
    out = {};
    return in.get(out.generation) && in.get(out.next_number) && in.get(out.flushed) &&
           take_segments(in, found_version, out) &&
           (found_version == 1 || take_tombstones(in, out)) && in.empty();
}

Result<Manifest> read_manifest(Disk& disk, const std::string& folder, Log& log) {
    std::optional<Manifest> best;
    int damaged = 0;
    for (const std::string_view name : manifest_copies) {
        const std::string path = folder + "/" + std::string(name);
        const auto bytes = read_file(disk, path, manifest_bytes_max);
        if (!bytes && bytes.error().code == Code::NotFound) {
            continue;
        }
        if (!bytes) {
            return std::unexpected(bytes.error());
        }
        Manifest manifest;
        TRY_ASSIGN(const bool good, decode_manifest(*bytes, path, manifest));
        if (!good) {
            ++damaged;
            log.error("store", "manifest copy damaged", {{"file", path}});
        } else if (!best || manifest.generation > best->generation) {
            best = std::move(manifest);
        }
    }
    if (!best && damaged > 0) {
        return fail(Code::Corrupt,
                    "both copies of the manifest in {} are damaged: gantry store repair "
                    "makes one from the segments, which are untouched as is the journal",
                    folder);
    }
    return best.value_or(Manifest{});
}

Result<> write_manifest(Disk& disk, const std::string& folder, Manifest& manifest, Log& log) {
    ++manifest.generation;
    const Bytes bytes = encode(manifest);
    TRY(replace_file(disk, folder + "/" + std::string(manifest_copies[0]), bytes));
    if (const auto second =
            replace_file(disk, folder + "/" + std::string(manifest_copies[1]), bytes);
        !second) {
        log.warn("store", "second copy of the manifest not written",
                 {{"detail", second.error().message}});
    }
    return {};
}

std::string segment_path(const std::string& folder, std::uint64_t number) {
    return std::format("{}/segment-{:012}.gs", folder, number);
}

std::optional<std::uint64_t> segment_number(std::string_view name) {
    constexpr std::string_view prefix = "segment-";
    constexpr std::string_view suffix = ".gs";
    if (!name.starts_with(prefix) || !name.ends_with(suffix)) {
        return std::nullopt;
    }
    name.remove_prefix(prefix.size());
    name.remove_suffix(suffix.size());
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    return error == std::errc() && end == name.data() + name.size() ? std::optional(number)
                                                                    : std::nullopt;
}

}  // namespace gantry::store
