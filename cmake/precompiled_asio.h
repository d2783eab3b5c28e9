// SPDX-License-Identifier: Apache-2.0
// Asio with its coroutines, compiled once, for the modules that may suspend.
#pragma once

#include "precompiled_std.h"

#include <boost/asio.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
