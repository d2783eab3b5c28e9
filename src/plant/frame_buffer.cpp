// SPDX-License-Identifier: Apache-2.0
#include "plant/frame_buffer.h"

namespace gantry::plant {

void FrameBuffer::append(std::span<const std::uint8_t> bytes) {
    if (start_ > 0) {
        bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(start_));
        start_ = 0;
    }
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

std::optional<Frame> FrameBuffer::next() {
    const std::span<const std::uint8_t> rest = std::span(bytes_).subspan(start_);
    if (broken_ || rest.size() < header_size) {
        return std::nullopt;
    }
    const unsigned protocol = rest[2] << 8 | rest[3];
    const std::size_t length = static_cast<std::size_t>(rest[4] << 8 | rest[5]);
    const std::size_t size = length + header_size - 1;  // the length counts the unit id
    if (protocol != 0 || length < 2 || size > frame_size_most) {
        broken_ = true;
        return std::nullopt;
    }
    if (rest.size() < size) {
        return std::nullopt;
    }
    start_ += size;
    return Frame(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size));
}

}  // namespace gantry::plant
