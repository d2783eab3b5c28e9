// SPDX-License-Identifier: Apache-2.0
// Any text as a template: what is taken makes topics that can be published to.
#include "base/assert.h"
#include "mqtt/codec/topic.h"
#include "publication/topic_template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto made = publication::TopicTemplate::parse(text);
    if (!made) {
        ASSERT(made.error().code == Code::InvalidArgument);
        return 0;
    }
    const std::string topic = made->of("plant/line1/press1.temperature");
    ASSERT(mqtt::is_text(topic) && mqtt::is_topic_name(topic));
    ASSERT(topic.starts_with(made->above()));
    ASSERT(topic != made->of("plant/line1/press1.speed"));
    return 0;
}
