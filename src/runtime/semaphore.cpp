// SPDX-License-Identifier: Apache-2.0
#include "runtime/semaphore.h"

namespace gantry {

asio::awaitable<Semaphore::Permit> Semaphore::acquire() {
    if (free_ > 0) {
        --free_;
        co_return Permit(this);
    }
    Waiter self{Event(executor_)};
    const auto place = waiters_.insert(waiters_.end(), &self);
    try {
        co_await self.granted.wait();
    } catch (...) {
        if (self.has_permit) {
            release();
        } else {
            waiters_.erase(place);
        }
        throw;
    }
    co_return Permit(this);
}

// The permit is handed over rather than put back, so that nobody who comes later takes it first.
void Semaphore::release() {
    if (waiters_.empty()) {
        ++free_;
        return;
    }
    Waiter* next = waiters_.front();
    waiters_.pop_front();
    next->has_permit = true;
    next->granted.set();
}

}  // namespace gantry
