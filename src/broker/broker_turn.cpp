// SPDX-License-Identifier: Apache-2.0
// What comes in, what goes out, and what is written to the disk in between.
#include <boost/asio/post.hpp>

#include "broker/broker.h"

namespace gantry::broker {
namespace {

// Of a tenant, on their way to becoming samples; beyond it nobody is read from.
constexpr std::size_t handed_bytes_max = std::size_t{32} << 20;

// By clients, whatever became of it.
std::uint64_t published(const mqtt::Core& core) {
    return core.counters().messages_in + core.counters().refused_publishes;
}

}  // namespace

// While nothing can be kept nobody is read from, and who has sent too much for a while: TCP holds
// it back.
bool Broker::must_hold(const Link& link) const {
    const Space& space = *link.space;
    const bool full = !space.unlogged.empty() || space.handed_bytes > handed_bytes_max;
    return !broken_ && (full || link.throttle.wait(around_.clock.monotonic()) > Duration::zero());
}

// False: the connection is closed meanwhile.
asio::awaitable<bool> Broker::hold_back(Link& link) {
    constexpr Duration longest = std::chrono::milliseconds(100);
    if (link.throttle.wait(around_.clock.monotonic()) > Duration::zero()) {
        meters_.throttled.add();
    }
    asio::steady_timer pause(co_await asio::this_coro::executor);
    while (must_hold(link)) {
        const Duration wait = link.throttle.wait(around_.clock.monotonic());
        pause.expires_after(wait > Duration::zero() ? std::min(wait, longest) : longest);
        co_await pause.async_wait(asio::use_awaitable);
        if (!link.space->core.excuse(link.id)) {
            co_return false;
        }
    }
    co_return true;
}

asio::awaitable<void> Broker::read_all(std::shared_ptr<Link> link) {
    // However it ends, also when it is cancelled.
    struct Leave {
        Broker& broker;
        Link& link;
        ~Leave() {
            link.space->core.lose(link.id);
            link.space->links.erase(link.id);
            link.stream->close();
            broker.touch(*link.space);
        }
    };
    const Leave leave{*this, *link};
    Space& space = *link->space;
    while (true) {
        if (must_hold(*link)) {
            const bool open = co_await hold_back(*link);
            if (!open) {
                co_return;
            }
        }
        const std::uint64_t before = published(space.core);
        const std::size_t used = space.core.receive(link->id, link->inbox.view());
        link->inbox.used(used);
        link->throttle.count(published(space.core) - before, used, around_.clock.monotonic());
        touch(space);
        if (auto asked = space.gate.take_asked(); asked.connection == link->id) {
            co_await authenticate_anew(*link, std::move(asked.data));
            continue;
        }
        link->inbox.make_room(space.core.packet_bytes(link->id, link->inbox.view()));
        const auto [error, count] =
            co_await link->stream->async_read_some(link->inbox.room(), as_result);
        if (error || count == 0) {
            co_return;
        }
        meters_.bytes_in.add(count);
        link->inbox.came(count);
    }
}

// In the next turn, behind all that is ready to be read now.
void Broker::touch(Space& space) {
    if (!space.dirty) {
        space.dirty = true;
        dirty_.push_back(&space);
    }
    if (!turn_due_) {
        turn_due_ = true;
        asio::post(thread_->executor(0), [this] { turn(); });
    }
}

void Broker::turn() {
    turn_due_ = false;
    if (around_.tap != nullptr && around_.tap->version() != tap_version_) {
        tap_version_ = around_.tap->version();
        for (const auto& [tenant, space] : spaces_) {
            space->gate.forget_wanted();
        }
    }
    for (Space* const space : std::exchange(dirty_, {})) {
        space->dirty = false;
        run(*space);
    }
    arm_timer();
}

void Broker::run(Space& space) {
    space.core.tick();
    for (const auto& timer : std::exchange(space.waiting, {})) {
        timer->cancel();
    }
    while (true) {
        keep_records(space);
        hand_over(space);
        const auto ready = space.core.take_ready();
        if (ready.empty()) {
            return;
        }
        for (const mqtt::ConnectionId id : ready) {
            if (const auto found = space.links.find(id); found != space.links.end()) {
                send(found->second);
            }
        }
    }
}

void Broker::keep_records(Space& space) {
    auto records = space.core.take_records();
    if (space.unlogged.empty()) {
        space.unlogged = std::move(records);
    } else {
        std::ranges::move(records, std::back_inserter(space.unlogged));
    }
    if (space.unlogged.empty() || broken_) {
        return;
    }
    const auto lsn = log_->append(space.tenant.text(), space.unlogged);
    if (!lsn) {
        if (log_->failed()) {
            fail_for_good(lsn.error());
        }
        return;
    }
    const std::uint64_t number = space.unlogged.back().number;
    space.unlogged.clear();
    if (options_.durable()) {
        space.logged.emplace_back(number, *lsn);
    } else {
        space.core.durable(number);
    }
    syncer_->request();
}

void Broker::hand_over(Space& space) {
    auto messages = space.core.take_handed();
    if (messages.empty()) {
        return;
    }
    auto batch = std::make_shared<Space::HandedOver>();
    batch->last = messages.back().number;
    for (const mqtt::Handed& one : messages) {
        batch->bytes += one.message->bytes() + sizeof(mqtt::Handed);
    }
    space.handed.push_back(batch);
    space.handed_bytes += batch->bytes;
    if (!options_.durable()) {
        space.core.handed_over(batch->last);
    }
    around_.tap->take(space.tenant, std::move(messages),
                      [this, &space, batch, home = thread_->executor(0)](Result<> done) {
                          asio::post(home, [this, &space, batch, done = std::move(done)] {
                              if (!done) {
                                  fail_for_good(done.error());
                                  return;
                              }
                              batch->done = true;
                              settle(space);
                          });
                      });
}

// Messages that were handed over are done in whatever order, but acknowledged in theirs.
void Broker::settle(Space& space) {
    std::uint64_t last = 0;
    while (!space.handed.empty() && space.handed.front()->done) {
        last = space.handed.front()->last;
        space.handed_bytes -= space.handed.front()->bytes;
        space.handed.pop_front();
    }
    if (last > 0) {
        space.core.handed_over(last);
        touch(space);
    }
}

void Broker::fail_for_good(const Error& error) {
    if (!std::exchange(broken_, true)) {
        failed_ = true;
        around_.log.error("mqtt", "nothing can be kept any more, nobody is served until a restart",
                          {{"detail", error.message}});
        for (const auto& [tenant, space] : spaces_) {
            for (const auto& [id, link] : space->links) {
                space->core.close_unkept(id, mqtt::Reason::ServerUnavailable,
                                         "the server cannot keep anything any more");
            }
            touch(*space);
        }
    }
}

void Broker::durable(const Result<mqtt::Lsn>& up_to) {
    if (!up_to) {
        fail_for_good(up_to.error());
        return;
    }
    for (const auto& [tenant, space] : spaces_) {
        auto& logged = space->logged;
        std::uint64_t number = 0;
        while (!logged.empty() && logged.front().second <= *up_to) {
            number = logged.front().first;
            logged.pop_front();
        }
        if (number > 0) {
            space->core.durable(number);
            touch(*space);
        }
    }
}

void Broker::arm_timer() {
    Duration at = Duration::max();
    for (const auto& [tenant, space] : spaces_) {
        at = std::min(at, space->core.next_deadline().value_or(Duration::max()));
    }
    if (at == timer_at_) {
        return;
    }
    timer_at_ = at;
    if (at == Duration::max()) {
        timer_->cancel();
        return;
    }
    timer_->expires_after(std::max(Duration::zero(), at - around_.clock.monotonic()));
    timer_->async_wait([this](const error_code& error) {
        if (!error) {
            timer_at_ = Duration::max();
            for (const auto& [tenant, space] : spaces_) {
                touch(*space);
            }
        }
    });
}

// What may leave, if nothing is on its way yet.
void Broker::send(const std::shared_ptr<Link>& link) {
    if (link->writing) {
        return;
    }
    mqtt::Output out = link->space->core.take_output(link->id);
    link->close_behind = out.close;
    if (out.bytes.empty()) {
        if (out.close) {
            link->stream->close();
        }
        return;
    }
    link->sending = std::move(out.bytes);
    link->sent = 0;
    link->writing = true;
    link->taken_at = around_.clock.monotonic();
    meters_.bytes_out.add(link->sending.size());
    write_on(link);
}

void Broker::write_on(const std::shared_ptr<Link>& link) {
    link->stream->async_write_some(
        asio::buffer(link->sending.data() + link->sent, link->sending.size() - link->sent),
        [this, link](const error_code& error, std::size_t count) {
            link->sent += count;
            link->taken_at = around_.clock.monotonic();
            if (error) {
                link->writing = false;
                link->stream->close();
                return;
            }
            if (link->sent < link->sending.size()) {
                write_on(link);
                return;
            }
            link->writing = false;
            link->sending.clear();
            if (link->close_behind) {
                link->stream->close();
                return;
            }
            if (link->space->links.contains(link->id)) {
                send(link);
                touch(*link->space);
            }
        });
}

}  // namespace gantry::broker
