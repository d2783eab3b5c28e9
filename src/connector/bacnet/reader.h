// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <span>

#include "connector/bacnet/convert.h"
#include "connector/bacnet/link.h"

namespace gantry::connector::bacnet {

// What is read, for whom.
struct Item {
    Reference place;
    std::uint32_t tag = 0;
};

// What is read in each round, and what rounds before have taught about the device.
class Plan {
public:
    explicit Plan(std::vector<Item> items);

    std::span<const Item> items() const { return items_; }
    // Each once, those of an object together; status flags beside present values.
    std::vector<Reference> references() const;

    // Of what is told without being asked for.
    void pause(std::size_t item, bool paused) { paused_[item] = paused; }

    bool has_learnt() const {
        return !apart_.empty() || !without_flags_.empty() || answer_bytes_ != SIZE_MAX;
    }
    void forget() {
        apart_.clear();
        without_flags_.clear();
        answer_bytes_ = SIZE_MAX;
    }

    // The device refuses whole requests with it.
    void read_apart(const Reference& of) { apart_.insert(of); }
    bool is_apart(const Reference& of) const { return apart_.contains(of); }
    void has_no_flags(ObjectId object) { without_flags_.insert(object); }

    // How long the value was that was read last, in bytes.
    std::size_t length_of(const Reference& of) const;
    void note_length(const Reference& of, std::size_t bytes) { lengths_[of] = bytes; }
    // What an answer may hold, by what the device could not answer.
    std::size_t answer_bytes(std::size_t most) const { return std::min(most, answer_bytes_); }
    void shrink(std::size_t bytes) { answer_bytes_ = std::max<std::size_t>(bytes, 40); }

private:
    std::vector<Item> items_;
    std::vector<bool> paused_;  // of each item
    std::set<Reference> apart_;
    std::set<ObjectId> without_flags_;
    std::map<Reference, std::size_t> lengths_;
    std::size_t answer_bytes_ = SIZE_MAX;
};

// Who wants to know what became of the items of a round.
class ReadListener {
public:
    virtual ~ReadListener() = default;
    virtual void read(const Item& item, ByteView value, const Status& status, Time arrived) = 0;
    // The device does not give it out.
    virtual void refused(const Item& item, Quality quality, const std::string& why) = 0;
    virtual void asked(Duration round_trip) = 0;
};

// Requests that the device can take and answer, as far as that can be foreseen.
std::vector<std::vector<Reference>> pack(std::span<const Reference> of, const Plan& plan,
                                         std::size_t apdu_bytes);

// What an error means for the value.
Quality quality_of(ErrorCode error);

// Reads everything of a plan once. What the device refuses is read in smaller requests, down to
// single properties. False if the link went meanwhile: then some items are not told of.
asio::awaitable<bool> read_round(Link& link, Plan& plan, ReadListener& listener);

}  // namespace gantry::connector::bacnet
