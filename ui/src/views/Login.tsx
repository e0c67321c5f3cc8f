import { type FormEvent, useEffect, useRef, useState } from "react";
import { setBeenHere } from "../app/been-here";
import { signIn } from "../live/session";
import { Button } from "../ui/Button";

interface Options {
  oidc?: { displayName: string } | null;
}

/** `onBegin`: somebody is about to sign in. */
export function Login({ onBegin }: { onBegin: () => void }) {
  return <main className="login" onFocus={onBegin} onPointerMove={onBegin}><SignIn /></main>;
}

/** The session ended: over the page, which waits as it was, and shows nothing of it meanwhile. */
export function LoginAgain({ user }: { user: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    element?.querySelector<HTMLInputElement>("#password")?.focus();
    return () => element?.close();
  }, []);
  return (
    <dialog ref={dialog} className="login login-again" aria-label="Sign in again" onCancel={(event) => event.preventDefault()}>
      <SignIn again={user} />
    </dialog>
  );
}

/** Signing in; the first time with a password that works once, to set another. */
function SignIn({ again }: { again?: string }) {
  const [isFirst, setFirst] = useState(false);
  const [error, setError] = useState("");
  const [isBusy, setBusy] = useState(false);
  const oidc = useOidc();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const text = (name: string) => String(data.get(name) ?? "");
    if (isFirst && text("fresh") !== text("again")) {
      setError("The two new passwords differ.");
      return;
    }
    setBusy(true);
    setError("");
    const form = { user: text("user"), password: text("password") };
    const problem = await signIn(isFirst ? { ...form, newPassword: text("fresh") } : form);
    setBusy(false);
    if (problem?.code === "PASSWORD_CHANGE_REQUIRED") setFirst(true);
    else if (problem) setError(problem.told);
  };
  const greeting = again ? "Your session has ended. Sign in, and you find the page as you left it." : "At your service. Who is asking?";
  return (
    <form className="panel panel-hero login-panel" onSubmit={(event) => void submit(event)}>
      <div className="panel-fill login-fill">
        <h1 className="wordmark">JARVIS</h1>
        <p className="say-more">{isFirst ? "This password works once. Choose your own, ten characters or more." : greeting}</p>
        <div className="field">
          <label htmlFor="user">User</label>
          <input id="user" className="input" name="user" autoComplete="username" autoCapitalize="none" spellCheck={false} required defaultValue={again ?? "admin"} />
        </div>
        <div className="field">
          <label htmlFor="password">{isFirst ? "One-time password" : "Password"}</label>
          <input id="password" className="input" name="password" type="password" autoComplete="current-password" required />
        </div>
        {isFirst ? <NewPassword /> : null}
        <p className="login-error tone-crit" role="alert">{error}</p>
        <Button type="submit" look="primary" disabled={isBusy}>{isFirst ? "Set it and sign in" : "Sign in"}</Button>
        {oidc ? <a className="btn" href="/auth/oidc/login" onClick={() => setBeenHere(true)}>Sign in with {oidc.displayName}</a> : null}
        <p className="small dim">The first password was printed when Jarvis started. Lost it? On its host: <code className="mono">jarvis user passwd admin</code></p>
      </div>
    </form>
  );
}

function NewPassword() {
  return (
    <>
      <div className="field">
        <label htmlFor="fresh">New password</label>
        <input id="fresh" className="input" name="fresh" type="password" autoComplete="new-password" minLength={10} required autoFocus />
      </div>
      <div className="field">
        <label htmlFor="again">New password again</label>
        <input id="again" className="input" name="again" type="password" autoComplete="new-password" minLength={10} required />
      </div>
    </>
  );
}

/** Single sign-on, when the server offers it; a server that does not know the question has none. */
function useOidc() {
  const [oidc, setOidc] = useState<Options["oidc"]>(null);
  useEffect(() => {
    const look = async () => {
      const response = await fetch("/auth/options", { credentials: "same-origin" });
      if (response.ok) setOidc(((await response.json()) as Options).oidc ?? null);
    };
    look().catch(() => undefined);
  }, []);
  return oidc;
}
