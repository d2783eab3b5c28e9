// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"

namespace gantry::connector {

enum class State : unsigned char {
    Disabled,             // not wanted to run
    Connecting,           // on its way to the device
    Running,              // every tag has a good value
    Degraded,             // connected, but some tag, unit or batch is not as it should be
    BackingOff,           // lost; tries again by itself
    FailedConfiguration,  // cannot run until somebody changes it
};

std::string_view state_name(State state);  // "backing_off"

// A device behind the connection that can fail by itself.
struct Part {
    std::string name;  // "unit 3"
    std::string trouble;
};

// How a connection is, at one moment.
struct Health {
    State state = State::Connecting;
    Time since = 0;          // of the state
    std::string last_error;  // kept after it is over
    Time last_error_time = 0;
    std::uint64_t restarts = 0;
    std::uint64_t tags_good = 0;
    std::uint64_t tags_uncertain = 0;
    std::uint64_t tags_bad = 0;
    std::uint64_t polls = 0;
    std::uint64_t polls_missed = 0;
    std::uint64_t samples_lost = 0;  // read, but not taken by the sink
    double polls_per_second = 0;
    Duration last_poll_lateness{0};
    Duration round_trip_p50{0};
    Duration round_trip_p99{0};
    std::vector<Part> troubles;  // of what stands behind the connection
};

// How many connections are in each state.
struct StateGauges {
    explicit StateGauges(Metrics& metrics);
    std::array<Gauge*, 6> of{};
};

// What a connector and the supervisor know about a connection; read from any thread.
class Vitals {
public:
    // The gauges, if any, must outlive it.
    explicit Vitals(const Clock& clock, StateGauges* gauges = nullptr);
    Vitals(const Vitals&) = delete;
    Vitals& operator=(const Vitals&) = delete;
    ~Vitals();

    // By the supervisor. An empty error leaves the last one.
    void enter(State state, std::string error = {});
    void restarted();

    // By the connector.
    void connected();
    struct Poll {
        Duration lateness{0};
        std::uint64_t missed = 0;  // due times that passed without a poll
    };
    void polled(const Poll& poll);
    void tags(std::uint64_t good, std::uint64_t uncertain, std::uint64_t bad);
    void round_trip(Duration took) { round_trip_.record(took); }
    void lost_samples(std::uint64_t count, std::string error);
    // An empty text: no trouble any more. The first `parts_max` are kept.
    void part(const std::string& name, std::string trouble);

    static constexpr std::size_t parts_max = 64;

    Health health() const;
    // For how long the device has been connected; zero if it is not.
    Duration connected_for() const;

private:
    static constexpr Duration rate_window = std::chrono::seconds(10);

    void set_state(State state);
    void settle();
    void note_error(std::string error);

    const Clock& clock_;
    StateGauges* gauges_;
    LatencyHistogram round_trip_;
    mutable std::mutex mutex_;
    Health health_;
    bool batch_lost_ = false;
    std::map<std::string, std::string> parts_;
    // Polls a second: of the last whole window, or of the first one so far.
    Duration window_start_{0};
    std::uint64_t window_polls_ = 0;
    double rate_ = 0;
    bool has_rate_ = false;
    std::optional<Duration> connected_at_;
};

}  // namespace gantry::connector
