# SPDX-License-Identifier: Apache-2.0
# What is made of the modules.

get_property(benches GLOBAL PROPERTY GANTRY_BENCHES)
