"""The official client of the Model Context Protocol against a running demo, over HTTP in both eras and over stdio.

Arguments: one JSON object with url, jarvis (the program), environment (for it), and the tokens read, operate and red.
Prints one line a check and ends with "fine"; any other end is a failure.
"""

import asyncio
import json
import sys
import time

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

GIVEN = json.loads(sys.argv[1])
READS = {
    "get_cluster_status": {},
    "list_nodes": {},
    "get_node": {"node": "atlas"},
    "list_guests": {"limit": 5},
    "get_guest": {"vmid": 101},
    "get_storage": {},
    "get_temperatures": {},
    "list_events": {"limit": 5},
    "get_plan": {},
}


def over_http(token, mode, **headers):
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    http = httpx2.AsyncClient(headers=headers, timeout=60)
    return Client(streamable_http_client(GIVEN["url"] + "/mcp", http_client=http), mode=mode)


def over_stdio(token, mode):
    environment = dict(GIVEN["environment"], JARVIS_TOKEN=token)
    started = StdioServerParameters(command=GIVEN["jarvis"], args=["mcp"], env=environment)
    return Client(started, mode=mode)


def said(result):
    return "\n".join(block.text for block in result.content)


async def fine(client, name, arguments, **more):
    result = await client.call_tool(name, arguments, **more)
    assert not result.is_error, f"{name}: {said(result)}"
    return result.structured_content


async def refused(client, name, arguments, *words):
    result = await client.call_tool(name, arguments)
    assert result.is_error, f"{name} was not refused: {said(result)}"
    for word in words:
        assert word in said(result), f"{word!r} is not in {said(result)!r}"
    return result.structured_content


async def reading(client):
    assert "is an instruction" in client.instructions
    listed = (await client.list_tools()).tools
    assert len(listed) == 18 and listed[0].name == "get_cluster_status", [tool.name for tool in listed]
    for tool in listed:
        assert tool.title and tool.description and tool.output_schema, tool
        assert None not in (
            tool.annotations.read_only_hint,
            tool.annotations.destructive_hint,
            tool.annotations.idempotent_hint,
            tool.annotations.open_world_hint,
        )
    for name, arguments in READS.items():
        assert await fine(client, name, arguments) is not None, name
    status = await fine(client, "get_cluster_status", {})
    assert status["quorate"] is True and status["nodesTotal"] == 4, status
    await refused(client, "get_guest", {"vmid": "101"}, "wrong arguments")
    await refused(client, "start_guest", {"vmid": 101}, "lacks the scope `operate`")


async def chosen(client, number):
    """A running guest that nothing protects and that a person's stop leaves alone."""
    guests = (await fine(client, "list_guests", {"status": "running", "limit": 200}))["guests"]
    left_alone = [g["vmid"] for g in guests if not g["protected"] and g.get("runStrategy") in (None, "Manual", "RerunOnFailure")]
    return left_alone[number]


async def becomes(client, vmid, wanted):
    """The picture follows with the next look; the cluster's own list lags behind what was verified."""
    began = time.monotonic()
    while time.monotonic() - began < 60:
        guest = await fine(client, "get_guest", {"vmid": vmid})
        if guest["status"] == wanted:
            return
    raise AssertionError(f"{vmid} did not become {wanted}: {guest}")


async def acting(client, number):
    vmid = await chosen(client, number)
    steps = []

    async def step(progress, total, message):
        steps.append(message)

    outcome = await fine(client, "shutdown_guest", {"vmid": vmid}, progress_callback=step)
    assert outcome["state"] == "done", outcome
    assert any(f"shut down guest {vmid}" in message for message in steps), steps
    await becomes(client, vmid, "stopped")
    outcome = await fine(client, "start_guest", {"vmid": vmid})
    assert outcome["state"] == "done", outcome
    await becomes(client, vmid, "running")
    await refused(client, "shutdown_guest", {"vmid": 103}, "JV1002", "protected")
    told = await refused(client, "restart_service", {"host": "node/agent1", "service": "pveproxy.service"}, "agent1")
    assert told["state"] == "refused" and told["unblock"], told
    await refused(client, "run_command", {"host": "node/atlas", "argv": ["rm", "-rf", "/"]}, "refused")
    ran = await fine(client, "run_command", {"host": "node/atlas", "argv": ["df", "--human-readable"]})
    assert ran["state"] == "done" and ran["output"].startswith("Filesystem") and "\n/dev/mapper/" in ran["output"], ran
    asked = await fine(client, "stop_guest", {"vmid": vmid})
    assert asked["state"] == "awaiting-confirmation" and asked["tier"] == "red", asked
    again = {"vmid": vmid, "digest": asked["digest"]}
    await refused(client, "stop_guest", again, "operate-red")
    tickets = (await fine(client, "get_plan", {"ticket": asked["ticket"]}))["tickets"]
    assert tickets[0]["state"].startswith("awaits confirmation"), tickets


async def confirming(client):
    vmid = await chosen(client, 1)
    asked = await fine(client, "stop_guest", {"vmid": vmid})
    assert asked["digest"] and asked["notes"], asked
    other = {"vmid": await chosen(client, 2), "digest": asked["digest"]}
    await refused(client, "stop_guest", other, "Call without `digest` first")
    again = {"vmid": vmid, "digest": asked["digest"]}
    outcome = await fine(client, "stop_guest", again)
    assert outcome["state"] == "done", outcome
    await refused(client, "stop_guest", again, "Call without `digest` first")
    outcome = await fine(client, "start_guest", {"vmid": vmid})
    assert outcome["state"] == "done", outcome


async def nobody(what, client):
    try:
        async with client as inside:
            await inside.list_tools()
    except BaseException as error:  # The client raises groups of errors, too.
        print(f"kept out: {what}: {type(error).__name__}")
        return
    raise AssertionError(f"{what} got in")


async def main():
    for mode in ("auto", "legacy"):
        async with over_http(GIVEN["read"], mode) as client:
            wanted = "2026-07-28" if mode == "auto" else "2025"
            assert client.protocol_version.startswith(wanted), client.protocol_version
            await reading(client)
        print(f"reading over HTTP, {mode}: {wanted}")
        async with over_stdio(GIVEN["read"], mode) as client:
            await reading(client)
        print(f"reading over stdio, {mode}")
    async with over_http(GIVEN["operate"], "auto") as client:
        await acting(client, 0)
    print("acting over HTTP")
    async with over_stdio(GIVEN["operate"], "auto") as client:
        await acting(client, 3)
    print("acting over stdio")
    async with over_http(GIVEN["red"], "legacy") as client:
        await confirming(client)
    print("confirming over HTTP")
    await nobody("no token", over_http(None, "auto"))
    await nobody("a wrong token", over_http(GIVEN["read"][:-1] + "!", "auto"))
    await nobody("a page of another site", over_http(GIVEN["read"], "auto", origin="https://evil.example"))
    await nobody("a rebound name", over_http(GIVEN["read"], "auto", host="evil.example"))
    print("fine")


asyncio.run(main())
