// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/offload.h"

namespace gantry {

// Whose work something is.
struct Party {
    std::string tenant;
    std::string principal;

    auto operator<=>(const Party&) const = default;
};

struct FairLimits {
    std::size_t threads = 4;
    std::size_t waiting_max = 64;         // jobs of one principal
    std::size_t all_waiting_max = 1'024;  // of all together
};

// Threads for what people ask for and what may take long. Tenants take turns, and in a tenant its
// principals do: who asks for much waits for itself. One principal has half of the threads at most,
// one tenant all but one; so what others ask for begins at once. The threads yield to those that
// take samples in (a lower priority). Any thread.
class FairPool {
public:
    using Job = std::move_only_function<void()>;

    explicit FairPool(FairLimits limits);
    FairPool(const FairPool&) = delete;
    FairPool& operator=(const FairPool&) = delete;
    ~FairPool() { stop(); }

    // RateLimited: the principal has too many jobs waiting. Unavailable: there are too many of all.
    Result<> submit(const Party& party, Job job);
    // Waits for the jobs that are running; those that wait are never run.
    void stop();
    std::size_t waiting() const;

private:
    struct Queue {
        std::deque<Job> jobs;
        std::size_t running = 0;
        std::uint64_t served = 0;  // when it last got a turn
    };
    struct Tenant {
        std::map<std::string, Queue> principals;
        std::size_t running = 0;
        std::uint64_t served = 0;
    };

    void work();
    // The party whose turn it is; nothing if none may have a thread now.
    bool next(Party& party) const;
    Job begin(const Party& party);
    void end(const Party& party);

    const FairLimits limits_;
    const std::size_t of_principal_;
    const std::size_t of_tenant_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, Tenant> tenants_;  // that have jobs
    std::size_t waiting_ = 0;
    std::size_t idle_ = 0;  // threads that wait for a job
    std::uint64_t turn_ = 0;
    bool stopped_ = false;
    std::vector<std::jthread> threads_;
};

// Runs `work`, which returns a Result, when it is the party's turn; the coroutine goes on where it
// was.
template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> offload(FairPool& pool, Party party, Work work) {
    co_return co_await run_elsewhere(
        [&pool, party = std::move(party)](auto job) -> Result<> {
            return pool.submit(party, std::move(job));
        },
        std::move(work));
}

}  // namespace gantry
