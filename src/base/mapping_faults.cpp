// SPDX-License-Identifier: Apache-2.0
#include "base/mapping_faults.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "base/assert.h"

namespace gantry {
namespace {

// Runs between two instructions of anything, so it may only make system calls. The instruction is
// repeated afterwards, and finds the page that was put there.
void put_zeros(int signal, siginfo_t* info, void*) {
    const int errno_before = errno;
    if (info->si_code == BUS_ADRERR) {
        const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
        auto* at =
            reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(info->si_addr) / page * page);
        if (mmap(at, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at) {
            errno = errno_before;
            return;
        }
    }
    // Something else, or out of mappings: the repeated instruction ends the process as ever.
    std::signal(signal, SIG_DFL);
}

}  // namespace

MappingFaults::MappingFaults() {
    struct sigaction wanted{};
    wanted.sa_sigaction = put_zeros;
    wanted.sa_flags = SA_SIGINFO;
    sigemptyset(&wanted.sa_mask);
    ASSERT(sigaction(SIGBUS, &wanted, &before_) == 0);
}

MappingFaults::~MappingFaults() { ASSERT(sigaction(SIGBUS, &before_, nullptr) == 0); }

}  // namespace gantry
