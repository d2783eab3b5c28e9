// SPDX-License-Identifier: Apache-2.0
// Writes Arrow streams to a gantryd over HTTP as fast as it takes them, each answered when it is
// durable, and prints what came of it as JSON.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <format>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "arrow/writer.h"
#include "testing/tsbs_data.h"

namespace {

using gantry::Time;
using gantry::testing::CpuOnlyData;

constexpr std::string_view usage =
    "usage: gantry-bench-arrow PORT TOKEN long|wide HOSTS STEPS STEPS_A_REQUEST CONNECTIONS\n"
    "The points are h<host>.f0 to h<host>.f9.\n";

constexpr std::size_t fields = 10;

// A number of which eight bytes stand at that place of the body.
template <class T>
void put(std::string& body, std::size_t at, T value) {
    std::memcpy(body.data() + at, &value, sizeof(T));
}

// The bodies of one connection: hosts [first, last), made once; then only the times and values in
// them change, so that the client costs little of the machine.
class Bodies {
public:
    Bodies(bool is_wide, std::size_t first, std::size_t last, std::size_t steps)
        : wide_(is_wide), hosts_(last - first), steps_(steps), data_(last - first) {
        const std::vector<std::string> names = point_names(first, last);
        const std::size_t rows = wide_ ? steps : steps * names.size();
        std::vector<Time> times(rows);
        std::vector<double> values(rows);
        gantry::arrow::Schema schema;
        std::vector<gantry::arrow::ColumnData> columns;
        std::vector<std::int32_t> indices;
        const auto add = [&](std::string name, const gantry::arrow::Type& type,
                             const auto& column) {
            schema.fields.push_back({std::move(name), type, std::nullopt});
            columns.push_back(
                {.validity = {}, .nulls = 0, .values = std::as_bytes(std::span(column))});
        };
        if (wide_) {
            add("time", gantry::arrow::time_type, times);
            for (const std::string& name : names) {
                add(name, gantry::arrow::float64_type, values);
            }
        } else {
            for (std::size_t i = 0; i < rows; ++i) {
                indices.push_back(static_cast<std::int32_t>(i % names.size()));
            }
            add("point", gantry::arrow::text_type, indices);
            schema.fields[0].dictionary = gantry::arrow::DictionaryUse{};
            add("time", gantry::arrow::time_type, times);
            add("value", gantry::arrow::float64_type, values);
        }
        gantry::arrow::write_schema(body_, schema);
        if (!wide_) {
            gantry::arrow::write_dictionary(body_, 0, names);
        }
        gantry::arrow::write_record_batch(body_, schema, rows, columns);
        // The columns are the last of the body, 8 bytes a row each.
        const std::size_t numbers = rows * 8;
        times_at_ = body_.size() - numbers * (wide_ ? names.size() + 1 : 2);
        values_at_ = times_at_ + numbers;
        gantry::arrow::write_end(body_);
    }

    std::size_t points() const { return steps_ * hosts_ * fields; }

    // The next steps of all its hosts.
    const std::string& next() {
        const std::size_t points_a_step = hosts_ * fields;
        for (std::size_t step = 0; step < steps_; ++step, data_.step()) {
            if (wide_) {
                put(body_, times_at_ + step * 8, data_.time());
            }
            for (std::size_t host = 0; host < hosts_; ++host) {
                for (std::size_t field = 0; field < fields; ++field) {
                    const auto value = static_cast<double>(data_.value(host, field));
                    const std::size_t point = host * fields + field;
                    if (wide_) {
                        put(body_, values_at_ + (point * steps_ + step) * 8, value);
                    } else {
                        const std::size_t row = step * points_a_step + point;
                        put(body_, times_at_ + row * 8, data_.time());
                        put(body_, values_at_ + row * 8, value);
                    }
                }
            }
        }
        return body_;
    }

private:
    static std::vector<std::string> point_names(std::size_t first, std::size_t last) {
        std::vector<std::string> out;
        for (std::size_t host = first; host < last; ++host) {
            for (std::size_t field = 0; field < fields; ++field) {
                out.push_back(std::format("h{}.f{}", host, field));
            }
        }
        return out;
    }

