"""A process that drives rollouts with the product's own services until none is left: ``python worker.py HOME``.

Says ``driving`` once it does and ``ended`` at the end. For tests that kill it.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from product import open_product


async def main(home: Path) -> None:
    async with open_product(home) as product:
        print("driving", flush=True)
        for status in await product.rollouts.list():
            await product.standing(status.id, seconds=300)
    print("ended", flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
