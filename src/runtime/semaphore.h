// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <utility>

#include "runtime/event.h"

namespace gantry {

// Lets so many coroutines through at a time; the others wait, and go in the order in which they
// came. Everything on one executor.
class Semaphore {
public:
    // Gives its place back when it goes. Must not outlive the semaphore.
    class Permit {
    public:
        explicit Permit(Semaphore* from) : from_(from) {}
        Permit(Permit&& other) noexcept : from_(std::exchange(other.from_, nullptr)) {}
        Permit& operator=(Permit&& other) = delete;
        ~Permit() {
            if (from_ != nullptr) {
                from_->release();
            }
        }

    private:
        Semaphore* from_;
    };

    Semaphore(asio::any_io_executor executor, std::size_t permits)
        : executor_(std::move(executor)), free_(permits) {}
    Semaphore(const Semaphore&) = delete;
    Semaphore& operator=(const Semaphore&) = delete;

    // Cancelled with its coroutine.
    asio::awaitable<Permit> acquire();
    std::size_t waiting() const { return waiters_.size(); }

private:
    struct Waiter {
        Event granted;
        bool has_permit = false;
    };

    void release();

    asio::any_io_executor executor_;
    std::size_t free_;
    std::list<Waiter*> waiters_;
};

}  // namespace gantry
