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
  const admins = users?.filter((user) => user.role === "ADMIN").length;
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
                <td>{user.role.toLowerCase()}{isLast(user, admins) ? ", the only one" : ""}</td>
                <td>{user.oneTime ? "works once" : "set"}</td>
                <td className="end"><Remove name={user.name} locked={isLast(user, admins) && "The only admin stays: nobody else could let people in"} removed={asked.again} /> <Button size="small" onClick={() => void said(`${user.name} is signed out everywhere`, () => ask(RevokeSessionsDocument, { user: user.name }))}>Sign out everywhere</Button></td>
              </tr>
            ))}
          </Table>
        ) : <Unanswered asked={asked} rows={2} for="the users" />}
        <form className="inline-form" aria-label="Make a user" onSubmit={(event) => void submit(event)}>
          <label className="field"><span>Name of the user</span><input className="input" name="name" autoComplete="off" required /></label>
          <label className="field"><span>One-time password</span><input className="input" name="password" type="password" autoComplete="new-password" minLength={10} required /></label>
          <label className="field"><span>Role</span><select className="input" name="role"><option value="VIEWER">viewer</option><option value="OPERATOR">operator</option><option value="ADMIN">admin</option></select></label>
          <Button type="submit">Make a user</Button>
        </form>
      </div>
    </Panel>
  );
}

const isLast = (user: { role: Role }, admins: number | undefined): boolean => user.role === "ADMIN" && admins === 1;

/** Removes a user with all that is theirs; asked twice, since nothing brings it back. */
function Remove({ name, locked, removed }: { name: string; locked: string | false; removed: () => void }) {
  const [sure, setSure] = useState(false);
  const remove = async () => {
    if (!sure) return setSure(true);
    setSure(false);
    if (await said(`User ${name} removed, with sessions, tokens and conversations`, () => ask(RemoveUserDocument, { name }))) removed();
  };
  return <Button size="small" locked={locked} onClick={() => void remove()} onBlur={() => setSure(false)}>{sure ? `Remove ${name} for good` : "Remove"}</Button>;
}
