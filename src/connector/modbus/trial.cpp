// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/trial.h"

#include <algorithm>

#include "connector/modbus/block_reader.h"
#include "connector/modbus/modbus_connector.h"
#include "connector/registers/convert.h"
#include "runtime/either.h"

namespace gantry::connector::modbus {
namespace {

// Runs the link beside the work on it. When it breaks, the work's requests are Lost, and it ends.
asio::awaitable<void> carry(Link& link) {
    (void)co_await link.run();
    link.close();
    Event never(co_await asio::this_coro::executor);
    co_await never.wait();
}

template <class T>
asio::awaitable<T> work_on(Link& link, asio::awaitable<T> work) {
    std::optional<T> out = co_await either(std::move(work), carry(link));
    link.close();
    co_return std::move(*out);
}

std::string milliseconds(Duration length) {
    return std::format("{:.1f} ms", std::chrono::duration<double, std::milli>(length).count());
}

// The harmless request to one unit.
struct Question {
    std::uint8_t unit = 0;
    Request request;
};

asio::awaitable<std::vector<TestReport::Probe>> probe(Link& link, const Settings& settings,
                                                      std::vector<Question> questions) {
    std::vector<TestReport::Probe> out;
    Answer answer;
    for (const Question& question : questions) {
        co_await link.ask(question.unit, question.request, answer);
        TestReport::Probe& row = out.emplace_back();
        row.name = std::format("unit {}", question.unit);
        row.round_trip = answer.round_trip;
        const bool data = answer.kind == Answer::Kind::Data;
        row.answered = data || (answer.kind == Answer::Kind::Refused && !judge(answer).unit_failed);
        row.detail = data ? std::format("answers function {:02} in {}",
                                        static_cast<unsigned>(question.request.function),
                                        milliseconds(answer.round_trip))
                          : explain(answer, settings.timeout);
        if (row.answered && !data) {
            row.detail += std::format(" to function {:02}, address {}: there is a device, though",
                                      static_cast<unsigned>(question.request.function),
                                      question.request.address + settings.base());
        }
        if (answer.kind == Answer::Kind::TimedOut) {
            row.detail += ": is the unit id right?";
        }
    }
    co_return out;
}

// Keeps what was read of each item for whoever wants to see it.
class TrialListener final : public BlockListener {
public:
    TrialListener(const Settings& settings, const Plan& plan, const std::vector<Tag>& tags,
                  const std::vector<std::size_t>& places, std::vector<TrialReading>& out)
        : settings_(settings), plan_(plan), tags_(tags), places_(places), out_(out) {}

    bool may_ask(std::uint8_t unit) override { return !std::ranges::contains(silent_, unit); }

    void asked(std::uint8_t unit, const Answer& answer) override {
        if (answer.kind == Answer::Kind::TimedOut) {
            silent_.push_back(unit);
        }
    }

    void block_read(const Block& block, const Answer& answer) override {
        for (std::size_t i = block.first; i < block.last; ++i) {
            if (plan_.is_aside(i)) {
                continue;
            }
            const Item& item = plan_.items()[i];
            const Tag& tag = tags_[item.tag];
            const std::size_t at = item.start - block.start;
            std::string scratch;
            const Reading reading =
                is_bits(block.area)
                    ? read_bit(tag.type, coil_at(answer.data, at))
                    : decode_registers(tag.format, tag.type,
                                       answer.data.subspan(2 * at, std::size_t{2} * item.count),
                                       scratch);
            TrialReading& row = out_[places_[item.tag]];
            row.time = answer.arrived;
            row.quality = reading.quality;
            row.value = value_of(reading.type, reading.bits, reading.text);
            row.detail = reading.quality.good() ? "" : why(reading.quality);
        }
    }

    void block_failed(const Block& block, const Answer& answer) override {
        for (std::size_t i = block.first; i < block.last; ++i) {
            TrialReading& row = out_[places_[plan_.items()[i].tag]];
            row.time = answer.arrived;
            row.quality = judge(answer).quality;
            row.detail = explain(answer, settings_.timeout);
        }
    }

