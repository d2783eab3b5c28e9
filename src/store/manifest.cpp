// SPDX-License-Identifier: Apache-2.0
#include "store/manifest.h"

#include <array>
#include <format>
#include <optional>

namespace gantry::store {
namespace {

constexpr std::uint64_t magic = 0x3146494e414d5947;  // "GYMANIF1"
constexpr std::uint32_t version = 1;
constexpr std::uint64_t bytes_max = 64 * 1024 * 1024;
constexpr std::array<std::string_view, 2> copies = {"MANIFEST", "MANIFEST.copy"};

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
    }
    out.put(crc32c(bytes));
    return bytes;
}

Result<std::optional<Manifest>> decode(ByteView bytes, const std::string& path) {
    std::uint32_t crc = 0;
    if (bytes.size() < sizeof(crc) || !ByteReader(bytes.last(sizeof(crc))).get(crc) ||
        crc != crc32c(bytes.first(bytes.size() - sizeof(crc)))) {
        return std::nullopt;
    }
    ByteReader in(bytes.first(bytes.size() - sizeof(crc)));
    std::uint64_t found_magic = 0;
    std::uint32_t found_version = 0;
    if (!in.get(found_magic) || !in.get(found_version) || found_magic != magic) {
        return std::nullopt;
    }
    if (found_version != version) {
        return fail(Code::Unsupported, "{} has format version {}, this program reads {}", path,
                    found_version, version);
    }
    Manifest out;
    std::uint64_t count = 0;
    if (!in.get(out.generation) || !in.get(out.next_number) || !in.get(out.flushed) ||
        !in.get(count)) {
        return std::nullopt;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
        Manifest::Entry entry;
        if (!in.get(entry.number) || !in.get(entry.level)) {
            return std::nullopt;
        }
        out.segments.push_back(entry);
    }
    return out;
}

}  // namespace

Result<Manifest> read_manifest(Disk& disk, const std::string& folder, Log& log) {
    std::optional<Manifest> best;
    int damaged = 0;
    for (const std::string_view name : copies) {
        const std::string path = folder + "/" + std::string(name);
        const auto bytes = read_file(disk, path, bytes_max);
        if (!bytes && bytes.error().code == Code::NotFound) {
            continue;
        }
        if (!bytes) {
            return std::unexpected(bytes.error());
        }
        TRY_ASSIGN(const auto manifest, decode(*bytes, path));
        if (!manifest) {
            ++damaged;
            log.error("store", "manifest copy damaged", {{"file", path}});
        } else if (!best || manifest->generation > best->generation) {
            best = manifest;
        }
    }
    if (!best && damaged > 0) {
        return fail(Code::Corrupt,
                    "both copies of the manifest in {} are damaged: restore them from "
                    "a backup; the segments and the journal are untouched",
                    folder);
    }
    return best.value_or(Manifest{});
}

Result<> write_manifest(Disk& disk, const std::string& folder, Manifest& manifest, Log& log) {
    ++manifest.generation;
    const Bytes bytes = encode(manifest);
    TRY(replace_file(disk, folder + "/" + std::string(copies[0]), bytes));
    if (const auto second = replace_file(disk, folder + "/" + std::string(copies[1]), bytes);
        !second) {
        log.warn("store", "second copy of the manifest not written",
                 {{"detail", second.error().message}});
    }
    return {};
}

std::string segment_path(const std::string& folder, std::uint64_t number) {
    return std::format("{}/segment-{:012}.gs", folder, number);
}

}  // namespace gantry::store
