// SPDX-License-Identifier: Apache-2.0
// Any messages in any order to a host: a byte says which topic, two how long the message is. What
// comes out are readings with sound names within the limits, and requests for rebirths.
#include "base/assert.h"
#include "base/encoding.h"
#include "sparkplug/host_application.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry;
    using namespace gantry::sparkplug;
    constexpr std::string_view topics[] = {
        "spBv1.0/g/NBIRTH/n",   "spBv1.0/g/NDEATH/n",   "spBv1.0/g/NDATA/n",
        "spBv1.0/g/DBIRTH/n/d", "spBv1.0/g/DDEATH/n/d", "spBv1.0/g/DDATA/n/d",
        "spBv1.0/g/NBIRTH/m",   "spBv1.0/g/NDATA/o",    "spBv1.0/STATE/gantry",
        "spBv1.0/g/DBIRTH/n/e", "spBv1.0/g/NCMD/n",     "spBv1.0/x"};
    FakeClock clock;
    HostOptions options;
    options.nodes_max = 2;
    options.devices_max = 1;
    options.metrics_max = 20;
    options.all_metrics_max = 30;
    options.name_bytes_max = 40;
    options.held_bytes_max = 200;
    HostApplication host(clock, options);
    host.connected();
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    ReadingBatch batch;
    while (rest.size() >= 3) {
        const auto choice = static_cast<unsigned char>(rest[0]);
        const std::size_t bytes = static_cast<unsigned char>(rest[1]) +
                                  std::size_t{static_cast<unsigned char>(rest[2])} * 256;
        rest.remove_prefix(3);
        const std::string_view message = rest.substr(0, bytes);
        rest.remove_prefix(message.size());
        batch.clear();
        const auto received = host.receive(topics[choice % 12], message, batch);
        ASSERT(!received || received->readings == batch.size());
        if (choice >= 128) {
            clock.advance(std::chrono::seconds(3));
            host.tick(batch);
        }
        ASSERT(!host.next_deadline() || *host.next_deadline() > clock.monotonic());
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const Reading reading = batch[i];
            ASSERT(reading.point.size() > 4 && reading.point.size() <= 40);
            ASSERT(is_utf8(reading.point) && is_utf8(reading.text) && is_utf8(reading.unit));
            ASSERT(reading.type != ValueType::Null || reading.quality.bad());
        }
        std::size_t metrics = 0;
        for (const HostApplication::NodeView& node : host.nodes()) {
            ASSERT(node.devices.size() <= 1);
            metrics += node.metrics;
        }
        ASSERT(host.nodes().size() <= 2 && metrics <= 30);
    }
    for (const Publish& publish : host.take_publishes()) {
        ASSERT(parse_topic(publish.topic));
    }
    return 0;
}
