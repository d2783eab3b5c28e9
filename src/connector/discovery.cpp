// SPDX-License-Identifier: Apache-2.0
#include "connector/discovery.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <charconv>
#include <format>

#include "runtime/either.h"

namespace gantry::connector {
namespace {

using asio::ip::address_v4;

std::optional<std::uint32_t> number_of(std::string_view text, std::uint32_t most) {
    std::uint32_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && out <= most
               ? std::optional(out)
               : std::nullopt;
}

std::optional<std::uint32_t> ipv4_of(std::string_view text) {
    error_code error;
    const address_v4 out = asio::ip::make_address_v4(std::string(text), error);
    return error ? std::nullopt : std::optional(out.to_uint());
}

std::unexpected<Error> wrong_hosts(std::string_view text, std::string_view why) {
    return bad_field("/hosts", std::format("'{}' {}: write a name, an address, a range as in "
                                           "192.168.0.10-60, or a network as in 10.0.0.0/28",
                                           text, why));
}

// The first and the last of a range of addresses; nothing if the text is none.
Result<std::optional<std::pair<std::uint32_t, std::uint32_t>>> range_of(std::string_view text) {
    using Range = std::pair<std::uint32_t, std::uint32_t>;
    if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
        const auto address = ipv4_of(text.substr(0, slash));
        const auto bits = number_of(text.substr(slash + 1), 32);
        if (!address || !bits) {
            return wrong_hosts(text, "is no network");
        }
        const auto size = std::uint64_t{1} << (32 - *bits);
        const auto first = static_cast<std::uint32_t>(*address & ~(size - 1));
        return Range{first, static_cast<std::uint32_t>(first + size - 1)};
    }
    const std::size_t dash = text.rfind('-');
    const auto first = ipv4_of(text.substr(0, dash));
    if (!first) {
        return std::nullopt;  // a name, which may have dashes
    }
    if (dash == std::string_view::npos) {
        return Range{*first, *first};
    }
    const std::string_view end = text.substr(dash + 1);
    const auto last_part = number_of(end, 255);
    const auto last =
        last_part ? std::optional((*first & ~std::uint32_t{255}) | *last_part) : ipv4_of(end);
    if (!last || *last < *first) {
        return wrong_hosts(text, "is no range");
    }
    return Range{*first, *last};
}

std::string filled_in(std::string text, std::string_view host, std::uint16_t port) {
    const auto put = [&text](std::string_view gap, std::string_view value) {
        for (std::size_t at = text.find(gap); at != std::string::npos;
             at = text.find(gap, at + value.size())) {
            text.replace(at, gap.size(), value);
        }
    };
    put("{host}", host);
    put("{port}", std::to_string(port));
    return text;
}

bool is_host(std::string_view text) {
    return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-' || c == '_' || c == ':';
    });
}

}  // namespace

Result<std::vector<std::string>> parse_hosts(std::string_view text) {
    std::vector<std::string> out;
    while (true) {
        const std::size_t comma = text.find(',');
        std::string_view one = text.substr(0, comma);
        one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
        one = one.substr(0, one.find_last_not_of(' ') + 1);
        TRY_ASSIGN(const auto range, range_of(one));
        if (!range && !is_host(one)) {
            return wrong_hosts(one, "is no host");
        }
        const std::uint64_t count = range ? std::uint64_t{range->second} - range->first + 1 : 1;
        if (out.size() + count > discovery_hosts_max) {
            return bad_field("/hosts", std::format("are more than {}: look through them part by "
                                                   "part",
                                                   discovery_hosts_max));
        }
        for (std::uint64_t i = 0; i < count; ++i) {
            out.push_back(range
                              ? address_v4(static_cast<std::uint32_t>(range->first + i)).to_string()
                              : std::string(one));
        }
        if (comma == std::string_view::npos) {
            return out;
        }
        text.remove_prefix(comma + 1);
    }
}