    const bool wide_;
    const std::size_t hosts_;
    const std::size_t steps_;
    CpuOnlyData data_;
    std::string body_;
    std::size_t times_at_ = 0;
    std::size_t values_at_ = 0;
};

class Connection {
public:
    Connection(std::uint16_t port, std::string token)
        : socket_(socket(AF_INET, SOCK_STREAM, 0)), token_(std::move(token)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int on = 1;
        setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        if (connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) {
            throw std::runtime_error("cannot connect");
        }
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() { close(socket_); }

    // The status of the answer; what it says, if it is not 204, goes to standard error.
    int post(const std::string& body) {
        send_all(
            std::format("POST /v1/samples HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                        "{}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
                        token_, gantry::arrow::media_type, body.size()));
        send_all(body);
        std::string answer;
        while (answer.find("\r\n\r\n") == std::string::npos) {
            std::array<char, 4096> buffer{};
            const ssize_t size = recv(socket_, buffer.data(), buffer.size(), 0);
            if (size <= 0) {
                throw std::runtime_error("the connection was closed");
            }
            answer.append(buffer.data(), static_cast<std::size_t>(size));
        }
        const int status = std::atoi(answer.c_str() + 9);
        if (status != 204 && status != 503) {
            throw std::runtime_error(answer);
        }
        skip_body(answer);
        return status;
    }

private:
    void send_all(std::string_view text) {
        while (!text.empty()) {
            const ssize_t size = send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (size <= 0) {
                throw std::runtime_error("cannot send");
            }
            text.remove_prefix(static_cast<std::size_t>(size));
        }
    }

    // A refusal has a text of its own.
    void skip_body(const std::string& answer) {
        const std::size_t end = answer.find("\r\n\r\n") + 4;
        const std::size_t length = answer.find("Content-Length: ");
        std::size_t left =
            length == std::string::npos || length > end
                ? 0
                : static_cast<std::size_t>(std::atoll(answer.c_str() + length + 16)) -
                      (answer.size() - end);
        std::array<char, 4096> buffer{};
        while (left > 0) {
            const ssize_t size = recv(socket_, buffer.data(), std::min(left, buffer.size()), 0);
            if (size <= 0) {
                throw std::runtime_error("the connection was closed");
            }
            left -= static_cast<std::size_t>(size);
        }
    }

    int socket_;
    std::string token_;
};

struct Tally {
    std::atomic<std::uint64_t> points = 0;
    std::atomic<std::uint64_t> refused = 0;
    std::mutex mutex;
    std::vector<double> latencies;  // seconds
    std::string error;
};

void run(Bodies& bodies, std::uint16_t port, const std::string& token, std::size_t requests,
         Tally& tally) {
    try {
        Connection connection(port, token);
        for (std::size_t i = 0; i < requests; ++i) {
            const std::string& body = bodies.next();
            const auto start = std::chrono::steady_clock::now();
            while (connection.post(body) == 503) {  // its memory is full: later it will do
                ++tally.refused;
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
            }
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
            tally.points += bodies.points();
            const std::lock_guard lock(tally.mutex);
            tally.latencies.push_back(took.count());
        }
    } catch (const std::exception& error) {
        const std::lock_guard lock(tally.mutex);
        tally.error = error.what();
    }
}

double quantile(std::vector<double>& values, double q) {
    std::ranges::sort(values);
    return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 8) {
        std::cerr << usage;
        return 2;
    }
    const auto number = [&](int index) {
        return static_cast<std::size_t>(std::atoll(arguments[index]));
    };
    const bool wide = std::string_view(arguments[3]) == "wide";
    const std::size_t hosts = number(4);
    const std::size_t requests = number(5) / number(6);
    const std::size_t connections = number(7);
    std::deque<Bodies> bodies;
    for (std::size_t i = 0; i < connections; ++i) {
        bodies.emplace_back(wide, hosts * i / connections, hosts * (i + 1) / connections,
                            number(6));
    }
    Tally tally;
    const auto start = std::chrono::steady_clock::now();
    {
        std::vector<std::jthread> threads;
        for (Bodies& body : bodies) {
            threads.emplace_back([&] {
                run(body, static_cast<std::uint16_t>(number(1)), arguments[2], requests, tally);
            });
        }
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (!tally.error.empty() || tally.latencies.empty()) {
        std::cerr << tally.error << '\n';
        return 1;
    }
    std::cout << std::format(
        R"({{"points": {}, "seconds": {}, "refused": {}, "p50": {}, "p99": {}}})"
        "\n",
        tally.points.load(), took.count(), tally.refused.load(), quantile(tally.latencies, 0.5),
        quantile(tally.latencies, 0.99));
    return 0;
}