    // What nobody was asked about.
    void finish() {
        for (const std::size_t place : places_) {
            if (out_[place].detail.empty() && out_[place].time == 0) {
                out_[place].quality = quality::bad_timeout;
                out_[place].detail = "not asked, as the unit did not answer before";
            }
        }
    }

private:
    static std::string why(Quality quality) {
        if (quality == quality::bad_sensor_failure) {
            return "the device sends not-a-number: it has no value, or the type or byte order is "
                   "wrong";
        }
        if (quality == quality::bad_out_of_range) {
            return "the number does not fit the point's type: is the type or byte order wrong?";
        }
        return "the text is not UTF-8: is the byte order wrong?";
    }

    const Settings& settings_;
    const Plan& plan_;
    const std::vector<Tag>& tags_;
    const std::vector<std::size_t>& places_;
    std::vector<TrialReading>& out_;
    std::vector<std::uint8_t> silent_;
};

asio::awaitable<bool> read_all(Link& link, Plan& plan, TrialListener& listener) {
    Answer answer;
    for (const Block& block : plan.blocks()) {
        co_await read_block(link, plan, block, listener, answer);
    }
    listener.finish();
    co_return !link.closed();
}

// The stretches that are still to be read, the lowest last.
struct Stretch {
    std::uint32_t start = 0;
    std::uint32_t count = 0;
};

class Scanner {
public:
    Scanner(Link& link, Timers& timers, const Settings& settings, Area area)
        : link_(link), timers_(timers), settings_(settings), area_(area) {}

    asio::awaitable<ScanReport> run(std::uint32_t start, std::uint32_t count) {
        const PlanLimits limits = settings_.plan_limits();
        const std::uint32_t most = is_bits(area_) ? limits.bits_max : limits.registers_max;
        std::vector<Stretch> waiting;
        const std::uint32_t end = start + count;
        for (std::uint32_t at = start; at < end; at += most) {
            waiting.push_back({at, std::min(most, end - at)});
        }
        std::ranges::reverse(waiting);
        Answer answer;
        for (std::size_t requests = 0; !waiting.empty() && requests < scan_requests_max;
             ++requests) {
            if (requests > 0) {
                co_await timers_.sleep(scan_pause);
            }
            const Stretch stretch = waiting.back();
            const Block block{.unit = static_cast<std::uint8_t>(settings_.unit),
                              .area = area_,
                              .start = static_cast<std::uint16_t>(stretch.start),
                              .count = static_cast<std::uint16_t>(stretch.count),
                              .first = 0,
                              .last = 1};
            const Request request = block.request();
            co_await link_.ask(block.unit, request, answer);
            if (answer.kind == Answer::Kind::Data) {
                keep(stretch, answer);
                waiting.pop_back();
                continue;
            }
            if (answer.kind != Answer::Kind::Refused ||
                judge(answer).quality != quality::bad_configuration_error ||
                answer.exception == Exception::IllegalFunction) {
                out_.detail = explain(answer, settings_.timeout);
                break;
            }
            waiting.pop_back();
            if (stretch.count > 1) {
                const std::uint32_t half = stretch.count / 2;
                waiting.push_back({stretch.start + half, stretch.count - half});
                waiting.push_back({stretch.start, half});
            }
        }
        out_.done = waiting.empty();
        out_.next = (waiting.empty() ? end : waiting.back().start) + settings_.base();
        co_return std::move(out_);
    }

private:
    void keep(const Stretch& stretch, const Answer& answer) {
        for (std::uint32_t i = 0; i < stretch.count; ++i) {
            Address address;
            address.area = area_;
            address.start = static_cast<std::uint16_t>(stretch.start + i);
            address.format.encoding = is_bits(area_) ? Encoding::Bool : Encoding::U16;
            Value value;
            if (is_bits(area_)) {
                value = coil_at(answer.data, i);
            } else {
                const auto high = std::to_integer<std::int64_t>(answer.data[std::size_t{2} * i]);
                const auto low = std::to_integer<std::int64_t>(answer.data[std::size_t{2} * i + 1]);
                value = high << 8 | low;
            }
            out_.found.push_back({format_address(address, settings_.base()), std::move(value)});
        }
    }

