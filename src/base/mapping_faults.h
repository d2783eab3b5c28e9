// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>

namespace gantry {

// A page of a mapped file that the medium cannot give back, or that is not in the file any more,
// ends the process with SIGBUS. While one of these lives, such a page reads as zeros instead: for
// tools that know by checksums what is not as it was written, and are to tell of it and go on. The
// page stays so for as long as the file is mapped. Not for what serves data, nor for what writes.
//
// It is for the whole process, so there is one at a time, and no thread but the one that makes it
// should read mappings meanwhile that are to end the process.
class MappingFaults {
public:
    MappingFaults();
    MappingFaults(const MappingFaults&) = delete;
    MappingFaults& operator=(const MappingFaults&) = delete;
    ~MappingFaults();

private:
    struct sigaction before_{};
};

}  // namespace gantry
