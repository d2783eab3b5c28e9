// SPDX-License-Identifier: Apache-2.0
// STUB of mine until the branch comes
#pragma once
#include "connector/connector.h"
#include "connector/protocols.h"
#include "connector/vitals.h"
#include "runtime/ports.h"
#include "runtime/shards.h"
namespace gantry::connector {
class Supervisor final : public CommandSink {
public:
    Supervisor(Shards&, const Protocols&, SampleSink&, Surroundings) {}
    void apply(ConnectionPlan) {}
    void remove(const ConnectionId&) {}
    std::optional<Health> health(const ConnectionId&) const { return std::nullopt; }
    Async<CommandResult> write(PointId, Value) override { co_return fail(Code::NotFound, "x"); }
    void stop() {}
};
}  // namespace gantry::connector
