// SPDX-License-Identifier: Apache-2.0
// A client of the protocol for tests, byte by byte. Not part of the program.
#pragma once

#include <openssl/evp.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <future>

#include "pgwire/messages.h"
#include "runtime/shards.h"
#include "runtime/stream.h"
#include "security/scram.h"
#include "testing/testing.h"

namespace gantry::pgwire {

using gantry::testing::must;
using namespace std::literals;

struct Answer {
    char letter = 0;
    std::string body;
};

// Speaks the protocol as a client; what waits runs on the shard.
class Client {
public:
    Client(Shards& shards, std::unique_ptr<Stream> stream)
        : shards_(shards), stream_(std::move(stream)) {}
    ~Client() { close(); }

    void close() {
        if (stream_) {
            on_shard([this]() { stream_->close(); });
            on_shard([this]() { stream_.reset(); });
        }
    }
    void send(std::string bytes) {
        asio::co_spawn(shards_.executor(0), write(std::move(bytes)), asio::use_future).get();
    }
    std::string receive(std::size_t size) {
        return asio::co_spawn(shards_.executor(0), read(size), asio::use_future).get();
    }
    // A message with a letter; letter 0 when the connection is over.
    Answer answer() {
        const std::string head = receive(5);
        if (head.size() < 5) {
            return {};
        }
        const auto length = *must(message_length(std::string_view(head).substr(1), 4, 1 << 24));
        return {head[0], receive(length - 4)};
    }
    // Until ReadyForQuery, that included.
    std::vector<Answer> answers() {
        std::vector<Answer> out;
        do {
            out.push_back(answer());
        } while (out.back().letter != 'Z' && out.back().letter != 0);
        return out;
    }
    std::vector<Answer> query(std::string_view sql) {
        send(message('Q', std::string(sql) + '\0'));
        return answers();
    }

    static std::string message(char letter, const std::string& body) {
        std::string out;
        MessageWriter writer(out);
        writer.begin(letter);
        writer.put_bytes(body);
        writer.end();
        return out;
    }
    static std::string word(std::uint32_t number) {
        std::string out;
        MessageWriter(out).put32(number);
        return out;
    }
    static std::string half(std::uint16_t number) {
        std::string out;
        MessageWriter(out).put16(number);
        return out;
    }
    static std::string startup(const std::string& user, const std::string& database) {
        const std::string body =
            word(3 << 16) + "user\0"s + user + "\0database\0"s + database + "\0\0"s;
        return word(static_cast<std::uint32_t>(body.size() + 4)) + body;
    }
    static std::string parse(const std::string& name, const std::string& sql) {
        return message('P', name + '\0' + sql + '\0' + half(0));
    }
    static std::string bind(const std::string& portal, const std::string& statement,
                            const std::vector<std::string>& parameters = {}) {
        std::string body = portal + '\0' + statement + '\0' + half(0) +
                           half(static_cast<std::uint16_t>(parameters.size()));
        for (const std::string& parameter : parameters) {
            body += word(static_cast<std::uint32_t>(parameter.size())) + parameter;
        }
        return message('B', body + half(0));
    }
    static std::string execute(const std::string& portal, std::uint32_t rows = 0) {
        return message('E', portal + '\0' + word(rows));
    }
    static std::string sync() { return message('S', ""); }

    // The whole sign-in; the last answer is an error if it did not succeed.
    std::vector<Answer> sign_in(const std::string& user, const std::string& database,
                                std::string_view password);

private:
    template <class Work>
    void on_shard(Work work) {
        std::promise<void> done;
        asio::post(shards_.executor(0), [&] {
            work();
            done.set_value();
        });
        done.get_future().get();
    }
    asio::awaitable<void> write(std::string bytes) {
        (void)co_await asio::async_write(*stream_, asio::buffer(bytes), as_result);
    }
    asio::awaitable<std::string> read(std::size_t size) {
        std::string out(size, '\0');
        const auto [error, count] =
            co_await asio::async_read(*stream_, asio::buffer(out), as_result);
        out.resize(count);
        co_return out;
    }

    Shards& shards_;
    std::unique_ptr<Stream> stream_;
};

inline std::string base64(std::string_view bytes) {
    std::string out(4 * (bytes.size() / 3 + 1) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(size));
    return out;
}

inline std::string unbase64(std::string text) {
    std::string out(text.size(), '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
    out.resize(static_cast<std::size_t>(size) -
               static_cast<std::size_t>(std::ranges::count(text, '=')));
    return out;
}

// RFC 5802, section 3, as a client computes it.
inline std::string proof(std::string_view password, std::string_view salt, int iterations,
                         const std::string& signed_text) {
    security::ScramKey salted{};
    PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                      reinterpret_cast<const unsigned char*>(salt.data()),
                      static_cast<int>(salt.size()), iterations, EVP_sha256(), 32,
                      reinterpret_cast<unsigned char*>(salted.data()));
    const security::ScramKey client_key = security::hmac_sha256(salted, "Client Key");
    security::ScramKey stored{};
    EVP_Digest(client_key.data(), 32, reinterpret_cast<unsigned char*>(stored.data()), nullptr,
               EVP_sha256(), nullptr);
    const security::ScramKey signature = security::hmac_sha256(stored, signed_text);
    std::string out;
    for (std::size_t i = 0; i < 32; ++i) {
        out += static_cast<char>(client_key[i] ^ signature[i]);
    }
    return base64(out);
}

inline std::vector<Answer> Client::sign_in(const std::string& user, const std::string& database,
                                           std::string_view password) {
    send(startup(user, database));
    std::vector<Answer> out = {answer()};
    if (out.back().letter != 'R' || out.back().body.substr(0, 4) != word(10)) {
        return out;
    }
    const std::string first = "n=,r=client";
    const std::string initial = "n,," + first;
    send(message('p',
                 "SCRAM-SHA-256\0"s + word(static_cast<std::uint32_t>(initial.size())) + initial));
    out.push_back(answer());
    if (out.back().letter != 'R') {
        return out;
    }
    const std::string challenge = out.back().body.substr(4);
    const std::size_t salt_at = challenge.find(",s=") + 3;
    const std::size_t count_at = challenge.find(",i=") + 3;
    const std::string nonce = challenge.substr(2, salt_at - 5);
    const std::string salt = unbase64(challenge.substr(salt_at, count_at - 3 - salt_at));
    const std::string last = "c=biws,r=" + nonce;
    send(message('p', last + ",p=" +
                          proof(password, salt, std::stoi(challenge.substr(count_at)),
                                first + "," + challenge + "," + last)));
    const auto rest = answers();
    out.insert(out.end(), rest.begin(), rest.end());
    return out;
}

}  // namespace gantry::pgwire
