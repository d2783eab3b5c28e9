// SPDX-License-Identifier: Apache-2.0
#include "payload/document.h"

#include <charconv>

namespace gantry::payload {
namespace {

template <class T>
void append_number(T value, std::string& out) {
    char buffer[32];
    const auto end = std::to_chars(std::begin(buffer), std::end(buffer), value);
    out.append(buffer, end.ptr);
}

}  // namespace

void Document::begin(std::size_t nodes_max, std::size_t depth_max, std::size_t kept_bytes) {
    nodes_.clear();
    open_.clear();
    kept_.clear();
    kept_.reserve(kept_bytes);
    nodes_max_ = nodes_max;
    depth_max_ = depth_max;
}

bool Document::open(Kind kind, std::string_view key) {
    if (open_.size() >= depth_max_ || !leaf(kind, 0, {}, key)) {
        return false;
    }
    open_.push_back(static_cast<NodeIndex>(nodes_.size() - 1));
    return true;
}

void Document::close() {
    nodes_[open_.back()].next = static_cast<NodeIndex>(nodes_.size());
    open_.pop_back();
}

bool Document::leaf(Kind kind, std::uint64_t bits, std::string_view text, std::string_view key) {
    if (nodes_.size() >= nodes_max_) {
        return false;
    }
    Node& node = nodes_.emplace_back();
    node.kind = kind;
    node.bits = bits;
    node.text = text;
    node.key = key;
    node.next = static_cast<NodeIndex>(nodes_.size());
    if (!open_.empty()) {
        node.parent = open_.back();
        // What an open container has in `bits` is how much it holds.
        node.place = static_cast<std::uint32_t>(nodes_[node.parent].bits++);
    }
    return true;
}

NodeIndex Document::member(NodeIndex object, std::string_view key) const {
    if (nodes_[object].kind != Kind::Object) {
        return no_node;
    }
    for (NodeIndex at = object + 1; at < nodes_[object].next; at = nodes_[at].next) {
        if (nodes_[at].key == key) {
            return at;
        }
    }
    return no_node;
}

NodeIndex Document::element(NodeIndex array, std::uint32_t place) const {
    if (nodes_[array].kind != Kind::Array || place >= nodes_[array].bits) {
        return no_node;
    }
    NodeIndex at = array + 1;
    for (std::uint32_t i = 0; i < place; ++i) {
        at = nodes_[at].next;
    }
    return at;
}

void Document::append_text(NodeIndex node, std::string& out) const {
    const Node& one = nodes_[node];
    switch (one.kind) {
        case Kind::Bool: out += one.bits != 0 ? "true" : "false"; break;
        case Kind::Int: append_number(one.whole(), out); break;
        case Kind::Unsigned: append_number(one.bits, out); break;
        case Kind::Float: append_number(one.number(), out); break;
        case Kind::Text: out += one.text; break;
        case Kind::Null:
        case Kind::Array:
        case Kind::Object: break;
    }
}

}  // namespace gantry::payload
