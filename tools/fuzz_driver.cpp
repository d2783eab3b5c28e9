// SPDX-License-Identifier: Apache-2.0
// Stands in for libFuzzer where the compiler has none: replays every file of the corpus, then a
// bounded number of seeded mutations of them. `./dev nightly` runs the real one.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

std::vector<Input> read_corpus(const std::string& folder) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) {
            paths.push_back(entry.path());
        }
    }
    std::ranges::sort(paths);
    std::vector<Input> corpus;
    for (const auto& path : paths) {
        std::ifstream file(path, std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return corpus;
}

void mutate(Input& input, const Input& other, std::mt19937_64& random) {
    const std::size_t changes = 1 + random() % 4;
    for (std::size_t i = 0; i < changes; ++i) {
        const std::size_t at = input.empty() ? 0 : random() % input.size();
        switch (random() % 6) {
            case 0:
                if (!input.empty()) {
                    input[at] ^= static_cast<std::uint8_t>(1U << random() % 8);
                }
                break;
            case 1:
                if (!input.empty()) {
                    constexpr std::uint8_t telling[] = {0x00, 0x7f, 0x80, 0xff, 0x01, 0x20};
                    input[at] = telling[random() % std::size(telling)];
                }
                break;
            case 2:
                input.insert(input.begin() + static_cast<long>(at),
                             static_cast<std::uint8_t>(random()));
                break;
            case 3:
                if (!input.empty()) {
                    input.erase(input.begin() + static_cast<long>(at));
                }
                break;
            case 4: input.resize(at); break;
            default:
                if (!other.empty()) {
                    const std::size_t from = random() % other.size();
                    input.insert(input.begin() + static_cast<long>(at),
                                 other.begin() + static_cast<long>(from), other.end());
                }
        }
    }
    input.resize(std::min<std::size_t>(input.size(), 1 << 16));
}

long option(std::string_view argument, std::string_view name, long otherwise) {
    return argument.starts_with(name) ? std::stol(std::string(argument.substr(name.size())))
                                      : otherwise;
}

}  // namespace

int main(int argc, char** argv) {
    long runs = 0;
    long seed = 1;
    std::vector<Input> corpus;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        runs = option(argument, "-runs=", runs);
        seed = option(argument, "-seed=", seed);
        if (!argument.starts_with("-")) {
            corpus = read_corpus(argument);
        }
    }
    if (corpus.empty()) {
        std::fprintf(stderr, "no corpus: give a folder with at least one input\n");
        return 1;
    }
    for (const Input& input : corpus) {
        LLVMFuzzerTestOneInput(input.data(), input.size());
    }
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    for (long run = 0; run < runs; ++run) {
        Input input = corpus[random() % corpus.size()];
        mutate(input, corpus[random() % corpus.size()], random);
        LLVMFuzzerTestOneInput(input.data(), input.size());
    }
    std::printf("%zu inputs of the corpus, %ld mutations, seed %ld\n", corpus.size(), runs, seed);
    return 0;
}
