// SPDX-License-Identifier: Apache-2.0
#include <zstd.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/assert.h"
#include "codec/codec.h"
#include "codec/detail/integers.h"
#include "codec/detail/scale_search.h"
#include "codec/detail/tables.h"

namespace gantry::codec {
namespace {

using detail::ColumnWriter;
using Bits = std::span<const std::uint64_t>;
using Buffer = std::array<std::uint64_t, values_max>;

constexpr std::size_t exception_bytes = 10;
constexpr std::uint8_t searches_skipped = 15;

constexpr auto put_float = [](ColumnWriter& out, std::uint64_t bits) { out.put(bits); };
constexpr auto take_float = [](ByteReader& in, std::uint64_t& bits) { return in.get(bits); };

// ---- as scaled integers

struct Scaled {
    Buffer numbers;
    std::array<std::uint16_t, values_max> places;  // of what does not fit
    std::size_t exceptions = 0;
    detail::IntegerPlan plan;
    std::size_t bytes = 0;
};

detail::IntegerPlan plan_of(Bits numbers, Tier tier) {
    return detail::plan_integers(numbers, detail::kernels().survey(numbers), numbers.size_bytes(),
                                 tier);
}

// False when too many values do not fit the scale.
bool fit(Bits bits, const FloatScale& scale, Tier tier, Scaled& out) {
    const auto numbers = std::span(out.numbers).first(bits.size());
    const detail::Scale by = detail::kernel_scale(scale);
    out.exceptions = 0;
    if (const std::size_t lost = detail::kernels().quantise(bits, by, numbers); lost > 0) {
        if (lost > bits.size() / 8) {
            return false;
        }
        Buffer back;
        const auto restored = std::span(back).first(bits.size());
        std::ranges::copy(numbers, restored.begin());
        detail::kernels().restore(restored, by);
        std::uint64_t last = 0;
        for (std::size_t i = 0; i < bits.size() && last == 0; ++i) {
            last = restored[i] == bits[i] ? numbers[i] : 0;
        }
        for (std::size_t i = 0; i < bits.size(); ++i) {
            if (restored[i] != bits[i]) {
                out.places[out.exceptions++] = static_cast<std::uint16_t>(i);
                numbers[i] = last;  // costs nothing in a frame of reference
            }
            last = numbers[i];
        }
    }
    out.plan = plan_of(numbers, tier);
    out.bytes = out.plan.bytes + out.exceptions * exception_bytes + (scale.divide ? 2 : 17);
    return true;
}

// By the scale of the block before, or one that is looked for now.
bool fit_any(Bits bits, FloatScale& scale, Tier tier, Scaled& out) {
    if (scale.known && fit(bits, scale, tier, out) && out.exceptions <= bits.size() / 32) {
        return true;
    }
    if (!scale.known && scale.searches_to_skip > 0) {
        --scale.searches_to_skip;
        return false;
    }
    if (const FloatScale found = detail::search_scale(bits); found.known) {
        scale = found;
        return fit(bits, scale, tier, out);
    }
    scale = {};
    scale.searches_to_skip = searches_skipped;
    return false;
}

Codec codec_of(const FloatScale& scale) {
    return scale.divide ? (scale.single ? Codec::Decimal32 : Codec::Decimal)
                        : (scale.single ? Codec::Linear32 : Codec::Linear);
}

void put_scaled(Bits bits, const FloatScale& scale, const Scaled& scaled, ColumnWriter& writer) {
    if (scale.divide) {
        writer.put(static_cast<std::uint8_t>(scale.exponent));
    } else {
        writer.put(scale.offset);
        writer.put(scale.factor);
    }
    writer.put_varint(scaled.exceptions);
    detail::write_integers(std::span(scaled.numbers).first(bits.size()), scaled.plan, writer);
    writer.put_all(std::span(scaled.places).first(scaled.exceptions));
    for (std::size_t i = 0; i < scaled.exceptions; ++i) {
        writer.put(bits[scaled.places[i]]);
    }
}

bool take_scaled(ByteReader& in, Codec codec, std::span<std::uint64_t> bits) {
    detail::Scale scale;
    scale.single = codec == Codec::Decimal32 || codec == Codec::Linear32;
    scale.divide = codec == Codec::Decimal || codec == Codec::Decimal32;
    std::uint8_t exponent = 0;
    if (scale.divide) {
        if (!in.get(exponent) || exponent > detail::exponent_max) {
            return false;
        }
        scale.factor = detail::power_of_ten(exponent);
    } else if (!in.get(scale.offset) || !in.get(scale.factor)) {
        return false;
    }
    std::uint64_t exceptions = 0;
    ByteView places;
    ByteView values;
    if (!in.get_varint(exceptions) || exceptions > bits.size() ||
        !detail::read_integers(in, &scale, bits) || !in.get_bytes(exceptions * 2, places) ||
        !in.get_bytes(exceptions * 8, values)) {
        return false;
    }
    for (std::size_t i = 0; i < exceptions; ++i) {
        std::uint16_t place = 0;
        std::memcpy(&place, places.data() + 2 * i, 2);
        if (place >= bits.size()) {
            return false;
        }
        std::memcpy(&bits[place], values.data() + 8 * i, 8);
    }
    return true;
}

// ---- as float32

// False unless every value is a float32.
bool narrow(Bits bits, std::span<std::uint64_t> out) {
    bool all = true;
    for (std::size_t i = 0; i < bits.size(); ++i) {
        const auto single = static_cast<float>(std::bit_cast<double>(bits[i]));
        out[i] = std::bit_cast<std::uint32_t>(single);
        all &= std::bit_cast<std::uint64_t>(static_cast<double>(single)) == bits[i];
    }
    return all;
}

bool take_narrow(ByteReader& in, std::span<std::uint64_t> bits) {
    if (!detail::read_integers(in, nullptr, bits)) {
        return false;
    }
    for (std::uint64_t& value : bits) {
        const auto single = std::bit_cast<float>(static_cast<std::uint32_t>(value));
        value = std::bit_cast<std::uint64_t>(static_cast<double>(single));
    }
    return true;
}

// ---- as byte planes

// False unless it takes fewer bytes than `others`.
bool put_planes(Bits bits, std::size_t others, Tier tier, Bytes& out) {
    std::array<std::byte, values_max * 8> planes;
    std::uint64_t last = 0;
    for (std::size_t i = 0; i < bits.size(); ++i) {
        for (std::size_t plane = 0; plane < 8; ++plane) {
            planes[plane * bits.size() + i] =
                static_cast<std::byte>((bits[i] ^ last) >> (8 * plane));
        }
        last = bits[i];
    }
    std::array<std::byte, ZSTD_COMPRESSBOUND(values_max * 8)> packed;
    const std::size_t size = ZSTD_compress(packed.data(), packed.size(), planes.data(),
                                           bits.size_bytes(), detail::zstd_level(tier));
    ASSERT(ZSTD_isError(size) == 0);
    if (size + 1 >= others) {
        return false;
    }
    ByteWriter writer(out);
    writer.put(Codec::Planes);
    writer.put_bytes(std::span(packed).first(size));
    return true;
}

bool take_planes(ByteReader& in, std::span<std::uint64_t> bits) {
    std::array<std::byte, values_max * 8> planes;
    ByteView packed = in.rest();
    const std::size_t got =
        ZSTD_decompress(planes.data(), bits.size_bytes(), packed.data(), packed.size());
    if (ZSTD_isError(got) != 0 || got != bits.size_bytes() ||
        !in.get_bytes(packed.size(), packed)) {
        return false;
    }
    std::uint64_t last = 0;
    for (std::size_t i = 0; i < bits.size(); ++i) {
        for (std::size_t plane = 0; plane < 8; ++plane) {
            last ^= std::to_integer<std::uint64_t>(planes[plane * bits.size() + i]) << (8 * plane);
        }
        bits[i] = last;
    }
    return true;
}

}  // namespace

void encode_floats(Bits bits, FloatScale& scale, Bytes& out, Tier tier) {
    ASSERT(!bits.empty() && bits.size() <= values_max);
    const std::size_t runs = detail::kernels().runs(bits);
    if (runs == 1) {
        ColumnWriter writer(Codec::Constant);
        writer.put(bits[0]);
        writer.append_to(out);
        return;
    }
    std::size_t best = bits.size_bytes();
    Codec chosen = Codec::Raw;
    const auto offer = [&](Codec codec, std::size_t bytes) {
        if (bytes < best) {
            best = bytes;
            chosen = codec;
        }
    };
    Scaled scaled;
    Buffer narrowed;
    detail::IntegerPlan narrow_plan;
    using Table = detail::Table<std::uint64_t>;
    Table table;
    offer(Codec::Runs, 1 + runs * 9);
    if (fit_any(bits, scale, tier, scaled)) {
        offer(codec_of(scale), scaled.bytes);
    }
    if (best > bits.size() * 3 && narrow(bits, std::span(narrowed).first(bits.size()))) {
        narrow_plan = plan_of(std::span(narrowed).first(bits.size()), tier);
        offer(Codec::Float32, narrow_plan.bytes);
    }
    if (const std::size_t most = Table::entries_below(best, bits.size(), 8);
        most >= 2 && table.fill(bits, most)) {
        offer(Codec::Dictionary,
              2 + 8 * table.size + detail::packed_bytes(bits.size(), table.width()));
    }
    if (best > bits.size() * 6 && put_planes(bits, best, tier, out)) {
        return;
    }
    ColumnWriter writer(chosen);
    switch (chosen) {
        case Codec::Runs: detail::put_runs(bits, runs, writer, put_float); break;
        case Codec::Float32:
            detail::write_integers(std::span(narrowed).first(bits.size()), narrow_plan, writer);
            break;
        case Codec::Dictionary: detail::put_table(table, bits.size(), writer, put_float); break;
        case Codec::Raw: writer.put_all(bits); break;
        default: put_scaled(bits, scale, scaled, writer); break;
    }
    writer.append_to(out);
}

bool decode_floats(ByteView in, std::span<std::uint64_t> bits) {
    ASSERT(!bits.empty() && bits.size() <= values_max);
    ByteReader reader(in);
    Codec codec{};
    if (!reader.get(codec)) {
        return false;
    }
    bool got = false;
    switch (codec) {
        case Codec::Constant: {
            std::uint64_t value = 0;
            got = reader.get(value);
            std::ranges::fill(bits, value);
            break;
        }
        case Codec::Runs: got = detail::take_runs(reader, bits, take_float); break;
        case Codec::Dictionary: got = detail::take_table(reader, bits, take_float); break;
        case Codec::Decimal:
        case Codec::Decimal32:
        case Codec::Linear:
        case Codec::Linear32: got = take_scaled(reader, codec, bits); break;
        case Codec::Float32: got = take_narrow(reader, bits); break;
        case Codec::Planes: got = take_planes(reader, bits); break;
        case Codec::Raw: got = detail::take_raw(reader, bits); break;
        default: break;
    }
    return got && reader.empty();
}

}  // namespace gantry::codec
