// SPDX-License-Identifier: Apache-2.0
#include "pipeline/live_feed.h"

#include <algorithm>

namespace gantry::pipeline {

Subscription::Taken Subscription::take() {
    const std::lock_guard lock(mutex_);
    Taken out{std::move(pending_), skipped_};
    pending_ = {};
    coalesce_at_ = rows_max;
    skipped_ = 0;
    return out;
}

void Subscription::wake_with(std::function<void()> wake) {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
    if (!pending_.empty()) {
        wake_();
    }
}

void Subscription::offer(const SampleBatch& batch, const std::vector<std::uint32_t>& rows) {
    const std::lock_guard lock(mutex_);
    const bool was_empty = pending_.empty();
    for (const std::uint32_t row : rows) {
        pending_.add_row(batch.row(row));
    }
    if (pending_.size() > coalesce_at_) {
        coalesce();
    }
    if (was_empty) {
        wake_();  // with the lock: it only posts, and may be changed
    }
}

// Leaves the last row of each series.
void Subscription::coalesce() {
    std::unordered_map<std::uint32_t, std::size_t> last;
    for (std::size_t i = 0; i < pending_.size(); ++i) {
        last[pending_.series(i).value] = i;
    }
    std::vector<std::size_t> kept;
    for (const auto& [series, row] : last) {
        kept.push_back(row);
    }
    std::ranges::sort(kept);
    SampleBatch shorter;
    for (const std::size_t row : kept) {
        shorter.add_row(pending_.row(row));
    }
    skipped_ += pending_.size() - shorter.size();
    pending_ = std::move(shorter);
    // As many rows again before the next time: else one who follows as many points as that would
    // cost each batch the work of all of them.
    coalesce_at_ = std::max(rows_max, 2 * pending_.size());
}

LiveFeed::LiveFeed(Metrics& metrics)
    : published_(metrics.counter("gantry_live_rows_total", "Samples handed to live followers.")),
      skipped_(metrics.counter("gantry_live_followers_gone_total",
                               "Live followers that went away without saying so.")) {}

void LiveFeed::follow(const std::shared_ptr<Subscription>& subscription,
                      const std::vector<SeriesId>& series) {
    const std::unique_lock lock(mutex_);
    for (const SeriesId id : series) {
        Followers& followers = by_series_[id.value];
        std::erase_if(followers, [](const auto& follower) { return follower.expired(); });
        const bool known = std::ranges::any_of(
            followers, [&](const auto& follower) { return follower.lock() == subscription; });
        if (!known) {
            followers.push_back(subscription);
        }
    }
}

void LiveFeed::unfollow(const std::shared_ptr<Subscription>& subscription,
                        const std::vector<SeriesId>& series) {
    const std::unique_lock lock(mutex_);
    for (const SeriesId id : series) {
        const auto found = by_series_.find(id.value);
        if (found == by_series_.end()) {
            continue;
        }
        std::erase_if(found->second, [&](const auto& follower) {
            const auto strong = follower.lock();
            return !strong || strong == subscription;
        });
        if (found->second.empty()) {
            by_series_.erase(found);
        }
    }
}

void LiveFeed::publish(const SampleBatch& batch) {
    std::map<std::shared_ptr<Subscription>, std::vector<std::uint32_t>> for_whom;
    {
        const std::shared_lock lock(mutex_);
        if (by_series_.empty()) {
            return;
        }
        for (std::uint32_t row = 0; row < batch.size(); ++row) {
            const auto found = by_series_.find(batch.series(row).value);
            if (found == by_series_.end()) {
                continue;
            }
            for (const auto& follower : found->second) {
                if (auto strong = follower.lock()) {
                    for_whom[std::move(strong)].push_back(row);
                } else {
                    skipped_.add();
                }
            }
        }
    }
    for (const auto& [subscription, rows] : for_whom) {
        subscription->offer(batch, rows);
        published_.add(rows.size());
    }
}

}  // namespace gantry::pipeline
