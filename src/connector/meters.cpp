// SPDX-License-Identifier: Apache-2.0
#include "connector/meters.h"

namespace gantry::connector {
namespace {

Labels of(std::string_view protocol) { return {{"protocol", std::string(protocol)}}; }

}  // namespace

Meters::Meters(Metrics& metrics, std::string_view protocol)
    : polls(metrics.counter("gantry_connector_polls_total", "Polls of a group of tags",
                            of(protocol))),
      polls_missed(metrics.counter("gantry_connector_polls_missed_total",
                                   "Due times that passed without a poll", of(protocol))),
      samples(metrics.counter("gantry_connector_samples_total", "Samples that the sink has taken",
                              of(protocol))),
      samples_lost(metrics.counter("gantry_connector_samples_lost_total",
                                   "Samples that the sink has refused", of(protocol))),
      requests(
          metrics.counter("gantry_connector_requests_total", "Requests to devices", of(protocol))),
      requests_refused(metrics.counter("gantry_connector_requests_refused_total",
                                       "Requests that a device answered with an exception",
                                       of(protocol))),
      requests_failed(metrics.counter("gantry_connector_requests_failed_total",
                                      "Requests without an answer that can be used", of(protocol))),
      round_trip(metrics.latency("gantry_connector_round_trip_seconds", "From request to answer",
                                 of(protocol))),
      lateness(metrics.latency("gantry_connector_poll_lateness_seconds", "How late polls began",
                               of(protocol))) {}

}  // namespace gantry::connector
