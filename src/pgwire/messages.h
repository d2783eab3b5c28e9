// SPDX-License-Identifier: Apache-2.0
// The messages of PostgreSQL's protocol, version 3.0, as bytes: PostgreSQL 17's manual, chapter 53
// ("Frontend/Backend Protocol"). Pure: no socket, nothing is waited for.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace gantry::pgwire {

// The first message of a connection, which has no letter.
struct StartupPacket {
    enum class Kind : unsigned char { Startup, Ssl, Gss, Cancel };
    Kind kind = Kind::Startup;
    std::uint16_t minor = 0;                                      // of version 3
    std::vector<std::pair<std::string, std::string>> parameters;  // Startup
    std::uint32_t process = 0;                                    // Cancel
    std::uint32_t secret = 0;
};

inline constexpr std::size_t startup_bytes_max = 10'000;  // as PostgreSQL has it
inline constexpr std::size_t length_bytes = 4;

// How long the message at the front of `bytes` is, from its length word on; nothing while that has
// not come. InvalidArgument: less than `least` or more than `most`.
Result<std::optional<std::size_t>> message_length(std::string_view bytes, std::size_t least,
                                                  std::size_t most);

// `body` is what follows the length word.
Result<StartupPacket> parse_startup(std::string_view body);

// What a client sends once the connection is set up. Views into the bytes that were parsed.
struct ParseMessage {
    std::string_view statement;
    std::string_view query;
    std::vector<std::uint32_t> types;
};
struct BindMessage {
    std::string_view portal;
    std::string_view statement;
    std::vector<std::int16_t> parameter_formats;
    std::vector<std::optional<std::string_view>> parameters;
    std::vector<std::int16_t> result_formats;
};
// Of Describe and Close.
struct ObjectName {
    char kind = 'S';  // S, P
    std::string_view name;
};
struct ExecuteMessage {
    std::string_view portal;
    std::int32_t rows_max = 0;  // 0: all
};
struct SaslInitial {
    std::string_view mechanism;
    std::string_view response;
};

Result<std::string_view> parse_query(std::string_view body);
Result<ParseMessage> parse_parse(std::string_view body);
Result<BindMessage> parse_bind(std::string_view body);
Result<ObjectName> parse_object_name(std::string_view body);
Result<ExecuteMessage> parse_execute(std::string_view body);
Result<SaslInitial> parse_sasl_initial(std::string_view body);

// One column of a RowDescription.
struct ColumnDescription {
    std::string name;
    std::uint32_t type = 0;
    std::int16_t size = -1;
    std::int16_t format = 0;
};

// What an ErrorResponse or a NoticeResponse says.
struct Complaint {
    std::string_view severity = "ERROR";  // ERROR, FATAL, WARNING
    std::string_view state = "XX000";
    std::string message;
    std::string hint = {};
    std::size_t position = 0;  // of a character, from 1; 0 if none is meant
};

// Appends messages for a client to a string.
class MessageWriter {
public:
    explicit MessageWriter(std::string& out) : out_(out) {}

    void authentication_sasl(std::span<const std::string_view> mechanisms);
    void authentication_sasl_continue(std::string_view data);
    void authentication_sasl_final(std::string_view data);
    void authentication_ok();
    void negotiate_version(std::uint32_t minor, std::span<const std::string> unknown_options);
    void parameter_status(std::string_view name, std::string_view value);
    void backend_key_data(std::uint32_t process, std::uint32_t secret);
    void ready_for_query(char state);
    void command_complete(std::string_view tag);
    void row_description(std::span<const ColumnDescription> columns);
    void parameter_description(std::span<const std::uint32_t> types);
    void copy_out_response(bool binary, std::size_t columns);
    void copy_data(std::string_view data);
    void error(const Complaint& complaint) { complain('E', complaint); }
    void notice(const Complaint& complaint) { complain('N', complaint); }
    // Messages that are only a letter: 1 2 3 I n s c.
    void bare(char letter);

    // Messages of any length, such as a DataRow: begin(), put, end().
    void begin(char letter);
    void end();
    // A length word that is filled in later, as of a value.
    std::size_t begin_value();
    void end_value(std::size_t at);
    void put8(std::uint8_t value) { out_ += static_cast<char>(value); }
    void put16(std::uint16_t value);
    void put32(std::uint32_t value);
    void put64(std::uint64_t value);
    void put_bytes(std::string_view bytes) { out_ += bytes; }
    void put_text(std::string_view text);  // up to a zero byte

    std::string& out() { return out_; }

private:
    void complain(char letter, const Complaint& complaint);

    std::string& out_;
    std::size_t start_ = 0;
};

}  // namespace gantry::pgwire
