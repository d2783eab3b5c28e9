// SPDX-License-Identifier: Apache-2.0
#include "cli/loop.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

namespace gantry::cli {
namespace {

constexpr int interrupted_exit = 130;  // 128 + SIGINT, as shells expect

int signal_file() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

}  // namespace

Loop::Loop() : signals_(context_, signal_file()) { watch(); }

Loop::~Loop() = default;

void Loop::watch() {
    signals_.async_wait(asio::posix::descriptor_base::wait_read, [this](const error_code& error) {
        if (!error) {
            take_signal();
            watch();
        }
    });
}

void Loop::take_signal() {
    signalfd_siginfo info{};
    if (read(signals_.native_handle(), &info, sizeof info) != sizeof info) {
        return;
    }
    if (interrupted_) {
        _exit(interrupted_exit);
    }
    interrupted_ = true;
    stop_.emit(asio::cancellation_type::all);
}

bool Loop::interrupted() {
    take_signal();
    return interrupted_;
}

}  // namespace gantry::cli
