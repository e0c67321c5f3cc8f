"""Drives a running simulator with proxmoxer, a client that was written for the original.

Usage: check.py http|https HOST PORT CA_FILE FULL_TOKEN READ_TOKEN ACT_TOKEN
Tokens are written user@realm!name=secret. Ends with status 0 when every assertion held.
"""

import sys

from proxmoxer import ProxmoxAPI, ResourceException
from proxmoxer.tools import Tasks

scheme, host, port, ca_file, full, read, act = sys.argv[1:8]


def connect(token):
    name, secret = token.rsplit("=", 1)
    user, token_name = name.split("!", 1)
    verify = ca_file if scheme == "https" else False
    api = ProxmoxAPI(
        host, port=int(port), user=user, token_name=token_name, token_value=secret, verify_ssl=verify, timeout=40
    )
    if scheme == "http":
        api._store["base_url"] = api._store["base_url"].replace("https://", "http://")
    return api


def refused(call, status, text):
    try:
        answer = call()
    except ResourceException as error:
        assert error.status_code == status, error
        told = f"{error.status_message} {error.content} {error.errors}"
        assert text in told, f"{text!r} is not in {told!r}"
        return error
    raise AssertionError(f"expected {status} {text!r}, got {answer!r}")


def find(rows, key, value):
    found = [row for row in rows if row.get(key) == value]
    assert len(found) == 1, (key, value, found)
    return found[0]


root, auditor, actor = connect(full), connect(read), connect(act)

# Reads.
assert root.version.get()["release"] == "9.2"
assert find(root.cluster.status.get(), "type", "cluster")["quorate"] == 1
assert {node["node"] for node in root.nodes.get()} == {"atlas", "agent1", "home", "forge"}
assert len(root.cluster.resources.get(type="vm")) == 31
assert len(root.cluster.resources.get()) > 31
assert root.nodes("forge").status.get()["cpuinfo"]["cpus"] == 24
assert find(root.nodes("atlas").qemu.get(), "vmid", 101)["name"] == "web-01"
assert find(root.nodes("home").lxc.get(), "vmid", 204)["name"] == "mqtt"
assert root.nodes("atlas").qemu(101).config.get()["smbios1"].startswith("uuid=")
assert len(root.nodes("home").rrddata.get(timeframe="hour")) == 60
assert {store["storage"] for store in root.storage.get()} == {"ceph-pool", "local-zfs", "home-nvme", "pbs-main"}
assert root.nodes("agent1").qemu(103).agent("get-osinfo").get()["result"]["id"] == "debian"
assert find(root.cluster.ha.status.current.get(), "id", "service:vm:110")["state"] == "started"

# A start, followed to its end.
machine = actor.nodes("forge").qemu(105)
assert machine.status.current.get()["status"] == "stopped"
upid = machine.status.start.post()
assert Tasks.decode_upid(upid)["type"] == "qmstart", upid
ended = Tasks.blocking_status(root, upid, timeout=30, polling_interval=0.05)
assert ended["exitstatus"] == "OK", ended
assert machine.status.current.get()["status"] == "running"
assert Tasks.decode_log(root.nodes("forge").tasks(upid).log.get()) == "TASK OK"
again = Tasks.blocking_status(root, machine.status.start.post(), timeout=30, polling_interval=0.05)
assert again["exitstatus"] == "VM 105 already running", again
stopped = Tasks.blocking_status(root, machine.status.stop.post(), timeout=30, polling_interval=0.05)
assert stopped["exitstatus"] == "OK", stopped

# Refusals.
refused(lambda: machine.status.reboot.post(), 500, "VM 105 not running")
refused(
    lambda: root.nodes("atlas").qemu(999).status.current.get(),
    500,
    "Configuration file 'nodes/atlas/qemu-server/999.conf' does not exist",
)
error = refused(lambda: root.cluster.resources.get(type="nosuch"), 400, "enumeration 'vm, storage, node, sdn'")
assert "type" in error.errors, error.errors
refused(lambda: root.nosuch.get(), 501, "Method 'GET /nosuch' not implemented")
refused(lambda: root.nodes("atlas").qemu(100).config.put(args="-S"), 500, "only root can set 'args' config")

# Tokens.
refused(
    lambda: auditor.nodes("atlas").qemu(100).status.stop.post(),
    403,
    "Permission check failed (/vms/100, VM.PowerMgmt)",
)
refused(lambda: actor.nodes("agent1").qemu(103).status.stop.post(), 403, "Permission check failed (/vms/103")
assert len(actor.cluster.resources.get(type="vm")) == 30
assert "VM.PowerMgmt" in actor.access.permissions.get(path="/vms/101")["/vms/101"]
name = full.rsplit("=", 1)[0]
refused(lambda: connect(f"{name}=wrong").version.get(), 401, "Authentication failed!")

