/** What happened to something, by its id: a booking, host, room, lobby, game, account, report. */

import { field, h, notice } from "/page/dom.js";
import { account, moment, plainly, traced } from "./words.js";

export function trace(api) {
  const which = field("Id of anything", { required: true, maxlength: 256, spellcheck: "false" });
  const input = which.querySelector("input");
  const title = h("h2", { tabindex: "-1", hidden: true });
  const says = h("p", { role: "status" });
  const events = h("ol", { class: "events" });
  const open = (event) => {
    event.preventDefault();
    location.hash = `#trace/${encodeURIComponent(input.value.trim())}`;
  };
  const element = h("div", {}, h("h1", { id: "trace-title" }, "Trace"),
    h("p", { class: "lead" }, "What happened to a booking, host, room, lobby, game, account or report, and why."),
    h("div", { class: "card" }, h("form", { class: "row", onsubmit: open }, which, h("button", { class: "main" }, "Show")), says),
    h("div", {}, title, events));

  const load = async (id = "") => {
    input.value = id;
    events.replaceChildren();
    title.hidden = id === "";
    title.replaceChildren("Trace of ", h("bdi", {}, id), /^[ukx]_/.test(id) ? h("span", {}, " (", account(id, "the account"), ")") : "");
    says.textContent = id === "" ? "Any id on this page leads here." : "Looking…";
    if (id === "") return;
    try {
      const found = await api.get(`trace/${encodeURIComponent(id)}`);
      if (input.value !== id) return;
      says.textContent = found.events.length > 0 ? `${found.events.length} events, the oldest first` : "No trace of it.";
      events.replaceChildren(...found.events.map(line));
    } catch (error) {
      says.textContent = error.status === 404 ? "No trace of it." : error.message;
      if (error.status !== 404) notice(error);
    }
    title.focus();
  };
  return { element, load };
}

function line({ at, event, ids = {}, why, by, outcome, node }) {
  const said = [by && `by ${by}`, outcome && plainly(outcome), node && `at node ${node}`].filter(Boolean);
  const others = Object.entries(ids).map(([kind, id]) => h("span", { class: "tie" }, `${kind} `, traced(id)));
  return h("li", { class: "card" }, h("p", {}, h("strong", {}, event), " ", h("span", { class: "soft" }, moment(at))),
    why ? h("p", { dir: "auto" }, plainly(why)) : null,
    said.length > 0 ? h("p", { class: "soft", dir: "auto" }, said.join(", ")) : null, others.length > 0 ? h("p", {}, ...others) : null);
}
