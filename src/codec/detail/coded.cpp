// SPDX-License-Identifier: Apache-2.0
#include "codec/detail/coded.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>

#include "base/assert.h"
#include "codec/codec.h"
#include "codec/detail/column_writer.h"

namespace gantry::codec::detail {
namespace {

using Numbers = std::span<const std::uint64_t>;

// Numbers below 2^4 are tokens; 60 more lengths, each cut into 2^fine tokens.
constexpr unsigned plain_bits = 4;
constexpr std::uint64_t plain_tokens = std::uint64_t{1} << plain_bits;
constexpr unsigned fine_max = 2;
constexpr std::size_t tokens_max = plain_tokens + ((64 - plain_bits) << fine_max);
static_assert(tokens_max == 256, "a token is a byte");

constexpr unsigned table_log_min = 5;
constexpr unsigned table_log_max = 11;
constexpr std::size_t table_max = std::size_t{1} << table_log_max;

// So many states take turns, so that none waits for the one before.
constexpr std::size_t lanes = 4;

// The first byte: the logarithm of the number of states, and fine.
constexpr unsigned fine_shift = 4;

constexpr std::size_t token_bytes_max =
    (tokens_max * (table_log_max + 1) + (lanes + values_max) * table_log_max) / 8 + 1;
constexpr std::size_t read_slack = 8;

struct Token {
    std::uint8_t token = 0;
    std::uint8_t more = 0;  // so many of the low bits are not told
};

Token token_of(std::uint64_t number, unsigned fine) {
    if (number < plain_tokens) {
        return {static_cast<std::uint8_t>(number), 0};
    }
    const auto length = static_cast<unsigned>(std::bit_width(number)) - 1;
    const unsigned more = length - fine;
    const auto told = static_cast<unsigned>(number >> more) & ((1U << fine) - 1);
    return {static_cast<std::uint8_t>(plain_tokens + ((length - plain_bits) << fine) + told),
            static_cast<std::uint8_t>(more)};
}

// The number without the bits that the token does not tell, and how many these are.
struct Meaning {
    std::uint64_t number = 0;
    unsigned more = 0;
};

Meaning meaning_of(unsigned token, unsigned fine) {
    if (token < plain_tokens) {
        return {token, 0};
    }
    const unsigned above = token - static_cast<unsigned>(plain_tokens);
    const unsigned length = plain_bits + (above >> fine);
    const std::uint64_t head = (std::uint64_t{1} << fine) | (above & ((1U << fine) - 1));
    return {head << (length - fine), length - fine};
}

std::uint64_t low_bits(std::uint64_t word, unsigned count) {
    return word & ((std::uint64_t{1} << count) - 1);
}

// ---- the bits

class BitWriter {
public:
    explicit BitWriter(std::byte* to) : begin_(to), to_(to) {}

    // At most 57 bits.
    void put(std::uint64_t bits, unsigned count) {
        word_ |= bits << filled_;
        filled_ += count;
        std::memcpy(to_, &word_, sizeof(word_));
        to_ += filled_ / 8;
        word_ >>= filled_ / 8 * 8;
        filled_ %= 8;
    }
    std::size_t size() const {
        return static_cast<std::size_t>(to_ - begin_) + (filled_ > 0 ? 1 : 0);
    }

private:
    std::byte* begin_;
    std::byte* to_;
    std::uint64_t word_ = 0;
    unsigned filled_ = 0;
};

// The next bits at a place, at least 57 of them.
std::uint64_t bits_at(const std::byte* bytes, std::size_t place) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + place / 8, sizeof(word));
    return word >> (place % 8);
}

// ---- the tables

using Counts = std::array<std::uint32_t, tokens_max>;

// Which states stand for which token: so many as its count says, spread evenly.
void spread(std::span<const std::uint32_t> counts, unsigned table_log,
            std::array<std::uint8_t, table_max>& token_of_state) {
    const std::size_t size = std::size_t{1} << table_log;
    const std::size_t step = (size >> 1) + (size >> 3) + 3;  // odd, so it comes to every state
    std::size_t at = 0;
    for (std::size_t token = 0; token < counts.size(); ++token) {
        for (std::uint32_t i = 0; i < counts[token]; ++i) {
            token_of_state[at] = static_cast<std::uint8_t>(token);
            at = (at + step) & (size - 1);
        }
    }
}

