// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include "base/assert.h"

namespace gantry::http {

void Router::add(Method method, std::string_view pattern) {
    ASSERT(pattern.starts_with('/'));
    std::vector<std::string> names;
    std::size_t node = 0;
    std::string_view rest = pattern.substr(1);
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('/'), rest.size());
        const std::string_view segment = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        std::optional<std::size_t> next;
        if (segment.starts_with('{')) {
            ASSERT(segment.ends_with('}'));
            names.emplace_back(segment.substr(1, segment.size() - 2));
            next = nodes_[node].any;
        } else if (const auto word = nodes_[node].words.find(segment);
                   word != nodes_[node].words.end()) {
            next = word->second;
        }
        if (!next) {
            next = nodes_.size();
            nodes_.emplace_back();
            if (segment.starts_with('{')) {
                nodes_[node].any = next;
            } else {
                nodes_[node].words.emplace(segment, *next);
            }
        }
        node = *next;
    }
    const bool added = nodes_[node].routes.emplace(method, std::pair(count_++, names)).second;
    ASSERT(added);
}

const Router::Node* Router::find(std::size_t node, const std::vector<std::string>& segments,
                                 std::size_t at, std::vector<std::string>& values) const {
    const Node& here = nodes_[node];
    if (at == segments.size()) {
        return here.routes.empty() ? nullptr : &here;
    }
    if (const auto word = here.words.find(segments[at]); word != here.words.end()) {
        if (const Node* found = find(word->second, segments, at + 1, values)) {
            return found;
        }
    }
    if (here.any && !segments[at].empty()) {
        values.push_back(segments[at]);
        if (const Node* found = find(*here.any, segments, at + 1, values)) {
            return found;
        }
        values.pop_back();
    }
    return nullptr;
}

std::optional<Router::Match> Router::match(const Request& request,
                                           std::vector<Method>& allowed) const {
    std::vector<std::string> values;
    const Node* node = find(0, request.segments, 0, values);
    if (node == nullptr) {
        return std::nullopt;
    }
    const Method method = request.method == Method::Head ? Method::Get : request.method;
    const auto route = node->routes.find(method);
    if (route == node->routes.end()) {
        for (const auto& [other, target] : node->routes) {
            allowed.push_back(other);
        }
        return std::nullopt;
    }
    Match out{route->second.first, {}};
    for (std::size_t i = 0; i < values.size(); ++i) {
        out.parameters.emplace(route->second.second[i], values[i]);
    }
    return out;
}

}  // namespace gantry::http
