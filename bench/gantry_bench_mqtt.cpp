// SPDX-License-Identifier: Apache-2.0
// Loads an MQTT broker, ours or another, as open-loop traffic or as fast as it goes, and prints
// what came of it as JSON. One thread and one epoll: what it costs itself is the same for each
// broker.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <format>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "mqtt/codec/decode.h"
#include "mqtt/codec/encode.h"

namespace {

using namespace gantry::mqtt;
using Clock = std::chrono::steady_clock;

constexpr std::string_view usage =
    "usage: gantry-bench-mqtt PORT LOGIN TOKEN|- pairs|in|out|hold N RATE QOS BYTES SECONDS\n"
    "  pairs  N publishers, each with a subscriber of its own; RATE messages/s each\n"
    "  in     N publishers, one subscriber of all; RATE messages/s each\n"
    "  out    one publisher, N subscribers; RATE messages/s of the publisher\n"
    "  hold   N connections with a subscription each, for SECONDS\n"
    "RATE 0: as fast as it goes, with 1,000 messages under way a publisher.\n";

constexpr std::uint64_t burst_window = 1000;

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch())
        .count();
}

struct Options {
    std::uint16_t port = 0;
    std::string login;
    std::string token;
    std::string shape;
    std::size_t count = 0;
    double rate = 0;
    std::uint8_t qos = 0;
    std::size_t bytes = 0;
    double seconds = 0;
};