    Link& link_;
    Timers& timers_;
    const Settings& settings_;
    Area area_;
    ScanReport out_;
};

// One question a unit: its first address, or the first holding register.
Result<std::vector<Question>> questions_for(const Settings& settings,
                                            const std::vector<std::string>& addresses) {
    std::vector<Question> out;
    for (const std::string& text : addresses) {
        TRY_ASSIGN(const Address address, parse_address(text, settings.base()));
        const std::uint8_t unit = address.unit.value_or(static_cast<std::uint8_t>(settings.unit));
        if (!std::ranges::contains(out, unit, &Question::unit) && out.size() < probes_max) {
            const Block block{.unit = unit,
                              .area = address.area,
                              .start = address.start,
                              .count = address.format.count(),
                              .first = 0,
                              .last = 1};
            out.push_back({unit, block.request()});
        }
    }
    if (out.empty()) {
        out.push_back({static_cast<std::uint8_t>(settings.unit), Request{}});
    }
    return out;
}

}  // namespace

Async<TestReport> try_connection(const Surroundings& around, const Settings& settings,
                                 std::vector<std::string> addresses) {
    CO_TRY_ASSIGN(std::vector<Question> questions, questions_for(settings, addresses));
    TestReport out;
    const auto link = co_await open_link(around, settings);
    if (!link) {
        out.detail = link.error().message;
        co_return out;
    }
    out.connected = true;
    out.probes = co_await work_on(**link, probe(**link, settings, std::move(questions)));
    const auto answered = std::ranges::count_if(out.probes, &TestReport::Probe::answered);
    out.detail = std::format("{}: connected; {} of {} units answer", settings.where(), answered,
                             out.probes.size());
    co_return out;
}

Async<std::vector<TrialReading>> try_addresses(const Surroundings& around, const Settings& settings,
                                               std::vector<TrialTag> tags) {
    std::vector<TrialReading> out(tags.size());
    std::vector<Tag> good;
    std::vector<std::size_t> places;
    std::vector<Item> items;
    for (std::size_t i = 0; i < tags.size(); ++i) {
        const auto tag = make_tag(settings, tags[i].address, tags[i].property);
        if (!tag) {
            out[i].quality = quality::bad_configuration_error;
            out[i].time = around.clock.now();
            out[i].detail = tag.error().message;
            continue;
        }
        items.push_back({.unit = tag->unit,
                         .area = tag->area,
                         .start = tag->start,
                         .count = tag->count,
                         .tag = static_cast<std::uint32_t>(good.size())});
        good.push_back(*tag);
        places.push_back(i);
    }
    if (good.empty()) {
        co_return out;
    }
    CO_TRY_ASSIGN(const std::shared_ptr<Link> link, co_await open_link(around, settings));
    Plan plan(std::move(items), settings.plan_limits());
    TrialListener listener(settings, plan, good, places, out);
    if (!co_await work_on(*link, read_all(*link, plan, listener))) {
        co_return fail(Code::Unavailable, "{}: the connection was lost while reading",
                       settings.where());
    }
    co_return out;
}

Async<ScanReport> scan_registers(const Surroundings& around, const Settings& settings,
                                 ScanRequest request) {
    const auto area = parse_area(request.area);
    if (!area) {
        co_return std::unexpected(Error{
            Code::InvalidArgument,
            std::format("there is no area '{}': use co, di, ir or hr", request.area), "/area"});
    }
    const std::int64_t from = request.from - settings.base();
    if (from < 0 || from > 65535) {
        co_return std::unexpected(Error{Code::InvalidArgument,
                                        std::format("addresses of this connection go from {} to {}",
                                                    settings.base(), 65535 + settings.base()),
                                        "/from"});
    }
    if (request.count < 1 || request.count > scan_count_max || from + request.count > 65536) {
        co_return std::unexpected(
            Error{Code::InvalidArgument,
                  std::format("look through 1 to {} addresses at a time, up to {}", scan_count_max,
                              65535 + settings.base()),
                  "/count"});
    }
    CO_TRY_ASSIGN(const std::shared_ptr<Link> link, co_await open_link(around, settings));
    Scanner scanner(*link, around.timers, settings, *area);
    co_return co_await work_on(*link, scanner.run(static_cast<std::uint32_t>(from),
                                                  static_cast<std::uint32_t>(request.count)));
}

}  // namespace gantry::connector::modbus
