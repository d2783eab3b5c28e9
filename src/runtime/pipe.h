// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/stream.h"

namespace gantry {

// One direction of a connection inside the process: bytes that were written and not read yet, and
// who waits to read or write. It holds no more than its capacity (one write may begin below it):
// a writer waits until there is room. On one executor.
class Wire {
public:
    Wire(asio::any_io_executor executor, std::size_t capacity)
        : executor_(std::move(executor)), capacity_(capacity) {}

    void put(const Stream::WriteBuffers& from, Stream::Handler handler);
    void get(asio::mutable_buffer into, Stream::Handler handler);
    // Readers get what is there and then `reason`; writers an error.
    void close(error_code reason);

    const asio::any_io_executor& executor() const { return executor_; }

private:
    void wake();
    void complete(Stream::Handler handler, error_code error, std::size_t size);

    const asio::any_io_executor executor_;
    const std::size_t capacity_;
    std::string bytes_;
    std::size_t taken_ = 0;  // of bytes_
    asio::mutable_buffer into_;
    Stream::Handler reader_;
    std::size_t written_ = 0;  // by who waits for room
    Stream::Handler writer_;
    bool closed_ = false;
    error_code reason_;
};

// One end of a connection that reads one wire and writes the other.
std::unique_ptr<Stream> make_wire_stream(std::shared_ptr<Wire> in, std::shared_ptr<Wire> out,
                                         std::string peer);

// The two ends of a connection inside the process, for parts of it that speak a protocol with each
// other. Both on that executor; `peer` is what each says of the other.
std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> make_pipe(
    const asio::any_io_executor& executor, std::size_t capacity, const std::string& peer);

}  // namespace gantry
