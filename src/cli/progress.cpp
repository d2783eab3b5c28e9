// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <algorithm>
#include <format>
#include <print>

#include "cli/text_width.h"
#include "cli/time_text.h"

namespace gantry::cli {
namespace {

constexpr Duration quiet_time = std::chrono::seconds(1);
constexpr Duration bar_every = std::chrono::milliseconds(100);
constexpr Duration line_every = std::chrono::seconds(10);
constexpr std::size_t bar_columns = 20;

std::string amount(double number, std::string_view unit) {
    return unit == "bytes"
               ? rough_bytes(number)
               : std::format("{} {}", grouped(static_cast<std::uint64_t>(number)), unit);
}

}  // namespace

Progress::Progress(Output& out, const Clock& clock, std::string label, std::uint64_t total,
                   std::string unit)
    : out_(out),
      clock_(clock),
      label_(std::move(label)),
      total_(total),
      unit_(std::move(unit)),
      began_(clock.monotonic()) {}

Progress::~Progress() {
    if (bar_drawn_) {
        std::print(stderr, "\r\x1b[K");
        std::fflush(stderr);
    }
}

std::string Progress::line(std::string_view label, std::uint64_t done, std::uint64_t total,
                           std::string_view unit, Duration elapsed, bool bar) {
    const double seconds = std::max(1e-9, static_cast<double>(elapsed.count()) / 1e9);
    const double rate = static_cast<double>(done) / seconds;
    std::string out(label);
    if (total > 0) {
        const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
        if (bar) {
            const auto full = static_cast<std::size_t>(part * bar_columns);
            out += std::format("  [{}{}]", std::string(full, '#'),
                               std::string(bar_columns - full, '.'));
        }
        out += std::format("  {:.0f} %", part * 100);
    }
    out += std::format(
        "  {}  {}/s", amount(static_cast<double>(done), unit),
        unit == "bytes" ? rough_bytes(rate) : grouped(static_cast<std::uint64_t>(rate)));
    if (total > done && rate > 0) {
        const double left = static_cast<double>(total - done) / rate;
        out += std::format("  {} to go",
                           rough_duration(Duration(static_cast<std::int64_t>(left * 1e9))));
    }
    return out;
}

void Progress::at(std::uint64_t done) {
    if (out_.options().quiet || out_.for_programs()) {
        return;
    }
    const bool bar = out_.options().err_is_tty;
    const Duration now = clock_.monotonic() - began_;
    const Duration every = bar ? bar_every : line_every;
    if (now < quiet_time || (now - shown_ < every && !(bar && shown_ == Duration{0}))) {
        return;
    }
    shown_ = now;
    const std::string text = line(label_, done, total_, unit_, now, bar);
    if (!bar) {
        std::println(stderr, "{}", text);
        return;
    }
    const std::size_t columns = out_.options().columns;
    std::print(stderr, "\r{}\x1b[K", columns > 1 ? shorten(text, columns - 1) : text);
    std::fflush(stderr);
    bar_drawn_ = true;
}

}  // namespace gantry::cli
