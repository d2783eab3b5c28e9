// SPDX-License-Identifier: Apache-2.0
#include "runtime/fair_pool.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <tuple>

namespace gantry {
namespace {

constexpr int query_nice = 5;

}  // namespace

FairPool::FairPool(FairLimits limits)
    : limits_(limits),
      of_principal_(std::max<std::size_t>(1, limits.threads / 2)),
      of_tenant_(std::max<std::size_t>(1, limits.threads - 1)) {
    for (std::size_t i = 0; i < limits.threads; ++i) {
        threads_.emplace_back([this] { work(); });
    }
}

Result<> FairPool::submit(const Party& party, Job job) {
    std::unique_lock lock(mutex_);
    if (stopped_) {
        return fail(Code::Unavailable, "the server is stopping");
    }
    if (waiting_ >= limits_.all_waiting_max) {
        return fail(Code::Unavailable, "{} queries of all are waiting: try again shortly",
                    waiting_);
    }
    const auto tenant = tenants_.try_emplace(party.tenant).first;
    Queue& queue = tenant->second.principals[party.principal];
    if (queue.jobs.size() >= limits_.waiting_max) {
        return fail(Code::RateLimited,
                    "{} queries of yours are waiting, which is the most: wait for their answers",
                    queue.jobs.size());
    }
    queue.jobs.push_back(std::move(job));
    ++waiting_;
    const bool wake = idle_ > 0;
    lock.unlock();  // or whom it wakes would wait for it
    if (wake) {
        changed_.notify_one();
    }
    return {};
}

bool FairPool::next(Party& party) const {
    // Least recently served first: (tenant's turn, principal's turn).
    std::tuple<std::uint64_t, std::uint64_t> best{UINT64_MAX, UINT64_MAX};
    bool found = false;
    for (const auto& [tenant_id, tenant] : tenants_) {
        if (tenant.running >= of_tenant_) {
            continue;
        }
        for (const auto& [principal, queue] : tenant.principals) {
            const std::tuple turn(tenant.served, queue.served);
            if (!queue.jobs.empty() && queue.running < of_principal_ && turn < best) {
                best = turn;
                party = {tenant_id, principal};
                found = true;
            }
        }
    }
    return found;
}

FairPool::Job FairPool::begin(const Party& party) {
    Tenant& tenant = tenants_.at(party.tenant);
    Queue& queue = tenant.principals.at(party.principal);
    Job job = std::move(queue.jobs.front());
    queue.jobs.pop_front();
    --waiting_;
    ++queue.running;
    ++tenant.running;
    queue.served = tenant.served = ++turn_;
    return job;
}

// What may run now and could not before is at most one job, and the thread that has ended this one
// takes it: nobody need be woken.
void FairPool::end(const Party& party) {
    const auto tenant = tenants_.find(party.tenant);
    const auto queue = tenant->second.principals.find(party.principal);
    --tenant->second.running;
    if (--queue->second.running == 0 && queue->second.jobs.empty()) {
        tenant->second.principals.erase(queue);
        if (tenant->second.principals.empty()) {
            tenants_.erase(tenant);
        }
    }
}

void FairPool::work() {
    (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), query_nice);
    std::unique_lock lock(mutex_);
    while (true) {
        Party party;
        while (!stopped_ && !next(party)) {
            ++idle_;
            changed_.wait(lock);
            --idle_;
        }
        if (stopped_) {
            return;
        }
        {
            Job job = begin(party);
            lock.unlock();
            job();
        }
        lock.lock();
        end(party);
    }
}

void FairPool::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    changed_.notify_all();
    threads_.clear();
}

std::size_t FairPool::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
}

}  // namespace gantry
