// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/browse.h"

#include <algorithm>
#include <array>

#include "connector/ethernetip/address.h"
#include "connector/ethernetip/trial.h"

namespace gantry::connector::ethernetip {
namespace {

// Structures in structures; no program that a person can read has more.
constexpr unsigned depth_max = 8;
constexpr std::size_t addresses_max = 100'000;
constexpr std::string_view program_mark = "Program:";

// The first element of an array.
std::string first_of(std::string name, SymbolType type) {
    constexpr std::array<std::string_view, 4> indices = {"", "[0]", "[0,0]", "[0,0,0]"};
    return name.append(indices[type.dimensions()]);
}

}  // namespace

Browser::Browser(Link& link, Timers& timers, std::string program)
    : link_(link), timers_(timers), program_(std::move(program)) {}

asio::awaitable<bool> Browser::ask(Job& job) {
    co_await timers_.sleep(scan_pause);
    co_await link_.ask({&job, 1});
    co_return job.answered;
}

asio::awaitable<bool> Browser::find(std::size_t count) {
    while (!done_ && trouble_.empty() && addresses_.size() < count) {
        Job job;
        job.request = symbols_request(program_, next_);
        const bool answered = co_await ask(job);
        if (!answered) {
            co_return false;
        }
        if (!job.reply.good() && job.reply.status != status::partial) {
            trouble_ = trouble_of(job.reply).text;
            co_return true;
        }
        const auto symbols = read_symbols(job.reply.data);
        if (!symbols || (symbols->empty() && !job.reply.good()) ||
            (!symbols->empty() && symbols->back().instance < next_)) {
            trouble_ = "what the controller says of its tags is not understood";
            co_return true;
        }
        done_ = job.reply.good();
        for (const Symbol& symbol : *symbols) {
            next_ = std::max(next_, symbol.instance + 1);
            if (symbol.name.starts_with(program_mark)) {
                programs_.push_back(symbol.name);
            }
            const std::string prefix = program_.empty() ? "" : program_ + ".";
            if (is_hidden(symbol.name)) {
                continue;
            }
            const bool added = co_await add(prefix + symbol.name, symbol.type, depth_max);
            if (!added) {
                co_return false;
            }
        }
        done_ = done_ || addresses_.size() >= addresses_max;
    }
    co_return true;
}

asio::awaitable<bool> Browser::add(std::string name, SymbolType type, unsigned depth) {
    std::string place = first_of(std::move(name), type);
    if (!type.is_structure()) {
        if (kind_bytes(type.code()) != 0 && parse_address(place)) {
            addresses_.push_back(std::move(place));
        }
        co_return true;
    }
    const std::uint16_t instance = type.template_instance();
    if (depth == 0 || addresses_.size() >= addresses_max) {
        co_return true;
    }
    if (!structures_.contains(instance)) {
        const bool learnt = co_await learn(instance);
        if (!learnt) {
            co_return false;
        }
    }
    const std::vector<Member>& members = structures_[instance];
    if (is_text(members)) {
        addresses_.push_back(std::move(place));
        co_return true;
    }
    for (const Member& member : members) {
        if (!co_await add(place + "." + member.name, member.type, depth - 1)) {
            co_return false;
        }
    }
    co_return true;
}

// What the controller does not tell leaves a structure without members.
asio::awaitable<bool> Browser::learn(std::uint16_t instance) {
    std::vector<Member>& members = structures_[instance];
    Job job;
    job.request = template_size_request(instance);
    if (!co_await ask(job)) {
        co_return false;
    }
    const auto size = job.reply.good() ? read_template_size(job.reply.data) : std::nullopt;
    if (!size) {
        co_return true;
    }
    Bytes definition;
    while (definition.size() < size->bytes()) {
        Job part;
        const std::size_t missing =
            std::min<std::size_t>(size->bytes() - definition.size(), 0xffff);
        part.request = template_request(instance, static_cast<std::uint32_t>(definition.size()),
                                        static_cast<std::uint16_t>(missing));
        if (!co_await ask(part)) {
            co_return false;
        }
        const bool more = part.reply.status == status::partial;
        if ((!part.reply.good() && !more) || part.reply.data.empty()) {
            break;
        }
        append(definition, part.reply.data);
        if (!more) {
            break;
        }
    }
    if (auto read = read_template(definition, size->members)) {
        members = std::move(*read);
    }
    co_return true;
}

}  // namespace gantry::connector::ethernetip
