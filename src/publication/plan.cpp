// SPDX-License-Identifier: Apache-2.0
#include "publication/plan.h"

#include <unordered_map>

#include "sparkplug/topic.h"

namespace gantry::publication {
namespace {

class Planner {
public:
    Planner(const TenantId& tenant, const TakenBy& taken_by, Plan& out)
        : tenant_(tenant), taken_by_(taken_by), out_(out) {}

    void add(const Publication& publication, std::size_t number, const directory::PointRef& point) {
        const std::string& path = point->point.path;
        std::string topic = publication.topic_of(path);
        const std::string problem = problem_of(publication, path, topic);
        Plan::Outcome& outcome = out_.outcomes[number];
        if (!problem.empty()) {
            if (outcome.skipped++ == 0) {
                outcome.problem = problem;
            }
            return;
        }
        ++outcome.points;
        out_.targets.push_back({point, number, std::move(topic)});
    }

private:
    std::string problem_of(const Publication& publication, const std::string& path,
                           const std::string& topic) {
        if (out_.targets.size() >= Plan::targets_max) {
            return std::format("{} is left out: more than {} points are told about", path,
                               Plan::targets_max);
        }
        if (const std::string mapping = taken_by_(tenant_, topic); !mapping.empty()) {
            return std::format(
                "the mapping '{}' takes in messages of '{}', so {} would come back: change the "
                "topic of one of them",
                mapping, topic, path);
        }
        if (publication.sparkplug()) {
            const std::string_view name = std::string_view(path).substr(path.rfind('.') + 1);
            if (name == sparkplug::birth_death_metric) {
                return std::format("{} is left out: Sparkplug has a metric {} of its own", path,
                                   name);
            }
            return {};  // many points of a device have one topic
        }
        const auto [found, fresh] = by_topic_.emplace(topic, path);
        return fresh
                   ? std::string()
                   : std::format("{} and {} would have the topic '{}'", found->second, path, topic);
    }

    const TenantId& tenant_;
    const TakenBy& taken_by_;
    Plan& out_;
    std::unordered_map<std::string, std::string> by_topic_;
};

}  // namespace

Plan make_plan(const TenantId& tenant, const std::vector<PublicationPtr>& publications,
               const directory::Directory& directory, const TakenBy& taken_by) {
    Plan out;
    out.outcomes.resize(publications.size());
    Planner planner(tenant, taken_by, out);
    for (std::size_t i = 0; i < publications.size(); ++i) {
        const Publication& publication = *publications[i];
        if (!publication.config().enabled) {
            continue;
        }
        for (const auto& point : directory.under(tenant, publication.config().under)) {
            if (publication.wants(point->point.path)) {
                planner.add(publication, i, point);
            }
        }
    }
    return out;
}

}  // namespace gantry::publication
