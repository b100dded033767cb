// The real aws-amplify in Node, on pages that know what it and hardtack.js ask of a browser. All pages have one copy of the
// package, which keeps nothing between them; each has its own hardtack.js.

import { Jar } from "../../tests/js/browser.mjs";
import { CLIENT, HOST } from "./situations.mjs";

const CHALLENGE = { USER_ID_FOR_SRP: "user", SRP_B: "abcdef0123456789", SALT: "12ab34cd", SECRET_BLOCK: "c2VjcmV0" };
const WAITS = [500, 3_000, 10_000]; // milliseconds that hardtack.js waits; Amplify's pauses between two attempts are no gates
const TURNS = 30; // of the event loop, after which whatever could go on has gone on

let tab = null; // what the globals below stand for; null while nothing is played

const RealDate = Date;
const clock = () => (tab ? Math.round(tab.now() * 1000) : RealDate.now());
globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length ? given : [clock()]));
  }
  static now() {
    return clock();
  }
};

class Stored {
  constructor() {
    this.items = new Map();
  }
  getItem(key) {
    return this.items.get(key) ?? null;
  }
  setItem(key, value) {
    this.items.set(key, String(value));
  }
  removeItem(key) {
    this.items.delete(key);
  }
}

const later = setImmediate;
const globals = {
  window: globalThis,
  localStorage: new Stored(),
  sessionStorage: { getItem: (key) => tab.stored.getItem(key), setItem: (key, value) => tab.stored.setItem(key, value) },
  addEventListener() {},
  removeEventListener() {},
  navigator: { locks: { request: (...given) => tab.lock(...given) }, userAgent: "" },
  setTimeout: (work, milliseconds = 0) => (tab ? tab.setTimeout(work, milliseconds) : void later(work)),
  clearTimeout: (id) => tab?.timers.delete(id),
  fetch: (url, options) => new Promise((resolve, reject) => tab?.fetch(url, options || {}, { resolve, reject })),
  document: {
    get cookie() {
      return tab ? tab.shown() : "";
    },
    set cookie(line) {
      tab?.write(line);
    },
    addEventListener() {},
    querySelector: () => null,
    querySelectorAll: () => [],
    getElementById: () => null,
  },
  location: {
    href: `https://${HOST}/`,
    origin: `https://${HOST}`,
    hostname: HOST,
    get pathname() {
      return tab.jar.path;
    },
    assign: (path) => tab.go(path),
  },
};
for (const [name, value] of Object.entries(globals)) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

const quiet = async () => {
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => later(resolve));
};

/** Stores a cookie as a response does, which may write over what script can't see. */
function respond(jar, line) {
  jar.set(line + "; HttpOnly");
  jar.cookies.at(-1).httpOnly = line.endsWith("HttpOnly");
}

/** Opens the package that lies in a folder of modules; with the path of hardtack.js, pages that have it. */
export async function openPackage(modules, script) {
  const part = (path) => import(`${modules}/aws-amplify/dist/esm/${path}index.mjs`);
  const [{ Amplify }, auth, { cognitoUserPoolsTokenProvider }, { CookieStorage, Hub }] = await Promise.all(
    ["", "auth/", "auth/cognito/", "utils/"].map(part),
  );
  const { fetchAuthSession, getCurrentUser, signIn, signOut } = auth;
  let pages = 0;

  const runs = {
    load: async () => (await fetchAuthSession()).tokens?.accessToken.payload.username,
    refresh: async () => (await fetchAuthSession({ forceRefresh: true })).tokens?.accessToken.payload.username,
    look: async () => (await getCurrentUser()).username,
    "sign-in": async (username) => void (await signIn({ username, password: "correct" })),
    "sign-out": () => signOut(),
    "sign-out-everywhere": () => signOut({ global: true }),
  };

  /** Plays a situation; what came of it is what is recorded. */
  return async function play({ settings, jar: lines, runs: wanted, answer, meanwhile, pass, now }) {
    const jar = new Jar({ host: HOST });
    for (const line of lines) respond(jar, line);
    const played = [];
    tab = new Tab({ jar, now });
    let stop = null; // takes the page away that is open
    for (const run of wanted) {
      pass(60);
      const fresh = run.fresh || !stop;
      if (fresh && stop) await stop();
      jar.path = run.path;
      if (fresh) stop = await setUp(settings, run);
      const segments = await playRun(run, { answer, meanwhile, pass });
      played.push({ name: run.name, user: run.user, path: run.path, fresh, segments });
      if (segments.at(-1).gate[0] === "Go") {
        await stop();
        stop = null;
      }
    }
    if (stop) await stop();
    tab = null;
    return { settings, jar: lines, runs: played };
  };

  async function playRun(run, { answer, meanwhile, pass }) {
    let ended = null;
    tab.begin({});
    runs[run.name](run.user).then(
      (who) => (ended = ["Done", "", who || ""]),
      (error) => (ended = ["Done", error.name, ""]),
    );
    for (;;) {
      await quiet();
      const found = tab.next();
      tab.segment.gate = found ? found.gate : ended;
      if (!found || found.gate[0] === "Go") return tab.end();
      pass(3);
      const given = answer(found.gate);
      const planted = meanwhile();
      for (const line of planted) respond(tab.jar, line);
      tab.begin(given, planted);
      found.answer(given);
    }
  }

  /** Sets a page up; what is returned takes it away, and all that it waits for. */
  async function setUp(settings, run) {
    const stops = [];
    const listen = (heard) => stops.push(Hub.listen("auth", ({ payload: { event, data } }) => heard(event, data?.error?.name)));
    Amplify.configure({ Auth: { Cognito: { userPoolId: "eu-west-1_Recorded1", userPoolClientId: CLIENT } } }, { ssr: true });
    listen((event, error) => tab.segment.told.push(["Hub:", event, error].filter(Boolean).join(" ")));
    if (settings.policy) {
      const { install } = await import(`${script}?${++pages}`);
      stops.push(install({ policy: settings.policy, tokenProvider: cognitoUserPoolsTokenProvider, Hub }));
    } else {
      cognitoUserPoolsTokenProvider.setKeyValueStorage(new CookieStorage(settings.cookie));
      const leave = async () => {
        await signOut();
        tab.go(settings.signInPath);
      };
      const habit = { "sign-out": leave, reload: () => tab.go(run.path) }[settings.listener];
      listen((event) => event === "tokenRefresh_failure" && habit?.());
    }
    return async () => {
      for (const stop of stops) stop();
      tab.leave();
      await quiet();
      tab.isGone = false;
    };
  }
}

