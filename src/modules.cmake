# SPDX-License-Identifier: Apache-2.0
# The map of the program: one line a module, in layer order. A module may use only what its line
# names (and what that uses); tools/tidy.py refuses an include that is not declared here.

module(base)
module(plant DEPS base LINK dep::modbus dep::cli11)
