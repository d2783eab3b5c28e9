// SPDX-License-Identifier: Apache-2.0
#include "connector/device_link.h"

#include "runtime/event.h"

namespace gantry::connector {

asio::awaitable<void> carry(DeviceLink& link, std::string& broken) {
    Error error = co_await link.run();
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() == asio::cancellation_type::none) {  // else the work is done
        broken = std::move(error).message;
    }
    link.close();
    Event never(co_await asio::this_coro::executor);
    co_await never.wait();
}

}  // namespace gantry::connector
