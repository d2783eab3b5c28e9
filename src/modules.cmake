# SPDX-License-Identifier: Apache-2.0
# The map of the program: one line a module, in layer order. A module may use only what its line
# names (and what that uses); tools/tidy.py refuses an include that is not declared here.

module(base)
module(model DEPS base LINK dep::json)
module(journal DEPS base)
module(security DEPS model journal LINK dep::openssl dep::argon2)
module(codec DEPS base model LINK dep::zstd)
# Kernels: a fused multiply-add rounds once where other processors round twice, and floats would not
# come back. At -O3 in every preset, so that what is tested is what is shipped.
set(GANTRY_KERNELS kernels.cpp kernels_avx2.cpp kernels_avx512.cpp reductions.cpp)
list(TRANSFORM GANTRY_KERNELS PREPEND ${PROJECT_SOURCE_DIR}/src/codec/detail/)
set_source_files_properties(${GANTRY_KERNELS}
    PROPERTIES COMPILE_OPTIONS "-ffp-contract=off;-O3" SKIP_PRECOMPILE_HEADERS ON)
module(expression DEPS base model)
module(lineprotocol DEPS base model LINK dep::xxhash)
module(promql DEPS base model LINK dep::re2)
module(remotewrite DEPS base model LINK dep::snappy)
module(arrow DEPS base model LINK dep::zstd dep::lz4)
module(store DEPS model journal codec LINK dep::zstd dep::xxhash TEST_DEPS lineprotocol)
module(labels DEPS store lineprotocol)
module(registry DEPS model security LINK dep::soci dep::sqlite)
# What people bring to be read by SQL.
module(files DEPS base model)
module(runtime DEPS model LINK dep::openssl PRECOMPILE asio)
module(directory DEPS registry store)
module(query DEPS directory expression files labels promql LINK dep::duckdb)
module(pipeline DEPS runtime directory PRECOMPILE asio)
module(http DEPS runtime security LINK dep::zlib PRECOMPILE asio)
# MQTT 3.1.1 and 5.0: codec, subscriptions, sessions, their records; without a socket.
module(mqtt DEPS model journal LINK dep::xxhash)
# The other end of it: a client of any MQTT server as a state machine, for bridges and connectors.
module(mqttclient DEPS mqtt)
# Sparkplug B: payloads, and both ends of it as state machines.
module(sparkplug DEPS base model LINK dep::json)
# What messages of devices say about points: from topics and payloads to readings.
module(payload DEPS base model lineprotocol sparkplug LINK dep::json dep::simdjson dep::xxhash)
module(connector DEPS model runtime http mqttclient payload LINK dep::json PRECOMPILE asio
    TEST_LINK dep::modbus dep::open62541)
# Of no concern to those above.
target_link_libraries(gantry_connector PRIVATE dep::open62541 dep::openssl)
module(acquisition DEPS connector directory security PRECOMPILE asio)
# The broker around it: connections, who may do what, the thread that syncs.
module(broker DEPS mqtt runtime registry PRECOMPILE asio)
# From messages of the broker to samples of points.
module(intake DEPS broker payload sparkplug pipeline PRECOMPILE asio)
# To and from other brokers.
module(bridge DEPS broker mqttclient runtime security registry LINK dep::json PRECOMPILE asio)
# The other way: which points clients of the broker are told about.
module(publication DEPS broker sparkplug pipeline LINK dep::json PRECOMPILE asio)
# The way of every value to a device: rules, approval, expiry, what became of it.
module(command DEPS runtime directory expression LINK dep::json PRECOMPILE asio)
module(api DEPS http command intake bridge publication pipeline query acquisition files labels remotewrite
    arrow LINK dep::simdjson PRECOMPILE asio)
# PostgreSQL's protocol over the SQL engine.
module(pgwire DEPS runtime query PRECOMPILE asio)
# OPC UA for clients: what tenants have as nodes, with values, history and writes.
module(opcua DEPS command connector query PRECOMPILE asio TEST_LINK dep::open62541)
target_link_libraries(gantry_opcua PRIVATE dep::open62541)
module(daemon DEPS api pgwire opcua LINK dep::toml PRECOMPILE asio)

# The command line program: a client of the API, without a server in it; and the tools for the files
# of a store.
module(cli DEPS http store LINK dep::cli11 PRECOMPILE asio)

# The demo plant: a program of its own, behind Modbus.
module(plant DEPS base LINK dep::modbus dep::cli11)
