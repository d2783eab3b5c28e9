// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <thread>

#include "connector/opcua/arrival.h"
#include "connector/opcua/tags.h"
#include "runtime/event.h"
#include "runtime/offload.h"

namespace gantry::connector::opcua {

class CertificateStore;
class Client;

// A client with the thread that it blocks: what is asked of it runs there, one thing after another,
// and in between it takes what the server sends. Used on the shard of its home, which never waits
// for the thread but in the destructor of one that was not closed.
class Worker : public std::enable_shared_from_this<Worker> {
public:
    // What it is given outlives it.
    static std::shared_ptr<Worker> start(asio::any_io_executor home, const Settings& settings,
                                         CertificateStore* certificates);
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker();

    // Makes the session; see Client::connect.
    Async<> connect();
    // From now on the values of the tags come as arrivals.
    Async<> monitor(std::vector<Tag> tags);

    // Waits for values. The error is why the session is over.
    Async<std::vector<Arrival>> arrivals();

    // Runs `work`, which takes the client and returns a Result, on the thread. Unavailable when
    // there is no session. Not cancelled with its coroutine: it ends in the time that requests
    // have.
    template <class Work>
    asio::awaitable<std::invoke_result_t<Work&, Client&>> ask(Work work) {
        using Answer = std::invoke_result_t<Work&, Client&>;
        co_return co_await run_elsewhere([this](auto job) { return submit(std::move(job)); },
                                         [this, work = std::move(work)]() mutable -> Answer {
                                             if (!live_) {
                                                 return fail(Code::Unavailable,
                                                             "the server is not connected");
                                             }
                                             return work(*client_);
                                         });
    }

    // What is under way shall end soon; or again take the time that it needs.
    void hurry(bool soon);
    const std::atomic<bool>& hurried() const { return hurry_; }

    // Ends the session and the thread; the destructor does not wait after it.
    asio::awaitable<void> close();

private:
    Worker(asio::any_io_executor home, const Settings& settings, CertificateStore* certificates);

    using Job = std::move_only_function<void()>;
    Result<> submit(Job job);
    void run();
    bool run_jobs();
    void iterate();
    void take(Arrival arrival);
    void signal();

    const asio::any_io_executor home_;
    const Settings settings_;
    CertificateStore* certificates_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    std::vector<Arrival> arrived_;
    std::optional<Error> over_;
    bool signalled_ = false;
    bool closing_ = false;
    std::atomic<bool> hurry_ = false;

    Event arrival_;  // on the shard

    // Only on the thread.
    std::unique_ptr<Client> client_;
    bool live_ = false;
    std::chrono::steady_clock::time_point retry_at_;
    std::thread thread_;
};

}  // namespace gantry::connector::opcua
