// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace gantry::plant {

// One application data unit: the MBAP header and what follows it.
using Frame = std::vector<std::uint8_t>;

// Cuts the bytes of one connection into frames, by the length in the MBAP header (Modbus Messaging
// on TCP/IP Implementation Guide 1.0b, section 3.1.3). It waits for nobody: what is not yet whole
// stays until more comes.
class FrameBuffer {
public:
    static constexpr std::size_t header_size = 7;
    static constexpr std::size_t frame_size_most = 260;

    void append(std::span<const std::uint8_t> bytes);
    // The next whole frame, with at least a function code in it.
    std::optional<Frame> next();
    // The bytes are not Modbus TCP. There is no way to find the next header: close the connection.
    bool broken() const { return broken_; }
    std::size_t size() const { return bytes_.size() - start_; }

private:
    std::vector<std::uint8_t> bytes_;
    std::size_t start_ = 0;
    bool broken_ = false;
};

}  // namespace gantry::plant
