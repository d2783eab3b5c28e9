// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace gantry::http {

// The decoded values of the {names} in a route's path.
using PathParameters = std::map<std::string, std::string, std::less<>>;

// Finds which of a list of path patterns a request is for. A pattern is
// "/v1/points/{point}/latest": each segment a fixed word or a {name}; fixed words win over names.
class Router {
public:
    // The index that match() gives back is that of the order of adding. Two patterns that match the
    // same requests with one method are a defect.
    void add(Method method, std::string_view pattern);

    struct Match {
        std::size_t index = 0;
        PathParameters parameters;
    };
    // Nothing if no pattern fits the path. `allowed` then holds the methods of patterns that fit
    // the path, if only the method is wrong. HEAD fits where GET does.
    std::optional<Match> match(const Request& request, std::vector<Method>& allowed) const;

private:
    struct Node {
        std::map<std::string, std::size_t, std::less<>> words;
        std::optional<std::size_t> any;  // the node behind a {name}
        std::map<Method, std::pair<std::size_t, std::vector<std::string>>> routes;
    };
    const Node* find(std::size_t node, const std::vector<std::string>& segments, std::size_t at,
                     std::vector<std::string>& values) const;

    std::vector<Node> nodes_{Node{}};
    std::size_t count_ = 0;
};

}  // namespace gantry::http