// Counts that add up to the number of states, none of them 0 that was not.
std::size_t scale_counts(const Counts& counts, std::size_t total, unsigned table_log, Counts& out) {
    const std::size_t size = std::size_t{1} << table_log;
    std::size_t left = size;
    std::size_t used = 0;
    for (std::size_t token = 0; token < tokens_max; ++token) {
        out[token] = 0;
        if (counts[token] > 0) {
            out[token] = static_cast<std::uint32_t>(
                std::max<std::size_t>(1, (counts[token] * size + total / 2) / total));
            left -= out[token];  // wraps when there are too many
            used = token + 1;
        }
    }
    while (left != 0) {
        const bool add = left <= size;
        // Where one more or less costs the least.
        std::size_t best = tokens_max;
        double least = 0;
        for (std::size_t token = 0; token < used; ++token) {
            if (out[token] == 0 || (!add && out[token] == 1)) {
                continue;
            }
            const auto now = static_cast<double>(out[token]);
            const double cost =
                static_cast<double>(counts[token]) * std::log2(now / (add ? now + 1 : now - 1));
            if (best == tokens_max || cost < least) {
                best = token;
                least = cost;
            }
        }
        ASSERT(best < tokens_max);
        out[best] += add ? 1 : ~std::uint32_t{0};
        left -= add ? 1 : ~std::size_t{0};
    }
    return used;
}

std::size_t counts_bits(const Counts& scaled, std::size_t used, unsigned table_log) {
    std::size_t bits = 0;
    std::size_t left = std::size_t{1} << table_log;
    for (std::size_t token = 0; token + 1 < used; ++token) {
        bits += static_cast<std::size_t>(std::bit_width(left));
        left -= scaled[token];
    }
    return bits;
}

struct Entry {
    std::uint16_t next = 0;  // the state, less what is read of it
    std::uint8_t bits = 0;   // so many are read
    std::uint8_t token = 0;
};

void fill_entries(std::span<const std::uint32_t> counts, unsigned table_log,
                  std::array<Entry, table_max>& entries) {
    std::array<std::uint8_t, table_max> token_of_state;
    spread(counts, table_log, token_of_state);
    std::array<std::uint16_t, tokens_max> next;
    std::ranges::copy(counts, next.begin());
    const std::size_t size = std::size_t{1} << table_log;
    for (std::size_t state = 0; state < size; ++state) {
        const std::uint8_t token = token_of_state[state];
        const unsigned from = next[token]++;
        const unsigned bits = table_log + 1 - static_cast<unsigned>(std::bit_width(from));
        entries[state] = {static_cast<std::uint16_t>((from << bits) - size),
                          static_cast<std::uint8_t>(bits), token};
    }
}

// ---- encoding

struct Tokens {
    std::array<Token, values_max> tokens;
    Counts counts{};
    std::size_t more = 0;  // bits of all numbers that no token tells
};

void take_tokens(Numbers numbers, unsigned fine, Tokens& out) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const Token token = token_of(numbers[i], fine);
        out.tokens[i] = token;
        out.more += token.more;
        ++out.counts[token.token];
    }
}

// Bits that a block takes with these counts.
double cost_of(const Tokens& tokens, std::size_t total, unsigned table_log) {
    Counts scaled;
    const std::size_t used = scale_counts(tokens.counts, total, table_log, scaled);
    auto bits =
        static_cast<double>(counts_bits(scaled, used, table_log) + lanes * table_log + tokens.more);
    for (std::size_t token = 0; token < used; ++token) {
        if (scaled[token] > 0) {
            bits += tokens.counts[token] * (table_log - std::log2(scaled[token]));
        }
    }
    return bits;
}

}  // namespace

CodedPlan plan_coded(Numbers numbers) {
    ASSERT(!numbers.empty() && numbers.size() <= values_max);
    CodedPlan best;
    double least = 0;
    for (unsigned fine = 0; fine <= fine_max; ++fine) {
        Tokens tokens;
        take_tokens(numbers, fine, tokens);
        const auto used = static_cast<std::size_t>(
            std::ranges::count_if(tokens.counts, [](std::uint32_t count) { return count > 0; }));
        const auto from =
            std::max<unsigned>(table_log_min + 1, static_cast<unsigned>(std::bit_width(used)) + 1);
        for (unsigned log = from; log <= std::min(from + 3, table_log_max - 1); ++log) {
            const double bits = cost_of(tokens, numbers.size(), log);
            if (best.table_log == 0 || bits < least) {
                least = bits;
                best = {log, fine, 0};
            }
        }
        if (tokens.more == 0) {
            break;  // no number is large
        }
    }
    best.bytes = 2 + static_cast<std::size_t>(least / 8) + 1;
    return best;
}

