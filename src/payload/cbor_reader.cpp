// SPDX-License-Identifier: Apache-2.0
#include "payload/cbor_reader.h"

#include <cmath>
#include <cstring>

#include "base/encoding.h"

namespace gantry::payload {
namespace {

enum class Major : unsigned char { Natural, Negative, Bytes, Text, Array, Map, Tag, Other };

double half(std::uint64_t bits) {
    const int exponent = static_cast<int>(bits >> 10 & 0x1f);
    const auto mantissa = static_cast<double>(bits & 0x3ff);
    double out = 0;
    if (exponent == 0) {
        out = std::ldexp(mantissa, -24);
    } else if (exponent == 31) {
        out = mantissa == 0 ? INFINITY : NAN;
    } else {
        out = std::ldexp(mantissa + 1024, exponent - 25);
    }
    return (bits & 0x8000) != 0 ? -out : out;
}

class CborReader {
public:
    CborReader(std::string_view bytes, Document& out) : bytes_(bytes), out_(out) {}

    Result<> run() {
        const bool sound = item({});
        if (sound && at_ == bytes_.size()) {
            return {};
        }
        const std::string_view what = sound ? "something follows the value" : why_;
        return fail(code_, "the message is no CBOR that is read: byte {}: {}", at_, what);
    }

private:
    struct Head {
        Major major = Major::Natural;
        unsigned info = 0;  // the low five bits
        std::uint64_t value = 0;
        bool indefinite = false;
    };

    bool wrong(std::string_view why) {
        why_ = why;
        return false;
    }
    bool too_much() {
        code_ = Code::TooLarge;
        return wrong("it is nested too deep or has too many values");
    }

    bool head(Head& out) {
        if (at_ == bytes_.size()) {
            return wrong("it ends before a value does");
        }
        const auto first = static_cast<unsigned char>(bytes_[at_++]);
        out = {static_cast<Major>(first >> 5), first & 0x1fU, first & 0x1fU, false};
        if (out.info < 24) {
            return true;
        }
        if (out.info == 31) {
            out.indefinite = true;
            const bool may =
                out.major == Major::Other || (out.major >= Major::Bytes && out.major <= Major::Map);
            return may || wrong("a number or tag has no end");
        }
        if (out.info > 27) {
            return wrong("the head of a value is reserved");
        }
        const std::size_t size = std::size_t{1} << (out.info - 24);
        if (bytes_.size() - at_ < size) {
            return wrong("it ends before a value does");
        }
        out.value = 0;
        for (std::size_t i = 0; i < size; ++i) {
            out.value = out.value << 8 | static_cast<unsigned char>(bytes_[at_++]);
        }
        return true;
    }

    bool at_break() {
        if (at_ < bytes_.size() && static_cast<unsigned char>(bytes_[at_]) == 0xff) {
            ++at_;
            return true;
        }
        return false;
    }

    bool piece(const Head& head, std::string_view& out) {
        if (head.value > bytes_.size() - at_) {
            return wrong("a text is longer than the message");
        }
        out = bytes_.substr(at_, static_cast<std::size_t>(head.value));
        at_ += out.size();
        return head.major != Major::Text || is_utf8(out) || wrong("a text is not UTF-8");
    }

    // A text or byte string, in one piece or several.
    bool string(const Head& head, std::string_view& out) {
        if (!head.indefinite) {
            if (!piece(head, out)) {
                return false;
            }
        } else {
            const std::size_t from = out_.kept();
            while (!at_break()) {
                Head part;
                std::string_view text;
                if (!this->head(part)) {
                    return false;
                }
                if (part.major != head.major || part.indefinite) {
                    return wrong("a piece of a text is none");
                }
                if (!piece(part, text)) {
                    return false;
                }
                out_.keep(text);
            }
            out = out_.kept_since(from);
        }
        if (head.major == Major::Bytes) {
            const std::string text = to_base64url(as_bytes(out));
            const std::size_t from = out_.kept();
            out_.keep(text);
            out = out_.kept_since(from);
        }
        return true;
    }

    bool key(std::string_view& out) {
        Head head;
        if (!untagged(head)) {
            return false;
        }
        if (head.major == Major::Text) {
            return string(head, out);
        }
        if (head.major > Major::Negative) {
            return wrong("a key of a map is neither a text nor a whole number");
        }
        const std::size_t from = out_.kept();
        if (head.major == Major::Negative) {
            if (head.value > INT64_MAX) {
                return wrong("a number is below the smallest int64");
            }
            out_.keep(std::to_string(-1 - static_cast<std::int64_t>(head.value)));
        } else {
            out_.keep(std::to_string(head.value));
        }
        out = out_.kept_since(from);
        return true;
    }

    bool untagged(Head& out) {
        do {
            if (!head(out)) {
                return false;
            }
        } while (out.major == Major::Tag);
        return true;
    }

    bool item(std::string_view key) {
        Head head;
        return untagged(head) && value(head, key);
    }

    bool value(const Head& head, std::string_view key) {
        std::string_view text;
        switch (head.major) {
            case Major::Natural: return out_.natural(head.value, key) || too_much();
            case Major::Negative:
                if (head.value > INT64_MAX) {
                    return wrong("a number is below the smallest int64");
                }
                return out_.whole(-1 - static_cast<std::int64_t>(head.value), key) || too_much();
            case Major::Bytes:
            case Major::Text: return string(head, text) && (out_.text(text, key) || too_much());
            case Major::Array:
            case Major::Map: return container(head, key);
            case Major::Other: return simple(head, key);
            case Major::Tag: break;
        }
        return wrong("the head of a value is reserved");
    }

    bool container(const Head& head, std::string_view key) {
        const bool map = head.major == Major::Map;
        // Each takes a byte at least: what says more is not believed.
        if (!head.indefinite && head.value > (bytes_.size() - at_) / (map ? 2 : 1)) {
            return wrong("an array or map has more in it than the message");
        }
        if (!out_.open(map ? Kind::Object : Kind::Array, key)) {
            return too_much();
        }
        for (std::uint64_t left = head.value; head.indefinite ? !at_break() : left-- > 0;) {
            std::string_view name;
            if ((map && !this->key(name)) || !item(name)) {
                return false;
            }
        }
        out_.close();
        return true;
    }

    bool simple(const Head& head, std::string_view key) {
        bool added = false;
        switch (head.info) {
            case 20:
            case 21: added = out_.flag(head.info == 21, key); break;
            case 22:
            case 23: added = out_.null(key); break;
            case 25: added = out_.number(half(head.value), key); break;
            case 26:
                added =
                    out_.number(std::bit_cast<float>(static_cast<std::uint32_t>(head.value)), key);
                break;
            case 27: added = out_.number(std::bit_cast<double>(head.value), key); break;
            case 31: return wrong("a break ends nothing");
            default: return wrong("a simple value has no meaning");
        }
        return added || too_much();
    }

    std::string_view bytes_;
    Document& out_;
    std::size_t at_ = 0;
    std::string_view why_;
    Code code_ = Code::InvalidArgument;
};

}  // namespace

Result<> read_cbor(std::string_view bytes, Document& document) {
    return CborReader(bytes, document).run();
}

}  // namespace gantry::payload
