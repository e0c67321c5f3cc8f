import { useState, type FormEvent } from "react";
import { ask } from "../api/http";
import { AccessDocument, CreateUserDocument, RemoveUserDocument, RevokeSessionsDocument } from "../api/generated/graphql";
import type { Role } from "../api/types";
import { useAsk } from "../api/useAsk";
import { useLive } from "../live/store";
import { Button } from "../ui/Button";
import { Panel, Unanswered } from "../ui/Panel";
import { Table } from "../ui/Table";
import { said } from "./Tokens";

/** Who may sign in. A new user's password works once, to set another. */
export function Users() {
  const head = useLive((state) => state.head);
  const asked = useAsk(AccessDocument, {}, head);
  const users = asked.data?.users;
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const text = (name: string) => String(data.get(name) ?? "");
    const variables = { name: text("name"), password: text("password"), role: text("role") as Role };
    if (await said(`User ${variables.name} made`, () => ask(CreateUserDocument, variables))) {
      form.reset();
      asked.again();
    }
  };
  return (
    <Panel title="Users" age={asked} scroll>
      <div className="stack">
        {users ? (
          <Table label="Users" heads={["name", "role", "password", ""]}>
            {users.map((user) => (
              <tr key={user.name}>
                <td className="strong">{user.name}</td>
                <td>{user.role.toLowerCase()}</td>
                <td>{user.oneTime ? "works once" : "set"}</td>
                <td className="end"><Remove name={user.name} removed={asked.again} /> <Button size="small" onClick={() => void said(`${user.name} is signed out everywhere`, () => ask(RevokeSessionsDocument, { user: user.name }))}>Sign out everywhere</Button></td>
              </tr>
            ))}
          </Table>
        ) : <Unanswered asked={asked} rows={2} for="the users" />}
        <form className="inline-form" aria-label="Make a user" onSubmit={(event) => void submit(event)}>
          <input className="input input-small" name="name" aria-label="Name of the user" placeholder="name" required />
          <input className="input input-small" name="password" type="password" autoComplete="new-password" aria-label="One-time password" placeholder="one-time password" minLength={10} required />
          <select className="input input-small" name="role" aria-label="Role of the user"><option value="VIEWER">viewer</option><option value="OPERATOR">operator</option><option value="ADMIN">admin</option></select>
          <Button type="submit" size="small">Make a user</Button>
        </form>
      </div>
    </Panel>
  );
}

/** Removes a user with all that is theirs; asked twice, since nothing brings it back. */
function Remove({ name, removed }: { name: string; removed: () => void }) {
  const [sure, setSure] = useState(false);
  const remove = async () => {
    if (!sure) return setSure(true);
    setSure(false);
    if (await said(`User ${name} removed, with sessions, tokens and conversations`, () => ask(RemoveUserDocument, { name }))) removed();
  };
  return <Button size="small" onClick={() => void remove()} onBlur={() => setSure(false)}>{sure ? `Remove ${name} for good` : "Remove"}</Button>;
}
