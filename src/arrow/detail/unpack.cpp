// SPDX-License-Identifier: Apache-2.0
#include "arrow/detail/unpack.h"

#include <lz4frame.h>
#include <zstd.h>

namespace gantry::arrow {
namespace {

bool unpack_zstd(ByteView in, std::span<std::byte> out) {
    return ZSTD_decompress(out.data(), out.size(), in.data(), in.size()) == out.size();
}

bool unpack_lz4(ByteView in, std::span<std::byte> out) {
    LZ4F_dctx* made = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&made, LZ4F_VERSION)) != 0) {
        return false;
    }
    const std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)> context(
        made, LZ4F_freeDecompressionContext);
    while (true) {
        std::size_t written = out.size();
        std::size_t used = in.size();
        const std::size_t wanted =
            LZ4F_decompress(context.get(), out.data(), &written, in.data(), &used, nullptr);
        if (LZ4F_isError(wanted) != 0) {
            return false;
        }
        out = out.subspan(written);
        in = in.subspan(used);
        if (wanted == 0) {
            return out.empty();
        }
        if (written == 0 && used == 0) {
            return false;  // it wants more, or has more than it said
        }
    }
}

}  // namespace

Result<ByteView> unpack(ByteView bytes, Codec codec, Unpacked& kept, Budget& budget) {
    ByteReader in(bytes);
    std::int64_t length = 0;
    if (!in.get(length) || length < -1) {
        return fail(Code::InvalidArgument,
                    "its compressed buffer does not say how long it is unpacked");
    }
    if (length == -1) {
        return in.rest();
    }
    if (length == 0) {
        return ByteView{};
    }
    const auto size = static_cast<std::size_t>(length);
    if (!budget.take(size)) {
        return budget.refusal();
    }
    kept.push_back(std::make_unique_for_overwrite<std::byte[]>(size));
    const std::span<std::byte> out(kept.back().get(), size);
    if (!(codec == Codec::Zstd ? unpack_zstd(in.rest(), out) : unpack_lz4(in.rest(), out))) {
        return fail(Code::InvalidArgument,
                    "its buffer of {} bytes is no {} frame that unpacks to {} bytes", bytes.size(),
                    codec == Codec::Zstd ? "zstd" : "LZ4", size);
    }
    return out;
}

}  // namespace gantry::arrow
