/** The connection check: each STUN and TURN server, tried from this browser. */

import { doing, h } from "./dom.js";

export function connectionCheck(matchd) {
  const verdict = h("p", { role: "status" });
  const results = h("ul", { class: "list" });
  const run = doing(async () => {
    verdict.textContent = "Trying each server…";
    results.replaceChildren();
    const all = await matchd.checkConnection().catch((error) => {
      verdict.textContent = "";
      throw error;
    });
    results.replaceChildren(...all.map(line));
    verdict.textContent = summary(matchd, all);
  });
  return h("div", { class: "card" }, h("h2", {}, "Connection check"),
    h("p", { class: "soft" }, "Which of the servers that help players to reach each other can be used from here."),
    h("button", { onclick: run }, "Check"), verdict, results);
}

function line({ url, ok, ms, explanation }) {
  return h("li", {},
    h("span", { class: `dot ${ok ? "good" : "bad"}`, "aria-hidden": "true" }),
    h("span", { class: "text" }, url, h("br"), h("span", { class: "soft" }, ok ? `${explanation} (${ms} ms)` : explanation)));
}

function summary(matchd, all) {
  const relays = all.filter((one) => one.url.startsWith("turn"));
  if (relays.some((one) => one.ok)) return "Good: where no direct path is found, a relay carries the connection.";
  if (relays.length > 0) return "No relay can be used from here: only direct connections will work.";
  if (matchd.account === null) return "Guests are given no relay to try: log in, and check again.";
  return "This server has no relay: only direct connections will work.";
}
