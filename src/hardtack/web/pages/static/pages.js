/*
 * What a form gains where scripts run: a password that can be shown, the error in focus, one submission instead of two, and
 * a code that can be copied. Without this file every page works. All words come from the page, in its language.
 */
"use strict";

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const EYE = ["M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12Z", "M12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6Z"];
  const SLASH = "M4 4l16 16";

  const drawEye = () => {
    const svg = document.createElementNS(SVG, "svg");
    for (const [name, value] of Object.entries({ viewBox: "0 0 24 24", width: 22, height: 22, "aria-hidden": "true", focusable: "false" })) {
      svg.setAttribute(name, value);
    }
    for (const shape of [...EYE, SLASH]) {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", shape);
      if (shape === SLASH) path.setAttribute("class", "slash");
      svg.append(path);
    }
    return svg;
  };

  const addReveal = (control) => {
    const input = control.querySelector("input");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "reveal";
    button.setAttribute("aria-controls", input.id);
    button.append(drawEye());
    const show = (visible) => {
      input.type = visible ? "text" : "password";
      button.setAttribute("aria-pressed", String(visible));
      // The name stays "Show password"; the pressed state says whether it is shown. The tooltip says what a click does.
      button.setAttribute("aria-label", control.dataset.show);
      button.title = visible ? control.dataset.hide : control.dataset.show;
    };
    button.addEventListener("click", () => show(input.type === "password"));
    // A visible password must not be stored as a form entry, nor be seen in a page restored from history.
    input.form.addEventListener("submit", () => show(false));
    show(false);
    control.classList.add("revealable");
    control.append(button);
  };

  const sendOnce = (form) => {
    form.addEventListener("submit", (event) => {
      if (form.getAttribute("aria-busy") === "true") {
        event.preventDefault();
        return;
      }
      form.setAttribute("aria-busy", "true");
      // A download, a lost connection or "stop" leaves us on this page: let the person try again.
      setTimeout(() => form.removeAttribute("aria-busy"), 10_000);
    });
  };

  const copy = async (button) => {
    const code = document.getElementById(button.dataset.copy);
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      getSelection().selectAllChildren(code);
      return;
    }
    button.textContent = button.dataset.done;
    setTimeout(() => (button.textContent = label), 3_000);
  };

  document.querySelectorAll("[data-reveal]").forEach(addReveal);
  document.querySelectorAll("form").forEach(sendOnce);
  document.querySelectorAll("[data-copy]").forEach((button) => {
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", () => copy(button));
  });
  addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => form.removeAttribute("aria-busy")));
  document.querySelector("[data-focus]")?.focus();
})();
