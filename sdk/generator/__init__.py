# SPDX-License-Identifier: Apache-2.0
"""Makes the generated parts of the SDKs from openapi.json; sdk/generate.py runs it."""
