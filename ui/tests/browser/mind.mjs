// A Jarvis that has a model: the simulated cluster, and a small server that speaks as OpenAI-compatible ones do and says
// what it was told to say, word by word.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFront } from "./front.mjs";
import { BIN } from "./support.mjs";

/** `answer(question, asked)` gives the text, or `{ tool, arguments }` to have one called. */
async function startMind(answer) {
  /** Holds every answer after its first word, until it is let go. */
  const mind = { held: null };
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    if (!request.url.endsWith("/chat/completions")) return response.writeHead(404).end("{}");
    const asked = JSON.parse(body);
    const said = answer(asked.messages.findLast((one) => one.role === "user")?.content ?? "", asked);
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = (delta, finish = null, more = {}) =>
      response.write(`data: ${JSON.stringify({ id: "m", object: "chat.completion.chunk", created: 1, model: asked.model, choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`);
    send({ role: "assistant", content: "" });
    if (typeof said !== "string") {
      send({ tool_calls: [{ index: 0, id: `call_${asked.messages.length}`, type: "function", function: { name: said.tool, arguments: JSON.stringify(said.arguments) } }] });
    } else {
      let isFirst = true;
      for (const word of said.split(/(?<= )/)) {
        send({ content: word });
        if (isFirst) await mind.held;
        isFirst = false;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    send({}, typeof said === "string" ? "stop" : "tool_calls");
    const usage = { prompt_tokens: 1240, completion_tokens: 60, total_tokens: 1300 };
    response.write(`data: ${JSON.stringify({ id: "m", object: "chat.completion.chunk", created: 1, model: asked.model, choices: [], usage })}\n\ndata: [DONE]\n\n`);
    response.end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(mind, { url: `http://127.0.0.1:${server.address().port}/v1`, stop: () => (server.closeAllConnections(), server.close()) });
}

/** Starts a program; resolves once it has said all of these. */
async function saying(args, options, ...wanted) {
  const child = spawn(BIN, args, options);
  let said = "";
  await new Promise((resolve, reject) => {
    const take = (data) => {
      said += data;
      if (wanted.every((one) => one.test(said))) resolve();
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`${args[0]} ended with ${code}:\n${said}`)));
  });
  return { child, said, word: (pattern) => pattern.exec(said)?.[1] };
}

async function end(child) {
  child.removeAllListeners("exit");
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const kill = setTimeout(() => child.kill("SIGKILL"), 8000);
  await ended;
  clearTimeout(kill);
}

/** A cluster, a played model and a Jarvis that knows both. What was begun ends if a later part of it does not begin. */
export async function startWithMind(answer) {
  const begun = [];
  const stop = async () => {
    for (const ending of begun.splice(0).reverse()) await ending();
  };
  try {
    return { ...(await begin(answer, begun)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function begin(answer, begun) {
  const home = mkdtempSync(join(tmpdir(), "jarvis-ui-mind-"));
  begun.push(() => rmSync(home, { recursive: true, force: true }));
  const env = { ...process.env, HOME: home, XDG_STATE_HOME: join(home, "state") };
  const options = { cwd: home, env };
  const mind = await startMind(answer);
  begun.push(mind.stop);
  const cluster = await saying(["simulate", "--ca-file", "ca.pem"], options, /everything\s+\S+/, /acts on guests/);
  begun.push(() => end(cluster.child));
  writeFileSync(join(home, "token"), cluster.word(/everything\s+(\S+)/), { mode: 0o600 });
  const entries = [...cluster.said.matchAll(/^\s+(\w+)\s+(https:\S+)/gm)].map(([, node, url]) => `    - {node: ${node}, url: '${url}'}`);
  mkdirSync(join(home, "repository/manifests"), { recursive: true });
  writeFileSync(join(home, "repository/manifests/dns.yaml"), "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {name: dns-01}\nspec: {vmid: 100, node: atlas, runStrategy: Always}\n");
  const git = (...words) => execFileSync("git", ["-c", "user.name=tests", "-c", "user.email=tests@example.invalid", ...words], { cwd: join(home, "repository"), env, stdio: "ignore" });
  git("init", "--initial-branch=main");
  git("add", "--all");
  git("commit", "--message", "What there is");
  const lines = [
    "listen: 127.0.0.1:0", "state: state", "cluster:", "  name: home", "  token: {file: token}", "  tls: {caFile: ca.pem}", "  entryPoints:", ...entries,
    `source: {git: {remote: '${join(home, "repository")}', branch: main, folder: manifests}}`,
    "assistant:", "  models:", `    - {api: openai-compatible, model: qwen-far, url: '${mind.url}', local: false, windowTokens: 32000}`, "  budget: {request: 0.5, day: 2.00, month: 10.00}",
  ];
  writeFileSync(join(home, "jarvis.yaml"), `${lines.join("\n")}\n`);
  const jarvis = await saying(["run", "--config", "jarvis.yaml"], options, /ready: http/, /first sign-in/);
  begun.push(() => end(jarvis.child));
  const url = jarvis.word(/ready: (http:\S+)/);
  const front = process.env.JARVIS_DIST ? await startFront(url, process.env.JARVIS_DIST) : undefined;
  begun.push(() => front?.stop());
  return {
    url: front?.url ?? url,
    /** It works once, to set another. */
    password: jarvis.word(/first sign-in: admin \/ (\S+)/),
    mind,
  };
}
