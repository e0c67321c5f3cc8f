"""The official client against `jarvis mcp --config`: everything can be read, nothing can be done.

Arguments: one JSON object with jarvis (the program), home (its folder) and environment (for it).
"""

import asyncio
import json
import sys
import time

from mcp import Client, StdioServerParameters

GIVEN = json.loads(sys.argv[1])


def said(result):
    return "\n".join(block.text for block in result.content)


async def main():
    started = StdioServerParameters(
        command=GIVEN["jarvis"],
        args=["mcp", "--config", "jarvis.yaml"],
        env=GIVEN["environment"],
        cwd=GIVEN["home"],
    )
    async with Client(started) as client:
        assert len((await client.list_tools()).tools) == 18
        # The first looks are on their way; each question is one more chance for them.
        began = time.monotonic()
        while time.monotonic() - began < 60:
            status = (await client.call_tool("get_cluster_status", {})).structured_content
            if status["guestsTotal"] > 0:
                break
        assert status["guestsTotal"] == 31, status
        assert "only looks" in status["frozen"], status
        guest = (await client.call_tool("get_guest", {"vmid": 103})).structured_content
        assert guest["protected"] is True, guest
        refused = await client.call_tool("start_guest", {"vmid": 101})
        assert refused.is_error and "lacks the scope" in said(refused), said(refused)
    print("fine")


asyncio.run(main())
