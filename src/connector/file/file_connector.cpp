// SPDX-License-Identifier: Apache-2.0
#include "connector/file/file_connector.h"

#include "connector/file/session.h"

namespace gantry::connector::file {

FileConnector::FileConnector(const ConnectionPlan& plan, Settings settings, const Local& local,
                             const Surroundings& around, Vitals& vitals)
    : settings_(std::move(settings)),
      local_(local),
      id_(plan.id.text()),
      table_(record::make_tags(plan.tags)),
      device_(plan.key, "file", rules_of(table_.tags), table_.wrong, settings_.stale_after, around,
              vitals),
      taker_(device_, table_) {}

// Nothing is said of the others before a row says it: rows may be older than this moment.
asio::awaitable<void> FileConnector::tell_wrong(SampleSink& sink) {
    if (told_) {
        co_return;
    }
    SampleBatch batch;
    for (const WrongTag& wrong : table_.wrong) {
        batch.add_null(wrong.series, device_.around().clock.now(),
                       quality::bad_configuration_error);
        device_.around().log.warn(
            "connector", "tag is wrong",
            {{"connection", device_.key()}, {"point", wrong.path}, {"detail", wrong.complaint}});
    }
    told_ = co_await device_.deliver(sink, std::move(batch));
}

Async<> FileConnector::run(SampleSink& sink) {
    co_await tell_wrong(sink);
    Session session(*this, sink, local_);
    co_return co_await session.run();
}

asio::awaitable<void> FileConnector::while_down(SampleSink& sink) {
    co_await device_.be_away(sink);
}

Async<CommandResult> FileConnector::write(const TagBinding& /*tag*/, Value /*value*/) {
    co_return CommandResult{
        CommandOutcome::Refused, "files are only read; nothing was written", {}};
}

void FileConnector::take_over(const Connector& predecessor) {
    const auto* const other = dynamic_cast<const FileConnector*>(&predecessor);
    if (other != nullptr) {
        device_.inherit(other->device_,
                        same_tags(table_.tags, other->table_.tags,
                                  [](const record::Tag& now, const record::Tag& before) {
                                      return now.alike(before);
                                  }));
    }
}

}  // namespace gantry::connector::file
