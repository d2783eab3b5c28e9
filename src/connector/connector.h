// SPDX-License-Identifier: Apache-2.0
// The port to devices: what a protocol must offer so that the supervisor can run connections of it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "model/json.h"
#include "runtime/ports.h"
#include "runtime/serial_port.h"
#include "runtime/stream.h"
#include "runtime/timers.h"

namespace gantry::connector {

class Vitals;
namespace opcua {
class CertificateStore;
}

// An address at a device, bound to a point.
struct TagBinding {
    TagId tag;
    PointId point;
    SeriesId series;   // where its samples go
    std::string path;  // the point's, for messages
    Property property;
    std::string address;  // the protocol's notation, options included

    bool operator==(const TagBinding&) const = default;
};

// Everything that there is to know to run one connection.
struct ConnectionPlan {
    ConnectionId id;
    TenantId tenant;
    std::string key;  // for messages
    std::string protocol;
    std::string settings;  // JSON object; its keys are the protocol's
    bool enabled = true;
    std::vector<TagBinding> tags;

    bool operator==(const ConnectionPlan&) const = default;
};

// The world as connectors see it. All of it outlives them.
struct Surroundings {
    Network& network;
    Timers& timers;
    const Clock& clock;
    Log& log;
    Metrics& metrics;
    Random& random;                 // for jitter; any thread
    SerialPorts* serial = nullptr;  // without it there are none
    // What the node shows to OPC UA servers; without it, only those that ask for nothing.
    opcua::CertificateStore* certificates = nullptr;
};

// Speaks one protocol to one device. Lives on one shard: called and resumed there, so no locks.
// It neither retries nor buffers: the Supervisor restarts run() with back-off, the sink owns
// queueing.
class Connector {
public:
    virtual ~Connector() = default;

    // Connects, then submits batches until stopped or broken. Cancelled when asked to stop; any
    // other error is the reason for a restart, and says what the device or the way to it did.
    virtual Async<> run(SampleSink& sink) = 0;

    // Goes on beside the pause between two runs, and tells the sink what the loss means for the
    // values: last usable, then none. Ends only by being cancelled.
    virtual asio::awaitable<void> while_down(SampleSink& sink) = 0;

    // Writes a value to the device and reads it back. An error is a defect; whatever the device or
    // the way to it does is an outcome. May be called at any time, also between runs.
    virtual Async<CommandResult> write(const TagBinding& tag, Value value) = 0;

    // Before the first run, on a connector that replaces another one of the same connection: goes
    // on from its last values, so that a change of one tag is not a break in the history of the
    // others.
    virtual void take_over(const Connector& predecessor) = 0;
};

// What a try of a connection's settings found.
struct TestReport {
    struct Probe {
        std::string name;  // "unit 1"
        bool answered = false;
        std::string detail;  // what the answer was, or why there was none
        Duration round_trip{0};
    };
    bool connected = false;
    std::string detail;
    std::vector<Probe> probes;
};

// One address to be tried before it is saved.
struct TrialTag {
    std::string address;
    Property property;  // its type decides how the value is shown
};

struct TrialReading {
    Time time = 0;
    Value value;
    Quality quality = quality::bad_waiting_for_initial_data;
    std::string detail;  // why the quality is not good
};

// A stretch of a device's memory to look through.
struct ScanRequest {
    std::string area;  // the protocol's word, such as "hr"
    std::int64_t from = 0;
    std::int64_t count = 0;
};

struct ScanReport {
    struct Found {
        std::string address;  // in the protocol's notation: may become a tag as it is
        Value value;
    };
    std::vector<Found> found;  // what could be read; what is missing was refused by the device
    std::int64_t next = 0;     // where to go on; the end of the stretch when it is done
    bool done = false;
    std::string detail;
};

// A setting that is kept sealed.
struct SecretSetting {
    std::string name;  // "password"
    // The setting that it belongs to: when that changes the secret must be entered again, or who
    // may change a connection could have it sent elsewhere.
    std::string bound_to;
};

// One protocol: checks what users write, makes connectors, tries addresses. Without state, so any
// thread may call it; the coroutines run on the executor of who calls them.
class Protocol {
public:
    virtual ~Protocol() = default;

    virtual std::string_view name() const = 0;  // "modbus_tcp"

    // For a form: {"name", "title", "settings": [{"name", "type", "default", "min", "max", "label",
    // "help"}], "address": {"help", "examples"}}, texts as {"zh", "en"}.
    virtual json::object describe() const = 0;

    // Those of the settings that nobody is shown again.
    virtual std::vector<SecretSetting> secrets() const { return {}; }

    // InvalidArgument that names the field ("/settings/port") and the remedy.
    virtual Result<> check_settings(std::string_view settings) const = 0;
    // Whether the address is right and can carry the property, under settings that are right. Its
    // field is "/address".
    virtual Result<> check_tag(std::string_view settings, std::string_view address,
                               const Property& property) const = 0;

    // A connector for the plan. Tags that are wrong do not stop the others: they become samples of
    // quality BadConfigurationError and are named in the vitals. What it is given must outlive it.
    virtual Result<std::shared_ptr<Connector>> make(const ConnectionPlan& plan,
                                                    const Surroundings& around,
                                                    Vitals& vitals) const = 0;

    // Connects and asks something harmless of each device behind the connection, those that the
    // addresses name included. An error only for settings or addresses that are wrong.
    virtual Async<TestReport> test(const Surroundings& around, std::string settings,
                                   std::vector<std::string> addresses) const = 0;

    // Reads addresses once: one result each, in their order, also for those that are wrong. At most
    // `trial_tags_max`. An error only for settings that are wrong or a device that is away.
    virtual Async<std::vector<TrialReading>> read(const Surroundings& around, std::string settings,
                                                  std::vector<TrialTag> tags) const = 0;

    // Looks through a device's memory, slowly and by reading only. To be asked for by a person who
    // knows that some devices do not take it well.
    virtual Async<ScanReport> scan(const Surroundings& around, std::string settings,
                                   ScanRequest request) const = 0;
};

inline constexpr std::size_t trial_tags_max = 1000;

}  // namespace gantry::connector
