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
program(gantryd daemon)
target_compile_definitions(gantry_daemon PRIVATE GANTRY_VERSION="${PROJECT_VERSION}")
program(gantry cli)
target_compile_definitions(gantry_cli PRIVATE GANTRY_VERSION="${PROJECT_VERSION}")

# What the command line carries in itself: the pack that `gantry demo load` loads.
foreach(part models assets connections)
    embed(gantry_cli gantry_demo_${part} ${PROJECT_SOURCE_DIR}/packs/demo-plant/${part}.json)
endforeach()

# What the API carries in itself: its schemas, and the console as `npm run build` made it.
embed(gantry_api gantry_api_schemas ${PROJECT_SOURCE_DIR}/src/api/schemas.json)
set(console_pack ${CMAKE_BINARY_DIR}/console.pack)
file(GLOB_RECURSE console_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/console/dist/*)
add_custom_command(OUTPUT ${console_pack}
    COMMAND python3 ${PROJECT_SOURCE_DIR}/tools/pack_assets.py ${PROJECT_SOURCE_DIR}/console/dist
        ${console_pack}
    DEPENDS ${PROJECT_SOURCE_DIR}/tools/pack_assets.py ${console_files} VERBATIM)
add_custom_target(console_pack DEPENDS ${console_pack})
add_dependencies(gantry_api console_pack)
embed(gantry_api gantry_console_pack ${console_pack})

#   system_test(<name>): tests/system/test_<name>.py runs programs of this build, whole.
function(system_test name)
    add_test(NAME system_${name} COMMAND python3 -m pytest -q -p no:cacheprovider
        ${PROJECT_SOURCE_DIR}/tests/system/test_${name}.py)
    set_tests_properties(system_${name} PROPERTIES LABELS system TIMEOUT 600
        ENVIRONMENT GANTRY_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
endfunction()

system_test(plant)
system_test(api)
system_test(durability)
system_test(store_memory)
system_test(faults)
system_test(cli)
system_test(connector)
system_test(arrow)

# For tests alone: PromQL and remote write without a server around them, beside Prometheus.
foreach(name promql_eval remotewrite_dump)
    string(REPLACE "_" "-" program gantry-${name})
    add_executable(${program} ${PROJECT_SOURCE_DIR}/tests/system/${name}.cpp)
    target_link_libraries(${program} PRIVATE gantry_promql gantry_remotewrite)
    gantry_precompile(${program} std)
endforeach()
# MQTT's codec beside Paho's.
add_executable(gantry-mqtt-dump ${PROJECT_SOURCE_DIR}/tests/system/mqtt_dump.cpp)
target_link_libraries(gantry-mqtt-dump PRIVATE gantry_mqtt)
gantry_precompile(gantry-mqtt-dump std)
system_test(mqtt_codec)
system_test(mqtt)

# Writes down what a program does to its disk, for power cuts of the whole gantryd.
add_library(gantry-disk-recorder MODULE ${PROJECT_SOURCE_DIR}/tests/system/disk_recorder.cpp)
target_link_libraries(gantry-disk-recorder PRIVATE gantry_options)
set_target_properties(gantry-disk-recorder PROPERTIES PREFIX ""
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
system_test(power_cut)

system_test(promql_prometheus)
system_test(remotewrite_prometheus)

# Data for the peers of a benchmark.
add_executable(gantry-bench-data ${PROJECT_SOURCE_DIR}/bench/gantry_bench_data.cpp)
target_link_libraries(gantry-bench-data PRIVATE gantry_base)
gantry_precompile(gantry-bench-data std)

# A client that writes Arrow streams as fast as they are taken.
add_executable(gantry-bench-arrow ${PROJECT_SOURCE_DIR}/bench/gantry_bench_arrow.cpp)
target_link_libraries(gantry-bench-arrow PRIVATE gantry_arrow)
gantry_precompile(gantry-bench-arrow std)

# A load of MQTT clients, for our broker and others.
add_executable(gantry-bench-mqtt ${PROJECT_SOURCE_DIR}/bench/gantry_bench_mqtt.cpp)
target_link_libraries(gantry-bench-mqtt PRIVATE gantry_mqtt)
gantry_precompile(gantry-bench-mqtt std)

# A load of OPC UA clients.
add_executable(gantry-bench-opcua ${PROJECT_SOURCE_DIR}/bench/gantry_bench_opcua.cpp)
target_link_libraries(gantry-bench-opcua PRIVATE gantry_options dep::open62541)
gantry_precompile(gantry-bench-opcua std)

# What the modules' x_bench.cpp measure, in one program; ./dev bench runs it.
get_property(modules GLOBAL PROPERTY GANTRY_MODULES)
list(TRANSFORM modules PREPEND gantry_)
add_executable(gantry-bench ${benches})
target_link_libraries(gantry-bench PRIVATE ${modules} gantry_testing dep::benchmark
    benchmark::benchmark_main dep::gtest)
gantry_precompile(gantry-bench asio)
add_test(NAME bench_smoke COMMAND python3 -B ${PROJECT_SOURCE_DIR}/bench/run.py --smoke)
set_tests_properties(bench_smoke PROPERTIES LABELS system TIMEOUT 600
    ENVIRONMENT GANTRY_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY})

# What is tested from outside, and measured: all but the tests and fuzzers of the modules; and
# codec_test, because what only the optimiser does to arithmetic shows here.
add_custom_target(programs DEPENDS gantryd gantry gantry-plant gantry-promql-eval
    gantry-remotewrite-dump gantry-mqtt-dump gantry-bench gantry-bench-data gantry-bench-arrow
    gantry-bench-mqtt gantry-bench-opcua gantry-disk-recorder codec_test store_test)
