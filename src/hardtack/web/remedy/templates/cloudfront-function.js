// A CloudFront Function for the event viewer-response, runtime cloudfront-js-2.0. It sees what the browser sent and
// what the site answers, and keeps this site's auth cookies to one scope:
//
//   1. An auth cookie that the site sets is rewritten into the policy's Domain and Path; on a page load the same name
//      is deleted in the other scopes beside it.
//   2. An auth cookie that the site deletes is deleted in every scope, not just where the site's own line hits.
//   3. A page load that shows twins (one name twice) deletes everything of this client outside of the policy's scope.
//   4. A page load of __SIGN_OUT__ deletes everything of this client in every scope.
//
// What it can't do, since a function has neither network nor Cognito's keys: tell a live session from a dead one.
// Where twins are shown the ones outside of the policy's scope go, even if they were the live ones: that person signs
// in once more, and is not stuck. It revokes nothing, does not run where the site answers with a status of 400 or
// more, and does not reach cookies on paths that the policy file does not name. The Lambda@Edge remedy and the shield
// do better.
//
// Write the policy file as the browser's Amplify really has it, or every sign-in makes the twins that this one deletes.

const PREFIX = __PREFIX__;
const KEPT = __KEPT__; // remembered devices outlive a sign-out
const SIGN_OUT = __SIGN_OUT_LITERAL__;
const OWN = __OWN__; // Path and Domain of the policy
// The attributes that delete, scope by scope; the policy's own scope first.
const SCOPES = __SCOPES__;
const BUDGET = __BUDGET__; // bytes of deletions in one answer: proxies refuse large headers

function handler(event) {
  const request = event.request;
  const response = event.response;
  const sent = response.cookies || {};
  const shown = request.cookies || {};
  const isPage = isPageLoad(request);
  const isSignOut = isPage && request.uri === SIGN_OUT;
  // For each name that is touched: whether it goes from the policy's scope too, whether from the others, what is set.
  const plan = {};

  if (isSignOut || (isPage && hasTwins(shown))) {
    authNames(shown).forEach(function (name) {
      plan[name] = { own: isSignOut, others: true, fresh: null };
    });
  }
  authNames(sent).forEach(function (name) {
    const lines = linesOf(sent[name]);
    const last = lines[lines.length - 1];
    const gone = isDeletion(last);
    const fresh = gone ? null : { value: last.value, attributes: inPolicy(last.attributes) };
    plan[name] = { own: gone, others: gone || isPage, fresh: fresh };
  });

  const deletions = deletionsOf(plan);
  let touched = false;
  Object.keys(plan).forEach(function (name) {
    const lines = plan[name].fresh ? deletions[name].concat([plan[name].fresh]) : deletions[name];
    if (lines.length > 0) {
      sent[name] = cookieOf(lines);
      touched = true;
    }
  });
  if (touched) {
    response.cookies = sent;
    response.headers = response.headers || {};
    response.headers["cache-control"] = { value: "private, no-store" };
  }
  return response;
}

// Scope by scope, so that a whole set goes at once: the policy's own first, then the likeliest, or every other time
// from anywhere on, so that several answers reach them all. As much as the budget holds, the policy's own in any case.
function deletionsOf(plan) {
  const names = Object.keys(plan);
  const lines = {};
  const others = SCOPES.length - 1;
  const first = Math.random() < 0.5 ? -1 : Math.floor(Math.random() * others);
  let bytes = 0;
  names.forEach(function (name) {
    lines[name] = [];
  });
  for (let step = 0; step < SCOPES.length; step++) {
    const scope = SCOPES[step === 0 ? 0 : 1 + ((first + step) % others)];
    names.forEach(function (name) {
      const size = name.length + scope.length + 16; // with "Set-Cookie: ", "=; " and the line's end
      if (step === 0 ? plan[name].own : plan[name].others && bytes + size <= BUDGET) {
        bytes += size;
        lines[name].push({ value: "", attributes: scope });
      }
    });
  }
  return lines;
}

// The names of this client's auth cookies among these.
function authNames(cookies) {
  return Object.keys(cookies).filter(function (name) {
    let key;
    try {
      key = decodeURIComponent(name);
    } catch (error) {
      return false;
    }
    return (
      key.startsWith(PREFIX) &&
      !KEPT.some(function (suffix) {
        return key.endsWith("." + suffix);
      })
    );
  });
}

function hasTwins(cookies) {
  return authNames(cookies).some(function (name) {
    return linesOf(cookies[name]).length > 1;
  });
}

function linesOf(cookie) {
  return cookie.multiValue && cookie.multiValue.length > 0 ? cookie.multiValue : [cookie];
}

// Several Set-Cookie lines of one name, deletions first.
function cookieOf(lines) {
  const last = lines[lines.length - 1];
  const cookie = { value: last.value, attributes: last.attributes };
  if (lines.length > 1) cookie.multiValue = lines;
  return cookie;
}

function isDeletion(line) {
  const attributes = line.attributes || "";
  const age = /(?:^|;)\s*max-age\s*=\s*"?(-?\d+)/i.exec(attributes);
  if (age) return Number(age[1]) <= 0;
  const end = /(?:^|;)\s*expires\s*=\s*([^;]+)/i.exec(attributes);
  return end !== null && Date.parse(end[1]) <= Date.now();
}

// The site's own attributes, with the policy's Domain and Path in the place of its own.
function inPolicy(attributes) {
  const kept = (attributes || "").split(";").filter(function (each) {
    return each.trim() !== "" && !/^\s*(domain|path)\s*(=|$)/i.test(each);
  });
  return [OWN].concat(kept.map(function (each) {
    return each.trim();
  })).join("; ");
}

// A person opens a page. Whatever script fetches is left alone, so that an answer never overwrites what script wrote.
function isPageLoad(request) {
  const mode = headerOf(request, "sec-fetch-mode");
  const purpose = headerOf(request, "sec-purpose") + headerOf(request, "purpose");
  if (purpose.indexOf("prefetch") >= 0) return false;
  return mode === "" ? headerOf(request, "accept").indexOf("text/html") >= 0 : mode === "navigate";
}

function headerOf(request, name) {
  const header = (request.headers || {})[name];
  return header ? header.value : "";
}
