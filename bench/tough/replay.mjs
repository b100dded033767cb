// What tough-cookie sees of recorded histories: for each line of JSON one line of JSON. See `bench/jars.py`.
//
// It is given every chance: what script may do (`http: false`), how a request comes about (`sameSiteContext`), and loose
// parsing, without which it takes no cookie that has no name.
import { createInterface } from "node:readline";
import { CookieJar } from "tough-cookie";

const DOES = {
  set(jar, url, context, lines) {
    for (const line of lines) take(jar, line, url, { sameSiteContext: context });
  },
  js(jar, url, _context, text) {
    take(jar, text, url, { http: false });
  },
  header(jar, url, context) {
    return jar.getCookieStringSync(url, { sameSiteContext: context }) || null;
  },
  script(jar, url) {
    return jar.getCookieStringSync(url, { http: false });
  },
};

function take(jar, line, url, options) {
  try {
    jar.setCookieSync(line, url, { ...options, ignoreError: true });
  } catch {
    // a refusal, of a Secure cookie over plain http for one
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const jar = new CookieJar(undefined, { looseMode: true, prefixSecurity: "silent" });
  const told = [];
  for (const [name, url, context, argument] of JSON.parse(line)) {
    const seen = DOES[name](jar, url, context, argument);
    if (seen !== undefined) told.push(seen);
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
