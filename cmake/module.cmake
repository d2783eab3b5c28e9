# SPDX-License-Identifier: Apache-2.0
# A module is one static library made of one folder under src/. A dependency must already be a
# target, so the order of src/modules.cmake is the order of the layers and a cycle cannot be written.
#
#   module(<name> [DEPS <modules>...] [LINK <libraries>...] [PRECOMPILE std|asio]
#          [TEST_DEPS <modules>...] [TEST_LINK <libraries>...])
#
# TEST_DEPS and TEST_LINK name what only tests, benchmarks and fuzzers use: modules that the module
# itself knows nothing of, and software of others to test against.
# Files are found by suffix: x.cpp belongs to the library, x_test.cpp to <name>_test, x_bench.cpp to
# gantry-bench, x_fuzz.cpp becomes a program of its own with its corpus in corpus/x/.

set_property(GLOBAL PROPERTY GANTRY_MODULES "")
set_property(GLOBAL PROPERTY GANTRY_BENCHES "")
# Everything that ctest runs of the modules, without the programs: what `./dev test` wants of the
# preset with sanitizers.
add_custom_target(unit_programs)

function(module name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "PRECOMPILE" "DEPS;LINK;TEST_DEPS;TEST_LINK")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "module ${name}: unknown words '${arg_UNPARSED_ARGUMENTS}'")
    endif()
    set(target gantry_${name})
    set(folder ${PROJECT_SOURCE_DIR}/src/${name})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp)
    set(tests ${sources})
    set(benches ${sources})
    set(fuzzers ${sources})
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
    list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")
    list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
    list(FILTER sources EXCLUDE REGEX "_(test|bench|fuzz)\\.cpp$")
    if(NOT sources)
        message(FATAL_ERROR "module ${name}: no source file in ${folder}")
    endif()

    add_library(${target} STATIC ${sources})
    target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${target} PUBLIC gantry_options ${arg_LINK})
    foreach(dependency IN LISTS arg_DEPS arg_TEST_DEPS)
        if(NOT TARGET gantry_${dependency})
            message(FATAL_ERROR "module ${name} may not depend on ${dependency}: it is not a module "
                                "declared above it in src/modules.cmake")
        endif()
    endforeach()
    list(TRANSFORM arg_DEPS PREPEND gantry_)
    list(TRANSFORM arg_TEST_DEPS PREPEND gantry_)
    target_link_libraries(${target} PUBLIC ${arg_DEPS})
    gantry_precompile(${target} "${arg_PRECOMPILE}")
    set_property(GLOBAL APPEND PROPERTY GANTRY_MODULES ${name})

    if(tests)
        gantry_test(${name} ${target} "${arg_PRECOMPILE}" ${tests})
        target_link_libraries(${name}_test PRIVATE ${arg_TEST_DEPS} ${arg_TEST_LINK})
    endif()
    foreach(fuzzer IN LISTS fuzzers)
        gantry_fuzzer(${fuzzer} ${target} "${arg_PRECOMPILE}" ${arg_TEST_DEPS})
    endforeach()
    if(benches)
        set_property(GLOBAL APPEND PROPERTY GANTRY_BENCHES ${benches})
    endif()
endfunction()

# One compilation of the standard headers, and one of Asio, is shared by all who want it.
function(gantry_precompile target kind)
    if(NOT kind)
        set(kind std)
    endif()
    target_precompile_headers(${target} REUSE_FROM gantry_precompiled_${kind})
    if(kind STREQUAL "asio")
        target_link_libraries(${target} PUBLIC dep::asio)
    endif()
endfunction()

function(gantry_test name library precompile)
    set(program ${name}_test)
    add_executable(${program} ${ARGN})
    target_link_libraries(${program} PRIVATE ${library} gantry_testing dep::gtest)
    gantry_precompile(${program} "${precompile}")
    add_dependencies(unit_programs ${program})
    # Two ctest entries a module: the quick tests, and those whose name ends in _slow.
    add_test(NAME ${name} COMMAND ${program} --gtest_brief=1 --gtest_filter=-*_slow)
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 300)
    set(text "")
    foreach(file IN LISTS ARGN)
        file(STRINGS ${file} slow REGEX "_slow\\)")
        string(APPEND text "${slow}")
    endforeach()
    if(text)
        add_test(NAME ${name}_slow COMMAND ${program} --gtest_brief=1 --gtest_filter=*_slow)
        set_tests_properties(${name}_slow PROPERTIES LABELS slow TIMEOUT 1800)
    endif()
endfunction()

# With clang a real libFuzzer; with another compiler the same entry point under a driver of ours
# that replays the corpus and then a bounded number of seeded mutations of it.
function(gantry_fuzzer file library precompile)
    get_filename_component(program ${file} NAME_WE)
    string(REGEX REPLACE "_fuzz$" "" subject ${program})
    get_filename_component(folder ${file} DIRECTORY)
    set(corpus ${folder}/corpus/${subject})
    add_executable(${program} ${file})
    target_link_libraries(${program} PRIVATE ${library} ${ARGN})
    if(GANTRY_FUZZ)
        target_link_options(${program} PRIVATE -fsanitize=fuzzer)
    else()
        target_sources(${program} PRIVATE ${PROJECT_SOURCE_DIR}/tools/fuzz_driver.cpp)
    endif()
    gantry_precompile(${program} "${precompile}")
    add_dependencies(unit_programs ${program})
    add_test(NAME fuzz_${subject} COMMAND ${program} -runs=8000 -seed=1 ${corpus})
    set_tests_properties(fuzz_${subject} PROPERTIES LABELS fuzz TIMEOUT 600)
endfunction()
