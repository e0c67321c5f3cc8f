// A real OpenID Connect provider on loopback. Prints its issuer, reads the client's redirect URI as one line, prints
// "ready", and ends with its standard input.
import { generateKeyPairSync } from "node:crypto";
import http from "node:http";
import readline from "node:readline";
import { Provider } from "oidc-provider";

const [algorithm, secret] = process.argv.slice(2);

function key(kind, options, alg) {
  const { privateKey } = generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: "jwk" }), alg, use: "sig", kid: alg };
}

const GROUPS = { anna: ["staff", "jarvis-admins"], berta: ["jarvis-viewers"], mallory: ["staff"] };

const server = http.createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  console.log(issuer);
  const lines = readline.createInterface({ input: process.stdin });
  lines.once("line", (redirectUri) => {
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: "jarvis",
          client_secret: secret,
          redirect_uris: [redirectUri],
          response_types: ["code"],
          grant_types: ["authorization_code"],
          id_token_signed_response_alg: algorithm,
        },
      ],
      jwks: {
        keys: [
          key("rsa", { modulusLength: 2048 }, "RS256"),
          key("ec", { namedCurve: "P-256" }, "ES256"),
          key("ed25519", {}, "EdDSA"),
        ],
      },
      enabledJWA: { idTokenSigningAlgValues: ["RS256", "ES256", "EdDSA"] },
      claims: { openid: ["sub"], groups: ["groups"] },
      cookies: { keys: ["of this run only"] },
      findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, groups: GROUPS[id] ?? [] }) }),
    });
    server.on("request", provider.callback());
    console.log("ready");
  });
  lines.on("close", () => process.exit(0));
});
