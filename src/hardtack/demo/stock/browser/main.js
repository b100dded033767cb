// The page: wires the site's own code (amplify.js) to what a person sees, and adds the figures and the jar.

import { configure, expiry, guard, leave, listen, signIn, signOut } from "./amplify.js";
import * as jar from "./jar.js";
import * as storm from "./storm.js";

const site = JSON.parse(document.getElementById("site").textContent);
const { page, texts } = site;
const EARLY = 5_000; // milliseconds before its end at which aws-amplify takes a token for expired
const TICK = 1_000; // milliseconds between two looks at the jar
const LISTENER = "stock.listener"; // "off" in sessionStorage: nobody acts on tokenRefresh_failure

let expires = null; // the moment, by this browser's clock, at which aws-amplify will take the token for expired

function show(id, text) {
  const element = document.getElementById(id);
  // Untouched where nothing changes: a screen reader would announce it again.
  if (element && element.textContent !== text) element.textContent = text;
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

function say(text, wrong = false) {
  const note = document.getElementById("note");
  note.textContent = text;
  note.hidden = !text;
  note.dataset.wrong = String(wrong);
}

// --- The figures and the banner -------------------------------------------------------------------------------------

function showFigures() {
  const figures = storm.figures({ stopped: page === "stopped" });
  for (const kind of ["navigations", "refreshed", "refused"]) show(`figure-${kind}`, String(figures[kind]));
  const banner = document.getElementById("banner");
  banner.hidden = !figures.looping || page === "stopped";
  if (!banner.hidden) show("banner-text", fill(texts.banner, figures));
  return figures;
}

// The router of the site's own code: it leads anywhere until somebody has asked for the end of the loop.
function go(path) {
  if (!storm.stopping()) location.assign(path);
}

// A page of the loop may live for less time than a click takes, so pressing is enough, and so is Escape.
function armStop() {
  const stop = () => {
    storm.stop();
    location.replace("/stopped");
  };
  document.getElementById("stop").addEventListener("pointerdown", stop);
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape" && storm.figures().looping) stop();
  });
}

// --- The jar --------------------------------------------------------------------------------------------------------

function cell(text, className = "") {
  const element = document.createElement("td");
  element.textContent = text;
  element.className = className;
  return element;
}

function row({ name, suffix, scope, short, script, server }, twin) {
  const element = document.createElement("tr");
  element.className = twin ? "twin" : "";
  const readers = [script && texts.script, server && texts.server].filter(Boolean).join(" · ");
  element.append(cell(suffix, "name"), cell(scope ?? texts.unknown), cell(short, "value"), cell(readers));
  element.title = name;
  return element;
}

async function serverReads() {
  try {
    const response = await fetch("/api/jar");
    return response.ok ? (await response.json()).reads : {};
  } catch {
    return {};
  }
}

async function showJar() {
  const read = await jar.read(site.userPool.userPoolClientId);
  const rows = jar.mark(read, read.length ? await serverReads() : {});
  const twice = new Set(rows.map(({ name }) => name).filter((name, at, all) => all.indexOf(name) !== at));
  const sorted = [...rows].sort((one, other) => one.suffix.localeCompare(other.suffix));
  document.getElementById("jar").replaceChildren(...sorted.map((cookie) => row(cookie, twice.has(cookie.name))));
  show("jar-count", fill(texts.count, { cookies: rows.length, twins: jar.twins(rows) }));
  document.getElementById("jar-table").dataset.count = String(rows.length);
}

// --- The account page -----------------------------------------------------------------------------------------------

async function askForSession() {
  const end = await expiry();
  const drift = Number(jar.first(site.userPool.userPoolClientId, "clockDrift") ?? 0);
  expires = end === null ? null : end - drift - EARLY;
}

function showExpiry() {
  if (expires === null) return;
  const left = Math.ceil((expires - Date.now()) / 1000);
  show("expiry", left > 0 ? fill(texts.expires, { seconds: left }) : texts.expired);
}

async function waitForExpiry(button) {
  button.disabled = true;
  while (expires !== null && Date.now() <= expires) {
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  location.reload();
}

async function post(path) {
  const response = await fetch(path, { method: "POST" });
  if (!response.ok) throw new Error(fill(texts.failed, { status: response.status }));
  return response.json();
}

const actions = {
  async refresh() {
    const { written, refused } = await post("/api/refresh");
    if (refused) say(fill(texts.serverRefused, { refused }), true);
    else say(fill(written ? texts.serverRefreshed : texts.serverNobody, { written }));
  },
  async ask() {
    await askForSession();
    say(expires === null ? texts.askedNobody : texts.asked, expires === null);
  },
  wait: waitForExpiry,
  async revoke() {
    await post("/api/revoke");
    say(texts.revoked);
  },
  async out() {
    await signOut();
    location.assign("/login");
  },
  async clean() {
    await post("/api/clean");
    storm.forget();
    location.assign("/login");
  },
  again() {
    storm.forget();
    location.assign("/login");
  },
};

async function act(button) {
  try {
    await actions[button.dataset.action](button);
  } catch (error) {
    say(`${error.name}: ${error.message}`, true);
  }
  await showJar();
}

async function submit(event) {
  event.preventDefault();
  const form = new FormData(event.target);
  try {
    const { isSignedIn, nextStep } = await signIn({ username: form.get("username"), password: form.get("password") });
    if (isSignedIn) location.assign("/account");
    else say(nextStep.signInStep, true);
  } catch (error) {
    say(`${error.name}: ${error.message}`, true);
    await showJar();
  }
}

// --- Start ----------------------------------------------------------------------------------------------------------

function heard(event) {
  if (event === "tokenRefresh") storm.record("refreshed");
  if (event !== "tokenRefresh_failure") return;
  storm.record("refused");
  if (sessionStorage.getItem(LISTENER) !== "off") leave(go);
}

function wire() {
  for (const button of document.querySelectorAll("[data-action]")) {
    button.addEventListener("click", () => act(button));
  }
  document.getElementById("sign-in")?.addEventListener("submit", submit);
  const listener = document.getElementById("listener");
  listener.checked = sessionStorage.getItem(LISTENER) !== "off";
  listener.addEventListener("change", () => sessionStorage.setItem(LISTENER, listener.checked ? "on" : "off"));
}

async function start() {
  wire();
  armStop();
  if (page === "stopped") {
    storm.stopped();
  } else {
    storm.record("navigations");
    if (showFigures().spent || storm.stopping()) {
      location.replace(storm.stopping() ? "/stopped" : "/stopped?by=itself");
      return;
    }
    configure(site);
    listen(heard);
  }
  setInterval(() => {
    showFigures();
    showExpiry();
    showJar();
  }, TICK);
  showFigures();
  if (page !== "stopped") {
    const who = await guard(page, go);
    show("who", who?.username ?? texts.nobody);
    if (page === "account" && who) await askForSession();
  }
  showExpiry();
  await showJar();
  document.body.dataset.ready = "true";
}

start();
