// SPDX-License-Identifier: Apache-2.0
#include "plant/modbus_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <modbus/modbus.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <format>
#include <new>
#include <utility>

namespace gantry::plant {
namespace {

// What an epoll event belongs to: the stop descriptor, a listener, or a client.
constexpr std::uint64_t stop_id = 0;
constexpr std::uint64_t first_listener_id = 1;
constexpr std::uint64_t first_client_id = std::uint64_t{1} << 32;

constexpr std::size_t waiting_most = 64;  // requests of one client
constexpr std::size_t read_size = 2048;   // bytes of one client before the others have their turn
constexpr int unsent_most = 64 * 1024;    // bytes of answers that one client has not taken
constexpr std::size_t other_descriptors = 32;

Result<> make_room_for_descriptors(std::size_t wanted) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= wanted) {
        return {};
    }
    limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < wanted) {
        return fail(Code::Unavailable,
                    "{} open files are needed and {} allowed: ask for fewer devices, or raise the "
                    "limit (ulimit -n)",
                    wanted, limit.rlim_max);
    }
    return {};
}

std::uint16_t port_of(int socket) {
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

}  // namespace

std::string Endpoint::text() const { return std::format("{}:{}", address, port); }

void ModbusServer::ContextDeleter::operator()(modbus_t* context) const { modbus_free(context); }

Result<std::unique_ptr<ModbusServer>> ModbusServer::open(ServerOptions options,
                                                         std::vector<Gateway> gateways,
                                                         const Clock& clock, Log& log) {
    TRY(make_room_for_descriptors(gateways.size() + options.clients_most + other_descriptors));
    std::unique_ptr<ModbusServer> server(new ModbusServer(options, clock, log));
    server->epoll_ = Descriptor(epoll_create1(EPOLL_CLOEXEC));
    server->context_.reset(modbus_new_tcp(nullptr, 0));
    if (!server->epoll_.open() || server->context_ == nullptr) {
        throw std::bad_alloc();
    }
    for (Gateway& gateway : gateways) {
        TRY(server->listen(std::move(gateway)));
    }
    return server;
}

Result<> ModbusServer::listen(Gateway gateway) {
    const Endpoint& endpoint = gateway.endpoint;
    const Context context(modbus_new_tcp(endpoint.address.c_str(), endpoint.port));
    Descriptor socket(context == nullptr ? -1 : modbus_tcp_listen(context.get(), SOMAXCONN));
    if (!socket.open()) {
        const int error = errno;
        const std::string_view remedy =
            error == EADDRINUSE ? ": another program has it; choose another port (--listen, "
                                  "--ports-from)"
            : error == EACCES   ? ": ports below 1024 need rights; choose another port (--listen, "
                                  "--ports-from)"
                                : "";
        return fail(Code::Unavailable, "cannot listen on {}: {}{}", endpoint.text(),
                    std::generic_category().message(error), remedy);
    }
    fcntl(socket.number(), F_SETFL, fcntl(socket.number(), F_GETFL) | O_NONBLOCK);
    gateway.endpoint.port = port_of(socket.number());
    TRY(watch(socket.number(), first_listener_id + listeners_.size()));
    listeners_.push_back(std::make_unique<Listener>(std::move(gateway), std::move(socket)));
    return {};
}

Result<> ModbusServer::watch(int descriptor, std::uint64_t id) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = id}};
    if (epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
        return fail(Code::Io, "cannot watch a socket: {}", std::generic_category().message(errno));
    }
    return {};
}

std::vector<Endpoint> ModbusServer::endpoints() const {
    std::vector<Endpoint> endpoints;
    for (const auto& listener : listeners_) {
        endpoints.push_back(listener->gateway.endpoint);
    }
    return endpoints;
}

Result<> ModbusServer::run(int stop, const std::function<void()>& tick) {
    TRY(watch(stop, stop_id));
    Duration next_tick = clock_.monotonic();
    std::array<epoll_event, 128> events{};
    while (true) {
        const Duration now = clock_.monotonic();
        if (now >= next_tick) {
            tick();
            next_tick = now + options_.tick_period;
        }
        answer_due(now);
        const int count = epoll_wait(epoll_.number(), events.data(), events.size(),
                                     wait_milliseconds(clock_.monotonic(), next_tick));
        if (count < 0 && errno != EINTR) {
            return fail(Code::Io, "waiting for clients: {}",
                        std::generic_category().message(errno));
        }
        for (int i = 0; i < count; ++i) {
            const std::uint64_t id = events[static_cast<std::size_t>(i)].data.u64;
            if (id == stop_id) {
                log_.info("plant", "stopped",
                          {{"requests", requests_},
                           {"exceptions", exceptions_},
                           {"clients", clients_.size()}});
                return {};
            }
            if (id < first_client_id) {
                accept_clients(*listeners_[id - first_listener_id]);
            } else {
                read_from(id);
            }
        }
    }
}

