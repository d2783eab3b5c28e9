// SPDX-License-Identifier: Apache-2.0
#include "runtime/shards.h"

#include "base/assert.h"

namespace gantry {

Shards::Shards(std::size_t count, Log& log) {
    ASSERT(count > 0);
    for (std::size_t i = 0; i < count; ++i) {
        shards_.push_back(std::make_unique<Shard>());
    }
    for (std::size_t i = 0; i < count; ++i) {
        Shard& shard = *shards_[i];
        shard.thread = std::jthread([&shard, &log, i] {
            try {
                shard.context.run();
            } catch (const std::exception& error) {
                // A task's own root catches what the task throws; what arrives here is a defect.
                log.error("runtime", "shard ended by an exception",
                          {{"shard", i}, {"detail", error.what()}});
                assertion_failed("no exception reaches a shard's loop", __FILE__, __LINE__);
            }
        });
    }
}

Shards::~Shards() { stop(); }

Shards::Executor Shards::executor(std::size_t index) {
    return shards_[index % shards_.size()]->context.get_executor();
}

Shards::Executor Shards::any() { return executor(next_.fetch_add(1, std::memory_order_relaxed)); }

void Shards::stop() {
    for (const auto& shard : shards_) {
        shard->work.reset();
        shard->context.stop();
    }
    for (const auto& shard : shards_) {
        if (shard->thread.joinable()) {
            shard->thread.join();
        }
    }
}

}  // namespace gantry
