# SPDX-License-Identifier: Apache-2.0
# How every file of ours is compiled.

add_library(gantry_options INTERFACE)
target_compile_options(gantry_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror
    -march=x86-64-v2 -fno-omit-frame-pointer -fstack-protector-strong -fpch-preprocess -fPIE)
target_compile_definitions(gantry_options INTERFACE _GLIBCXX_ASSERTIONS)
target_link_libraries(gantry_options INTERFACE Threads::Threads)

# A build is gigabytes, and most of them say which line an address belongs to, or are there twice: the
# first are compressed, and a library of ours holds only where its objects are.
target_compile_options(gantry_options INTERFACE -gz=zstd)
target_link_options(gantry_options INTERFACE -Wl,--compress-debug-sections=zstd)
set(CMAKE_CXX_ARCHIVE_CREATE "<CMAKE_AR> qcT <TARGET> <LINK_FLAGS> <OBJECTS>")
set(CMAKE_CXX_ARCHIVE_APPEND "<CMAKE_AR> qT <TARGET> <LINK_FLAGS> <OBJECTS>")

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 14 reports false positives of these in coroutines and in std::expected (bug 110871 and kin).
    target_compile_options(gantry_options INTERFACE -Wno-maybe-uninitialized -Wno-dangling-reference)
endif()
if(GANTRY_SANITIZE)
    target_compile_options(gantry_options INTERFACE
        -fsanitize=${GANTRY_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(gantry_options INTERFACE -fsanitize=${GANTRY_SANITIZE})
    # Each check has a place in the source, with an address: half of a program is relocations.
    target_link_options(gantry_options INTERFACE -Wl,-z,pack-relative-relocs)
    if(GANTRY_SANITIZE MATCHES "thread")
        # Asio uses fences, which ThreadSanitizer does not follow; its own atomics are followed.
        target_compile_options(gantry_options INTERFACE -Wno-tsan)
    endif()
endif()
if(GANTRY_FUZZ)
    target_compile_options(gantry_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(GANTRY_HARDEN)
    target_compile_options(gantry_options INTERFACE -fcf-protection=full -U_FORTIFY_SOURCE
        -D_FORTIFY_SOURCE=3)
    target_link_options(gantry_options INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
if(GANTRY_PIE)
    target_link_options(gantry_options INTERFACE -fuse-ld=mold -pie)
else()
    target_link_options(gantry_options INTERFACE -fuse-ld=mold -no-pie)
endif()

foreach(kind std asio)
    add_library(gantry_precompiled_${kind} STATIC ${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp)
    target_link_libraries(gantry_precompiled_${kind} PUBLIC gantry_options)
endforeach()
target_link_libraries(gantry_precompiled_asio PUBLIC dep::asio)
# Found by an include path, so that no path of this checkout stands in what ccache compares.
foreach(kind std asio)
    target_include_directories(gantry_precompiled_${kind} PRIVATE ${PROJECT_SOURCE_DIR}/cmake)
    target_precompile_headers(gantry_precompiled_${kind} PRIVATE <precompiled_${kind}.h>)
endforeach()

add_library(gantry_testing INTERFACE)
target_include_directories(gantry_testing INTERFACE ${PROJECT_SOURCE_DIR}/src)
