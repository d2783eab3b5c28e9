// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <exception>
#include <optional>

#include "runtime/async.h"

namespace gantry::cli {

// Runs what may suspend, one task at a time, on the thread of the program, and ends it on Ctrl-C
// (SIGINT, SIGTERM). A second Ctrl-C, when the first has no effect, ends the program.
class Loop {
public:
    Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    ~Loop();

    // Cancelled when the person has had enough.
    template <class T>
    Result<T> run(Async<T> task) {
        std::optional<Result<T>> out;
        std::exception_ptr broken;
        asio::co_spawn(context_, std::move(task),
                       asio::bind_cancellation_slot(
                           stop_.slot(), [&](const std::exception_ptr& error, Result<T> result) {
                               broken = error;
                               out = std::move(result);
                           }));
        turn([&] { return out.has_value(); });
        if (interrupted_ && (broken || !*out)) {
            return fail(Code::Cancelled, "stopped");
        }
        if (broken) {
            std::rethrow_exception(broken);
        }
        return std::move(*out);
    }

    // Whether the person wants to stop; for work that computes rather than waits.
    bool interrupted();
    // Readable when a signal has come; for who waits for a key as well.
    int signal_descriptor() const { return signals_.native_handle(); }

private:
    template <class Done>
    void turn(const Done& done) {
        context_.restart();
        while (!done()) {
            context_.run_one();
        }
    }
    void watch();
    void take_signal();

    asio::io_context context_{1};
    mutable asio::posix::stream_descriptor signals_;
    asio::cancellation_signal stop_;
    bool interrupted_ = false;
};

}  // namespace gantry::cli
