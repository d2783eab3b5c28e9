// SPDX-License-Identifier: Apache-2.0
#include "connector/http_json/http_json_connector.h"

#include <algorithm>
#include <map>

#include "connector/http_json/fetch.h"
#include "connector/http_json/writer.h"
#include "connector/message/decoder.h"
#include "connector/schedule.h"
#include "runtime/either.h"

namespace gantry::connector::http_json {
// One connection that stands, and the polling over it. Groups take turns: the server is asked one
// thing at a time.
class HttpJsonConnector::Session {
public:
    Session(HttpJsonConnector& of, SampleSink& sink)
        : of_(of), sink_(sink), asker_(of.device_.around(), of.settings_) {
        const Surroundings& around = of.device_.around();
        std::vector<std::map<std::string, std::vector<std::size_t>>> paths(
            of.settings_.groups.size());
        for (std::size_t i = 0; i < of.table_.tags.size(); ++i) {
            const Tag& tag = of.table_.tags[i];
            paths[tag.group][tag.address.path].push_back(i);
        }
        for (std::size_t i = 0; i < paths.size(); ++i) {
            if (!paths[i].empty()) {
                groups_.push_back(
                    {std::move(paths[i]),
                     Schedule(of.settings_.groups[i].second, around.timers.now(), around.random)});
            }
        }
    }

    // Whether somebody answers at all.
    Async<> knock() {
        const std::string path = groups_.empty() ? "/" : groups_.front().paths.begin()->first;
        CO_TRY(co_await asker_.get(path));
        co_return Result<>{};
    }

    // Until nobody answers, and says how.
    Async<> run() {
        Timers& timers = of_.device_.around().timers;
        while (true) {
            if (groups_.empty()) {
                co_await timers.sleep(std::chrono::hours(1));
                continue;
            }
            Group& next = *std::ranges::min_element(
                groups_, {}, [](const Group& group) { return group.schedule.due(); });
            co_await timers.sleep_until(next.schedule.due());
            CO_TRY(co_await round(next));
        }
    }

private:
    struct Group {
        std::map<std::string, std::vector<std::size_t>> paths;  // with the tags of each
        Schedule schedule;
    };

    Async<> round(Group& group) {
        DeviceState& device = of_.device_;
        const Timers& timers = device.around().timers;
        const Schedule::Start start = group.schedule.begin(timers.now());
        for (const auto& [path, tags] : group.paths) {
            const Duration began = timers.now();
            const auto fetched = co_await asker_.get(path);
            if (!fetched) {
                co_await device.deliver(sink_, std::exchange(batch_, {}));
                co_return std::unexpected(fetched.error());
            }
            device.vitals().round_trip(timers.now() - began);
            device.vitals().part(path, fetched->trouble);
            take(*fetched, tags);
        }
        co_await device.deliver(sink_, std::exchange(batch_, {}));
        device.vitals().polled({.lateness = start.lateness, .missed = start.missed});
        device.meters().polls.add();
        device.meters().polls_missed.add(start.missed);
        device.meters().lateness.record(start.lateness);
        co_return Result<>{};
    }

    void take(const Fetched& fetched, const std::vector<std::size_t>& tags) {
        const Time now = of_.device_.around().clock.now();
        decoder_.begin(fetched.body);
        for (const std::size_t tag : tags) {
            Decoder::Found found;
            if (fetched.trouble.empty()) {
                found = decoder_.find(of_.table_.tags[tag].lookup);
            } else {
                found.reading = {
                    .quality = fetched.quality, .type = ValueType::Null, .bits = 0, .text = {}};
            }
            if (found.silent) {
                continue;
            }
            note(tag, found.trouble);
            of_.device_.value(tag, found.reading, found.time,
                              found.time ? std::optional(now) : std::nullopt, batch_);
        }
    }

    // Each trouble once, and that it is over.
    void note(std::size_t tag, const std::string& trouble) {
        std::string& last = troubles_[tag];
        if (last != trouble) {
            last = trouble;
            of_.device_.vitals().part(of_.table_.paths[tag], trouble);
        }
    }

    HttpJsonConnector& of_;
    SampleSink& sink_;
    Asker asker_;
    std::vector<Group> groups_;
    Decoder decoder_;
    SampleBatch batch_;
    std::map<std::size_t, std::string> troubles_;  // of tags
};

HttpJsonConnector::HttpJsonConnector(const ConnectionPlan& plan, Settings settings,
                                     const Surroundings& around, Vitals& vitals)
    : settings_(std::move(settings)),
      table_(make_tags(settings_, plan.tags)),
      device_(plan.key, "http_json", rules_of(table_.tags), table_.wrong, settings_.stale_after,
              around, vitals) {}

Async<> HttpJsonConnector::run(SampleSink& sink) {
    co_await device_.announce(sink);
    Session session(*this, sink);
    const auto there = co_await either(session.knock(), device_.age(sink));
    if (!there || !*there) {
        co_return std::unexpected(there ? there->error()
                                        : Error{Code::Internal, "ageing has ended", {}});
    }
    struct Standing {
        bool& flag;
        ~Standing() { flag = false; }
    } const standing{standing_};
    standing_ = true;
    device_.regain();
    device_.around().log.info("connector", "connected",
                              {{"connection", device_.key()}, {"to", settings_.server().text()}});
    co_return co_await session.run();
}

asio::awaitable<void> HttpJsonConnector::while_down(SampleSink& sink) {
    co_await device_.be_away(sink);
}

Async<CommandResult> HttpJsonConnector::write(const TagBinding& binding, Value value) {
    if (!writing_) {
        writing_ = std::make_unique<Semaphore>(co_await asio::this_coro::executor, 1);
    }
    const Semaphore::Permit permit = co_await writing_->acquire();
    if (!standing_) {
        co_return CommandResult{
            CommandOutcome::Refused, "the server is not there; nothing was sent", {}};
    }
    co_return co_await write_and_confirm(device_.around(), settings_, binding, value);
}

void HttpJsonConnector::take_over(const Connector& predecessor) {
    const auto* const other = dynamic_cast<const HttpJsonConnector*>(&predecessor);
    if (other != nullptr) {
        device_.inherit(other->device_, same_tags(table_.tags, other->table_.tags,
                                                  [](const Tag& now, const Tag& before) {
                                                      return now.alike(before);
                                                  }));
    }
}

}  // namespace gantry::connector::http_json
