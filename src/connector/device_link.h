// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "runtime/async.h"
#include "runtime/either.h"

namespace gantry::connector {

// What requests to one device and their answers go through, for as long as it holds. Lives on one
// executor.
class DeviceLink {
public:
    DeviceLink() = default;
    DeviceLink(const DeviceLink&) = delete;
    DeviceLink& operator=(const DeviceLink&) = delete;
    virtual ~DeviceLink() = default;

    // Carries requests and answers until the link breaks, and says how. Cancelled with its
    // coroutine.
    virtual asio::awaitable<Error> run() = 0;
    // All requests under way, and all later ones, stay unanswered.
    virtual void close() = 0;
    virtual bool closed() const = 0;
};

// Runs the link beside the work on it, which ends when it breaks because its requests stay
// unanswered: `broken` says how then. The link is closed afterwards.
asio::awaitable<void> carry(DeviceLink& link, std::string& broken);

template <class T>
asio::awaitable<T> work_on(DeviceLink& link, asio::awaitable<T> work, std::string& broken) {
    std::optional<T> out = co_await either(std::move(work), carry(link, broken));
    link.close();
    co_return std::move(*out);
}

}  // namespace gantry::connector
