// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "runtime/stream.h"

namespace gantry {

enum class Parity : unsigned char { None, Even, Odd };

struct SerialOptions {
    std::uint32_t baud = 9600;
    unsigned data_bits = 8;  // 5 to 8
    Parity parity = Parity::None;
    unsigned stop_bits = 1;  // 1 or 2
};

// The serial lines of the computer.
class SerialPorts {
public:
    virtual ~SerialPorts() = default;
    // On the executor of the coroutine that calls. Forbidden when the line is not for connections,
    // Unavailable when it is not there, or somebody else has it.
    virtual Async<std::unique_ptr<Stream>> open(std::string path, SerialOptions options) = 0;
};

// The operating system's, of which only those that are allowed: whoever may make connections could
// open any file otherwise. A path, or the beginning of paths with * at its end: "/dev/ttyUSB*".
class SystemSerialPorts final : public SerialPorts {
public:
    explicit SystemSerialPorts(std::vector<std::string> allowed) : allowed_(std::move(allowed)) {}

    Async<std::unique_ptr<Stream>> open(std::string path, SerialOptions options) override;

private:
    bool allows(const std::string& path) const;

    const std::vector<std::string> allowed_;
};

}  // namespace gantry