void write_coded(Numbers numbers, const CodedPlan& plan, ColumnWriter& writer) {
    Tokens tokens;
    take_tokens(numbers, plan.fine, tokens);
    Counts counts;
    const std::size_t used = scale_counts(tokens.counts, numbers.size(), plan.table_log, counts);
    writer.put(static_cast<std::uint8_t>(plan.table_log | plan.fine << fine_shift));
    writer.put(static_cast<std::uint8_t>(used - 1));

    const std::size_t size = std::size_t{1} << plan.table_log;
    std::array<std::uint8_t, table_max> token_of_state;
    spread(std::span(counts).first(used), plan.table_log, token_of_state);
    // The states of each token one behind another, in their order.
    std::array<std::uint32_t, tokens_max> begin{};
    std::exclusive_scan(counts.begin(), counts.end(), begin.begin(), 0U);
    std::array<std::uint16_t, table_max> states;
    auto next = begin;
    for (std::size_t state = 0; state < size; ++state) {
        states[next[token_of_state[state]]++] = static_cast<std::uint16_t>(state);
    }
    // From the last number to the first: what a reader finds first is known last.
    struct Piece {
        std::uint16_t bits = 0;
        std::uint8_t count = 0;
    };
    std::array<Piece, values_max> pieces;
    std::array<std::uint32_t, lanes> lane{};
    for (std::size_t i = numbers.size(); i-- > 0;) {
        const std::uint8_t token = tokens.tokens[i].token;
        const std::uint32_t whole = lane[i % lanes] + static_cast<std::uint32_t>(size);
        auto shift = static_cast<unsigned>(std::bit_width(whole) - std::bit_width(counts[token]));
        shift -= (whole >> shift) < counts[token] ? 1 : 0;
        pieces[i] = {static_cast<std::uint16_t>(low_bits(whole, shift)),
                     static_cast<std::uint8_t>(shift)};
        lane[i % lanes] = states[begin[token] + (whole >> shift) - counts[token]];
    }

    std::array<std::byte, token_bytes_max + values_max * 8 + read_slack> room;
    BitWriter bits(room.data());
    std::size_t left = size;
    for (std::size_t token = 0; token + 1 < used; ++token) {
        bits.put(counts[token], static_cast<unsigned>(std::bit_width(left)));
        left -= counts[token];
    }
    for (const std::uint32_t state : lane) {
        bits.put(state, plan.table_log);
    }
    for (const Piece& piece : std::span(pieces).first(numbers.size())) {
        bits.put(piece.bits, piece.count);
    }
    constexpr unsigned half = 32;
    for (std::size_t i = 0; i < numbers.size() && tokens.more > 0; ++i) {
        const unsigned more = tokens.tokens[i].more;
        bits.put(low_bits(numbers[i], std::min(more, half)), std::min(more, half));
        if (more > half) {
            bits.put(low_bits(numbers[i] >> half, more - half), more - half);
        }
    }
    writer.put_all(std::span<const std::byte>(room.data(), bits.size()));
}

// ---- decoding

namespace {

// A column of bytes with room behind it, so that no read of a few bytes too many leaves it.
struct Source {
    std::array<std::byte, token_bytes_max + values_max * 8 + 2 * read_slack> bytes;
    std::size_t size = 0;   // bits
    std::size_t place = 0;  // of the next bit

