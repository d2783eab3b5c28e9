// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "base/result.h"
#include "model/entities.h"
#include "mqtt/core.h"

namespace gantry::broker {

// Who takes messages out of the broker, beside its clients.
class Tap {
public:
    virtual ~Tap() = default;

    // Grows when the answers of wants() may have changed. Any thread.
    virtual std::uint64_t version() const = 0;
    virtual bool wants(const TenantId& tenant, std::string_view topic) const = 0;

    // Messages of a tenant, in their order. `done` is called, once and on any thread, when what is
    // in them is durable, or says why it never will be; a message that nobody can use is done, too.
    // Must not wait.
    using Done = std::function<void(Result<>)>;
    virtual void take(const TenantId& tenant, std::vector<mqtt::Handed> messages, Done done) = 0;
};

}  // namespace gantry::broker
