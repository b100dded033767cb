// The jar as the browser holds it: every copy of every name, where it lives, and who reads which.
//
// `document.cookie` tells names, values and the order in which script meets them; `cookieStore`, where the browser says so
// (Chromium does), tells the scope. Which copy the server reads, only the server knows: it is asked.

const SHORT = 18; // values up to this length are shown whole, here as in app.py

/** A value shortened so that no token is shown. */
function shorten(value) {
  return value.length <= SHORT ? value : `${value.slice(0, 4)}…${value.slice(-6)}`;
}

function suffix(name) {
  return name.slice(name.lastIndexOf(".") + 1);
}

function pairs() {
  const text = document.cookie;
  if (!text) return [];
  return text.split("; ").map((pair) => {
    const at = pair.indexOf("=");
    return { name: pair.slice(0, at), value: pair.slice(at + 1) };
  });
}

/** The scopes of each name and value, as far as the browser tells them. */
async function scopes() {
  if (!("cookieStore" in window)) return [];
  const cookies = await cookieStore.getAll();
  return cookies.filter((cookie) => "domain" in cookie);
}

/** Every cookie of the app client, in the order in which script meets them. */
export async function read(clientId) {
  const known = await scopes();
  const ours = pairs().filter(({ name }) => decodeName(name).includes(clientId));
  const met = new Set();
  return ours.map(({ name, value }) => {
    const at = known.findIndex((cookie) => cookie.name === name && cookie.value === value);
    const [found] = at < 0 ? [null] : known.splice(at, 1);
    const first = !met.has(name);
    met.add(name);
    return { name, suffix: suffix(name), short: shorten(value), scope: found && scope(found), script: first };
  });
}

function decodeName(name) {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function scope({ domain, path }) {
  return `${domain ? `.${domain}` : "host-only"} ${path}`;
}

/** The copy of a cookie that script reads, the first; null where there is none. */
export function first(clientId, wanted) {
  const found = pairs().find(({ name }) => decodeName(name).includes(clientId) && suffix(name) === wanted);
  return found ? found.value : null;
}

/** How many names have a twin. */
export function twins(rows) {
  const counts = new Map();
  for (const { name } of rows) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts.values()].filter((count) => count > 1).length;
}

/** Marks on each row what the server reads, as it told by name and shortened value: of equal copies, the last. */
export function mark(rows, serverReads) {
  const found = new Map();
  rows.forEach(({ name, short }, index) => {
    if (serverReads[name] === short) found.set(name, index);
  });
  return rows.map((row, index) => ({ ...row, server: found.get(row.name) === index }));
}
