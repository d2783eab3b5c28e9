# SPDX-License-Identifier: Apache-2.0
# Checks of the sources themselves, as tests.

find_package(Python3 REQUIRED COMPONENTS Interpreter)
foreach(check tidy tidy_test)
    add_test(NAME ${check} COMMAND Python3::Interpreter -B ${PROJECT_SOURCE_DIR}/tools/${check}.py)
    set_tests_properties(${check} PROPERTIES LABELS unit TIMEOUT 120)
endforeach()
