# SPDX-License-Identifier: Apache-2.0
"""A client of Gantry, the industrial internet platform: Client, AsyncClient, and the errors.

    from gantry import Client

    with Client() as client:  # GANTRY_URL and GANTRY_TOKEN
        print(client.samples.read("plant/line2/pump3.flow", "-2h", every="1m"))
"""

from gantry import errors, types
from gantry._frames import PointColumns
from gantry._generated import API_VERSION as __version__
from gantry._live import Gap
from gantry._samples import RejectedRow, Sample, Truncated, WriteResult
from gantry._times import NoZone
from gantry.client import AsyncClient, Client
from gantry.errors import (ApiError, Conflict, ConnectionFailed, Field, Forbidden, GantryError,
                           InvalidArgument, NotFound, PasswordChangeNeeded, PreconditionFailed,
                           PreconditionRequired, RateLimited, RowsRejected, ServerError,
                           ServerTimeout, StorageFull, TooLarge, Unauthenticated, Unavailable,
                           Unsupported)

__all__ = [
    "ApiError", "AsyncClient", "Client", "Conflict", "ConnectionFailed", "Field", "Forbidden",
    "GantryError", "Gap", "InvalidArgument", "NoZone", "NotFound", "PasswordChangeNeeded",
    "PointColumns", "PreconditionFailed", "PreconditionRequired", "RateLimited", "RejectedRow",
    "RowsRejected", "Sample", "ServerError", "ServerTimeout", "StorageFull", "TooLarge",
    "Truncated", "Unauthenticated", "Unavailable", "Unsupported", "WriteResult", "__version__",
    "errors", "types"]