class Client {
public:
    Client(const Options& options, int poll, std::string name, std::size_t index)
        : name_(std::move(name)) {
        fd_ = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(options.port);
        // From many addresses, because one has 28,000 ports to connect from.
        sockaddr_in from{};
        from.sin_family = AF_INET;
        from.sin_addr.s_addr = htonl(0x7f000001U + static_cast<std::uint32_t>(index / 20'000));
        to.sin_addr.s_addr = htonl(0x7f000001U);
        if (fd_ < 0 || bind(fd_, reinterpret_cast<sockaddr*>(&from), sizeof(from)) != 0 ||
            connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0) {
            throw std::runtime_error(std::format("{}: {}", name_, std::strerror(errno)));
        }
        const int on = 1;
        setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        Connect packet;
        packet.version = Version::V311;
        packet.client_id = name_;
        if (!options.token.empty()) {
            packet.user_name = options.login;
            packet.password = options.token;
        }
        encode(out_, packet);
        flush();
        wait(PacketType::Connack);
        fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = this;
        epoll_ctl(poll, EPOLL_CTL_ADD, fd_, &event);
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client() { close(fd_); }

    void subscribe(std::string_view filter, std::uint8_t qos) {
        fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) & ~O_NONBLOCK);
        Subscribe packet;
        packet.id = 1;
        packet.requests.push_back({filter, {.qos = qos}});
        encode(out_, packet, Version::V311);
        flush();
        wait(PacketType::Suback);
        fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
    }

    void publish(std::string_view topic, std::string& payload, std::uint8_t qos) {
        const std::int64_t at = now_ns();
        std::memcpy(payload.data(), &at, sizeof(at));
        Publish packet;
        packet.topic = topic;
        packet.payload = payload;
        packet.qos = qos;
        packet.id = qos == 0 ? PacketId{0} : static_cast<PacketId>(sent % 65'535 + 1);
        encode(out_, packet, Version::V311);
        ++sent;
    }

    // Everything that is there.
    void receive() {
        while (true) {
            const std::size_t before = in_.size();
            in_.resize(before + 64 * 1024);
            const ssize_t count = recv(fd_, in_.data() + before, in_.size() - before, 0);
            in_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
            if (count == 0) {
                throw std::runtime_error(name_ + ": the broker has closed the connection");
            }
            std::string_view rest = in_;
            while (true) {
                const auto frame = read_frame(rest, limits);
                if (!frame) {
                    throw std::runtime_error(name_ + ": what comes is no MQTT");
                }
                if (!*frame) {
                    break;
                }
                take(**frame);
                rest.remove_prefix((*frame)->bytes);
            }
            in_.erase(0, in_.size() - rest.size());
            if (count < 64 * 1024) {
                return;
            }
        }
    }

    void flush() {
        while (!out_.empty()) {
            const ssize_t count = send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
            if (count < 0) {
                if (errno == EAGAIN) {
                    return;
                }
                throw std::runtime_error(name_ + ": " + std::strerror(errno));
            }
            out_.erase(0, static_cast<std::size_t>(count));
        }
    }
    bool has_output() const { return !out_.empty(); }

    std::uint64_t sent = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t received = 0;
    std::vector<std::int32_t> latencies;  // µs, a sample of them

private:
    static constexpr FrameLimits limits{
        .from = Side::Server, .connecting = false, .packet_bytes_max = std::size_t{1} << 28};

    void wait(PacketType type) {
        char buffer[4096];
        while (true) {
            const auto frame = read_frame(in_, limits);
            if (frame && *frame) {
                const bool right = (*frame)->type == type;
                const bool good = (*frame)->body.size() < 2 || (*frame)->body.back() < 3;
                in_.erase(0, (*frame)->bytes);
                if (right && good) {
                    return;
                }
                throw std::runtime_error(name_ + ": refused");
            }
            const ssize_t count = recv(fd_, buffer, sizeof(buffer), 0);
            if (count <= 0) {
                throw std::runtime_error(name_ + ": the broker has closed the connection");
            }
            in_.append(buffer, static_cast<std::size_t>(count));
        }
    }

    void answer(PacketType type, PacketId id) {
        Ack packet;
        packet.type = type;
        packet.id = id;
        encode(out_, packet, Version::V311);
    }

    void take(const Frame& frame) {
        if (frame.type == PacketType::Publish) {
            const auto packet = decode_publish(frame, Version::V311, Side::Server);
            ++received;
            if (packet->payload.size() >= 8 && received % 8 == 0 && latencies.size() < 1'000'000) {
                std::int64_t at = 0;
                std::memcpy(&at, packet->payload.data(), sizeof(at));
                latencies.push_back(static_cast<std::int32_t>((now_ns() - at) / 1000));
            }
            if (packet->qos > 0) {
                answer(packet->qos == 1 ? PacketType::Puback : PacketType::Pubrec, packet->id);
            }
            return;
        }
        const auto packet = decode_ack(frame, Version::V311);
        if (frame.type == PacketType::Puback || frame.type == PacketType::Pubcomp) {
            ++acknowledged;
        } else if (frame.type == PacketType::Pubrec) {
            answer(PacketType::Pubrel, packet->id);
        } else if (frame.type == PacketType::Pubrel) {
            answer(PacketType::Pubcomp, packet->id);
        }
    }

    const std::string name_;
    int fd_ = -1;
    std::string in_;
    std::string out_;
};

class Load {
public:
    explicit Load(const Options& options) : options_(options), poll_(epoll_create1(0)) {
        payload_.assign(std::max<std::size_t>(options.bytes, 8), 'x');
        const bool pairs = options.shape == "pairs";
        const std::size_t publishers = options.shape == "out"    ? 1
                                       : options.shape == "hold" ? 0
                                                                 : options.count;
        const std::size_t subscribers = options.shape == "in" ? 1 : options.count;
        for (std::size_t i = 0; i < subscribers; ++i) {
            Client& made = add(std::format("sub{}", i), i);
            made.subscribe(options.shape == "in"    ? std::string("bench/#")
                           : options.shape == "out" ? std::string("bench/0/value")
                                                    : std::format("bench/{}/value", i),
                           options.qos);
        }
        for (std::size_t i = 0; i < publishers; ++i) {
            publishers_.push_back(&add(std::format("pub{}", i), i + subscribers));
            topics_.push_back(std::format("bench/{}/value", i));
        }
        copies_ = pairs || options.shape == "in" ? 1 : options.count;
    }

    void run() {
        const auto begin = Clock::now();
        const auto end = begin + std::chrono::duration_cast<Clock::duration>(
                                     std::chrono::duration<double>(options_.seconds));
        std::uint64_t turn = 0;
        while (Clock::now() < end) {
            publish(std::chrono::duration<double>(Clock::now() - begin).count(), turn++);
            poll(options_.rate > 0 ? 1 : 0);
        }
        // What is under way arrives, or is lost.
        const auto last = Clock::now() + std::chrono::seconds(5);
        seconds_ = std::chrono::duration<double>(Clock::now() - begin).count();
        while (Clock::now() < last &&
               (received() < sent() * copies_ || (options_.qos > 0 && acknowledged() < sent()))) {
            poll(10);
        }
    }

    void report() const {
        std::vector<std::int32_t> all;
        for (const auto& client : clients_) {
            all.insert(all.end(), client->latencies.begin(), client->latencies.end());
        }
        std::ranges::sort(all);
        const auto quantile = [&all](double q) {
            return all.empty() ? 0 : all[static_cast<std::size_t>(q * double(all.size() - 1))];
        };
        rusage own{};
        getrusage(RUSAGE_SELF, &own);
        std::cout << std::format(
            "{{\"sent\": {}, \"acknowledged\": {}, \"received\": {}, \"expected\": {}, "
            "\"seconds\": {:.3f}, \"p50_us\": {}, \"p99_us\": {}, \"own_cpu_s\": {:.2f}}}\n",
            sent(), acknowledged(), received(), sent() * copies_, seconds_, quantile(0.5),
            quantile(0.99),
            double(own.ru_utime.tv_sec + own.ru_stime.tv_sec) +
                1e-6 * double(own.ru_utime.tv_usec + own.ru_stime.tv_usec));
    }

    std::size_t clients() const { return clients_.size(); }

private:
    Client& add(std::string name, std::size_t index) {
        clients_.push_back(std::make_unique<Client>(options_, poll_, std::move(name), index));
        return *clients_.back();
    }

    // Publishers send at their own times, spread over the interval.
    void publish(double elapsed, std::uint64_t turn) {
        for (std::size_t i = 0; i < publishers_.size(); ++i) {
            Client& client = *publishers_[i];
            if (options_.rate > 0) {
                const double phase = double(i) / double(publishers_.size());
                const auto due = static_cast<std::uint64_t>(elapsed * options_.rate + phase);
                while (client.sent < due) {
                    client.publish(topics_[i], payload_, options_.qos);
                }
            } else if (turn % 4 == 0 || publishers_.size() == 1) {
                const std::uint64_t done = options_.qos > 0 ? client.acknowledged
                                           : copies_ > 1    ? clients_.front()->received
                                           : options_.shape == "in"
                                               ? clients_.front()->received / publishers_.size()
                                               : clients_[i]->received;
                while (client.sent < done + burst_window) {
                    client.publish(topics_[i], payload_, options_.qos);
                }
            }
            client.flush();
        }
    }

    void poll(int wait_ms) {
        epoll_event events[512];
        const int count = epoll_wait(poll_, events, 512, wait_ms);
        for (int i = 0; i < count; ++i) {
            auto& client = *static_cast<Client*>(events[i].data.ptr);
            client.receive();
            client.flush();
        }
    }

    template <class Field>
    std::uint64_t sum(Field field) const {
        std::uint64_t out = 0;
        for (const auto& client : clients_) {
            out += (*client).*field;
        }
        return out;
    }
    std::uint64_t sent() const { return sum(&Client::sent); }
    std::uint64_t acknowledged() const { return sum(&Client::acknowledged); }
    std::uint64_t received() const { return sum(&Client::received); }

    const Options options_;
    const int poll_;
    std::string payload_;
    std::vector<std::unique_ptr<Client>> clients_;
    std::vector<Client*> publishers_;
    std::vector<std::string> topics_;
    std::size_t copies_ = 1;
    double seconds_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() != 9) {
        std::cerr << usage;
        return 2;
    }
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    try {
        Load load({.port = static_cast<std::uint16_t>(std::stoul(words[0])),
                   .login = words[1],
                   .token = words[2] == "-" ? std::string() : words[2],
                   .shape = words[3],
                   .count = std::stoul(words[4]),
                   .rate = std::stod(words[5]),
                   .qos = static_cast<std::uint8_t>(std::stoul(words[6])),
                   .bytes = std::stoul(words[7]),
                   .seconds = std::stod(words[8])});
        // Whoever measures begins now.
        std::cout << "ready " << load.clients() << '\n' << std::flush;
        std::string go;
        std::getline(std::cin, go);
        load.run();
        load.report();
        std::cout << std::flush;
        std::getline(std::cin, go);
    } catch (const std::exception& error) {
        std::cerr << "gantry-bench-mqtt: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
