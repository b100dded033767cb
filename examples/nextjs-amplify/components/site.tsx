"use client";

// The one page that this site has, in three places: signing in, the session, what happened, and the jar.

import { useCallback, useEffect, useState, useSyncExternalStore, type FormEvent } from "react";
import { lookInAction } from "@/app/actions";
import { configure, enter, exit, guard, isActing, session, setActsAlone, user } from "@/lib/amplify-browser";
import { jar, type Cookie } from "@/lib/jar";
import { entries, note, subscribe, type Entry } from "@/lib/log";
import type { Settings } from "@/lib/settings";

type Page = "login" | "account" | "members";
type Task = () => Promise<string>;

const NONE: Entry[] = [];

async function ask(path: string, method: "GET" | "POST"): Promise<string> {
  const seen = (await (await fetch(path, { method })).json()) as { username: string | null; error?: string };
  return seen.error ?? seen.username ?? "nobody";
}

async function act(forceRefresh: boolean): Promise<string> {
  const seen = await lookInAction(forceRefresh);
  return seen.error ?? seen.username ?? "nobody";
}

const CALLS: Record<string, [label: string, task: Task]> = {
  session: ["Ask for the session", () => session(false)],
  refresh: ["Refresh in the browser", () => session(true)],
  "look-action": ["Look in a server action", () => act(false)],
  "action": ["Refresh in a server action", () => act(true)],
  "look-route": ["Look in a route handler", () => ask("/api/session", "GET")],
  "route": ["Refresh in a route handler", () => ask("/api/session", "POST")],
  "look-response": ["Look with request and Response", () => ask("/api/session/response", "GET")],
  "response": ["Refresh with request and Response", () => ask("/api/session/response", "POST")],
};

export function Site({ page, settings, seen }: { page: Page; settings: Settings; seen: string | null }) {
  const [who, setWho] = useState<string | null>(null);
  const [cookies, setCookies] = useState<Cookie[]>([]);
  const [acting, setActing] = useState(settings.actAlone);
  const [busy, setBusy] = useState(true);
  const log = useSyncExternalStore(subscribe, entries, () => NONE);

  const show = useCallback(async () => setCookies(await jar()), []);

  useEffect(() => {
    void (async () => {
      await configure(settings);
      setActing(isActing());
      const stays = page === "members" || (await guard(page));
      if (!stays) return; // another page is on its way
      if (isActing()) setWho(await user());
      await show();
      setBusy(false);
      document.body.dataset.rest = page;
    })();
  }, [page, settings, show]);

  async function perform(what: string, task: Task): Promise<boolean> {
    setBusy(true);
    let done = true;
    try {
      note(what, await task());
    } catch (error) {
      done = false;
      note(what, error instanceof Error ? error.name : "Unknown");
    }
    await show();
    setBusy(false);
    return done;
  }

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const signedIn = await perform("sign-in", () => enter(String(form.get("username")), String(form.get("password"))));
    if (signedIn && isActing()) location.assign("/account");
  }

  async function leave(): Promise<void> {
    const done = await perform("sign-out", exit);
    if (done && isActing()) location.assign("/login");
  }

  return (
    <main>
      <section className="card" aria-labelledby="title">
        <h1 id="title">{page === "login" ? "Sign in" : page === "account" ? "Your account" : "Members only"}</h1>
        <dl className="who">
          <dt>The server sees</dt>
          <dd id="server-sees">{seen ?? "nobody"}</dd>
          <dt>The browser sees</dt>
          <dd id="browser-sees">{acting ? (who ?? "nobody") : "not asked"}</dd>
        </dl>
        <form id="sign-in" onSubmit={submit}>
          <label htmlFor="username">User name</label>
          <input id="username" name="username" autoComplete="username" defaultValue="alice" required />
          <label htmlFor="password">Password</label>
          <input id="password" name="password" type="password" autoComplete="current-password" required />
          <p className="row">
            <button disabled={busy}>Sign in</button>
            <button type="button" className="quiet" id="sign-out" disabled={busy} onClick={leave}>
              Sign out
            </button>
          </p>
        </form>
        <label className="switch">
          <input
            type="checkbox"
            id="act-alone"
            checked={acting}
            onChange={({ target }) => {
              setActsAlone(target.checked);
              setActing(target.checked);
            }}
          />
          Guard the pages, and sign out when a refresh is refused
        </label>
      </section>

      <section className="card" aria-labelledby="calls">
        <h2 id="calls">Ask</h2>
        <p className="calls">
          {Object.entries(CALLS).map(([what, [label, task]]) => (
            <button key={what} className="quiet" data-call={what} disabled={busy} onClick={() => perform(what, task)}>
              {label}
            </button>
          ))}
        </p>
        <h2>What happened in this tab</h2>
        <ol id="log" reversed aria-live="polite">
          {[...log].reverse().map(({ number, what, outcome, path }) => (
            <li key={number} value={number} data-what={what} data-outcome={outcome}>
              <b>{what}</b> {outcome} <small>{path}</small>
            </li>
          ))}
        </ol>
      </section>

      <section className="card wide" aria-labelledby="jar">
        <h2 id="jar">
          Cookies of the session: {cookies.length}
          {cookies.some(({ twin }) => twin) ? ", with twins" : ""}
        </h2>
        <table>
          <thead>
            <tr>
              <th scope="col">Name ends in</th>
              <th scope="col">Scope</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {cookies.map(({ suffix, scope, value, twin }, index) => (
              <tr key={index} className={twin ? "twin" : ""}>
                <td>{suffix}</td>
                <td>{scope}</td>
                <td>
                  <code>{value}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </main>
  );
}