int ModbusServer::wait_milliseconds(Duration now, Duration next_tick) const {
    const Duration next = waiting_.empty() ? next_tick : std::min(next_tick, waiting_.front().due);
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - now);
    return static_cast<int>(std::max<std::int64_t>(0, wait.count()));
}

void ModbusServer::accept_clients(Listener& listener) {
    while (true) {
        Descriptor socket(
            accept4(listener.socket.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!socket.open()) {
            return;
        }
        if (clients_.size() >= options_.clients_most) {
            log_.warn("plant", "too_many_clients",
                      {{"port", listener.gateway.endpoint.port}, {"limit", options_.clients_most}});
            continue;
        }
        const int on = 1;  // answers are short: without it each would wait for the last one's ACK
        setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        setsockopt(socket.number(), SOL_SOCKET, SO_SNDBUF, &unsent_most, sizeof(unsent_most));
        const ClientId id = first_client_id + next_client_++;
        if (watch(socket.number(), id)) {
            Client& client = clients_[id];
            client.socket = std::move(socket);
            client.gateway = &listener.gateway;
        }
    }
}

void ModbusServer::read_from(ClientId id) {
    const auto found = clients_.find(id);
    if (found == clients_.end()) {
        return;  // disconnected by an earlier event of the same turn
    }
    Client& client = found->second;
    std::array<std::uint8_t, read_size> buffer;
    const ssize_t got = recv(client.socket.number(), buffer.data(), buffer.size(), 0);
    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            disconnect(id);
        }
        return;
    }
    client.frames.append(std::span(buffer).first(static_cast<std::size_t>(got)));
    take_frames(id, client);
}

bool ModbusServer::take_frames(ClientId id, Client& client) {
    while (client.waiting < waiting_most) {
        std::optional<Frame> frame = client.frames.next();
        if (!frame) {
            break;
        }
        if (options_.latency > Duration::zero()) {
            ++client.waiting;
            waiting_.push_back({clock_.monotonic() + options_.latency, id, std::move(*frame)});
        } else if (!answer(client, *frame)) {
            disconnect(id);
            return false;
        }
    }
    if (client.frames.broken()) {
        disconnect(id);
        return false;
    }
    set_paused(id, client, client.waiting >= waiting_most);
    return true;
}

void ModbusServer::set_paused(ClientId id, Client& client, bool paused) {
    if (client.paused != paused) {
        client.paused = paused;
        epoll_event event{.events = paused ? 0u : static_cast<std::uint32_t>(EPOLLIN),
                          .data = {.u64 = id}};
        epoll_ctl(epoll_.number(), EPOLL_CTL_MOD, client.socket.number(), &event);
    }
}

void ModbusServer::answer_due(Duration now) {
    while (!waiting_.empty() && waiting_.front().due <= now) {
        const Waiting due = std::move(waiting_.front());
        waiting_.pop_front();
        const auto found = clients_.find(due.client);
        if (found == clients_.end()) {
            continue;
        }
        Client& client = found->second;
        --client.waiting;
        if (!answer(client, due.frame)) {
            disconnect(due.client);
        } else if (client.paused) {
            take_frames(due.client, client);
        }
    }
}

bool ModbusServer::answer(Client& client, const Frame& frame) {
    ++requests_;
    modbus_set_socket(context_.get(), client.socket.number());
    const auto refuse = [&](ModbusException exception) {
        ++exceptions_;
        return modbus_reply_exception(context_.get(), frame.data(),
                                      static_cast<unsigned>(exception)) > 0;
    };
    const auto unit = client.gateway->units.find(unit_of(frame));
    if (unit == client.gateway->units.end()) {
        return refuse(ModbusException::GatewayTargetFailedToRespond);
    }
    const auto request = parse_request(frame);
    if (!request) {
        return refuse(request.error());
    }
    if (const auto exception = unit->second->admit(*request)) {
        return refuse(*exception);
    }
    const int sent = modbus_reply(context_.get(), frame.data(), static_cast<int>(frame.size()),
                                  unit->second->tables());
    if (request->write.count > 0) {
        unit->second->apply(*request);
    }
    return sent > 0;
}

void ModbusServer::disconnect(ClientId id) { clients_.erase(id); }

}  // namespace gantry::plant
