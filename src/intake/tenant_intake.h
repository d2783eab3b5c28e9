// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/metrics.h"
#include "broker/tap.h"
#include "intake/proposals.h"
#include "model/unit.h"
#include "payload/dead_letters.h"
#include "payload/router.h"
#include "pipeline/pipeline.h"
#include "registry/registry.h"
#include "runtime/offload.h"
#include "runtime/task_group.h"
#include "sparkplug/host_application.h"

namespace gantry::intake {

// What the intake uses. All of it outlives it.
struct Surroundings {
    registry::Registry& registry;
    directory::Directory& directory;
    pipeline::Pipeline& pipeline;
    OffloadPool& offload;
    const Clock& clock;
    Random& random;
    Log& log;
    Metrics& metrics;
};

struct Meters {
    explicit Meters(Metrics& metrics);

    Counter& messages;
    Counter& samples;
    Counter& unknown;
    Counter& dead;
};

// Publishes in the name of the server.
using Speak = std::function<void(const TenantId& tenant, sparkplug::Publish message)>;

// Makes samples of the messages of one tenant, in their order. What it keeps of its own lives on
// one executor.
class TenantIntake : public std::enable_shared_from_this<TenantIntake> {
public:
    TenantIntake(TenantId tenant, const Surroundings& around, Meters& meters, TaskGroup& tasks,
                 const Speak& speak);

    // From now on. Any thread.
    void use(std::shared_ptr<const payload::MappingSet> mappings);
    bool wants(std::string_view topic) const;
    // The key of the first mapping that takes in messages of that topic; empty: none does.
    std::string taker(std::string_view topic) const;
    void take(std::vector<mqtt::Handed> messages, broker::Tap::Done done);

    // What is due of Sparkplug's nodes, if there are any. Any thread.
    void tick();
    // Says to Sparkplug's nodes that their host goes offline. When the tasks have ended.
    void leave();

    // Makes the points of proposals, with the assets that they need. Blocks. How many were made; an
    // error is of the first that was not.
    Result<std::size_t> make_points(const std::vector<Proposal>& wanted);

    payload::DeadLetters letters;
    Proposals proposals;

private:
    struct Work {
        std::vector<mqtt::Handed> messages;
        broker::Tap::Done done;
    };
    // What a name stands for.
    struct Known {
        directory::PointRef point;
        std::string from;  // the unit of the last reading, and how its values are converted
        std::optional<std::pair<Unit, Unit>> conversion;
    };

    asio::awaitable<void> run();
    asio::awaitable<void> decode(const mqtt::Handed& handed, Time arrival);
    bool read(const payload::Mapping& mapping, const mqtt::Handed& handed, Time arrival);
    bool read_sparkplug(const mqtt::Handed& handed);
    void speak_up();
    void run_due();
    void resolve(const payload::MappingConfig& config, const mqtt::Handed& handed);
    Known* find(std::string_view name);
    bool add_sample(Known& known, const Reading& reading);
    asio::awaitable<void> make_missing(const std::string& mapping);
    asio::awaitable<void> submit(std::vector<broker::Tap::Done> done);
    static asio::awaitable<void> settle(pipeline::Pipeline& pipeline, store::Lsn last,
                                        std::vector<broker::Tap::Done> done);
    void dead(payload::DeadReason reason, const mqtt::Handed& handed, std::string_view mapping,
              const Error& error);

    const TenantId tenant_;
    const Surroundings around_;
    Meters& meters_;
    TaskGroup& tasks_;
    const Speak& speak_;

    mutable std::mutex mutex_;
    std::shared_ptr<const payload::MappingSet> mappings_;
    std::vector<Work> waiting_;
    bool running_ = false;
    std::atomic<bool> has_host_ = false;

    // On the executor.
    std::shared_ptr<const payload::MappingSet> used_;
    payload::Router router_;
    payload::Decoder decoder_;
    std::unique_ptr<sparkplug::HostApplication> host_;  // from the first message of a node on
    ReadingBatch readings_;
    SampleBatch samples_;
    std::vector<mqtt::Handed> sources_;  // a message for each sample
    std::vector<std::uint32_t> source_of_;
    std::unordered_map<std::string, Known> by_name_;
    std::uint64_t directory_version_ = 0;
    std::string name_;
};

}  // namespace gantry::intake