Result<std::vector<Discovery::Attempt>> Discovery::attempts_of(
    const DiscoveryRequest& request) const {
    struct Way {
        const Protocol* protocol;
        std::vector<std::uint16_t> ports;
        std::string settings;
        bool datagrams;
    };
    std::vector<Way> ways;
    for (const Protocol* const protocol : protocols_.all()) {
        const auto wanted = request.protocols.find(std::string(protocol->name()));
        if (!request.protocols.empty() && wanted == request.protocols.end()) {
            continue;
        }
        const json::object form = protocol->describe();
        const json::value* const how = form.if_contains("discovery");
        if (how == nullptr) {
            if (wanted != request.protocols.end()) {
                return bad_field("/protocols", std::format("'{}' cannot be looked for: its devices "
                                                           "have no address in a network",
                                                           protocol->name()));
            }
            continue;
        }
        Way way{protocol,
                {},
                std::string(how->at("settings").as_string()),
                how->at("transport").as_string() == "udp"};
        if (wanted != request.protocols.end()) {
            way.ports = wanted->second;
        }
        if (way.ports.empty()) {
            way.ports = {how->at("port").to_number<std::uint16_t>()};
        }
        ways.push_back(std::move(way));
    }
    for (const auto& [name, ports] : request.protocols) {
        TRY(protocols_.find(name));
    }
    std::vector<Attempt> out;
    for (const std::string& host : request.hosts) {
        for (const Way& way : ways) {
            for (const std::uint16_t port : way.ports) {
                out.push_back(
                    {way.protocol, host, port, filled_in(way.settings, host, port), way.datagrams});
            }
        }
    }
    std::ranges::reverse(out);  // they are taken from the end
    return out;
}

Async<std::vector<DiscoveredDevice>> Discovery::look(DiscoveryRequest request) {
    CO_TRY_ASSIGN(auto left, attempts_of(request));
    if (busy_.exchange(true)) {
        co_return fail(Code::RateLimited,
                       "another search is under way: wait until it has ended, within a minute");
    }
    struct Over {
        std::atomic<bool>& busy;
        ~Over() { busy = false; }
    } const over{busy_};
    std::vector<DiscoveredDevice> found;
    const auto executor = co_await asio::this_coro::executor;
    const auto start = [&] { return asio::co_spawn(executor, work(left, found), asio::deferred); };
    std::vector<decltype(start())> workers;
    for (std::size_t i = 0; i < std::min(at_once, left.size()); ++i) {
        workers.push_back(start());
    }
    if (!workers.empty()) {
        co_await asio::experimental::make_parallel_group(std::move(workers))
            .async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    }
    std::ranges::stable_sort(found, [](const DiscoveredDevice& a, const DiscoveredDevice& b) {
        return a.host != b.host ? a.host < b.host : a.confidence > b.confidence;
    });
    co_return found;
}

asio::awaitable<void> Discovery::work(std::vector<Attempt>& left,
                                      std::vector<DiscoveredDevice>& found) {
    while (!left.empty()) {
        const Attempt next = std::move(left.back());
        left.pop_back();
        if (auto device = co_await attempt(next)) {
            found.push_back(std::move(*device));
        }
        co_await around_.timers.sleep(between * at_once);
    }
}

asio::awaitable<std::optional<DiscoveredDevice>> Discovery::attempt(const Attempt& attempt) {
    if (!attempt.datagrams) {
        auto line = co_await either(around_.network.connect(attempt.host, attempt.port),
                                    around_.timers.sleep(connect_patience));
        if (!line || !*line) {
            co_return std::nullopt;
        }
        (**line).reset();
    }
    DiscoveredDevice out{attempt.host,     attempt.port, std::string(attempt.protocol->name()),
                         attempt.settings, 0.2,          {}};
    auto test = co_await either(
        attempt.protocol->test(around_, attempt.settings, {}),
        around_.timers.sleep(attempt.datagrams ? datagram_patience : answer_patience));
    if (attempt.datagrams && (!test || !*test || !(**test).connected)) {
        co_return std::nullopt;
    }
    if (!test || !*test) {
        out.detail = test ? test->error().message : "the port is open, but it does not answer";
        co_return out;
    }
    const TestReport& report = **test;
    out.detail = report.detail;
    if (report.connected) {
        const bool answered = report.probes.empty() ||
                              std::ranges::any_of(report.probes, &TestReport::Probe::answered);
        out.confidence = answered ? 0.95 : 0.6;
        for (const TestReport::Probe& probe : report.probes) {
            out.detail += std::format("; {}: {}", probe.name, probe.detail);
        }
    }
    co_return out;
}

}  // namespace gantry::connector
