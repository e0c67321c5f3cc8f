// Drives a running simulator with proxmox-api. Usage: node check.mjs PORT TOKEN_ID TOKEN_SECRET PASSWORD
// HTTPS only; the cluster's authority comes from NODE_EXTRA_CA_CERTS. Ends with status 0 when every assertion held.
import assert from "node:assert/strict";
import proxmoxApi from "proxmox-api";

const [port, tokenID, tokenSecret, password] = process.argv.slice(2);
const address = { host: "127.0.0.1", port: Number(port) };
const byToken = proxmoxApi({ ...address, tokenID, tokenSecret });
const byTicket = proxmoxApi({ ...address, username: "root@pam", password });

const refused = async (call, ...texts) => {
  const error = await call().then(
    (answer) => assert.fail(`expected a refusal, got ${JSON.stringify(answer)}`),
    (error) => error,
  );
  for (const text of texts) assert.ok(`${error.message} ${error.cause}`.includes(text), `${text}: ${error.message}`);
};

const ended = async (proxmox, upid) => {
  const node = upid.split(":")[1];
  const deadline = Date.now() + 30_000;
  for (;;) {
    const task = await proxmox.nodes.$(node).tasks.$(encodeURIComponent(upid)).status.$get();
    if (task.status === "stopped") return task.exitstatus;
    assert.ok(Date.now() < deadline, `${upid} does not end`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
};

for (const proxmox of [byToken, byTicket]) {
  // Guests, as the client's own example lists them.
  assert.equal((await proxmox.version.$get()).release, "9.2");
  const names = [];
  for (const { node } of await proxmox.nodes.$get()) {
    for (const { vmid } of await proxmox.nodes.$(node).qemu.$get({ full: true })) {
      names.push((await proxmox.nodes.$(node).qemu.$(vmid).config.$get()).name);
    }
  }
  assert.equal(names.length, 19);
  assert.ok(names.includes("home-assistant"));
  const rows = await proxmox.cluster.resources.$get({ type: "vm" });
  assert.equal(rows.length, 31);
  assert.equal(rows.find((row) => row.vmid === 204).type, "lxc");

  // A start, followed to its end; a second one; a stop.
  const guest = proxmox.nodes.$("forge").qemu.$(105);
  assert.equal((await guest.status.current.$get()).status, "stopped");
  assert.equal(await ended(proxmox, await guest.status.start.$post()), "OK");
  assert.equal((await guest.status.current.$get()).status, "running");
  assert.equal(await ended(proxmox, await guest.status.start.$post()), "VM 105 already running");
  assert.equal(await ended(proxmox, await guest.status.stop.$post()), "OK");

  // A change of a configuration, and the texts of refusals.
  assert.equal(await guest.config.$put({ description: "by a test: ä & ;", onboot: false }), null);
  assert.equal((await guest.config.$get()).description.trim(), "by a test: ä & ;");
  await refused(() => guest.status.reboot.$post(), "500", "VM 105 not running");
  await refused(() => proxmox.cluster.resources.$get({ type: "nosuch" }), "400", "Parameter verification failed.");
  await refused(() => proxmox.nodes.$("atlas").qemu.$(999).config.$get(), "500", "999.conf' does not exist");
  await refused(() => proxmox.nodes.$("nosuch").status.$get(), "500", "hostname lookup 'nosuch' failed");
}

// Wrong credentials.
const other = "00000000-0000-4000-8000-000000000000";
await refused(() => proxmoxApi({ ...address, tokenID, tokenSecret: other }).version.$get(), "401", "Authentication failed!");
await refused(
  () => proxmoxApi({ ...address, username: "root@pam", password: "wrong" }).version.$get(),
  "login failed with 401: authentication failure",
);

console.log("every assertion held");
