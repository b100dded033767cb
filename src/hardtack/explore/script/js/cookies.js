// Amplify's CookieStorage with js-cookie below it, byte for byte.
//
// Rule: what a writer writes and which of two twins a reader believes is what all faults are made of; so spelling, order
// of attributes and the walk over duplicates are those of the packages (recorded ones are compared in the tests).

const DAY = 864e5; // milliseconds
const REMEMBERED = 256; // texts of `document.cookie` whose parsing is kept: it depends on nothing but the text

const parsed = new Map();

/** A cookie's name as js-cookie writes it. */
const encodeName = (name) =>
  encodeURIComponent(name)
    .replace(/%(2[346B]|5E|60|7C)/g, decodeURIComponent)
    .replace(/[()]/g, (mark) => (mark === "(" ? "%28" : "%29"));

/** A value as js-cookie writes it. */
const encodeValue = (value) =>
  encodeURIComponent(value).replace(/%(2[346BF]|3[AC-F]|40|5[BDE]|60|7[BCD])/g, decodeURIComponent);

const decodeValue = (value) =>
  (value[0] === '"' ? value.slice(1, -1) : value).replace(/(%[\dA-F]{2})+/gi, decodeURIComponent);

/** The first readable value of each name; a cookie whose name or value can't be decoded is passed over. */
function parse(text) {
  const found = new Map();
  for (const pair of text ? text.split("; ") : []) {
    const at = pair.indexOf("=");
    try {
      const name = decodeURIComponent(at < 0 ? pair : pair.slice(0, at));
      if (!found.has(name)) found.set(name, decodeValue(at < 0 ? "" : pair.slice(at + 1)));
    } catch {
      // not decodable: the next one of that name has its chance
    }
  }
  return found;
}

function look() {
  const text = document.cookie;
  let found = parsed.get(text);
  if (!found) {
    if (parsed.size >= REMEMBERED) parsed.clear();
    parsed.set(text, (found = parse(text)));
  }
  return found;
}

/** A storage over `document.cookie`, as `new CookieStorage(options)` makes one. */
export function createCookieStorage(options = {}) {
  const { domain, expires = 365, secure = true, sameSite } = options;
  const path = options.path || "/";

  const put = (name, value, days) => {
    const attributes = [
      "path=" + path,
      typeof days === "number" && "expires=" + new Date(Date.now() + days * DAY).toUTCString(),
      domain && "domain=" + domain,
      secure && "secure",
      sameSite && "sameSite=" + sameSite,
    ];
    document.cookie = [encodeName(name) + "=" + encodeValue(value), ...attributes.filter(Boolean)].join("; ");
  };

  return {
    async setItem(key, value) {
      put(key, value, expires);
    },
    async getItem(key) {
      return look().get(key) ?? null;
    },
    async removeItem(key) {
      put(key, "", -1);
    },
  };
}
