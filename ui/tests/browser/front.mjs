// The dashboard of ui/dist before a Jarvis that was built with another one: pages and assets come from the folder, with
// the headers that Jarvis gives its own; everything else goes through.
import { readFileSync, existsSync } from "node:fs";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { extname, join } from "node:path";

const KINDS = {
  ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2",
};

export async function startFront(url, dist) {
  const far = new URL(url);
  const page = await fetch(url, { headers: { accept: "text/html" } });
  const kept = Object.fromEntries([...page.headers].filter(([name]) => !/^(content-|date|vary|transfer)/.test(name)));
  const server = createServer((asked, answer) => {
    const { pathname } = new URL(asked.url, url);
    const isPage = asked.method === "GET" && (asked.headers.accept ?? "").includes("text/html");
    const file = pathname.startsWith("/assets/") ? join(dist, pathname) : isPage ? join(dist, "index.html") : "";
    if (file && existsSync(file)) give(asked, answer, file);
    else pass(asked, answer);
  });

  function give(asked, answer, file) {
    const isPacked = existsSync(`${file}.br`) && (asked.headers["accept-encoding"] ?? "").includes("br");
    answer.writeHead(200, {
      ...kept,
      "content-type": KINDS[extname(file)] ?? "text/html; charset=utf-8",
      "cache-control": pathOf(file) ? "public, max-age=31536000, immutable" : "no-cache",
      ...(isPacked ? { "content-encoding": "br" } : {}),
    });
    answer.end(readFileSync(isPacked ? `${file}.br` : file));
  }

  function pass(asked, answer) {
    const to = request({ host: far.hostname, port: far.port, path: asked.url, method: asked.method, headers: addressed(asked.headers) }, (said) => {
      answer.writeHead(said.statusCode, said.headers);
      said.pipe(answer);
    });
    to.on("error", () => answer.destroy());
    asked.pipe(to);
  }

  const pathOf = (file) => file.startsWith(join(dist, "assets"));
  // Jarvis answers to its own address only.
  const addressed = (headers) => ({ ...headers, host: far.host, ...(headers.origin ? { origin: far.origin } : {}) });

  server.on("upgrade", (asked, near, head) => {
    const wire = connect(Number(far.port), far.hostname, () => {
      const lines = Object.entries(addressed(asked.headers)).map(([name, value]) => `${name}: ${value}`);
      wire.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
      wire.write(head);
      wire.pipe(near).pipe(wire);
    });
    for (const [one, other] of [[wire, near], [near, wire]]) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
