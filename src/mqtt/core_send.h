// SPDX-License-Identifier: Apache-2.0
// For the sources of Core: how a packet gets into the output of a connection.
#pragma once

#include "mqtt/codec/encode.h"
#include "mqtt/core.h"

namespace gantry::mqtt {

template <class T>
void Core::send(Connection& connection, const T& packet, std::uint64_t after, std::uint64_t handed,
                std::uint32_t acks) {
    std::string& out = output(connection, after, handed, acks);
    const std::size_t before = out.size();
    encode(out, packet, connection.version);
    connection.output_bytes += out.size() - before;
    ++counters_.packets_out;
}

}  // namespace gantry::mqtt
