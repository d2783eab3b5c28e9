// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "payload/document.h"

namespace gantry::payload {

// A way to values of a document, a part of JSONPath (RFC 9535):
//
//     $.motor.speed   $['odd key']   $.values[0]   $.metrics[*].value   $.*   $..*
//
// It begins with `$`, the whole document, or with `@`, something that stands in it. `..*` may stand
// at the end: every value below, however deep.
class Path {
public:
    static Result<Path> parse(std::string_view text);

    bool relative() const { return relative_; }
    // Whether it may lead to more than one.
    bool several() const { return several_; }
    const std::string& text() const { return text_; }

    // The first that it leads to from that node; no_node: there is none.
    NodeIndex find(const Document& document, NodeIndex from) const;

    // Calls visit(node) for all in their order, until it says false. Says whether it never did.
    template <class Visit>
    bool each(const Document& document, NodeIndex from, Visit&& visit) const {
        return go(document, from, 0, visit);
    }

private:
    enum class Step : unsigned char { Key, Place, Any, Leaves };
    struct Segment {
        Step step = Step::Key;
        std::uint32_t place = 0;
        std::string key;
    };

    Result<> parse_segment(std::string_view& rest);
    Result<> parse_bracket(std::string_view& rest);
    std::unexpected<Error> wrong(std::string_view what) const;

    template <class Visit>
    bool go(const Document& document, NodeIndex at, std::size_t depth, Visit& visit) const {
        if (depth == segments_.size()) {
            return visit(at);
        }
        const Segment& segment = segments_[depth];
        switch (segment.step) {
            case Step::Key: {
                const NodeIndex found = document.member(at, segment.key);
                return found == no_node || go(document, found, depth + 1, visit);
            }
            case Step::Place: {
                const NodeIndex found = document.element(at, segment.place);
                return found == no_node || go(document, found, depth + 1, visit);
            }
            case Step::Any: {
                const NodeIndex end = document[at].next;
                for (NodeIndex child = at + 1; child < end; child = document[child].next) {
                    if (!go(document, child, depth + 1, visit)) {
                        return false;
                    }
                }
                return true;
            }
            case Step::Leaves: {
                // A value alone is what is below it.
                for (NodeIndex node = at; node < document[at].next; ++node) {
                    if (!document[node].container() && !visit(node)) {
                        return false;
                    }
                }
                return true;
            }
        }
        return true;
    }

    std::string text_;
    std::vector<Segment> segments_;
    bool relative_ = false;
    bool several_ = false;
};

}  // namespace gantry::payload
