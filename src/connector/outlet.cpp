// SPDX-License-Identifier: Apache-2.0
#include "connector/outlet.h"

namespace gantry::connector {

asio::awaitable<bool> Outlet::deliver(SampleSink& sink, SampleBatch batch, Acknowledge how) {
    const std::size_t rows = batch.size();
    Result<> taken;
    if (rows > 0) {
        try {
            taken = co_await sink.submit(std::move(batch), how);
        } catch (...) {
            reporter_.repeat_all();
            throw;
        }
    }
    const Reporter::Counts& counts = reporter_.counts();
    vitals_.tags(counts.good, counts.uncertain, counts.bad + wrong_.size());
    if (taken) {
        meters_.samples.add(rows);
        losing_samples_ = false;
        co_return true;
    }
    meters_.samples_lost.add(rows);
    reporter_.repeat_all();
    vitals_.lost_samples(rows, "the samples were not taken: " + taken.error().message);
    if (!losing_samples_) {
        losing_samples_ = true;
        around_.log.warn("connector", "samples lost",
                         {{"connection", key_}, {"detail", taken.error().message}});
    }
    co_return false;
}

asio::awaitable<void> Outlet::announce(SampleSink& sink) {
    if (announced_) {
        co_return;
    }
    const Time now = around_.clock.now();
    SampleBatch batch;
    for (std::size_t i = 0; i < reporter_.size(); ++i) {
        reporter_.waiting(i, now, batch);
    }
    for (const WrongTag& wrong : wrong_) {
        batch.add_null(wrong.series, now, quality::bad_configuration_error);
        around_.log.warn(
            "connector", "tag is wrong",
            {{"connection", key_}, {"point", wrong.path}, {"detail", wrong.complaint}});
    }
    announced_ = co_await deliver(sink, std::move(batch));
}

}  // namespace gantry::connector
