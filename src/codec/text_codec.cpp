// SPDX-License-Identifier: Apache-2.0
#include <zstd.h>

#include <array>
#include <bit>
#include <functional>

#include "base/assert.h"
#include "codec/codec.h"
#include "codec/detail/tables.h"
#include "model/value.h"

namespace gantry::codec {
namespace {

constexpr std::size_t length_bytes_max = 3;
constexpr std::size_t zstd_from_bytes = 64;  // shorter ones it does not make shorter

std::string_view text_at(std::uint64_t reference, std::string_view texts) {
    return texts.substr(reference >> 32, reference & UINT32_MAX);
}

// Varint plain length, varint length in zstd or 0 for plain, the bytes; inside them the varint
// lengths of all strings, then their characters.
void put_strings(std::span<const std::uint64_t> references, std::string_view texts, Tier tier,
                 Bytes& out) {
    Bytes plain;
    ByteWriter inside(plain);
    for (const std::uint64_t reference : references) {
        inside.put_varint(reference & UINT32_MAX);
    }
    for (const std::uint64_t reference : references) {
        inside.put_bytes(as_bytes(text_at(reference, texts)));
    }
    ByteWriter writer(out);
    writer.put_varint(plain.size());
    if (plain.size() >= zstd_from_bytes) {
        Bytes packed(ZSTD_compressBound(plain.size()));
        const std::size_t size = ZSTD_compress(packed.data(), packed.size(), plain.data(),
                                               plain.size(), detail::zstd_level(tier));
        ASSERT(ZSTD_isError(size) == 0);
        if (size < plain.size()) {
            writer.put_varint(size);
            writer.put_bytes(std::span(packed).first(size));
            return;
        }
    }
    writer.put_varint(0);
    writer.put_bytes(plain);
}

bool take_plain(ByteReader& in, std::size_t count, Bytes& room, ByteView& plain) {
    std::uint64_t size = 0;
    std::uint64_t packed_size = 0;
    if (!in.get_varint(size) || size > count * (text_value_bytes_max + length_bytes_max) ||
        !in.get_varint(packed_size)) {
        return false;
    }
    if (packed_size == 0) {
        return in.get_bytes(size, plain);
    }
    ByteView packed;
    if (!in.get_bytes(packed_size, packed) ||
        ZSTD_getFrameContentSize(packed.data(), packed.size()) != size) {
        return false;
    }
    room.resize(size);
    plain = room;
    return ZSTD_decompress(room.data(), room.size(), packed.data(), packed.size()) == size;
}

bool take_strings(ByteReader& in, std::span<std::uint64_t> references, std::string& texts) {
    Bytes room;
    ByteView plain;
    if (!take_plain(in, references.size(), room, plain)) {
        return false;
    }
    ByteReader inside(plain);
    std::uint64_t offset = texts.size();
    for (std::uint64_t& reference : references) {
        std::uint64_t length = 0;
        if (!inside.get_varint(length) || length > text_value_bytes_max || offset > UINT32_MAX) {
            return false;
        }
        reference = offset << 32 | length;
        offset += length;
    }
    if (inside.rest().size() != offset - texts.size()) {
        return false;
    }
    texts += as_text(inside.rest());
    return true;
}

// Equal strings once.
struct TextTable {
    std::array<std::uint64_t, values_max> entries;
    std::array<std::uint64_t, values_max> numbers;
    std::size_t size = 0;

    void fill(std::span<const std::uint64_t> references, std::string_view texts) {
        std::array<std::uint16_t, 4 * values_max> slots{};  // number + 1, found by hash
        for (std::size_t i = 0; i < references.size(); ++i) {
            const std::string_view text = text_at(references[i], texts);
            std::size_t slot = std::hash<std::string_view>{}(text) % slots.size();
            while (slots[slot] != 0 && text_at(entries[slots[slot] - 1], texts) != text) {
                slot = (slot + 1) % slots.size();
            }
            if (slots[slot] == 0) {
                entries[size++] = references[i];
                slots[slot] = static_cast<std::uint16_t>(size);
            }
            numbers[i] = slots[slot] - 1U;
        }
    }
};

}  // namespace

void encode_texts(std::span<const std::uint64_t> references, std::string_view texts, Bytes& out,
                  Tier tier) {
    ASSERT(!references.empty() && references.size() <= values_max);
    TextTable table;
    table.fill(references, texts);
    ByteWriter writer(out);
    if (table.size > references.size() / 2 && table.size > 1) {
        writer.put(Codec::Text);
        put_strings(references, texts, tier, out);
        return;
    }
    writer.put(Codec::TextTable);
    writer.put_varint(table.size);
    put_strings(std::span(table.entries).first(table.size), texts, tier, out);
    const auto numbers = std::span(table.numbers).first(references.size());
    const auto width = static_cast<unsigned>(std::bit_width(table.size - 1));
    std::array<std::byte, values_max * 8 + detail::pack_slack_bytes> packed;
    detail::kernels().pack(numbers, 0, width, packed.data());
    writer.put_bytes(std::span(packed).first(detail::packed_bytes(numbers.size(), width)));
}

bool decode_texts(ByteView in, std::span<std::uint64_t> references, std::string& texts) {
    ASSERT(!references.empty() && references.size() <= values_max);
    ByteReader reader(in);
    Codec codec{};
    if (!reader.get(codec)) {
        return false;
    }
    if (codec == Codec::Text) {
        return take_strings(reader, references, texts) && reader.empty();
    }
    std::uint64_t size = 0;
    if (codec != Codec::TextTable || !reader.get_varint(size) || size == 0 || size > values_max) {
        return false;
    }
    std::array<std::uint64_t, values_max> entries;
    if (!take_strings(reader, std::span(entries).first(size), texts) ||
        !detail::take_numbers(reader, size, references) || !reader.empty()) {
        return false;
    }
    for (std::uint64_t& reference : references) {
        reference = entries[reference];
    }
    return true;
}

}  // namespace gantry::codec
