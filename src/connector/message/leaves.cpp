// SPDX-License-Identifier: Apache-2.0
#include "connector/message/leaves.h"

#include <format>

#include "payload/convert.h"

namespace gantry::connector {
namespace {

using payload::Document;
using payload::Kind;
using payload::no_node;
using payload::NodeIndex;

// What stands in quotes in a path.
constexpr std::string_view marks = ".[]'\"*$@?(), \t";

// A name as a path has it: ".speed" or "['odd key']".
std::string step_of(const Document& document, NodeIndex node) {
    const payload::Node& one = document[node];
    if (document[one.parent].kind == Kind::Array) {
        return std::format("[{}]", one.place);
    }
    if (!one.key.empty() && one.key.find_first_of(marks) == std::string_view::npos) {
        return std::format(".{}", one.key);
    }
    std::string out = "['";
    for (const char c : one.key) {
        if (c == '\'' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out + "']";
}

std::string path_of(const Document& document, NodeIndex node) {
    std::string out;
    for (; document[node].parent != no_node; node = document[node].parent) {
        out.insert(0, step_of(document, node));
    }
    return "$" + out;
}

}  // namespace

void for_each_leaf(const Document& document, std::size_t most,
                   const std::function<void(const std::string& path, Value value)>& take) {
    std::string scratch;
    for (NodeIndex node = 1; node < document.size() && most > 0; ++node) {
        if (document[node].container()) {
            continue;
        }
        --most;
        gantry::Reading read;
        if (payload::convert(document, node, ValueType::Null, payload::Typing::Json, scratch,
                             read) == nullptr) {
            take(path_of(document, node), read.value());
        }
    }
}

}  // namespace gantry::connector
