// SPDX-License-Identifier: Apache-2.0
// What a tenant's publications come to with the points that there are, and how one goes over from
// what was before.
#include "publication/tenant_publications.h"

namespace gantry::publication {

bool TenantPublications::stale() const {
    if (around_.directory.version() != directory_version_ ||
        around_.taken_version() != taken_version_) {
        return true;
    }
    const std::lock_guard lock(mutex_);
    return wanted_version_ != used_version_;
}

asio::awaitable<void> TenantPublications::renew() {
    directory_version_ = around_.directory.version();
    taken_version_ = around_.taken_version();
    std::vector<PublicationPtr> publications;
    {
        const std::lock_guard lock(mutex_);
        publications = wanted_;
        used_version_ = wanted_version_;
    }
    auto made = co_await offload(around_.offload, [&]() -> Result<Plan> {
        return make_plan(tenant_, publications, around_.directory, around_.taken_by);
    });
    if (!made) {
        used_version_ = 0;  // again in a moment
        co_return;
    }
    install(std::move(*made), publications);
    co_await begin();
}

// Who has said something goes on where it is.
void TenantPublications::install(Plan plan, const std::vector<PublicationPtr>& publications) {
    const auto name_of = [](const PublicationConfig& config, const Target& target) {
        return std::format("{}\n{}\n{}", config.key, target.point->series.value, target.topic);
    };
    std::unordered_map<std::string, std::size_t> before;
    std::vector<SeriesId> gone;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const Target& target = lines_[i].target;
        before.emplace(name_of(publications_[target.publication]->config(), target), i);
        gone.push_back(target.point->series);
    }
    std::vector<Line> lines;
    std::vector<SeriesId> series;
    by_series_.clear();
    due_.clear();
    fresh_.clear();
    for (Target& target : plan.targets) {
        const std::size_t number = lines.size();
        const auto known = before.find(name_of(publications[target.publication]->config(), target));
        Line& line = lines.emplace_back();
        if (known != before.end()) {
            line = std::move(lines_[known->second]);
            if (line.pending) {
                due_.emplace(line.next_at, number);
            }
        } else {
            fresh_.push_back(number);
        }
        by_series_[target.point->series.value].push_back(number);
        series.push_back(target.point->series);
        line.target = std::move(target);
    }
    lines_ = std::move(lines);
    publications_ = publications;
    std::erase_if(gone, [this](SeriesId id) { return by_series_.contains(id.value); });
    around_.live.follow(subscription_, series);
    around_.live.unfollow(subscription_, gone);
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < publications_.size(); ++i) {
        const auto state = states_.find(publications_[i]->config().key);
        if (state != states_.end()) {
            state->second.points = plan.outcomes[i].points;
            state->second.skipped = plan.outcomes[i].skipped;
            state->second.problem = plan.outcomes[i].problem;
        }
    }
}

// What is told first: the latest value that there is. The feed is followed already, so nothing
// falls between.
asio::awaitable<void> TenantPublications::begin() {
    std::vector<SeriesId> series;
    for (const std::size_t number : fresh_) {
        series.push_back(lines_[number].target.point->series);
    }
    std::unordered_map<std::uint32_t, Held> latest;
    const auto read = co_await offload(around_.offload, [&]() -> Result<> {
        for (const SeriesId one : series) {
            TRY_ASSIGN(auto sample, around_.store.latest(one));
            if (sample) {
                latest[one.value] = {std::move(sample->value), sample->quality, sample->time};
            }
        }
        return {};
    });
    if (!read) {
        around_.log.error("publication", "latest values cannot be read",
                          {{"tenant", tenant_.text()}, {"detail", read.error().message}});
    }
    make_nodes(publications_);
    for (const std::size_t number : fresh_) {
        const auto found = latest.find(lines_[number].target.point->series.value);
        if (found != latest.end()) {
            offer(number, found->second);
        }
    }
    fresh_.clear();
    for (auto& [key, node] : nodes_) {
        if (!node.node->born()) {
            node.node->connected();
        }
    }
    show_commands(publications_);
}

// A node whose points are others than before is another one: the old one dies.
void TenantPublications::make_nodes(const std::vector<PublicationPtr>& publications) {
    std::map<std::string, Node> nodes;
    for (std::size_t i = 0; i < publications.size(); ++i) {
        const PublicationConfig& config = publications[i]->config();
        if (config.format != Format::SparkplugB || !config.enabled) {
            continue;
        }
        std::vector<std::size_t> lines;
        std::string definition = config.group + "\n" + config.node;
        for (std::size_t number = 0; number < lines_.size(); ++number) {
            const Target& target = lines_[number].target;
            if (target.publication == i) {
                lines.push_back(number);
                const Property& property = target.point->point.property;
                definition += std::format("\n{} {} {}", target.point->point.path,
                                          value_type_name(property.type), property.unit);
            }
        }
        const auto before = nodes_.find(config.key);
        if (before != nodes_.end() && before->second.definition == definition) {
            nodes.insert(nodes_.extract(before));
            continue;
        }
        const unsigned sessions = before == nodes_.end() ? 1 : before->second.sessions % 256 + 1;
        nodes.emplace(config.key, make_node(config, lines, std::move(definition), sessions));
    }
    for (auto& [key, node] : nodes_) {
        node.node->disconnect();
        gather(*node.node);
    }
    nodes_ = std::move(nodes);
}

TenantPublications::Node TenantPublications::make_node(const PublicationConfig& config,
                                                       const std::vector<std::size_t>& lines,
                                                       std::string definition, unsigned sessions) {
    Node out{std::make_unique<sparkplug::EdgeNode>(
                 around_.clock, sparkplug::EdgeOptions{.group = config.group, .node = config.node}),
             std::move(definition), sessions};
    // A session's number (bdSeq) is one more than that of the one before.
    for (unsigned i = 0; i < sessions; ++i) {
        (void)out.node->will();
    }
    for (const std::size_t number : lines) {
        Line& line = lines_[number];
        const Point& point = line.target.point->point;
        const auto handle =
            out.node->define(Publication::device_of(point.path), point.property.key,
                             sparkplug::usual_type(point.property.type), point.property.unit);
        ASSERT(handle.has_value());  // the plan leaves out what can be none
        line.handle = *handle;
        out.node->set_device_online(Publication::device_of(point.path), true);
        if (line.said.time != time_min) {
            (void)out.node->set(*line.handle, line.said.value, line.said.quality, line.said.time);
        }
    }
    return out;
}

// Which of the messages to the broker are for our nodes.
void TenantPublications::show_commands(const std::vector<PublicationPtr>& publications) {
    std::set<std::string, std::less<>> topics;
    for (const PublicationPtr& one : publications) {
        const PublicationConfig& config = one->config();
        if (nodes_.contains(config.key)) {
            using sparkplug::MessageType;
            topics.insert(
                sparkplug::format_topic({MessageType::Ncmd, config.group, config.node, {}}));
            topics.insert(
                sparkplug::format_topic({MessageType::Dcmd, config.group, config.node, {}}) + "/");
        }
    }
    const std::lock_guard lock(mutex_);
    if (command_topics_ != topics) {
        command_topics_ = std::move(topics);
        around_.commands_changed();
    }
}

}  // namespace gantry::publication
