/*
 * The broken script of many a site: whatever session it finds, it has a server write a dead one over it, and reloads. Nothing
 * in it ends the loop; Hardtack's ladder does. The storm blows only after "start" and until another page is opened.
 */
"use strict";

(() => {
  const PAUSE = 1_400; // milliseconds between two turns, so that a person can follow; real loops take a tenth of that
  const storm = document.getElementById("storm");
  const turns = document.getElementById("turns");
  const stop = document.getElementById("stop");
  const start = document.getElementById("start");

  start.addEventListener("submit", () => sessionStorage.setItem("storm", "0"));
  stop.addEventListener("click", () => sessionStorage.removeItem("storm"));

  const turn = Number(sessionStorage.getItem("storm") ?? "-1");
  if (turn < 0) return;
  start.hidden = true;
  turns.textContent = turns.dataset[storm.dataset.signedIn === "yes" ? "again" : "running"].replace("{turn}", String(turn + 1));
  sessionStorage.setItem("storm", String(turn + 1));
  setTimeout(async () => {
    if (sessionStorage.getItem("storm") === null) return;
    await fetch("/storm/replant", { method: "POST" });
    location.reload();
  }, PAUSE);
})();
