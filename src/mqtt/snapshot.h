// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace gantry::mqtt {

// How far Core::snapshot() has come.
class SnapshotProgress {
public:
    bool done() const { return stage_ == Stage::Done; }

private:
    friend class Core;
    enum class Stage : std::uint8_t { Beginning, Retained, Sessions, Done };

    Stage stage_ = Stage::Beginning;
    std::size_t place_ = 0;    // of the retained messages
    std::string client_;       // the last one whose session is in it
    bool has_client_ = false;  // there is one
};

// What came of Core::restore().
struct Restored {
    std::uint64_t records = 0;
    std::uint64_t skipped = 0;  // did not fit: what they build on was lost
    std::string first_skipped;  // which that was, for people; empty
};

}  // namespace gantry::mqtt
