// SPDX-License-Identifier: Apache-2.0
// What the tests of connectors share. Not part of the program.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "connector/connector.h"
#include "connector/vitals.h"
#include "runtime/event.h"
#include "testing/testing.h"

namespace gantry::connector::testing {

using gantry::testing::failure;
using gantry::testing::must;

// Always the same number: below() is 0 at the beginning, and half of its bound after halve().
class FixedRandom final : public Random {
public:
    // A bit above the half: of the very half, below() would ask for another number for ever.
    void halve() { number_ = (std::uint64_t{1} << 63) + (1 << 20); }
    void fill(std::span<std::byte> out) override {
        std::ranges::fill(out, std::byte{0});
        std::memcpy(out.data(), &number_, std::min(out.size(), sizeof number_));
    }

private:
    std::uint64_t number_ = 1;
};

// Keeps what it is given. It can be made to wait, as a pipeline does that is full, or to refuse.
// Samples may come from any thread; the rest is for when no other thread uses it.
class KeptSamples final : public SampleSink {
public:
    explicit KeptSamples(asio::any_io_executor executor) : opened_(std::move(executor)) {}

    Async<> submit(SampleBatch batch, Acknowledge how) override {
        {
            const std::lock_guard lock(mutex_);
            ++submits;
            asked = how;
            waiting_bytes += batch.bytes();
        }
        while (closed) {
            co_await opened_.wait();
        }
        const std::lock_guard lock(mutex_);
        waiting_bytes = 0;
        if (refusal) {
            co_return std::unexpected(*refusal);
        }
        batches.push_back(std::move(batch));
        co_return Result<>{};
    }
    void open() {
        closed = false;
        opened_.set();
    }

    std::vector<Sample> of(std::uint32_t series) const {
        std::vector<Sample> out;
        for (const SampleBatch& batch : batches) {
            for (std::size_t i = 0; i < batch.size(); ++i) {
                if (batch.series(i).value == series) {
                    const Row row = batch.row(i);
                    out.push_back({row.time, row.value(), row.quality});
                }
            }
        }
        return out;
    }
    // The story of a tag: "BadWaitingForInitialData, 7 Good, 7 UncertainLastUsableValue". Values
    // that are repeated with the same quality are told once.
    std::string story(std::uint32_t series) const {
        std::string out;
        std::string last;
        for (const Sample& sample : of(series)) {
            const std::string text = to_text(sample.value);
            std::string word = text.empty() ? quality_name(sample.quality)
                                            : text + " " + quality_name(sample.quality);
            if (word != last) {
                out += (out.empty() ? "" : ", ") + word;
                last = std::move(word);
            }
        }
        return out;
    }

    std::vector<SampleBatch> batches;
    std::size_t submits = 0;
    Acknowledge asked = Acknowledge::Received;  // of the last
    std::size_t waiting_bytes = 0;
    bool closed = false;
    std::optional<Error> refusal;

private:
    std::mutex mutex_;
    Event opened_;
};

// A world on one thread in which time passes only when the test says so.
class World {
public:
    // Runs everything that is ready.
    void settle() {
        context.restart();
        context.poll();
    }
    // Lets time pass in small steps.
    void pass(Duration length, Duration step = std::chrono::milliseconds(10)) {
        for (; length > Duration{0}; length -= step) {
            timers.advance(std::min(step, length));
            settle();
        }
    }
    // Runs a coroutine to its end while time passes.
    template <class T>
    T finish(asio::awaitable<T> task, Duration at_most = std::chrono::seconds(20)) {
        std::optional<T> out;
        asio::co_spawn(context, keep_result(std::move(task), out), asio::detached);
        settle();
        for (Duration passed{0}; !out && passed < at_most;
             passed += std::chrono::milliseconds(10)) {
            pass(std::chrono::milliseconds(10));
        }
        if (!out) {
            throw std::runtime_error("the task does not end");
        }
        return std::move(*out);
    }

    gantry::testing::Surroundings base;
    asio::io_context context;
    FakeTimers timers{base.clock};
    FixedRandom random;

private:
    template <class T>
    static asio::awaitable<void> keep_result(asio::awaitable<T> task, std::optional<T>& out) {
        out.emplace(co_await std::move(task));
    }
};

inline Property property(ValueType type = ValueType::Int64, ValueRange range = {},
                         Access access = Access::ReadWrite) {
    Property out;
    out.key = "p";
    out.type = type;
    out.range = range;
    out.access = access;
    return out;
}

// A tag of the series; its point's path is "p<series>".
inline TagBinding tag(std::uint32_t series, std::string address, Property of = property()) {
    TagBinding out;
    out.tag = TagId(std::format("tag_{}", series));
    out.point = PointId(std::format("pt_{}", series));
    out.series = SeriesId{series};
    out.path = std::format("p{}", series);
    out.property = std::move(of);
    out.address = std::move(address);
    return out;
}

}  // namespace gantry::connector::testing
