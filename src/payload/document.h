// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"

namespace gantry::payload {

enum class Kind : unsigned char { Null, Bool, Int, Unsigned, Float, Text, Array, Object };

using NodeIndex = std::uint32_t;
inline constexpr NodeIndex no_node = UINT32_MAX;

// A value, object or array of a document. Texts belong to the message or to the document.
struct Node {
    Kind kind = Kind::Null;
    NodeIndex parent = no_node;
    NodeIndex next = 0;       // behind all that is inside
    std::uint32_t place = 0;  // among its siblings, from 0
    std::string_view key;     // of a member of an object
    std::string_view text;
    std::uint64_t bits = 0;  // of Bool, Int, Unsigned (above int64) and Float

    bool container() const { return kind >= Kind::Array; }
    std::int64_t whole() const { return static_cast<std::int64_t>(bits); }
    double number() const { return std::bit_cast<double>(bits); }
};

// What any format is read into: a tree, flat in memory, each node before what it holds. Its memory
// is used again from message to message.
class Document {
public:
    // Room for that many bytes of texts that stand in no message as they are: they stay where they
    // are then.
    void begin(std::size_t nodes_max, std::size_t depth_max, std::size_t kept_bytes);

    // While it is made, in the order in which things stand. False: too many or too deep, and
    // nothing more may be added. The key is for members of objects.
    [[nodiscard]] bool open(Kind kind, std::string_view key = {});
    void close();
    [[nodiscard]] bool leaf(Kind kind, std::uint64_t bits, std::string_view text,
                            std::string_view key = {});
    [[nodiscard]] bool null(std::string_view key = {}) { return leaf(Kind::Null, 0, {}, key); }
    [[nodiscard]] bool flag(bool value, std::string_view key = {}) {
        return leaf(Kind::Bool, value ? 1 : 0, {}, key);
    }
    [[nodiscard]] bool whole(std::int64_t value, std::string_view key = {}) {
        return leaf(Kind::Int, static_cast<std::uint64_t>(value), {}, key);
    }
    // Of what may be above int64.
    [[nodiscard]] bool natural(std::uint64_t value, std::string_view key = {}) {
        return leaf(value > INT64_MAX ? Kind::Unsigned : Kind::Int, value, {}, key);
    }
    [[nodiscard]] bool number(double value, std::string_view key = {}) {
        return leaf(Kind::Float, std::bit_cast<std::uint64_t>(value), {}, key);
    }
    [[nodiscard]] bool text(std::string_view value, std::string_view key = {}) {
        return leaf(Kind::Text, 0, value, key);
    }
    // A text that is made of parts: keep() each, then kept_since() the first.
    std::size_t kept() const { return kept_.size(); }
    void keep(std::string_view part) {
        ASSERT(kept_.size() + part.size() <= kept_.capacity());
        kept_ += part;
    }
    std::string_view kept_since(std::size_t from) const {
        return std::string_view(kept_).substr(from);
    }

    bool empty() const { return nodes_.empty(); }
    const Node& operator[](NodeIndex index) const { return nodes_[index]; }
    std::size_t size() const { return nodes_.size(); }
    std::size_t depth() const { return open_.size(); }
    // no_node: there is none of that name.
    NodeIndex member(NodeIndex object, std::string_view key) const;
    NodeIndex element(NodeIndex array, std::uint32_t place) const;
    // The value between true and false, numbers as written: 42, 0.5, true, a text; of a container
    // nothing. For names, units and messages.
    void append_text(NodeIndex node, std::string& out) const;

private:
    std::vector<Node> nodes_;
    std::vector<NodeIndex> open_;
    std::string kept_;
    std::size_t nodes_max_ = 0;
    std::size_t depth_max_ = 0;
};

}  // namespace gantry::payload
