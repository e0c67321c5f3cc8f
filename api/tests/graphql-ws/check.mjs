// Drives the GraphQL socket with the reference client. Arguments: socket URL, HTTP URL, bearer token.
// Exits 0 when all of it behaved; otherwise the assertion says what did not.
import assert from "node:assert/strict";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const [url, http, token] = process.argv.slice(2);
const closes = [];
const make = (authorization) =>
  createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: authorization ? { authorization } : {},
    retryAttempts: 0,
    on: { closed: (event) => closes.push(event.code) },
  });

async function mutate(query) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const answer = await fetch(`${http}/graphql`, { method: "POST", headers, body: JSON.stringify({ query }) });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

async function collect(iterator, count) {
  const items = [];
  for await (const item of iterator) {
    assert.equal(item.errors, undefined, JSON.stringify(item.errors));
    items.push(item.data);
    if (items.length === count) break;
  }
  return items;
}

const client = make(`Bearer ${token}`);

// A query over the socket ends by itself.
const [me] = await collect(client.iterate({ query: "{ me { user role } }" }), 2);
assert.deepEqual(me.me, { user: "token:npm", role: "OPERATOR" });

// Several subscriptions share the socket; each sees what happens.
const freezes = client.iterate({ query: "subscription { freezeUpdates { state reason } }" });
assert.equal((await freezes.next()).value.data.freezeUpdates.state, "OFF");
const cluster = client.iterate({
  query: "subscription { clusterUpdates { seq snapshot { guests { vmid } freeze { state } } delta { freeze { state } } } }",
});
const first = (await cluster.next()).value.data.clusterUpdates;
assert.equal(first.seq, 1);
assert.ok(first.snapshot.guests.length > 0);
const events = client.iterate({ query: "subscription { events(afterSeq: 0) { seq name title } }" });
assert.equal((await events.next()).value.data.events.seq, 1);
await mutate('mutation { freeze(reason: "a test") { state } }');
assert.deepEqual((await freezes.next()).value.data.freezeUpdates, { state: "ON", reason: "a test" });
assert.equal((await cluster.next()).value.data.clusterUpdates.delta.freeze.state, "ON");
assert.equal((await events.next()).value.data.events.name, "freezeSet");
await Promise.all([freezes.return(), cluster.return(), events.return()]);

// A ticket is followed to its end, and the server completes the subscription.
const asked = await mutate('mutation { requestAction(action: {name: "formatDisk"}) { id } }');
const query = "subscription($id: String!) { ticketUpdates(id: $id) { state isFinal } }";
const ticket = await collect(client.iterate({ query, variables: { id: asked.requestAction.id } }), 9);
assert.deepEqual(ticket, [{ ticketUpdates: { state: "REFUSED", isFinal: true } }]);

// What is not allowed is an error of the operation, not of the socket.
const denied = await client.iterate({ query: "{ users { name } }" }).next();
assert.equal(denied.value.errors[0].extensions.code, "FORBIDDEN");
await client.dispose();

// Nobody gets in without a credential.
const stranger = make(null);
await assert.rejects(stranger.iterate({ query: "{ me { user } }" }).next(), (event) => event.code === 4403);
await stranger.dispose();
