// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cstring>
#include <string>
#include <string_view>

namespace gantry::connector::mqtt {

// Bytes that have come and were not used yet: some, or as many as the packet at their front has.
class Inbox {
public:
    std::string_view view() const { return std::string_view(bytes_).substr(0, filled_); }
    void used(std::size_t count) {
        filled_ -= count;
        if (count > 0 && filled_ > 0) {
            std::memmove(bytes_.data(), bytes_.data() + count, filled_);
        }
    }
    // For the next read, of a packet of that size (0: not known). What a large one took is given
    // back.
    boost::asio::mutable_buffer room(std::size_t packet) {
        const std::size_t wanted = std::max({usual, packet, filled_ + least});
        if (wanted < bytes_.size()) {
            bytes_ = std::string(view());
        }
        bytes_.resize(wanted);
        return boost::asio::buffer(bytes_.data() + filled_, bytes_.size() - filled_);
    }
    void came(std::size_t count) { filled_ += count; }

private:
    static constexpr std::size_t usual = std::size_t{16} << 10;
    static constexpr std::size_t least = 512;

    std::string bytes_;
    std::size_t filled_ = 0;
};

}  // namespace gantry::connector::mqtt
