# SPDX-License-Identifier: Apache-2.0
"""Samples as they come, while another task writes them; with asyncio."""

import asyncio

from gantry import AsyncClient, Gap


def tell(gap: Gap) -> None:
    print("some samples did not come; fetch them from the history since", gap.since_ns)


async def write_some(client: AsyncClient) -> None:
    for starts in range(1, 6):
        await client.samples.write([{"point": "works/pump1.starts", "value": starts}])
        await asyncio.sleep(0.05)


async def main() -> None:
    async with AsyncClient() as client:
        writing = asyncio.create_task(write_some(client))
        # Begins with the latest that there is, and ends when the loop is left.
        async for sample in client.live.follow("works/pump1.starts", on_gap=tell):
            print(sample.point, sample.value, sample.quality)
            if sample.value == 5:
                break
        await writing


if __name__ == "__main__":
    asyncio.run(main())
