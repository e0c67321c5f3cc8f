import { type FormEvent, useState } from "react";
import { ask, told } from "../api/http";
import { AccessDocument, CreateTokenDocument, RevokeTokenDocument } from "../api/generated/graphql";
import type { Role } from "../api/types";
import { useAsk } from "../api/useAsk";
import { note } from "../app/ui-state";
import { useLive } from "../live/store";
import { dateTime } from "../model/format";
import { Button } from "../ui/Button";
import { Empty, Panel, Unanswered } from "../ui/Panel";
import { Table } from "../ui/Table";

type Scope = "READ" | "PROPOSE" | "OPERATE" | "OPERATE_RED";
const SCOPES: readonly Scope[] = ["READ", "PROPOSE", "OPERATE", "OPERATE_RED"];

/** Bearer tokens: named, scoped, revocable; the secret is shown once. */
export function Tokens() {
  const head = useLive((state) => state.head);
  const asked = useAsk(AccessDocument, {}, head);
  const [secret, setSecret] = useState<{ name: string; secret: string } | null>(null);
  const tokens = asked.data?.tokens;
  return (
    <Panel title="Tokens" age={asked} scroll>
      <div className="stack">
        {tokens ? null : <Unanswered asked={asked} rows={3} for="the tokens" />}
        {tokens?.length === 0 ? <Empty title="No token yet." /> : null}
        {tokens && tokens.length > 0 ? (
          <Table label="Tokens" heads={["name", "role", "scopes", "made by", "lapses", ""]}>
            {tokens.map((token) => (
              <tr key={token.name}>
                <td className="strong">{token.name}</td>
                <td>{token.role.toLowerCase()}</td>
                <td>{token.scopes.join(", ").toLowerCase().replaceAll("_", "-")}</td>
                <td>{token.by}</td>
                <td>{token.expiresAt ? dateTime(token.expiresAt) : "never"}</td>
                <td className="end"><Button size="small" look="danger" onClick={() => void revoke(token.name, asked.again)}>Revoke</Button></td>
              </tr>
            ))}
          </Table>
        ) : null}
        {secret ? <Secret {...secret} onDone={() => setSecret(null)} /> : <Make onMade={(made) => { setSecret(made); asked.again(); }} />}
      </div>
    </Panel>
  );
}

async function revoke(name: string, done: () => void): Promise<void> {
  await said(`Token ${name} revoked`, () => ask(RevokeTokenDocument, { name }));
  done();
}

/** Runs it and notes how it ended. */
export async function said<T>(well: string, run: () => Promise<T>): Promise<T | null> {
  try {
    const answer = await run();
    note("ok", well);
    return answer;
  } catch (error) {
    note("crit", "Not done", told(error));
    return null;
  }
}

function Secret({ name, secret, onDone }: { name: string; secret: string; onDone: () => void }) {
  return (
    <div className="stack" role="status">
      <p><b>{name}</b>: copy it now, it is shown this once.</p>
      <pre className="code" tabIndex={0} aria-label="Secret">{secret}</pre>
      <div className="row-wrap">
        <Button look="primary" onClick={() => void navigator.clipboard.writeText(secret)}>Copy</Button>
        <Button onClick={onDone}>I have it</Button>
      </div>
    </div>
  );
}

function Make({ onMade }: { onMade: (made: { name: string; secret: string }) => void }) {
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const scopes = SCOPES.filter((scope) => data.getAll("scope").includes(scope));
    const name = String(data.get("name") ?? "");
    const variables = { name, role: String(data.get("role")) as Role, scopes, ttl: Number(data.get("days")) * 86_400 || null };
    const made = await said(`Token ${name} made`, () => ask(CreateTokenDocument, variables));
    if (made) {
      form.reset();
      onMade(made.createToken);
    }
  };
  return (
    <form className="inline-form" aria-label="Make a token" onSubmit={(event) => void submit(event)}>
      <label className="field"><span>Name of the token</span><input className="input" name="name" autoComplete="off" pattern="[a-z0-9\-]{1,40}" title="Small letters, figures and hyphens, at most 40" required /></label>
      <label className="field"><span>Role</span><select className="input" name="role"><option value="VIEWER">viewer</option><option value="OPERATOR">operator</option><option value="ADMIN">admin</option></select></label>
      <label className="field"><span>Lapses after</span><select className="input" name="days"><option value="30">30 days</option><option value="365">1 year</option><option value="0">never</option></select></label>
      <fieldset className="scopes">
        <legend className="dim small">Scopes</legend>
        {SCOPES.map((scope) => (
          <label key={scope} className="row"><input type="checkbox" name="scope" value={scope} defaultChecked={scope === "READ"} /> {scope.toLowerCase().replace("_", "-")}</label>
        ))}
      </fieldset>
      <Button type="submit">Make a token</Button>
    </form>
  );
}
