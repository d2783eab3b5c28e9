// SPDX-License-Identifier: Apache-2.0
#include "connector/opcua/address.h"

#include <algorithm>
#include <cmath>
#include <format>

#include "base/base64.h"
#include "base/encoding.h"

namespace gantry::connector::opcua {
namespace {

constexpr std::string_view form_help = "a node is written as ns=2;s=Line1.Temp, ns=2;i=42, "
                                       "ns=2;g=<guid>, ns=2;b=<base64>, or with the "
                                       "namespace's URI as nsu=http://plant.example/;s=Line1.Temp";
constexpr std::string_view options_help =
    "after the node come [index], *scale+offset, db= and grp=, with blanks between";
constexpr std::string_view end_of_node = "--";
constexpr std::size_t guid_characters = 36;

// Whether a word after a blank is meant as an option. What is not belongs to the identifier, since
// identifiers may have blanks in them.
bool looks_like_option(std::string_view word) {
    if (word.starts_with("db=") || word.starts_with("grp=") || word == end_of_node) {
        return true;
    }
    if (word.size() > 1 && (word[0] == '*' || word[0] == '+' || word[0] == '-')) {
        return (word[1] >= '0' && word[1] <= '9') || word[1] == '.' || word[1] == '-';
    }
    return word.size() > 2 && word.front() == '[' && word.back() == ']' &&
           std::ranges::all_of(word.substr(1, word.size() - 2),
                               [](char c) { return c >= '0' && c <= '9'; });
}

// Where the node ends: before the last run of words that are all options.
std::size_t node_length(std::string_view text) {
    std::size_t end = text.size();
    while (end > 0 && text[end - 1] == ' ') {
        --end;
    }
    while (true) {
        const std::size_t blank = text.substr(0, end).rfind(' ');
        if (blank == std::string_view::npos ||
            !looks_like_option(text.substr(blank + 1, end - blank - 1))) {
            return end;
        }
        const bool marked = text.substr(blank + 1, end - blank - 1) == end_of_node;
        end = blank;
        while (!marked && end > 0 && text[end - 1] == ' ') {
            --end;
        }
        if (marked) {
            return end;
        }
    }
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool read_guid(std::string_view text, std::string& out) {
    if (text.size() != guid_characters) {
        return false;
    }
    for (std::size_t i = 0; i < text.size();) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (text[i++] != '-') {
                return false;
            }
            continue;
        }
        const int high = hex_digit(text[i]);
        const int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return true;
}

std::string write_guid(std::string_view bytes) {
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            out += '-';
        }
        out += std::format("{:02x}", static_cast<unsigned char>(bytes[i]));
    }
    return out;
}