/** What a page finds around it, and who else waits there. */
class Tab {
  constructor({ jar, now }) {
    Object.assign(this, { jar, now, stored: new Stored(), waiting: [], timers: new Map(), held: new Set(), queues: new Map() });
    this.segments = [];
    this.order = 0;
    this.isGone = false; // the page has been left: its calls fail unheard, so that the package forgets them
  }

  begin(answer, planted = []) {
    this.segment = { answer, now: this.now(), planted, told: [], writes: [], gate: null };
    this.segments.push(this.segment);
  }

  end() {
    return this.segments.splice(0);
  }

  shown() {
    return this.isGone ? "" : this.jar.cookie;
  }

  write(line) {
    if (this.isGone) return;
    this.segment.writes.push(line);
    this.jar.set(line);
  }

  wait(gate, answer) {
    this.waiting.push({ gate, answer });
  }

  go(path) {
    this.wait(["Go", path]);
  }

  /** The gate that is served next: the first that was reached; time passes where nothing else can happen. */
  next() {
    if (this.waiting.length) return this.waiting.shift();
    const id = this.firstTimer();
    if (id === undefined) return null;
    return { gate: ["Timer", this.timers.get(id).milliseconds], answer: () => this.fire(id) };
  }

  firstTimer() {
    return [...this.timers].sort(([one, { due }], [other, { due: dueThen }]) => due - dueThen || one - other)[0]?.[0];
  }

  fire(id) {
    const { work } = this.timers.get(id);
    this.timers.delete(id);
    work();
  }

  setTimeout(work, milliseconds) {
    if (!WAITS.includes(milliseconds)) return void later(work);
    this.timers.set(++this.order, { work, milliseconds, due: this.now() * 1000 + milliseconds });
    return this.order;
  }

  fetch(url, { method = "GET", headers, body = "" }, { resolve, reject }) {
    if (this.isGone) return reject(new TypeError("gone"));
    if (String(url).startsWith("/")) {
      return this.wait(["Ask", method, url, body], ({ error, status, body: told }) =>
        error ? reject(new TypeError(error)) : resolve({ ok: status === 200, json: async () => told }),
      );
    }
    const operation = headers["x-amz-target"].split(".")[1];
    const { AuthFlow, AuthParameters, RefreshToken, Token, AccessToken } = JSON.parse(body);
    if (operation === "RespondToAuthChallenge") return void later(() => wire({ resolve, reject }, this.challenged));
    const isSignIn = AuthFlow === "USER_SRP_AUTH";
    const argument = isSignIn ? AuthParameters.USERNAME : RefreshToken || Token || AccessToken || AuthParameters.REFRESH_TOKEN;
    this.wait(["Pool", isSignIn ? "SignIn" : operation, argument], (given) => {
      if (!isSignIn || (given.error && given.error !== "NotAuthorizedException")) return wire({ resolve, reject }, given);
      // A wrong password shows at the second step.
      this.challenged = given;
      const parameters = { ...CHALLENGE, USERNAME: given.Username || argument };
      wire({ resolve, reject }, { ChallengeName: "PASSWORD_VERIFIER", ChallengeParameters: parameters }, true);
    });
  }

  /** Web Locks, exclusive ones. */
  async lock(name, { signal }, work) {
    await new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      const ask = () => {
        this.held.add(name);
        this.wait(["Lock", name], ({ error }) => {
          if (!error) return resolve();
          this.held.delete(name);
          while (!signal.aborted) this.fire(this.firstTimer());
        });
      };
      if (this.held.has(name)) this.queues.set(name, [...(this.queues.get(name) || []), ask]);
      else ask();
    });
    try {
      return await work({ name });
    } finally {
      this.held.delete(name);
      const [first, ...rest] = this.queues.get(name) || [];
      this.queues.set(name, rest);
      first?.();
    }
  }

  leave() {
    this.isGone = true;
    this.timers.clear();
    this.held.clear();
    this.queues.clear();
    for (const { gate, answer } of this.waiting.splice(0)) if (gate[0] === "Pool") answer({ error: "NetworkError" });
  }
}

/** What the wire carries of an answer. */
function wire({ resolve, reject }, given, isWhole = false) {
  const { error, Username, ...tokens } = given;
  if (error === "NetworkError") return reject(new TypeError("fetch failed"));
  const status = !error ? 200 : error === "InternalErrorException" ? 500 : 400;
  const body = error ? { __type: error, message: error } : isWhole ? given : Object.keys(tokens).length ? { AuthenticationResult: tokens } : {};
  const headers = new Headers(error ? { "x-amzn-errortype": error } : {});
  resolve({ status, headers, body: {}, text: async () => JSON.stringify(body), json: async () => body });
}
