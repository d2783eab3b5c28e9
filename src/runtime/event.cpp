// SPDX-License-Identifier: Apache-2.0
#include "runtime/event.h"

namespace gantry {

Event::Event(asio::any_io_executor executor) : timer_(std::move(executor)) {
    timer_.expires_at(asio::steady_timer::time_point::max());
}

asio::awaitable<void> Event::wait() {
    if (!set_) {
        const auto [error] = co_await timer_.async_wait(as_result);
        if (!set_) {
            throw boost::system::system_error(error);
        }
    }
    set_ = false;
}

void Event::set() {
    set_ = true;
    timer_.cancel();
}

}  // namespace gantry