    explicit Source(ByteView in) {
        const std::size_t taken = std::min(in.size(), bytes.size() - 2 * read_slack);
        std::memcpy(bytes.data(), in.data(), taken);
        // All that tokens can take, and then it is known whether they took too much.
        std::memset(bytes.data() + taken, 0,
                    std::min(token_bytes_max + read_slack, bytes.size() - taken));
        size = taken * 8;
    }
    std::uint64_t take(unsigned count) {
        const std::uint64_t out = low_bits(bits_at(bytes.data(), place), count);
        place += count;
        return out;
    }
    std::size_t left() const { return size - std::min(place, size); }
};

bool take_counts(Source& in, std::size_t used, unsigned table_log, Counts& counts) {
    std::size_t left = std::size_t{1} << table_log;
    for (std::size_t token = 0; token + 1 < used; ++token) {
        counts[token] =
            static_cast<std::uint32_t>(in.take(static_cast<unsigned>(std::bit_width(left))));
        if (counts[token] >= left) {
            return false;  // nothing would be left for the last one
        }
        left -= counts[token];
    }
    counts[used - 1] = static_cast<std::uint32_t>(left);
    return true;
}

// False if the states do not end where they began.
bool take_tokens(Source& in, const std::array<Entry, table_max>& entries, unsigned table_log,
                 std::span<std::uint8_t> tokens) {
    std::array<std::size_t, lanes> state{};
    for (std::size_t& one : state) {
        one = in.take(table_log);
    }
    std::size_t place = in.place;
    static_assert(lanes * table_log_max <= 57, "a word has the bits of all lanes");
    const std::byte* const bytes = in.bytes.data();
    std::size_t i = 0;
    for (; i + lanes <= tokens.size(); i += lanes) {
        std::uint64_t word = bits_at(bytes, place);
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const Entry entry = entries[state[lane]];
            tokens[i + lane] = entry.token;
            state[lane] = entry.next + low_bits(word, entry.bits);
            word >>= entry.bits;
            place += entry.bits;
        }
    }
    for (; i < tokens.size(); ++i) {
        const Entry entry = entries[state[i % lanes]];
        tokens[i] = entry.token;
        state[i % lanes] = entry.next + low_bits(bits_at(bytes, place), entry.bits);
        place += entry.bits;
    }
    in.place = place;
    return std::ranges::all_of(state, [](std::size_t one) { return one == 0; });
}

// Puts the bits that the tokens do not tell to those that they do.
bool take_rest(Source& in, std::span<const std::uint8_t> tokens, std::size_t used, unsigned fine,
               std::span<std::uint64_t> numbers) {
    std::array<Meaning, tokens_max> meanings;
    for (std::size_t token = 0; token < used; ++token) {
        meanings[token] = meaning_of(static_cast<unsigned>(token), fine);
    }
    std::size_t more = 0;
    for (const std::uint8_t token : tokens) {
        more += meanings[token].more;
    }
    if (more > in.left()) {
        return false;
    }
    constexpr unsigned half = 32;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const Meaning& meaning = meanings[tokens[i]];
        std::uint64_t rest = in.take(std::min(meaning.more, half));
        if (meaning.more > half) {
            rest |= in.take(meaning.more - half) << half;
        }
        numbers[i] = meaning.number | rest;
    }
    return true;
}

}  // namespace

bool read_coded(ByteReader& in, std::span<std::uint64_t> numbers) {
    std::uint8_t head = 0;
    std::uint8_t last = 0;
    if (!in.get(head) || !in.get(last)) {
        return false;
    }
    const unsigned table_log = head & ((1U << fine_shift) - 1);
    const unsigned fine = head >> fine_shift;
    const std::size_t used = std::size_t{last} + 1;
    const std::size_t most = plain_tokens + ((64 - plain_bits) << std::min(fine, fine_max));
    if (table_log < table_log_min || table_log > table_log_max || fine > fine_max || used > most) {
        return false;
    }
    Source source(in.rest());
    Counts counts;
    std::array<Entry, table_max> entries;
    std::array<std::uint8_t, values_max> room;
    const auto tokens = std::span(room).first(numbers.size());
    if (!take_counts(source, used, table_log, counts)) {
        return false;
    }
    fill_entries(std::span(counts).first(used), table_log, entries);
    if (!take_tokens(source, entries, table_log, tokens) || source.place > source.size) {
        return false;
    }
    if (used <= plain_tokens) {
        std::ranges::copy(tokens, numbers.begin());
    } else if (!take_rest(source, tokens, used, fine, numbers)) {
        return false;
    }
    ByteView taken;
    return in.get_bytes((source.place + 7) / 8, taken);
}

}  // namespace gantry::codec::detail
