// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "promql/query.h"

namespace gantry::promql {

// What a query has used of what it may use; asks now and then whether it is to end.
class Work {
public:
    explicit Work(const QueryOptions& options) : options_(options) {}

    // Steps of computing, about a nanosecond each. False: the query is over, failure() says why.
    bool spend(std::uint64_t steps) {
        spent_ += steps;
        return spent_ < next_look_ ? !failure_ : look();
    }
    Result<> spend_or_fail(std::uint64_t steps) {
        return spend(steps) ? Result<>() : std::unexpected(*failure_);
    }
    const std::optional<Error>& failure() const { return failure_; }

    Result<> read(std::uint64_t samples) {
        samples_ += samples;
        if (samples_ > options_.limits.samples_max) {
            return fail(Code::TooLarge,
                        "query processing would load too many samples into memory in query "
                        "execution: more than {}; ask for fewer series or a shorter time",
                        options_.limits.samples_max);
        }
        return spend_or_fail(samples);
    }
    std::uint64_t samples() const { return samples_; }

    // Memory that is taken, and given back.
    Result<> hold(std::uint64_t bytes) {
        held_ += bytes;
        if (held_ > options_.limits.bytes_max) {
            return fail(Code::TooLarge,
                        "the query needs more than {} bytes of memory: ask for fewer series or "
                        "steps",
                        options_.limits.bytes_max);
        }
        return {};
    }
    void release(std::uint64_t bytes) { held_ -= bytes; }

private:
    static constexpr std::uint64_t look_every = 1 << 20;

    bool look() {
        next_look_ = spent_ + look_every;
        if (!failure_ && options_.stop.stop_requested()) {
            failure_ = Error{Code::Cancelled, "query was canceled in expression evaluation", {}};
        } else if (!failure_ && options_.clock != nullptr &&
                   options_.clock->monotonic() >= options_.deadline) {
            failure_ = Error{Code::Timeout, "query timed out in expression evaluation", {}};
        }
        return !failure_;
    }

    const QueryOptions& options_;
    std::uint64_t spent_ = 0;
    std::uint64_t next_look_ = 0;
    std::uint64_t samples_ = 0;
    std::uint64_t held_ = 0;
    std::optional<Error> failure_;
};

// Memory that is given back at the end of a scope.
class Holding {
public:
    explicit Holding(Work& work) : work_(&work) {}
    Holding(Holding&& other) noexcept
        : work_(other.work_), bytes_(std::exchange(other.bytes_, 0)) {}
    Holding(const Holding&) = delete;
    Holding& operator=(const Holding&) = delete;
    Holding& operator=(Holding&&) = delete;
    ~Holding() { work_->release(bytes_); }

    Result<> add(std::uint64_t bytes) {
        bytes_ += bytes;
        return work_->hold(bytes);
    }

private:
    Work* work_;
    std::uint64_t bytes_ = 0;
};

}  // namespace gantry::promql