// ';' and '%' of a URI are written as %3B and %25 (OPC 10000-6, 5.1.12).
std::string unescape_uri(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view three = text.substr(i, 3);
        if (three == "%3B" || three == "%3b") {
            out += ';';
            i += 2;
        } else if (three == "%25") {
            out += '%';
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::string escape_uri(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c == ';' ? "%3B" : c == '%' ? "%25" : std::string(1, c);
    }
    return out;
}

class Parser : private TagText {
public:
    explicit Parser(std::string_view text) : TagText(text) {}

    Result<NodeName> node(std::size_t end) {
        if (text().size() > address_bytes_max) {
            return complain("the address is longer than 1024 bytes");
        }
        if (text().find('\0') != std::string_view::npos || !is_utf8(text())) {
            return complain("it is not a UTF-8 text");
        }
        NodeName out;
        TRY(space(out));
        if (end < at_ + 2 || text()[at_ + 1] != '=') {
            return complain(form_help);
        }
        const char kind = text()[at_];
        at_ += 2;
        const std::string_view id = text().substr(at_, end - at_);
        if (id.empty() || id.size() > identifier_bytes_max) {
            return complain("the identifier has 1 to 512 bytes");
        }
        TRY(identifier(kind, id, out));
        at_ = end;
        return out;
    }

    Result<Address> address() {
        Address out;
        TRY_ASSIGN(out.node, node(node_length(text())));
        while (!at_end()) {
            if (!take(' ')) {
                return complain(options_help);
            }
            if (at_end() || next_is(' ')) {
                continue;
            }
            TRY(option(out));
        }
        return out;
    }

private:
    Result<> space(NodeName& out) {
        if (rest().starts_with("nsu=")) {
            at_ += 4;
            const std::size_t place = at_;
            const std::string_view uri = take_until(";");
            if (uri.empty() || !take(';')) {
                return complain_at(place, "after nsu= come the namespace's URI and ';'");
            }
            out.space_uri = unescape_uri(uri);
        } else if (rest().starts_with("ns=")) {
            at_ += 3;
            const std::size_t place = at_;
            if (!take_number(out.space) || !take(';')) {
                return complain_at(place, "after ns= come a number from 0 to 65535 and ';'");
            }
        } else if (rest().starts_with("svr=")) {
            return complain("nodes of other servers (svr=) cannot be read: connect to that server");
        }
        return {};
    }

    Result<> identifier(char kind, std::string_view id, NodeName& out) const {
        switch (kind) {
            case 'i': {
                out.kind = IdKind::Numeric;
                const auto [end, error] =
                    std::from_chars(id.data(), id.data() + id.size(), out.number);
                if (error != std::errc() || end != id.data() + id.size()) {
                    return complain("after i= comes a whole number from 0 to 4294967295. "
                                    "Options follow after a blank");
                }
                return {};
            }
            case 's':
                out.kind = IdKind::Text;
                out.text = id;
                return {};
            case 'g':
                out.kind = IdKind::Guid;
                if (!read_guid(id, out.text)) {
                    return complain("after g= comes a GUID, as "
                                    "09087e75-8e5e-499b-954f-f2a9603db28a");
                }
                return {};
            case 'b': {
                out.kind = IdKind::Opaque;
                const auto bytes = from_base64(id);
                if (!bytes || bytes->empty()) {
                    return complain("after b= come bytes in base64");
                }
                out.text.assign(reinterpret_cast<const char*>(bytes->data()), bytes->size());
                return {};
            }
            default: return complain_at(at_ - 2, form_help);
        }
    }

    Result<> option(Address& out) {
        const std::size_t place = at_;
        if (rest().starts_with(end_of_node) && (rest().size() == 2 || rest()[2] == ' ')) {
            at_ += 2;
            return {};
        }
        if (take('[')) {
            std::uint32_t index = 0;
            if (out.index || !take_number(index) || !take(']')) {
                return complain_at(place, "one index of an array is possible, as in [3]");
            }
            out.index = index;
            return {};
        }
        if (next_is('*') || next_is('+') || next_is('-')) {
            if (out.scaling != Scaling{}) {
                return complain("scale and offset are written once, as in *0.1+5");
            }
            TRY(take_scale(out.scaling.scale, out.scaling.offset));
            return at_end() || next_is(' ') ? Result<>{} : complain(options_help);
        }
        const std::string_view name = take_until("= ");
        if (!take('=')) {
            return complain_at(place, options_help);
        }
        const std::size_t value_place = at_;
        const std::string_view value = take_until(" ");
        if (name == "db") {
            return read_deadband(value, value_place, out.deadband.emplace());
        }
        if (name == "grp") {
            return read_group(value, value_place, out.group);
        }
        return complain_at(place, options_help);
    }
};

}  // namespace

Result<Address> parse_address(std::string_view text) { return Parser(text).address(); }

Result<NodeName> parse_node(std::string_view text) { return Parser(text).node(text.size()); }

std::string format_node(const NodeName& node) {
    std::string out;
    if (!node.space_uri.empty()) {
        out = std::format("nsu={};", escape_uri(node.space_uri));
    } else if (node.space != 0) {
        out = std::format("ns={};", node.space);
    }
    switch (node.kind) {
        case IdKind::Numeric: return out + std::format("i={}", node.number);
        case IdKind::Text: return out + "s=" + node.text;
        case IdKind::Guid: return out + "g=" + write_guid(node.text);
        case IdKind::Opaque: return out + "b=" + to_base64(node.text);
    }
    return out;
}

std::string format_address(const Address& address) {
    std::string out = format_node(address.node);
    if (node_length(out) != out.size()) {
        out += ' ';
        out += end_of_node;
    }
    if (address.index) {
        out += std::format(" [{}]", *address.index);
    }
    if (address.scaling.scaled()) {
        out += ' ' + format_scale(address.scaling.scale, address.scaling.offset);
    }
    if (address.deadband) {
        out += format_deadband(*address.deadband);
    }
    if (address.group != "default") {
        out += " grp=" + address.group;
    }
    return out;
}

}  // namespace gantry::connector::opcua
