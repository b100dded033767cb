// The real aws-amplify in Node, on a page that knows what it asks of a browser: one page after another, all from one copy
// of the package, which keeps nothing between them.

import { Jar } from "../../tests/js/browser.mjs";
import { CLIENT, HOST } from "./situations.mjs";

const CHALLENGE = { USER_ID_FOR_SRP: "user", SRP_B: "abcdef0123456789", SALT: "12ab34cd", SECRET_BLOCK: "c2VjcmV0" };
const TURNS = 30; // of the event loop, after which whatever could go on has gone on

let world = null; // what the globals below stand for; null while no page is open

const RealDate = Date;
const clock = () => (world ? Math.round(world.now() * 1000) : RealDate.now());
globalThis.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length ? given : [clock()]));
  }
  static now() {
    return clock();
  }
};

class Nothing {
  getItem() {
    return null;
  }
  setItem() {}
  removeItem() {}
}

const later = setImmediate;
Object.assign(globalThis, {
  window: globalThis,
  localStorage: new Nothing(),
  addEventListener() {},
  removeEventListener() {},
  setTimeout: (work) => void later(work), // the pauses between two attempts
  fetch: (_, { headers, body }) =>
    new Promise((resolve, reject) => world?.call(headers["x-amz-target"].split(".")[1], JSON.parse(body), { resolve, reject })),
  document: {
    get cookie() {
      return world ? world.jar.cookie : "";
    },
    set cookie(line) {
      world?.write(line);
    },
    addEventListener() {},
    querySelector: () => null,
    querySelectorAll: () => [],
    getElementById: () => null,
  },
  location: { href: `https://${HOST}/`, origin: `https://${HOST}`, hostname: HOST },
});

/** Stores a cookie as a response does, which may write over what script can't see. */
function respond(jar, line) {
  jar.set(line + "; HttpOnly");
  jar.cookies.at(-1).httpOnly = line.endsWith("HttpOnly");
}

const quiet = async () => {
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => later(resolve));
};

/** Opens the package that lies in a folder of modules. */
export async function openPackage(modules) {
  const part = (path) => import(`${modules}/aws-amplify/dist/esm/${path}index.mjs`);
  const [{ Amplify }, auth, { cognitoUserPoolsTokenProvider }, { CookieStorage, Hub }] = await Promise.all(
    ["", "auth/", "auth/cognito/", "utils/"].map(part),
  );
  const { fetchAuthSession, getCurrentUser, signIn, signOut } = auth;

  const runs = {
    load: async () => (await fetchAuthSession()).tokens?.accessToken.payload.username,
    refresh: async () => (await fetchAuthSession({ forceRefresh: true })).tokens?.accessToken.payload.username,
    look: async () => (await getCurrentUser()).username,
    "sign-in": async (username) => void (await signIn({ username, password: "correct" })),
    "sign-out": () => signOut(),
    "sign-out-everywhere": () => signOut({ global: true }),
  };

  /** Plays a situation; what came of it is what is recorded. */
  return async function play({ settings, jar: lines, runs: wanted, answer, pass, now }) {
    const jar = new Jar({ host: HOST });
    for (const line of lines) respond(jar, line);
    const played = [];
    for (const run of wanted) {
      pass(60);
      jar.path = run.path;
      played.push({ ...run, segments: await playRun(run, jar, { settings, answer, pass, now }) });
    }
    return { settings, jar: lines, runs: played };
  };

  async function playRun(run, jar, { settings, answer, pass, now }) {
    const segments = [];
    const waiting = [];
    let segment = null;
    let ended = null;
    const begin = (given) => segments.push((segment = { answer: given, now: now(), told: [], writes: [], gate: null }));

    world = {
      jar,
      now,
      write(line) {
        segment.writes.push(line);
        jar.set(line);
      },
      call(operation, body, answered) {
        const fromChallenge = answered.resolve;
        if (operation === "RespondToAuthChallenge") return later(() => reply(answered, world.challenged));
        const isSignIn = operation === "InitiateAuth" && body.AuthFlow === "USER_SRP_AUTH";
        const argument = isSignIn
          ? body.AuthParameters.USERNAME
          : body.RefreshToken || body.Token || body.AccessToken || body.AuthParameters.REFRESH_TOKEN;
        waiting.push({ gate: ["Pool", isSignIn ? "SignIn" : operation, argument], answered });
      },
    };
    const go = (path) => waiting.push({ gate: ["Go", path] });
    const stops = [setUp(settings, run, go, (note) => segment.told.push(note))];

    begin({});
    runs[run.name](run.user).then(
      (who) => (ended = ["Done", "", who || ""]),
      (error) => (ended = ["Done", error.name, ""]),
    );
    for (;;) {
      await quiet();
      const { gate, answered } = waiting.shift() || { gate: ended };
      segment.gate = gate;
      if (gate[0] !== "Pool") break;
      pass(3);
      const given = answer(gate[1], gate[2]);
      begin(given);
      send(gate[1], gate[2], answered, given);
    }
    // The page is gone. Its calls fail unheard, so that the package forgets them.
    world = { jar: { cookie: "" }, now, write() {}, call: (_, __, { reject }) => reject(new TypeError("gone")) };
    for (const stop of stops) stop();
    for (const { answered } of waiting) answered?.reject(new TypeError("gone"));
    await quiet();
    world = null;
    return segments;
  }

  function setUp(settings, run, go, tell) {
    Amplify.configure({ Auth: { Cognito: { userPoolId: "eu-west-1_Recorded1", userPoolClientId: CLIENT } } }, { ssr: true });
    cognitoUserPoolsTokenProvider.setKeyValueStorage(new CookieStorage(settings.cookie));
    const leave = async () => {
      await signOut();
      go(settings.signInPath);
    };
    const habit = { "sign-out": leave, reload: () => go(run.path) }[settings.listener];
    return Hub.listen("auth", ({ payload: { event, data } }) => {
      tell(["Hub:", event, data?.error?.name].filter(Boolean).join(" "));
      if (event === "tokenRefresh_failure") habit?.();
    });
  }
}

/** What the wire carries of an answer. */
function send(operation, argument, answered, given) {
  if (operation !== "SignIn") return reply(answered, given);
  if (given.error && given.error !== "NotAuthorizedException") return reply(answered, given);
  // A wrong password shows at the second step.
  world.challenged = given;
  const parameters = { ...CHALLENGE, USERNAME: given.Username || argument };
  reply(answered, { ChallengeName: "PASSWORD_VERIFIER", ChallengeParameters: parameters }, true);
}

function reply({ resolve, reject }, given, isWhole = false) {
  const { error, Username, ...tokens } = given;
  if (error === "NetworkError") return reject(new TypeError("fetch failed"));
  const status = !error ? 200 : error === "InternalErrorException" ? 500 : 400;
  const body = error ? { __type: error, message: error } : isWhole ? given : Object.keys(tokens).length ? { AuthenticationResult: tokens } : {};
  const headers = new Headers(error ? { "x-amzn-errortype": error } : {});
  resolve({ status, headers, body: {}, text: async () => JSON.stringify(body), json: async () => body });
}