# Nodes, storages, the agent, tasks: what a script asks first.
for node in ("atlas", "agent1", "home", "forge"):
    assert root.nodes(node).version.get()["release"] == "9.2"
    assert {"pveproxy", "pvedaemon", "pvestatd"} <= {row["service"] for row in root.nodes(node).services.get()}
    names = {row["storage"] for row in root.nodes(node).storage.get()}
    assert ("home-nvme" in names) == (node == "home"), names
assert find(root.nodes("home").storage.get(), "storage", "home-nvme")["type"] == "dir"
assert root.nodes("home").storage("home-nvme").status.get()["active"] == 1
refused(lambda: root.nodes("atlas").storage("nosuch").status.get(), 500, "storage 'nosuch' does not exist")
assert root.nodes("agent1").qemu(103).agent.ping.post() == {"result": {}}
hosts = root.nodes("agent1").qemu(103).agent("get-host-name").get()["result"]
assert hosts["host-name"] == "jarvis", hosts
refused(lambda: root.nodes("forge").qemu(105).agent.ping.post(), 500, "VM 105 is not running")
kinds = [row["type"] for row in root.nodes("forge").tasks.get(vmid=105, limit=10)]
assert kinds == ["qmstop", "qmstart", "qmstart"], kinds
errors = root.nodes("forge").tasks.get(vmid=105, errors=1)
assert [row["status"] for row in errors] == ["VM 105 already running"], errors
log = root.nodes("forge").tasks(errors[0]["upid"]).log.get(start=0, limit=0)
assert log[-1]["t"] == "TASK ERROR: VM 105 already running", log
refused(lambda: root.nodes("forge").tasks("UPID:no").status.get(), 400, "unable to parse worker upid")
assert root.nodes("forge").tasks(upid).delete() is None, "cancelling what has ended changes nothing"
refused(lambda: root.nodes("nosuch").status.get(), 500, "hostname lookup 'nosuch' failed")
assert int(root.cluster.nextid.get()) == 118
assert {pool["poolid"] for pool in root.pools.get()} == {"household"}

# Containers refuse at once what machines only fail later.
container = root.nodes("home").lxc(204)
refused(container.status.start.post, 500, "CT 204 already running")
ended = Tasks.blocking_status(root, container.status.shutdown.post(timeout=30), timeout=30, polling_interval=0.05)
assert ended["exitstatus"] == "OK", ended
refused(container.status.stop.post, 500, "CT 204 not running")
ended = Tasks.blocking_status(root, container.status.start.post(), timeout=30, polling_interval=0.05)
assert ended["exitstatus"] == "OK", ended
assert container.status.current.get()["status"] == "running"

# High availability: a request is filed, the guest follows.
resources = root.cluster.ha.resources
assert find(resources.get(), "sid", "vm:110")["state"] == "started"
assert resources.post(sid="vm:105", state="stopped", comment="by a test") is None
refused(lambda: resources.post(sid="vm:105"), 500, "resource ID 'vm:105' already defined")
assert resources("vm:105").put(state="disabled") is None
assert resources("vm:105").get()["state"] == "disabled"
assert root.nodes("forge").qemu(105).status.current.get()["ha"]["managed"] == 1
assert resources("vm:105").delete() is None
assert [row["sid"] for row in resources.get()] == ["vm:110"]

# Configuration and snapshots.
config = root.nodes("atlas").qemu(101).config
before = config.get()["digest"]
assert config.put(description="first writer", digest=before) is None
refused(lambda: config.put(description="second writer", digest=before), 500, "checksum mismatch")
refused(lambda: config.put(nosuch=1), 400, "property is not defined in schema")
assert config.get()["description"].strip() == "first writer"
assert root.nodes("atlas").qemu(101).config.put(tags="Web;prod") is None
assert root.nodes("atlas").qemu(101).config.get()["tags"] == "prod;web"
upid = root.nodes("atlas").qemu(101).snapshot.post(snapname="before", description="by a test")
assert Tasks.blocking_status(root, upid, timeout=30, polling_interval=0.05)["exitstatus"] == "OK"
names = {row["name"] for row in root.nodes("atlas").qemu(101).snapshot.get()}
assert names == {"before", "current"}, names

# A login with a password, over HTTPS only (the client knows no other).
if scheme == "https":
    person = ProxmoxAPI(host, port=int(port), user="root@pam", password="simulator", verify_ssl=ca_file)
    assert person.nodes("atlas").qemu(101).config.put(onboot=1) is None

print(f"{scheme}: every assertion held")
