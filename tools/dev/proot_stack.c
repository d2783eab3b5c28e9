// SPDX-License-Identifier: Apache-2.0
// Preloaded into the compilers under proot. It writes translated paths below a program's stack
// pointer; since Linux 6.5 that fails unless the program itself has touched its stack so far down.
#include <sys/resource.h>

__attribute__((constructor)) static void touch_stack(void) {
    const long depth = 6L << 20;
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur >= 8L << 20) {
        *((volatile char*)__builtin_frame_address(0) - depth) = 0;
    }
}
