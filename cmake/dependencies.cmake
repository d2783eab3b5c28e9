# SPDX-License-Identifier: Apache-2.0
# Every library that Gantry takes from elsewhere, each under one name. Why each is here:
# docs/decisions/. A module names what it uses in src/modules.cmake.

find_package(PkgConfig REQUIRED)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

function(dependency name)
    add_library(dep_${name} INTERFACE)
    add_library(dep::${name} ALIAS dep_${name})
    target_link_libraries(dep_${name} INTERFACE ${ARGN})
endfunction()

function(dependency_pkg name package)
    pkg_check_modules(PKG_${name} REQUIRED IMPORTED_TARGET GLOBAL ${package})
    dependency(${name} PkgConfig::PKG_${name})
endfunction()

find_package(OpenSSL 3.5 REQUIRED)
find_package(SQLite3 REQUIRED)

dependency(threads Threads::Threads)
dependency(openssl OpenSSL::SSL OpenSSL::Crypto)
dependency(json boost_json)
dependency(soci soci_core soci_sqlite3)
dependency(sqlite SQLite::SQLite3)
dependency(argon2 argon2)
dependency(toml)
dependency(cli11)
dependency(snappy snappy)
# Not by pkg-config, which adds -pthread: precompiled headers were made without.
dependency(re2 re2)
dependency_pkg(simdjson simdjson)
dependency_pkg(zlib zlib)
dependency_pkg(zstd libzstd)
dependency_pkg(lz4 liblz4)
dependency_pkg(xxhash libxxhash)
dependency_pkg(modbus libmodbus)

# Asio and Beast are header-only; their settings must be the same in every file.
dependency(asio Threads::Threads OpenSSL::SSL)
target_compile_definitions(dep_asio INTERFACE
    BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE BOOST_BEAST_USE_STD_STRING_VIEW)

find_package(GTest REQUIRED)
dependency(gtest GTest::gtest GTest::gtest_main)
find_package(benchmark REQUIRED)
dependency(benchmark benchmark::benchmark)

# DuckDB is not in Debian: the library and its headers come from two npm packages that the lock file
# in third_party/duckdb pins; ./dev installs them.
set(GANTRY_DUCKDB ${PROJECT_SOURCE_DIR}/third_party/duckdb/node_modules)
set(GANTRY_DUCKDB_LIBRARY ${GANTRY_DUCKDB}/@duckdb/node-bindings-linux-x64/libduckdb.so)
if(NOT EXISTS ${GANTRY_DUCKDB_LIBRARY})
    message(FATAL_ERROR "DuckDB is missing: run ./dev build, which installs it with "
                        "'npm ci --ignore-scripts' in third_party/duckdb")
endif()
add_library(duckdb SHARED IMPORTED)
set_target_properties(duckdb PROPERTIES
    IMPORTED_LOCATION ${GANTRY_DUCKDB_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${GANTRY_DUCKDB}/duckdb/src/duckdb/src/include)
dependency(duckdb duckdb)

# open62541 is not in Debian either: ./dev builds it from third_party/open62541 into its cache. System
# headers, as they are not written for our warnings.
set(GANTRY_OPEN62541 ${PROJECT_SOURCE_DIR}/build/open62541)
if(NOT EXISTS ${GANTRY_OPEN62541}/lib/libopen62541.a)
    message(FATAL_ERROR "open62541 is missing: run ./dev build, which gets and builds it")
endif()
add_library(open62541 STATIC IMPORTED)
set_target_properties(open62541 PROPERTIES
    IMPORTED_LOCATION ${GANTRY_OPEN62541}/lib/libopen62541.a
    INTERFACE_INCLUDE_DIRECTORIES ${GANTRY_OPEN62541}/include
    INTERFACE_LINK_LIBRARIES OpenSSL::Crypto)
dependency(open62541 open62541)
