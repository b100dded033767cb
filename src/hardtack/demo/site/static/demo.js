/*
 * Keeps the page up to date: the timeline's news, and what the browser sends by now. Without this file, a reload does.
 * It asks by fetch, and Hardtack heals navigations only: looking changes nothing.
 */
"use strict";

(() => {
  const EVERY = 1_000; // milliseconds between two questions
  const MOST = 60; // lines of the timeline that are kept in the page
  const list = document.getElementById("timeline");
  const now = document.getElementById("now");
  const text = document.getElementById("now-text");
  const language = new URLSearchParams(location.search).get("lang");
  let last = Number(list.dataset.last);

  const clock = (element) => {
    element.textContent = new Date(element.dateTime).toLocaleTimeString(document.documentElement.lang, { hour12: false });
  };

  const line = (entry) => {
    const item = document.createElement("li");
    const time = document.createElement("time");
    const said = document.createElement("span");
    item.className = `${entry.tone} fresh`;
    time.dateTime = entry.at;
    clock(time);
    said.className = "said";
    said.textContent = entry.text;
    if (entry.tone !== "plant" && entry.tone !== "load") {
      const name = document.createElement("code");
      name.className = "event-name";
      name.translate = false;
      name.textContent = entry.name;
      said.append(" ", name);
    }
    item.append(time, said);
    return item;
  };

  const look = async () => {
    if (document.hidden) return;
    const query = new URLSearchParams({ after: last, ...(language && { lang: language }) });
    const response = await fetch(`/now.json?${query}`);
    if (!response.ok) return;
    const news = await response.json();
    for (const entry of news.entries) {
      list.prepend(line(entry));
      last = entry.number;
    }
    while (list.children.length > MOST) list.lastElementChild.remove();
    if (text.textContent !== news.now) text.textContent = news.now;
    now.className = `stage ${news.twins ? "warning" : "good"}`;
  };

  const keepLooking = async () => {
    try {
      await look();
    } catch {
      // The demo has been stopped, or is being started again: the next question will tell.
    }
    setTimeout(keepLooking, EVERY);
  };

  // What was planted is told once, not again at every reload.
  const address = new URL(location);
  if (address.searchParams.has("done")) {
    address.searchParams.delete("done");
    history.replaceState(null, "", address);
  }
  sessionStorage.removeItem("storm");
  list.querySelectorAll("time").forEach(clock);
  setTimeout(keepLooking, 400);
})();
