// SPDX-License-Identifier: Apache-2.0
#include "pgwire/messages.h"

#include <algorithm>

namespace gantry::pgwire {
namespace {

constexpr std::uint32_t cancel_code = 80877102;
constexpr std::uint32_t ssl_code = 80877103;
constexpr std::uint32_t gss_code = 80877104;

std::uint32_t big_endian(std::string_view bytes) {
    std::uint32_t out = 0;
    for (const char byte : bytes) {
        out = out << 8 | static_cast<unsigned char>(byte);
    }
    return out;
}

// Takes fields off the front of a message's body. After the first that does not fit, all fail.
class Reader {
public:
    explicit Reader(std::string_view body) : rest_(body) {}

    std::uint16_t take16() { return static_cast<std::uint16_t>(big_endian(take(2))); }
    std::uint32_t take32() { return big_endian(take(4)); }
    char take_letter() {
        const std::string_view one = take(1);
        return one.empty() ? '\0' : one[0];
    }
    std::string_view take(std::size_t size) {
        if (size > rest_.size()) {
            broken_ = true;
            rest_ = {};
            return {};
        }
        const std::string_view out = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return out;
    }
    // Up to a zero byte.
    std::string_view take_text() {
        const std::size_t end = rest_.find('\0');
        if (end == std::string_view::npos) {
            broken_ = true;
            rest_ = {};
            return {};
        }
        const std::string_view out = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return out;
    }
    // How many fields of that size follow, which must be there.
    std::size_t take_count(std::size_t each) {
        const std::size_t count = take16();
        if (count * each > rest_.size()) {
            broken_ = true;
            return 0;
        }
        return count;
    }
    std::string_view rest() const { return rest_; }
    bool broken() const { return broken_; }
    Result<> finish(std::string_view message) const {
        if (broken_ || !rest_.empty()) {
            return fail(Code::InvalidArgument, "the {} message is malformed", message);
        }
        return {};
    }

private:
    std::string_view rest_;
    bool broken_ = false;
};

}  // namespace

Result<std::optional<std::size_t>> message_length(std::string_view bytes, std::size_t least,
                                                  std::size_t most) {
    if (bytes.size() < length_bytes) {
        return std::nullopt;
    }
    const std::size_t length = big_endian(bytes.substr(0, length_bytes));
    if (length < least) {
        return fail(Code::InvalidArgument, "a message says that it is {} bytes long", length);
    }
    if (length > most) {
        return fail(Code::TooLarge, "a message has {} bytes, more than {}", length, most);
    }
    return length;
}

Result<StartupPacket> parse_startup(std::string_view body) {
    Reader in(body);
    const std::uint32_t code = in.take32();
    StartupPacket out;
    if (code == ssl_code || code == gss_code) {
        TRY(in.finish(code == ssl_code ? "SSLRequest" : "GSSENCRequest"));
        out.kind = code == ssl_code ? StartupPacket::Kind::Ssl : StartupPacket::Kind::Gss;
        return out;
    }
    if (code == cancel_code) {
        out.kind = StartupPacket::Kind::Cancel;
        out.process = in.take32();
        out.secret = in.take32();
        TRY(in.finish("CancelRequest"));
        return out;
    }
    if (code >> 16 != 3) {
        return fail(Code::Unsupported, "this speaks version 3 of the protocol, not {}.{}",
                    code >> 16, code & 0xffff);
    }
    out.minor = static_cast<std::uint16_t>(code & 0xffff);
    while (!in.broken()) {
        const std::string_view name = in.take_text();
        if (name.empty()) {
            break;
        }
        const std::string_view value = in.take_text();
        out.parameters.emplace_back(name, value);
    }
    TRY(in.finish("StartupMessage"));
    return out;
}

Result<std::string_view> parse_query(std::string_view body) {
    Reader in(body);
    const std::string_view text = in.take_text();
    TRY(in.finish("Query"));
    return text;
}

Result<ParseMessage> parse_parse(std::string_view body) {
    Reader in(body);
    ParseMessage out;
    out.statement = in.take_text();
    out.query = in.take_text();
    const std::size_t count = in.take_count(4);
    for (std::size_t i = 0; i < count; ++i) {
        out.types.push_back(in.take32());
    }
    TRY(in.finish("Parse"));
    return out;
}

Result<BindMessage> parse_bind(std::string_view body) {
    Reader in(body);
    BindMessage out;
    out.portal = in.take_text();
    out.statement = in.take_text();
    const std::size_t formats = in.take_count(2);
    for (std::size_t i = 0; i < formats; ++i) {
        out.parameter_formats.push_back(static_cast<std::int16_t>(in.take16()));
    }
    const std::size_t parameters = in.take_count(4);
    for (std::size_t i = 0; i < parameters; ++i) {
        const std::uint32_t size = in.take32();
        if (size == 0xffffffff) {
            out.parameters.emplace_back();
        } else {
            out.parameters.emplace_back(in.take(size));
        }
    }
    const std::size_t results = in.take_count(2);
    for (std::size_t i = 0; i < results; ++i) {
        out.result_formats.push_back(static_cast<std::int16_t>(in.take16()));
    }
    TRY(in.finish("Bind"));
    const auto unknown = [](std::int16_t format) { return format != 0 && format != 1; };
    if (std::ranges::any_of(out.parameter_formats, unknown) ||
        std::ranges::any_of(out.result_formats, unknown)) {
        return fail(Code::InvalidArgument, "a format of a Bind message is neither text nor binary");
    }
    return out;
}

Result<ObjectName> parse_object_name(std::string_view body) {
    Reader in(body);
    ObjectName out;
    out.kind = in.take_letter();
    out.name = in.take_text();
    TRY(in.finish("Describe or Close"));
    if (out.kind != 'S' && out.kind != 'P') {
        return fail(Code::InvalidArgument, "a Describe or Close message names neither a statement "
                                           "nor a portal");
    }
    return out;
}

Result<ExecuteMessage> parse_execute(std::string_view body) {
    Reader in(body);
    ExecuteMessage out;
    out.portal = in.take_text();
    out.rows_max = static_cast<std::int32_t>(in.take32());
    TRY(in.finish("Execute"));
    out.rows_max = std::max(out.rows_max, 0);
    return out;
}

Result<SaslInitial> parse_sasl_initial(std::string_view body) {
    Reader in(body);
    SaslInitial out;
    out.mechanism = in.take_text();
    const std::uint32_t size = in.take32();
    out.response = size == 0xffffffff ? std::string_view() : in.take(size);
    TRY(in.finish("SASLInitialResponse"));
    return out;
}

void MessageWriter::put16(std::uint16_t value) {
    out_ += static_cast<char>(value >> 8);
    out_ += static_cast<char>(value & 0xff);
}

void MessageWriter::put32(std::uint32_t value) {
    put16(static_cast<std::uint16_t>(value >> 16));
    put16(static_cast<std::uint16_t>(value & 0xffff));
}

void MessageWriter::put64(std::uint64_t value) {
    put32(static_cast<std::uint32_t>(value >> 32));
    put32(static_cast<std::uint32_t>(value & 0xffffffff));
}

void MessageWriter::put_text(std::string_view text) {
    // What comes after a zero byte would be taken for the next field.
    out_ += text.substr(0, text.find('\0'));
    out_ += '\0';
}

void MessageWriter::begin(char letter) {
    out_ += letter;
    start_ = begin_value();
}

void MessageWriter::end() {
    // The length word of a message counts itself; that of a value does not.
    const auto length = static_cast<std::uint32_t>(out_.size() - start_);
    for (std::size_t i = 0; i < length_bytes; ++i) {
        out_[start_ + i] = static_cast<char>(length >> (24 - 8 * i) & 0xff);
    }
}

std::size_t MessageWriter::begin_value() {
    out_.append(length_bytes, '\0');
    return out_.size() - length_bytes;
}

void MessageWriter::end_value(std::size_t at) {
    const auto length = static_cast<std::uint32_t>(out_.size() - at - length_bytes);
    for (std::size_t i = 0; i < length_bytes; ++i) {
        out_[at + i] = static_cast<char>(length >> (24 - 8 * i) & 0xff);
    }
}

void MessageWriter::bare(char letter) {
    begin(letter);
    end();
}

void MessageWriter::authentication_sasl(std::span<const std::string_view> mechanisms) {
    begin('R');
    put32(10);
    for (const std::string_view mechanism : mechanisms) {
        put_text(mechanism);
    }
    put8(0);
    end();
}

void MessageWriter::authentication_sasl_continue(std::string_view data) {
    begin('R');
    put32(11);
    put_bytes(data);
    end();
}

void MessageWriter::authentication_sasl_final(std::string_view data) {
    begin('R');
    put32(12);
    put_bytes(data);
    end();
}

void MessageWriter::authentication_ok() {
    begin('R');
    put32(0);
    end();
}

void MessageWriter::negotiate_version(std::uint32_t minor,
                                      std::span<const std::string> unknown_options) {
    begin('v');
    put32(3U << 16 | minor);
    put32(static_cast<std::uint32_t>(unknown_options.size()));
    for (const std::string& option : unknown_options) {
        put_text(option);
    }
    end();
}

void MessageWriter::parameter_status(std::string_view name, std::string_view value) {
    begin('S');
    put_text(name);
    put_text(value);
    end();
}

void MessageWriter::backend_key_data(std::uint32_t process, std::uint32_t secret) {
    begin('K');
    put32(process);
    put32(secret);
    end();
}

void MessageWriter::ready_for_query(char state) {
    begin('Z');
    put8(static_cast<std::uint8_t>(state));
    end();
}

void MessageWriter::command_complete(std::string_view tag) {
    begin('C');
    put_text(tag);
    end();
}

void MessageWriter::row_description(std::span<const ColumnDescription> columns) {
    begin('T');
    put16(static_cast<std::uint16_t>(columns.size()));
    for (const ColumnDescription& column : columns) {
        put_text(column.name);
        put32(0);  // of no table
        put16(0);
        put32(column.type);
        put16(static_cast<std::uint16_t>(column.size));
        put32(0xffffffff);  // no modifier
        put16(static_cast<std::uint16_t>(column.format));
    }
    end();
}

void MessageWriter::parameter_description(std::span<const std::uint32_t> types) {
    begin('t');
    put16(static_cast<std::uint16_t>(types.size()));
    for (const std::uint32_t type : types) {
        put32(type);
    }
    end();
}

void MessageWriter::copy_out_response(bool binary, std::size_t columns) {
    begin('H');
    put8(binary ? 1 : 0);
    put16(static_cast<std::uint16_t>(columns));
    for (std::size_t i = 0; i < columns; ++i) {
        put16(binary ? 1 : 0);
    }
    end();
}

void MessageWriter::copy_data(std::string_view data) {
    begin('d');
    put_bytes(data);
    end();
}

void MessageWriter::complain(char letter, const Complaint& complaint) {
    begin(letter);
    const auto field = [this](char name, std::string_view value) {
        put8(static_cast<std::uint8_t>(name));
        put_text(value);
    };
    field('S', complaint.severity);
    field('V', complaint.severity);
    field('C', complaint.state);
    field('M', complaint.message);
    if (!complaint.hint.empty()) {
        field('H', complaint.hint);
    }
    if (complaint.position > 0) {
        field('P', std::to_string(complaint.position));
    }
    put8(0);
    end();
}

}  // namespace gantry::pgwire
