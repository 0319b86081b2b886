/* What scripts add to pages that work without them: keys, copying, pausing what is live. Nothing here writes HTML. */
(() => {
  "use strict";

  // htmx may turn the server's answers into elements, and nothing else: no script is ever made from text.
  const refuse = () => { throw new TypeError("text is not run here"); };
  const policy = self.trustedTypes
    ? trustedTypes.createPolicy("wasl", { createHTML: (html) => html })
    : { createHTML: (html) => html };
  htmx.registerExtension("console", { init: (api) => api.initSecurity({ createHTML: (html) => policy.createHTML(html), createScript: refuse }, refuse, refuse) });

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const said = document.getElementById("said");
  const say = (text) => { if (said) { said.textContent = ""; said.textContent = text; } };

  function shown(root) {
    for (const one of all("[data-copy], [data-pause], [data-help]", root)) one.hidden = false;
  }

  // Rows

  const rows = () => all("[data-row]").filter((row) => row.offsetParent !== null);
  const current = () => document.querySelector("[data-row].at");

  function move(step) {
    const found = rows();
    if (!found.length) return;
    const at = current();
    const next = found[Math.min(found.length - 1, Math.max(0, at ? found.indexOf(at) + step : 0))];
    at?.classList.remove("at");
    next.classList.add("at");
    const link = next.querySelector("a[href]");
    link?.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }

  const linkOf = (row) => row?.querySelector("a[href]");

  function copy(text) {
    navigator.clipboard?.writeText(text).then(() => say(said?.dataset.copied ?? ""), () => {});
  }

  // Live

  function pause(button, on = button.getAttribute("aria-pressed") !== "true") {
    button.setAttribute("aria-pressed", String(on));
    const stream = button.closest("[data-live]");
    stream?.toggleAttribute("data-paused", on);
    stream?.dispatchEvent(new CustomEvent(on ? "console:paused" : "console:resumed", { bubbles: true }));
    say((on ? said?.dataset.paused : said?.dataset.resumed) ?? "");
  }

  // While a stream is paused, what comes waits: nothing is missed.
  const held = [];
  document.addEventListener("htmx:sse:before:message", (event) => {
    if (event.target.closest?.("[data-paused]")) event.detail.waitUntil(new Promise((go) => held.push(go)));
  });
  document.addEventListener("console:resumed", () => { for (const go of held.splice(0)) go(); });

  // What is new is read out at most every ten seconds, however often it changes.
  let told = -10000;
  let telling = 0;
  function announce() {
    const place = document.querySelector("[data-announce]");
    const news = document.getElementById("news")?.textContent.trim() ?? "";
    telling = 0;
    if (!place || place.textContent === news) return;
    place.textContent = news;
    told = performance.now();
  }
  document.addEventListener("htmx:sse:after:message", () => {
    if (!telling) telling = setTimeout(announce, Math.max(0, told + 10000 - performance.now()));
  });

  // Keys

  const places = { m: "/console/messages", p: "/console/people", c: "/console/channels", s: "/console/suppressions", k: "/console/templates" };
  let going = -Infinity; // when g was pressed

  const actions = {
    "/": () => document.querySelector('[data-key="/"]')?.focus(),
    "?": () => help(),
    j: () => move(1),
    k: () => move(-1),
    o: () => { const link = linkOf(current()); if (link) window.open(link.href, "_blank", "noopener"); },
    "[": () => document.querySelector('[data-key="["]')?.click(),
    "]": () => document.querySelector('[data-key="]"]')?.click(),
    e: () => {
      const here = document.querySelector('[data-key="e"]');
      if (here) here.click(); else if (document.querySelector('.doors a[href="/console/explain"]')) location.assign("/console/explain");
    },
    y: () => copy(document.querySelector("[data-link]")?.dataset.link ?? location.href),
    r: () => { const button = document.querySelector("[data-pause]"); if (button) pause(button); },
    Enter: () => linkOf(current())?.click(),
  };

  function help() {
    const dialog = document.getElementById("keys");
    if (dialog && !dialog.open) dialog.showModal();
  }

  const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]") !== null;

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") {
      for (const menu of all("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
      if (event.target.dataset?.key === "/") event.target.blur();
      return;
    }
    if (!document.body.hasAttribute("data-keys") || typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    if (event.timeStamp - going < 1500 && event.key in places) {
      going = -Infinity;
      const door = document.querySelector(`.doors a[href="${places[event.key]}"]`);
      if (door) { event.preventDefault(); door.click(); }
      return;
    }
    going = event.key === "g" ? event.timeStamp : -Infinity;
    const act = Object.hasOwn(actions, event.key) ? actions[event.key] : null;
    if (act) { event.preventDefault(); act(); }
  });

  document.addEventListener("click", (event) => {
    const copied = event.target.closest("[data-copy]");
    if (copied) copy(copied.dataset.copy);
    const paused = event.target.closest("[data-pause]");
    if (paused) pause(paused);
    if (event.target.closest("[data-help]")) help();
    for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  // A form is sent once, however often its button is pressed; the server holds the same.
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    if (event.target.dataset.sent) { event.preventDefault(); return; }
    event.target.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => { for (const form of all("form[data-sent]")) delete form.dataset.sent; });

  document.addEventListener("htmx:after:swap", () => shown(document));
  shown(document);
})();
