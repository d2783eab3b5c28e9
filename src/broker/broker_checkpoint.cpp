// SPDX-License-Identifier: Apache-2.0
// The state of a core, written to a checkpoint while the core goes on, so that the journal can go.
#include "broker/broker.h"

namespace gantry::broker {
namespace {

// A part is made on the broker's thread: a few milliseconds.
constexpr std::size_t records_at_once = 5'000;

}  // namespace

asio::awaitable<void> Broker::checkpoint(Space& space) {
    const auto failed = [this, &space](const Error& error) {
        around_.log.warn("mqtt", "the checkpoint is put off",
                         {{"tenant", space.tenant.text()}, {"detail", error.message}});
    };
    auto begun = log_->begin_checkpoint(space.tenant.text());
    if (!begun) {
        failed(begun.error());
        co_return;
    }
    mqtt::RecordLog::Checkpoint& file = **begun;
    mqtt::SnapshotProgress progress;
    while (!progress.done()) {
        const auto part = space.core.snapshot(progress, records_at_once);
        keep_records(space);
        if (!space.unlogged.empty()) {
            co_return;  // no space for what the part builds on: again later
        }
        const auto added =
            co_await offload(around_.offload, [&file, &part] { return file.add(part); });
        if (!added) {
            failed(added.error());
            co_return;
        }
    }
    keep_records(space);
    if (!space.unlogged.empty()) {
        co_return;
    }
    const auto finished = co_await offload(around_.offload, [&file] { return file.finish(); });
    if (!finished) {
        failed(finished.error());
    }
}

// Of those because of which the journal has become long.
void Broker::start_checkpoints() {
    for (const std::string& name : log_->due()) {
        if (const auto found = spaces_.find(TenantId(name)); found != spaces_.end()) {
            tasks_->spawn(checkpoint(*found->second));
        }
    }
}

}  // namespace gantry::broker
