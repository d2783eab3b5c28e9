// SPDX-License-Identifier: Apache-2.0
// The shapes of data that tests and benchmarks of the codecs use. Not part of the program.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <format>
#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"

namespace gantry::codec {

template <class T>
struct ShapeOf {
    std::string name;
    std::function<std::vector<T>(SeededRandom&, std::size_t)> make;
};
using Shape = ShapeOf<std::uint64_t>;
using TimeShape = ShapeOf<Time>;

// A shape whose values come from `next(random)`, which may remember.
template <class T, class Start>
auto each(Start start) {
    return [start](SeededRandom& random, std::size_t count) {
        auto next = start(random);
        std::vector<T> out(count);
        for (T& value : out) {
            value = static_cast<T>(next());
        }
        return out;
    };
}

template <class Start>
auto each_float(Start start) {
    return each<std::uint64_t>([start](SeededRandom& random) {
        return [next = start(random)]() mutable {
            return std::bit_cast<std::uint64_t>(static_cast<double>(next()));
        };
    });
}

inline auto decimals(int digits, std::uint64_t reach) {
    return each_float([=](SeededRandom& random) {
        return [=, &random] {
            const double number =
                static_cast<double>(random.below(reach)) - static_cast<double>(reach) / 2;
            const double shifted = number / std::pow(10.0, digits);
            return shifted == 0 ? 0.0 : shifted;
        };
    });
}

inline std::vector<Shape> decimal_shapes() {
    std::vector<Shape> out;
    for (int digits = 0; digits <= 6; ++digits) {
        out.push_back({std::format("decimals of {} digits", digits),
                       decimals(digits, std::uint64_t{1} << (10 + 3 * digits))});
    }
    out.push_back({"constant", [](SeededRandom& random, std::size_t count) {
                       return std::vector(count, random.next());
                   }});
    out.push_back({"setpoint", each_float([](SeededRandom& random) {
                       return [&random, value = 20.0]() mutable {
                           value = random.chance(0.01) ? random.fraction() : value;
                           return value;
                       };
                   })});
    out.push_back({"few levels", each_float([](SeededRandom& random) {
                       return [&random] {
                           return std::sqrt(static_cast<double>(random.below(5) + 2));
                       };
                   })});
    out.push_back({"temperature walk", each_float([](SeededRandom& random) {
                       return [&random, at = std::int64_t{2150}]() mutable {
                           at += static_cast<std::int64_t>(random.below(7)) - 3;
                           return static_cast<double>(at) / 100;
                       };
                   })});
    out.push_back({"air pressure", each_float([](SeededRandom& random) {
                       return [&random, at = std::int64_t{1'013'250}]() mutable {
                           at += static_cast<std::int64_t>(random.below(1200)) - 600;
                           return static_cast<double>(at) / 1000;
                       };
                   })});
    return out;
}

inline std::vector<Shape> instrument_shapes() {
    std::vector<Shape> out;
    out.push_back({"decimals with faults", each_float([](SeededRandom& random) {
                       return [&random] {
                           return random.chance(0.005)
                                      ? std::bit_cast<double>(0x7ff8000000000000 | random.below(9))
                                      : static_cast<double>(1 + random.below(4000)) / 10;
                       };
                   })});
    out.push_back({"float32 decimals", each_float([](SeededRandom& random) {
                       return [&random] {
                           return static_cast<float>(static_cast<double>(1 + random.below(2000)) /
                                                     10);
                       };
                   })});
    out.push_back({"float32 noise", each_float([](SeededRandom& random) {
                       return [&random] { return static_cast<float>(1 + random.fraction()); };
                   })});
    out.push_back({"converter counts", each_float([](SeededRandom& random) {
                       return [&random] {
                           return (10.0 / 4095) * static_cast<double>(random.below(4096));
                       };
                   })});
    out.push_back({"converter counts with an offset", each_float([](SeededRandom& random) {
                       return [&random] {
                           return -40 + (160.0 / 65535) * static_cast<double>(random.below(65536));
                       };
                   })});
    return out;
}

inline std::vector<Shape> bit_shapes() {
    std::vector<Shape> out;
    out.push_back({"smooth curve", each_float([](SeededRandom& random) {
                       return [at = random.fraction()]() mutable {
                           at += 1e-7;
                           return std::sin(at);
                       };
                   })});
    out.push_back({"any pattern", [](SeededRandom& random, std::size_t count) {
                       std::vector<std::uint64_t> bits(count);
                       std::ranges::generate(bits, [&] { return random.next(); });
                       return bits;
                   }});
    out.push_back({"corners", [](SeededRandom& random, std::size_t count) {
                       constexpr std::array<std::uint64_t, 14> corners = {0,
                                                                          1,
                                                                          0x8000000000000000,
                                                                          0x7ff0000000000000,
                                                                          0xfff0000000000000,
                                                                          0x7ff8000000000001,
                                                                          0xfff8dead0000beef,
                                                                          0x7ff0000000000001,
                                                                          0x7fffffffffffffff,
                                                                          0xffffffffffffffff,
                                                                          0x000fffffffffffff,
                                                                          0x7fefffffffffffff,
                                                                          0x4340000000000000,
                                                                          0x3ff0000000000000};
                       const std::size_t kinds = 2 + random.below(corners.size() - 1);
                       std::vector<std::uint64_t> bits(count);
                       std::ranges::generate(bits, [&] {
                           return kinds == corners.size() && random.chance(0.5)
                                      ? random.next()
                                      : corners[random.below(kinds)];
                       });
                       return bits;
                   }});
    return out;
}

inline std::vector<Shape> float_shapes() {
    std::vector<Shape> out = decimal_shapes();
    for (const auto& more : {instrument_shapes(), bit_shapes()}) {
        out.insert(out.end(), more.begin(), more.end());
    }
    return out;
}

inline std::vector<Shape> integer_shapes() {
    using Number = std::uint64_t;
    std::vector<Shape> out;
    out.push_back({"constant", [](SeededRandom& random, std::size_t count) {
                       return std::vector(count, random.next());
                   }});
    out.push_back({"state", each<Number>([](SeededRandom& random) {
                       return [&random, state = Number{1}]() mutable {
                           state = random.chance(0.01) ? random.below(100) : state;
                           return state;
                       };
                   })});
    out.push_back({"few levels", each<Number>([](SeededRandom& random) {
                       return [&random] {
                           return std::array<Number, 5>{7, 1'000'003, 0 - Number{5}, 90'001,
                                                        1}[random.below(5)];
                       };
                   })});
    out.push_back({"small", each<Number>([](SeededRandom& random) {
                       return [&random] { return random.below(200) - 100; };
                   })});
    out.push_back({"walk", each<Number>([](SeededRandom& random) {
                       return [&random, at = Number{50'000}]() mutable {
                           return at += random.below(7) - 3;
                       };
                   })});
    out.push_back({"rounded walk", each<Number>([](SeededRandom& random) {
                       return [&random, at = 50.0]() mutable {
                           for (int i = 0; i < 12; ++i) {
                               at += random.fraction() - 0.5;
                           }
                           at = std::clamp(at, 0.0, 100.0);
                           return static_cast<Number>(at);
                       };
                   })});
    out.push_back({"steady counter", each<Number>([](SeededRandom& random) {
                       return [&random, at = random.next() >> 20, rate = Number{5000}]() mutable {
                           rate += random.below(5) - 2;
                           return at += rate;
                       };
                   })});
    out.push_back({"counter", each<Number>([](SeededRandom& random) {
                       return [&random, at = random.next() >> 20]() mutable {
                           return at += random.below(16);
                       };
                   })});
    out.push_back({"counter with resets", each<Number>([](SeededRandom& random) {
                       return [&random, at = Number{1'000'000}]() mutable {
                           at = random.chance(0.002) ? 0 : at + random.below(16);
                           return at;
                       };
                   })});
    out.push_back({"multiples", each<Number>([](SeededRandom& random) {
                       return [&random] { return 250 * random.below(200) + 77; };
                   })});
    out.push_back({"any pattern", [](SeededRandom& random, std::size_t count) {
                       std::vector<Number> bits(count);
                       std::ranges::generate(bits, [&] { return random.next(); });
                       return bits;
                   }});
    out.push_back({"of any width", [](SeededRandom& random, std::size_t count) {
                       const Number base = random.next();
                       const std::uint64_t shift = random.below(64);
                       std::vector<Number> bits(count);
                       std::ranges::generate(bits, [&] { return base + (random.next() >> shift); });
                       return bits;
                   }});
    out.push_back(
        {"extremes", [](SeededRandom& random, std::size_t count) {
             constexpr std::array<Number, 6> corners = {
                 0x8000000000000000, 0x7fffffffffffffff, 0, 1, ~Number{0}, 0x8000000000000001};
             std::vector<Number> bits(count);
             std::ranges::generate(bits, [&] {
                 return random.chance(0.1) ? random.next() : corners[random.below(corners.size())];
             });
             return bits;
         }});
    out.push_back({"multiples with far ones", each<Number>([](SeededRandom& random) {
                       return [&random] {
                           const Number far =
                               random.chance(0.01) ? random.next() : random.below(99);
                           return 1000 * far;
                       };
                   })});
    return out;
}

inline std::vector<TimeShape> time_shapes() {
    std::vector<TimeShape> out;
    constexpr Time ms = 1'000'000;
    constexpr Time start = 1'700'000'000'000 * ms;
    const auto steps = [](auto step) {
        return each<Time>([step](SeededRandom& random) {
            return [&random, step, at = start]() mutable { return at += step(random); };
        });
    };
    out.push_back({"regular", steps([](SeededRandom&) { return 1000 * ms; })});
    out.push_back({"regular with gaps", steps([](SeededRandom& random) {
                       return random.chance(0.003)
                                  ? static_cast<Time>(1 + random.below(86'400'000)) * ms
                                  : 1000 * ms;
                   })});
    out.push_back({"regular with missing rows", steps([](SeededRandom& random) {
                       Time step = 10'000 * ms;
                       while (random.chance(0.1)) {
                           step += 10'000 * ms;
                       }
                       return step;
                   })});
    out.push_back({"jitter of 4 ms, whole ms", steps([](SeededRandom& random) {
                       return static_cast<Time>(996 + random.below(9)) * ms;
                   })});
    out.push_back({"jitter in ns", steps([](SeededRandom& random) {
                       return 996 * ms + static_cast<Time>(random.below(8 * ms));
                   })});
    out.push_back({"any", [](SeededRandom& random, std::size_t count) {
                       std::vector<Time> times(count);
                       std::ranges::generate(times,
                                             [&] { return static_cast<Time>(random.next()); });
                       times.front() = random.chance(0.5) ? time_min : times.front();
                       times.back() = random.chance(0.5) ? time_max : times.back();
                       std::ranges::sort(times);
                       times.erase(std::ranges::unique(times).begin(), times.end());
                       return times;
                   }});
    return out;
}

}  // namespace gantry::codec
