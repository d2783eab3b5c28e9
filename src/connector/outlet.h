// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/meters.h"
#include "connector/reporter.h"
#include "connector/vitals.h"

namespace gantry::connector {

// The way of a connector's samples to the sink: counts what goes, and has everything said again
// that was not taken. On the connector's shard; what it is given outlives it.
class Outlet {
public:
    Outlet(std::string key, const Surroundings& around, Vitals& vitals, Meters& meters,
           Reporter& reporter, const std::vector<WrongTag>& wrong)
        : key_(std::move(key)),
          around_(around),
          vitals_(vitals),
          meters_(meters),
          reporter_(reporter),
          wrong_(wrong) {}

    // Hands a batch to the sink, and waits until it has come so far. What it refuses is counted and
    // will be said again; false then.
    asio::awaitable<bool> deliver(SampleSink& sink, SampleBatch batch,
                                  Acknowledge how = Acknowledge::Written);

    // Before the first run: every tag waits for its first value; wrong ones are told to be so.
    asio::awaitable<void> announce(SampleSink& sink);

private:
    std::string key_;
    Surroundings around_;
    Vitals& vitals_;
    Meters& meters_;
    Reporter& reporter_;
    const std::vector<WrongTag>& wrong_;
    bool announced_ = false;
    bool losing_samples_ = false;
};

}  // namespace gantry::connector
