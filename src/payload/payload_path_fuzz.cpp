// SPDX-License-Identifier: Apache-2.0
// Any text as a topic filter, a path and a name with gaps (a line each): used on a document, they
// lead to nodes of it and to names that end.
#include <algorithm>

#include "base/assert.h"
#include "payload/json_reader.h"
#include "payload/name_template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gantry::payload;
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const auto line = [&rest] {
        const std::string_view out = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(out.size() + 1, rest.size()));
        return out;
    };
    static JsonReader reader(8);
    Document document;
    document.begin(100, 8, 0);
    ASSERT(reader.read(R"({"a": [1, {"b": "x"}], "": null, "odd key": {"c": true, "}": 2.5}})",
                       document));
    const auto filter = TopicFilter::parse(line());
    const auto path = Path::parse(line());
    if (path) {
        std::size_t found = 0;
        path->each(document, 0, [&](NodeIndex node) {
            ASSERT(node < document.size());
            ++found;
            return true;
        });
        ASSERT(found <= 1 || path->several());
        ASSERT((found == 0) == (path->find(document, 0) == no_node));
        ASSERT(Path::parse(path->text()));
    }
    if (!filter) {
        return 0;
    }
    Captures captures;
    const std::string topic = "plant/line/x";
    const bool matches = filter->match(topic, captures);
    const auto plain = TopicFilter::parse(filter->subscription());
    Captures others;
    ASSERT(plain && plain->match(topic, others) == matches && others == captures);
    const auto name = NameTemplate::parse(rest, *filter);
    if (name && matches) {
        std::string out;
        for (NodeIndex node = 0; node < document.size(); ++node) {
            name->write({.topic = topic,
                         .captures = captures,
                         .document = document,
                         .value = node,
                         .start = 0,
                         .base = node},
                        200, out);
            // A text of the template and one value may stand behind the limit.
            ASSERT(out.size() <= 200 + 1024 + 64);
        }
    }
    return 0;
}
