import "./sign-in.css";
import { Bell } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import type { SignInWays } from "../../../src/serve/messages/session.ts";
import { ask, type Refusal } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { Command, Fault } from "../../parts/states.tsx";
import { useUrlValue } from "../../parts/url.ts";

/** What kept somebody out who came by a link or from another server. */
const faults: Record<string, string> = {
  "link-used": "This link was used before. A link signs in once; have another one printed.",
  "link-expired": "This link is too old. A link works for ten minutes; have another one printed.",
  "link-unknown": "This is no link of this server, or not all of it. Copy the whole line.",
  "oidc-refused": "The other server did not sign you in. Try again, or ask whoever runs it.",
  "oidc-no-role":
    "The other server knows you, but gives you no role here. Ask for one, or for OIDC_ROLES to " +
    "be changed.",
  "oidc-no-name": "The other server did not say a name that can stand in records.",
  "oidc-late": "Signing in took too long, or began in another browser. Begin again.",
  away: "Something that signing in needs is away. Try again in a moment.",
};

const Password = ({ onCome }: { onCome: () => void }) => {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [fault, setFault] = useState<Refusal | null>(null);
  const [busy, setBusy] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      await ask("/session", { method: "POST", body: { name: name.trim(), password } });
      onCome();
    } catch (thrown) {
      setFault(thrown as Refusal);
      setBusy(false);
    }
  };
  return (
    <form className="sign-in-form" onSubmit={submit} aria-label="With a password">
      <label className="field">
        <span>Name</span>
        <input
          ref={first}
          value={name}
          onChange={(event) => setName(event.target.value)}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={100}
          required
        />
      </label>
      <label className="field">
        <span>Password</span>
        <input
          type="password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          autoComplete="current-password"
          maxLength={200}
          required
        />
      </label>
      {fault && <Fault fault={fault} />}
      <div>
        <button type="submit" className="button primary" disabled={busy}>
          Sign in
        </button>
      </div>
    </form>
  );
};

/** The screen that was asked for, to come back to. */
const here = (): string => {
  const { pathname, search } = window.location;
  return pathname.endsWith("/sign-in") ? "/console/" : `${pathname}${search}`;
};

const Elsewhere = () => (
  <div className="sign-in-way">
    <a className="button" href={`/sign-in/oidc?to=${encodeURIComponent(here())}`}>
      Sign in with your organisation
    </a>
  </div>
);

const ByLink = () => (
  <section className="sign-in-way" aria-label="With a link">
    <h2>With a link</h2>
    <p className="soft">
      Whoever can run commands where Bellwether runs can have a link printed. It signs in once,
      within ten minutes, under the name and in the role that it is made for.
    </p>
    <Command text="./bellwether sign-in --name maria --role analyst" />
  </section>
);

/** How to come in: a password, another server, or a link. */
const SignIn = ({ onCome }: { onCome: () => void }) => {
  const { data: ways } = useAnswer<SignInWays>("/sign-in/ways");
  const [why] = useUrlValue("fault");
  useEffect(() => {
    document.title = "Sign in · Bellwether";
    return () => {
      document.title = "Bellwether";
    };
  }, []);
  return (
    <main className="sign-in">
      <div className="sign-in-box">
        <p className="sign-in-brand">
          <Bell size={16} fill="currentColor" aria-hidden="true" />
          Bellwether
        </p>
        <h1>Sign in</h1>
        {faults[why] !== undefined && (
          <p className="sign-in-fault" role="alert">
            {faults[why]}
          </p>
        )}
        {ways?.oidc && <Elsewhere />}
        <Password onCome={onCome} />
        {ways?.password === false && (
          <section className="sign-in-way" aria-label="A password of your own">
            <p className="soft">Nobody has a password here yet. This makes somebody one:</p>
            <Command text="./bellwether users create --name maria --role analyst" />
          </section>
        )}
        <ByLink />
      </div>
    </main>
  );
};

export default SignIn;
