// SPDX-License-Identifier: Apache-2.0
// What the addresses of all protocols share: how a text is read from left to right with complaints
// that name the place, and "*scale+offset db= max= grp=". Pure.
#pragma once

#include <charconv>
#include <string>
#include <string_view>

#include "base/time.h"

namespace gantry::connector {

inline constexpr std::size_t group_length_max = 64;

struct Deadband {
    double amount = 0;
    bool percent = false;  // of the property's range

    bool operator==(const Deadband&) const = default;
};

// value = raw * scale + offset.
struct Scaling {
    double scale = 1;
    double offset = 0;

    bool scaled() const { return scale != 1 || offset != 0; }
    bool operator==(const Scaling&) const = default;
};

// Reads an address from left to right. Every complaint is InvalidArgument with the field
// "/address".
class TagText {
public:
    explicit TagText(std::string_view text) : text_(text) {}

protected:
    std::unexpected<Error> complain(std::string_view what) const { return complain_at(at_, what); }
    std::unexpected<Error> complain_at(std::size_t place, std::string_view what) const;

    std::string_view text() const { return text_; }
    std::string_view rest() const { return text_.substr(at_); }
    bool at_end() const { return at_ == text_.size(); }
    bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
    bool take(char c) {
        const bool found = next_is(c);
        at_ += found ? 1 : 0;
        return found;
    }
    // Up to the next character of the set, or the end.
    std::string_view take_until(std::string_view stops) {
        const std::string_view word = rest().substr(0, rest().find_first_of(stops));
        at_ += word.size();
        return word;
    }
    template <class T>
    bool take_number(T& out) {
        const char* begin = text_.data() + at_;
        const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), out);
        if (error != std::errc()) {
            return false;
        }
        at_ += static_cast<std::size_t>(end - begin);
        return true;
    }

    // A whole number in another radix, without a sign.
    template <class T>
    bool take_whole(T& out, unsigned radix) {
        const char* begin = text_.data() + at_;
        const auto [end, error] =
            std::from_chars(begin, text_.data() + text_.size(), out, static_cast<int>(radix));
        if (error != std::errc()) {
            return false;
        }
        at_ += static_cast<std::size_t>(end - begin);
        return true;
    }

    // "*0.1+5"; either part may be missing.
    Result<> take_scale(double& scale, double& offset);
    // The value of an option, which stands at `place`.
    Result<> read_deadband(std::string_view value, std::size_t place, Deadband& out) const;
    Result<> read_silence(std::string_view value, std::size_t place, Duration& out) const;
    Result<> read_group(std::string_view value, std::size_t place, std::string& out) const;

    std::size_t at_ = 0;

private:
    std::string_view text_;
};

// As it is written in an address: "" for none, "*0.1+5".
std::string format_scale(double scale, double offset);
// " db=0.5%"
std::string format_deadband(const Deadband& deadband);

}  // namespace gantry::connector
