# SPDX-License-Identifier: Apache-2.0
# What is made of the modules.

get_property(benches GLOBAL PROPERTY GANTRY_BENCHES)

#   program(<name> <module>): src/bin/<name>.cpp, with _ for each -, which only wires objects of the
#   module together.
function(program name module)
    string(REPLACE "-" "_" file ${name})
    add_executable(${name} ${PROJECT_SOURCE_DIR}/src/bin/${file}.cpp)
    target_link_libraries(${name} PRIVATE gantry_${module})
    gantry_precompile(${name} std)
endfunction()

program(gantry-plant plant)

#   system_test(<name>): tests/system/test_<name>.py runs programs of this build, whole.
function(system_test name)
    add_test(NAME system_${name} COMMAND python3 -m pytest -q -p no:cacheprovider
        ${PROJECT_SOURCE_DIR}/tests/system/test_${name}.py)
    set_tests_properties(system_${name} PROPERTIES LABELS system TIMEOUT 300
        ENVIRONMENT GANTRY_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
endfunction()

system_test(plant)
