// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gantry::publication {

// A topic with gaps that a point fills:
//
//     {asset.path}          plant/line1/press1
//     {asset} {parent}      press1
//     {point} {key}         temperature
//     {path}                plant/line1/press1/temperature
//     {{ and }}             braces
//
// {key}, {parent} and {path} mean what they mean in mappings: the point's own key, that of what
// holds it, all that leads to it.
class TopicTemplate {
public:
    // InvalidArgument: no topic can come of it, or all points would share one.
    static Result<TopicTemplate> parse(std::string_view text);

    // Of a point "plant/line1/press1.temperature".
    std::string of(std::string_view point) const;
    // What stands before the first gap, up to a slash: all topics are below it. "out/{path}":
    // "out".
    std::string_view above() const { return above_; }

private:
    enum class Gap : unsigned char { None, AssetPath, Asset, Point, Path };
    struct Part {
        Gap gap = Gap::None;
        std::string text = {};
    };

    static Result<Gap> gap_of(std::string_view name, std::string_view text);

    std::vector<Part> parts_;
    std::string above_;
};

}  // namespace gantry::publication
