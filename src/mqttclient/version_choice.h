// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "mqttclient/options.h"

namespace gantry::mqttclient {

// Which version of MQTT to speak with a server: 5.0, and 3.1.1 with one that refuses it. Remembers
// what the server took.
class VersionChoice {
public:
    // `only` one of them; `bridge`: with 3.1.1 first as a bridge, then as any client.
    explicit VersionChoice(std::optional<mqtt::Version> only = {}, bool bridge = false) {
        if (only.value_or(mqtt::Version::V5) == mqtt::Version::V5) {
            ways_.push_back({mqtt::Version::V5, false});
        }
        if (only.value_or(mqtt::Version::V311) == mqtt::Version::V311) {
            if (bridge) {
                ways_.push_back({mqtt::Version::V311, true});
            }
            ways_.push_back({mqtt::Version::V311, false});
        }
    }

    void apply(ConnectOptions& options) const {
        options.version = ways_[at_].version;
        options.bridge = ways_[at_].bridge;
    }
    // The server refused the present one. False: there is no other, and it begins anew.
    bool next() {
        at_ = (at_ + 1) % ways_.size();
        return at_ != 0;
    }

private:
    struct Way {
        mqtt::Version version;
        bool bridge;
    };

    std::vector<Way> ways_;
    std::size_t at_ = 0;
};

}  // namespace gantry::mqttclient
