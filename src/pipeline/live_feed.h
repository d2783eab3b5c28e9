// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "base/metrics.h"
#include "model/sample_batch.h"

namespace gantry::pipeline {

class LiveFeed;

// What one follower has not taken yet. Bounded: a follower that is slow gets the latest value of
// each point instead of every value. Any thread.
class Subscription {
public:
    // `wake` is called, on whatever thread publishes, when there is something to take after there
    // was nothing. It must only post.
    explicit Subscription(std::function<void()> wake) : wake_(std::move(wake)) {}
    // From now on somebody else; at once when there is something to take already.
    void wake_with(std::function<void()> wake);

    struct Taken {
        SampleBatch samples;
        std::uint64_t skipped = 0;  // values that were replaced by later ones
    };
    Taken take();

    static constexpr std::size_t rows_max = 20'000;  // or twice the points that had values

private:
    friend class LiveFeed;
    void offer(const SampleBatch& batch, const std::vector<std::uint32_t>& rows);
    void coalesce();

    std::function<void()> wake_;
    std::mutex mutex_;
    SampleBatch pending_;
    std::size_t coalesce_at_ = rows_max;
    std::uint64_t skipped_ = 0;
};

// Hands every sample that comes in to whoever follows its series. Any thread.
class LiveFeed {
public:
    explicit LiveFeed(Metrics& metrics);

    // Adds to the series that a subscription follows; it ends when the last reference outside goes.
    void follow(const std::shared_ptr<Subscription>& subscription,
                const std::vector<SeriesId>& series);
    void unfollow(const std::shared_ptr<Subscription>& subscription,
                  const std::vector<SeriesId>& series);
    void publish(const SampleBatch& batch);

private:
    using Followers = std::vector<std::weak_ptr<Subscription>>;

    Counter& published_;
    Counter& skipped_;
    mutable std::shared_mutex mutex_;
    std::unordered_map<std::uint32_t, Followers> by_series_;
};

}  // namespace gantry::pipeline
