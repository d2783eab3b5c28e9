// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/words/link.h"
#include "connector/words/tags.h"

namespace gantry::connector::words {

// Who wants to know what became of the items of a round.
class ReadListener {
public:
    virtual ~ReadListener() = default;
    // Canonical values, as Language has them.
    virtual void read(const Item& item, ByteView values, Time arrived) = 0;
    // The controller does not give it out.
    virtual void refused(const Item& item, Quality quality, const std::string& why) = 0;
    virtual void asked(const RequestJob& job) = 0;
};

// Reads everything of a plan once. What the controller refuses is read in smaller stretches, down
// to single items. False if the link went meanwhile: then some items are not told of.
asio::awaitable<bool> read_round(Link& link, Plan& plan, ReadListener& listener);

}  // namespace gantry::connector::words
