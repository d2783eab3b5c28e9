// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/options.h"
#include "base/result.h"

namespace gantry::payload {

// Why a message, or a part of it, became no samples.
enum class DeadReason : unsigned char {
    Malformed,     // it is not of the format that the mapping says
    Value,         // a value, time or name in it is wrong
    TooLarge,      // beyond a limit
    UnknownPoint,  // nobody knows that point, and none may be made
    Rejected,      // the pipeline does not take the samples
    Sparkplug,     // a message of Sparkplug that its host cannot use
};
inline constexpr std::size_t dead_reasons = 6;
std::string_view dead_reason_name(DeadReason reason);
// Of the error of a mapping.
DeadReason dead_reason_of(const Error& error, bool whole);

struct DeadLetter {
    std::uint64_t number = 0;  // counts from 1
    Time time = 0;
    DeadReason reason = DeadReason::Malformed;
    std::string topic;
    std::string client;
    std::string mapping;  // its key, if it was one
    std::string payload;  // its beginning
    std::uint64_t payload_bytes = 0;
    Error error;
};

struct DeadLetterOptions {
    std::int64_t letters_max = 1000;
    std::int64_t bytes_max = std::int64_t{4} << 20;
    std::int64_t payload_bytes_max = 4096;  // kept of each

    void describe(OptionVisitor& options) {
        options.number("letters_max", letters_max, 0, 1'000'000,
                       "How many messages that could not be used are kept for looking at.");
        options.number("bytes_max", bytes_max, 0, std::int64_t{1} << 30,
                       "What they may take of memory.");
        options.number("payload_bytes_max", payload_bytes_max, 0, std::int64_t{1} << 20,
                       "How much of a message is kept.");
    }
};

// The last messages that could not be used, so that somebody can see why. The oldest go. Any
// thread.
class DeadLetters {
public:
    explicit DeadLetters(DeadLetterOptions options = {}) : options_(options) {}

    struct Letter {
        Time time = 0;
        DeadReason reason = DeadReason::Malformed;
        std::string_view topic;
        std::string_view client;
        std::string_view mapping;
        std::string_view payload;
        const Error& error;
    };
    void add(const Letter& letter);

    // Newest first, at most that many, of those with a number below `before` (0: all).
    std::vector<DeadLetter> list(std::size_t count, std::uint64_t before = 0) const;
    void clear();  // the counters go on

    // Since the beginning, by reason.
    std::array<std::uint64_t, dead_reasons> counts() const;
    std::size_t size() const;
    std::size_t bytes() const;

private:
    static std::size_t bytes_of(const DeadLetter& letter);

    const DeadLetterOptions options_;
    mutable std::mutex mutex_;
    std::deque<DeadLetter> letters_;
    std::size_t bytes_ = 0;
    std::uint64_t last_ = 0;
    std::array<std::uint64_t, dead_reasons> counts_{};
};

}  // namespace gantry::payload
