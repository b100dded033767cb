// A browser's part of the globals, small and faithful where it matters: cookies with scopes, in the order in which
// Chromium shows them, and refusing what Chromium refuses. Not for proving anything of browsers: those tests drive a real one.

export class Jar {
  constructor({ host = "app.example.test", path = "/", secure = true } = {}) {
    Object.assign(this, { host, path, secure, cookies: [], clock: 0, lines: [], broken: false });
  }

  /** Stores a cookie as a response or a script does; ours are written by `document.cookie`. */
  set(line) {
    const [pair, ...attributes] = line.split(";").map((part) => part.trim());
    const at = pair.indexOf("=");
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    const flags = Object.fromEntries(attributes.map((each) => each.split("=")).map(([key, ...rest]) => [key.toLowerCase(), rest.join("=")]));
    const domain = (flags.domain || "").replace(/^\./, "").toLowerCase();
    if (domain && this.host !== domain && !this.host.endsWith("." + domain)) return;
    if (domain && !domain.includes(".")) return; // a public suffix
    if ("secure" in flags && !this.secure) return;
    if ("partitioned" in flags && !("secure" in flags)) return;
    if (name.startsWith("__Host-") && (domain || flags.path !== "/" || !("secure" in flags))) return;
    if (name.length + value.length > 4096) return;
    const scope = [name, domain ? "." + domain : this.host, flags.path || "/", "partitioned" in flags].join("|");
    const old = this.cookies.find((cookie) => cookie.scope === scope);
    if (old && old.httpOnly && !("httponly" in flags)) return;
    this.cookies = this.cookies.filter((cookie) => cookie !== old);
    const over = "max-age" in flags ? Number(flags["max-age"]) <= 0 : Date.parse(flags.expires) <= Date.now();
    if (over) return;
    const created = old && old.value === value ? old.created : ++this.clock;
    this.cookies.push({ name, value, path: flags.path || "/", scope, created, httpOnly: "httponly" in flags });
  }

  get cookie() {
    if (this.broken) throw new Error("SecurityError");
    const below = (path) => this.path === path || (this.path.startsWith(path) && (path.endsWith("/") || this.path[path.length] === "/"));
    return this.cookies
      .filter(({ path, httpOnly }) => !httpOnly && below(path))
      .sort((one, other) => other.path.length - one.path.length || one.created - other.created)
      .map(({ name, value }) => `${name}=${value}`)
      .join("; ");
  }

  set cookie(line) {
    if (this.broken) throw new Error("SecurityError");
    this.lines.push(line);
    this.set(line);
  }

  names() {
    return this.cookies.map(({ scope }) => scope);
  }
}

class Stored {
  constructor() {
    this.items = new Map();
  }
  getItem(key) {
    return this.items.has(key) ? this.items.get(key) : null;
  }
  setItem(key, value) {
    this.items.set(key, String(value));
  }
  removeItem(key) {
    this.items.delete(key);
  }
}

const throwing = { getItem: fail, setItem: fail, removeItem: fail };
function fail() {
  throw new Error("SecurityError");
}

/** Puts a page in place: its jar, its location, its storages, its locks, its server. */
export function page({ host, path, secure = true, storage = true, locks = true, server = () => null } = {}) {
  const jar = new Jar({ host, path, secure });
  const asked = [];
  const went = [];
  const globals = {
    document: jar,
    location: { hostname: jar.host, pathname: jar.path, assign: (to) => went.push(to) },
    isSecureContext: secure,
    sessionStorage: storage ? new Stored() : throwing,
    localStorage: storage ? new Stored() : throwing,
    navigator: { locks: locks ? new Locks() : undefined },
    fetch: async (url, options = {}) => {
      const body = options.body === undefined ? undefined : JSON.parse(options.body);
      asked.push({ url, body });
      const answer = await server(url, body);
      return { ok: answer !== null, json: async () => answer };
    },
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  return { jar, asked, went };
}

/** Web Locks, as far as exclusive ones go. */
class Locks {
  constructor() {
    this.tails = new Map();
  }
  async request(name, { signal } = {}, work) {
    const before = this.tails.get(name) || Promise.resolve();
    let release;
    this.tails.set(name, new Promise((resolve) => (release = resolve)));
    try {
      await Promise.race([before, new Promise((_, reject) => signal && signal.addEventListener("abort", () => reject(signal.reason)))]);
      return await work();
    } finally {
      release();
    }
  }
}

let clients = 0;

/** A policy of its own for each test: pages remember what they saw by app client. */
export function policy({ domain = ".example.test", path = "/", sweep, ...rest } = {}) {
  const clientId = "client" + ++clients;
  const domains = domain ? [null, domain] : [null];
  return {
    version: 1,
    fingerprint: "ab12cd34",
    clientId,
    base: "/hardtack",
    signIn: "/login",
    cookie: { domain, path, secure: true, sameSite: "lax", maxAge: 31536000, partitioned: false, httpOnly: false },
    sweep: sweep || domains.flatMap((each) => [false, true].map((partitioned) => ({ domain: each, path, partitioned }))),
    mark: "__Host-hardtack-js." + clientId,
    ...rest,
  };
}

/** A token with these claims; its signature is nobody's. */
export function token(use, clientId, { sub = "alice-sub", session = "session-1", authTime = 1000, iat = authTime, exp = iat + 3600, ...more } = {}) {
  const claims = { sub, token_use: use, auth_time: authTime, iat, exp, origin_jti: session, ...more };
  claims[use === "id" ? "aud" : "client_id"] = clientId;
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part(claims)}.c2ln${more.jti || ""}`;
}

/** A whole set of a user, as key and value pairs. */
export function set(clientId, owner, refreshToken, claims) {
  const key = (suffix) => `CognitoIdentityServiceProvider.${clientId}.${owner}.${suffix}`;
  return {
    [`CognitoIdentityServiceProvider.${clientId}.LastAuthUser`]: owner,
    [key("accessToken")]: token("access", clientId, claims),
    [key("idToken")]: token("id", clientId, claims),
    [key("refreshToken")]: refreshToken,
    [key("signInDetails")]: JSON.stringify({ loginId: owner }),
    [key("clockDrift")]: "-120",
  };
}

/** Plants a set in a scope, as some other writer would. */
export function plant(jar, values, scope = "") {
  for (const [key, value] of Object.entries(values)) jar.set(`${encodeURIComponent(key)}=${encodeURIComponent(value)}; path=/; secure${scope}`);
}

export const NOW = Math.floor(Date.now() / 1000);

/** What Amplify's token store does: the set that `storage` shows, in Amplify's order of reading; null without one. */
export async function load(storage, clientId) {
  const key = (...parts) => ["CognitoIdentityServiceProvider", clientId, ...parts].join(".");
  const owner = (await storage.getItem(key("LastAuthUser"))) ?? "username";
  const shown = { owner };
  for (const suffix of ["accessToken", "idToken", "refreshToken", "clockDrift", "signInDetails"]) {
    shown[suffix] = await storage.getItem(key(owner, suffix));
  }
  return shown.accessToken ? shown : null;
}

/** Writes a set in Amplify's order. */
export async function store(storage, values) {
  for (const [key, value] of Object.entries(values)) await storage.setItem(key, value);
}

/** The end of this task: what was remembered for it is forgotten. */
export const nextTask = () => new Promise((resolve) => setTimeout(resolve));
