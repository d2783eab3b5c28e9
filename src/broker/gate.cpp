// SPDX-License-Identifier: Apache-2.0
#include "broker/gate.h"

#include <algorithm>

namespace gantry::broker {
namespace {

constexpr std::string_view permissions[] = {"topics:publish", "topics:subscribe"};

bool allows_all(const std::vector<security::Statement>& statements, std::string_view permission) {
    bool allowed = false;
    for (const security::Statement& one : statements) {
        const bool about = std::ranges::any_of(one.permissions, [&](const std::string& pattern) {
            return security::permission_matches(pattern, permission);
        });
        if (about && one.effect == security::Effect::Forbid) {
            return false;
        }
        allowed = allowed || (about && one.under.empty());
    }
    return allowed;
}

// "plant/line1/+/x": "plant/line1". Of a filter without wildcards all of it.
std::string_view before_wildcards(std::string_view filter) {
    const std::size_t wildcard = filter.find_first_of("+#");
    if (wildcard == std::string_view::npos) {
        return filter;
    }
    return wildcard == 0 ? std::string_view() : filter.substr(0, wildcard - 1);
}

}  // namespace

TopicGate::Known& TopicGate::known(std::string_view principal) {
    const auto found = known_.find(principal);
    if (found != known_.end()) {
        return found->second;
    }
    if (known_.size() >= principals_max) {
        known_.clear();
    }
    Known& made = known_[std::string(principal)];
    if (auto statements = rights_(principal)) {
        made.statements = std::move(*statements);
        for (const Verb verb : {Publish, Subscribe}) {
            made.all[verb] = allows_all(made.statements, permissions[verb]);
        }
    }
    return made;
}

bool TopicGate::may(std::string_view principal, Verb verb, std::string_view path) {
    Known& about = known(principal);
    if (about.all[verb]) {
        return true;
    }
    auto& topics = about.topics[verb];
    if (const auto found = topics.find(path); found != topics.end()) {
        return found->second;
    }
    if (topics.size() >= topics_max) {
        topics.clear();
    }
    const bool allowed =
        security::decide(about.statements, {.permission = permissions[verb], .path = path}).allowed;
    topics.emplace(path, allowed);
    return allowed;
}

bool TopicGate::may_publish(std::string_view principal, std::string_view topic) {
    return may(principal, Publish, topic);
}

bool TopicGate::may_subscribe(std::string_view principal, std::string_view filter) {
    return may(principal, Subscribe, before_wildcards(filter));
}

bool TopicGate::may_receive(std::string_view principal, std::string_view topic) {
    return may(principal, Subscribe, topic);
}

bool TopicGate::wants(std::string_view topic) {
    if (!wanted_) {
        return false;
    }
    if (const auto found = topics_.find(topic); found != topics_.end()) {
        return found->second;
    }
    if (topics_.size() >= wanted_topics_max) {
        topics_.clear();
    }
    return topics_.emplace(topic, wanted_(topic)).first->second;
}

}  // namespace gantry::broker
