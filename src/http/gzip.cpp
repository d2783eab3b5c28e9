// SPDX-License-Identifier: Apache-2.0
#include "http/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace gantry::http {
namespace {

constexpr int any_format = 15 + 32;  // zlib: 32 KiB window, header of gzip or zlib
constexpr std::size_t piece_bytes = std::size_t{256} << 10;

std::unexpected<Error> damaged(std::string_view how) {
    return fail(Code::InvalidArgument, "the body is not gzip as its Content-Encoding says: {}",
                how);
}

}  // namespace

struct Gunzip::Stream {
    z_stream state = {};
    std::string_view left;   // not handed to zlib yet
    bool in_member = false;  // a member has begun and not ended

    void feed() {
        const std::size_t size =
            std::min<std::size_t>(left.size(), std::numeric_limits<uInt>::max());
        // zlib's interface is older than const.
        state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(left.data()));  // NOLINT
        state.avail_in = static_cast<uInt>(size);
        left.remove_prefix(size);
    }
    bool exhausted() const { return left.empty() && state.avail_in == 0; }
};

Gunzip::Gunzip(std::string_view packed) : stream_(std::make_unique<Stream>()) {
    stream_->left = packed;
    if (inflateInit2(&stream_->state, any_format) != Z_OK) {
        throw std::bad_alloc();
    }
}

Gunzip::~Gunzip() { inflateEnd(&stream_->state); }

Result<std::string_view> Gunzip::next(std::size_t most) {
    z_stream& state = stream_->state;
    piece_.resize(std::min<std::size_t>(most, std::numeric_limits<uInt>::max()));
    state.next_out = reinterpret_cast<Bytef*>(piece_.data());
    state.avail_out = static_cast<uInt>(piece_.size());
    while (state.avail_out > 0) {
        if (state.avail_in == 0) {
            stream_->feed();
        }
        if (stream_->exhausted()) {
            if (stream_->in_member) {
                return damaged("it ends too early");
            }
            break;
        }
        stream_->in_member = true;
        const int result = inflate(&state, Z_NO_FLUSH);
        if (result == Z_STREAM_END) {
            stream_->in_member = false;
            inflateReset(&state);
        } else if (result == Z_BUF_ERROR && state.avail_in == 0) {
            continue;
        } else if (result != Z_OK) {
            return damaged(state.msg == nullptr ? "unknown form" : state.msg);
        }
    }
    return std::string_view(piece_).substr(0, piece_.size() - state.avail_out);
}

Result<std::string> gunzip(std::string_view packed, std::size_t most) {
    Gunzip source(packed);
    std::string out;
    while (true) {
        TRY_ASSIGN(const std::string_view piece, source.next(piece_bytes));
        if (piece.empty()) {
            return out;
        }
        if (out.size() + piece.size() > most) {
            return fail(Code::TooLarge, "the body is larger than {} bytes when unpacked", most);
        }
        out += piece;
    }
}

}  // namespace gantry::http
