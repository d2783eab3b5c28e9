# SPDX-License-Identifier: Apache-2.0
"""The types of what the API takes and answers, by the names that openapi.json gives them."""

from gantry._generated import *  # noqa: F403
