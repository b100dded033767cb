/*
 * Checks by itself the two things that the guidance page otherwise asks about: whether this browser keeps cookies, and whether
 * the device's clock is right. It only shows and hides messages that the page already holds; it sends nothing anywhere.
 */
"use strict";

(() => {
  // Tokens of five minutes are the shortest that a pool issues; a clock off by less than this does no harm.
  const CLOCK_TOLERANCE = 150_000; // milliseconds
  const PROBE = "hardtack_probe";

  const keepsCookies = () => {
    const value = String(Math.random()).slice(2);
    const secure = location.protocol === "https:" ? "; secure" : "";
    try {
      document.cookie = `${PROBE}=${value}; max-age=60; path=/; samesite=lax${secure}`;
      const kept = document.cookie.split("; ").includes(`${PROBE}=${value}`);
      document.cookie = `${PROBE}=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/; samesite=lax${secure}`;
      return kept;
    } catch {
      return false; // a sandboxed frame, where the property itself throws
    }
  };

  // The moment, by the device's clock, at which the server's answer began to arrive: reading the page later changes nothing.
  const answeredAt = () => {
    const [navigation] = performance.getEntriesByType?.("navigation") ?? [];
    return performance.timeOrigin && navigation?.responseStart ? performance.timeOrigin + navigation.responseStart : Date.now();
  };

  const conclude = (name, good) => {
    const check = document.querySelector(`[data-check="${name}"]`);
    if (!check) return;
    check.dataset.state = good ? "good" : "bad";
    check.querySelectorAll("[data-when]").forEach((part) => {
      part.hidden = part.dataset.when !== check.dataset.state;
    });
  };

  const checkClock = (serverTime) => {
    const difference = answeredAt() - serverTime;
    const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    const now = Date.now();
    const show = (which, time) =>
      document.querySelectorAll(`[data-clock="${which}"]`).forEach((slot) => (slot.textContent = format.format(time)));
    show("device", now);
    show("server", now - difference);
    conclude("clock", Math.abs(difference) <= CLOCK_TOLERANCE);
  };

  // iPadOS calls itself a Mac; only its touch screen tells.
  if (navigator.maxTouchPoints > 1) {
    document.querySelectorAll("[data-touch]").forEach((part) => (part.hidden = part.dataset.touch === "no"));
  }

  conclude("cookies", keepsCookies());
  const checks = document.querySelector("[data-server-time]");
  const serverTime = Number(checks?.dataset.serverTime) * 1_000;
  if (serverTime > 0) checkClock(serverTime);
})();
