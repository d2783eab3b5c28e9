// SPDX-License-Identifier: Apache-2.0
#include "connector/opcua/worker.h"

#include "connector/opcua/client.h"

namespace gantry::connector::opcua {
namespace {

using namespace std::chrono_literals;

// So long a write may have to wait until the client is listened to.
constexpr Duration tick = 20ms;
// More are not taken from the server until some are gone: its queues fill up then, and it says so
// by the overflow bit.
constexpr std::size_t arrivals_max = 100'000;
// Tags that the server did not know are tried again; it may have been starting.
constexpr auto retry_period = 30s;

}  // namespace

Worker::Worker(asio::any_io_executor home, const Settings& settings, CertificateStore* certificates)
    : home_(std::move(home)),
      settings_(settings),
      certificates_(certificates),
      arrival_(home_),
      client_(std::make_unique<Client>(settings_)) {}

std::shared_ptr<Worker> Worker::start(asio::any_io_executor home, const Settings& settings,
                                      CertificateStore* certificates) {
    const std::shared_ptr<Worker> out(new Worker(std::move(home), settings, certificates));
    out->thread_ = std::thread([self = out.get()] { self->run(); });
    return out;
}

Worker::~Worker() {
    hurry(true);
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

Async<> Worker::connect() {
    co_return co_await run_elsewhere([this](auto job) { return submit(std::move(job)); },
                                     [this]() -> Result<> {
                                         if (!client_) {
                                             return fail(Code::Cancelled, "stopped");
                                         }
                                         TRY(client_->connect(certificates_, hurry_));
                                         live_ = true;
                                         return {};
                                     });
}

Async<> Worker::monitor(std::vector<Tag> tags) {
    return ask([this, tags = std::move(tags)](Client& client) {
        retry_at_ = std::chrono::steady_clock::now() + retry_period;
        return client.monitor(tags, [this](Arrival arrival) { take(std::move(arrival)); });
    });
}

Async<std::vector<Arrival>> Worker::arrivals() {
    while (true) {
        {
            const std::lock_guard lock(mutex_);
            signalled_ = false;
            if (!arrived_.empty()) {
                std::vector<Arrival> out;
                out.swap(arrived_);
                changed_.notify_all();
                co_return out;
            }
            if (over_) {
                co_return std::unexpected(*over_);
            }
        }
        co_await arrival_.wait();
    }
}

void Worker::hurry(bool soon) {
    {
        const std::lock_guard lock(mutex_);
        hurry_ = soon;
    }
    changed_.notify_all();
}

asio::awaitable<void> Worker::close() {
    hurry(true);
    (void)co_await run_elsewhere([this](auto job) { return submit(std::move(job)); },
                                 [this]() -> Result<> {
                                     live_ = false;
                                     client_.reset();
                                     const std::lock_guard lock(mutex_);
                                     closing_ = true;
                                     return {};
                                 });
}

Result<> Worker::submit(Job job) {
    {
        const std::lock_guard lock(mutex_);
        if (closing_) {
            return fail(Code::Unavailable, "the server is not connected");
        }
        jobs_.push_back(std::move(job));
    }
    changed_.notify_all();
    return {};
}

void Worker::run() {
    while (run_jobs()) {
        if (live_) {
            iterate();
        }
    }
    live_ = false;
    client_.reset();
    // Who came last is told that there is no session any more.
    std::deque<Job> rest;
    {
        const std::lock_guard lock(mutex_);
        rest.swap(jobs_);
    }
    for (Job& job : rest) {
        job();
    }
}

bool Worker::run_jobs() {
    while (true) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            if (!live_) {
                changed_.wait(lock, [this] { return !jobs_.empty() || closing_; });
            }
            if (closing_) {
                return false;
            }
            if (jobs_.empty()) {
                return true;
            }
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        job();
    }
}

void Worker::iterate() {
    const Result<> gone_on = client_->iterate(tick);
    if (!gone_on) {
        live_ = false;
        const std::lock_guard lock(mutex_);
        over_ = gone_on.error();
        signal();
        return;
    }
    if (std::chrono::steady_clock::now() >= retry_at_) {
        retry_at_ = std::chrono::steady_clock::now() + retry_period;
        client_->retry();
    }
}

void Worker::take(Arrival arrival) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return arrived_.size() < arrivals_max || hurry_; });
    arrived_.push_back(std::move(arrival));
    signal();
}

// With the lock held.
void Worker::signal() {
    if (signalled_) {
        return;
    }
    signalled_ = true;
    asio::post(home_, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->arrival_.set();
        }
    });
}

}  // namespace gantry::connector::opcua
