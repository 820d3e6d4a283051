/** Reports: what waits, one with what was said, as it was said, and seeing to it. */

import { doing, h, notice, said } from "/page/dom.js";
import { clear } from "./accounts.js";
import { ask } from "./ask.js";
import { Table } from "./table.js";
import { account, moment, state, traced, written } from "./words.js";

const STATES = [["open", "open"], ["triaged", "being looked into"], ["closed", "closed"], ["", "all"]];
const KINDS = { open: "bad", triaged: "busy still", closed: "good" };

export function reports(api) {
  const which = h("select", {}, ...STATES.map(([value, name]) => h("option", { value }, name)));
  const list = new Table(api, {
    noun: "reports",
    label: "Reports",
    hint: "Search by what was written, by whom, or about whom",
    filters: [h("label", {}, "State", which)],
    query: () => ({ state: which.value }),
    columns: [
      ["Report", (one) => h("a", { href: `#reports/${encodeURIComponent(one.id)}` }, said(beginning(one.issue)))],
      ["State", (one) => state(KINDS[one.state], words(one.state))],
      ["Made", (one) => moment(one.createdAt)],
      ["By", (one) => by(one)],
      ["About", (one) => said([one.target, one.room && `in ${one.room}`].filter(Boolean).join(" "))],
      ["Messages", (one) => String(one.messages.length)],
    ],
  });
  which.addEventListener("change", () => list.anew());
  const shown = h("div");
  const element = h("div", {}, h("h1", { id: "reports-title" }, "Reports"),
    h("p", { class: "lead" }, "What players complain of. The outcome is told to whoever has complained."), shown, list.element);

  const show = (one) => shown.replaceChildren(card(api, one, changed));
  const changed = async (one) => {
    show(one);
    await list.load();
    shown.querySelector("h2").focus();
  };
  const load = async (id) => {
    clear(shown);
    if (id) await api.get(`reports/${encodeURIComponent(id)}`).then(show).catch(notice);
    await list.load();
  };
  return { element, load };
}

const words = (name) => STATES.find(([value]) => value === name)[1];
const beginning = (text) => (text.length > 120 ? `${text.slice(0, 120)}…` : text);

function by(one) {
  if (one.reporter) return account(one.reporter, one.name || one.reporter);
  return one.name ? h("span", {}, "a guest, ", said(one.name)) : "a guest";
}

function card(api, one, changed) {
  const quotes = one.messages.map((quote) => h("li", {},
    h("div", { class: "text" }, quote.account ? account(quote.account, quote.sender) : said(quote.sender), " ",
      h("span", { class: "soft" }, `#${quote.seq}, `, moment(quote.timestamp)),
      written(quote.content || "(deleted before it was reported)"))));
  return h("article", { class: "card" }, h("h2", { tabindex: "-1" }, "Report ", traced(one.id)),
    h("dl", {}, h("dt", {}, "State"), h("dd", {}, state(KINDS[one.state], words(one.state)), one.changedAt ? h("span", {}, " since ", moment(one.changedAt)) : null),
      h("dt", {}, "Made"), h("dd", {}, moment(one.createdAt)), h("dt", {}, "By"), h("dd", {}, by(one)),
      h("dt", {}, "About"), h("dd", {}, said(one.target ?? "–")), h("dt", {}, "Room"), h("dd", {}, said(one.room ?? "–"))),
    h("h3", {}, "What was written"), written(one.issue),
    quotes.length > 0 ? [h("h3", {}, "What was said"), h("ul", { class: "list" }, ...quotes)] : null,
    one.outcome ? [h("h3", {}, "Outcome"), written(one.outcome)] : null,
    deeds(api, one, changed));
}

function deeds(api, one, changed) {
  const path = `reports/${encodeURIComponent(one.id)}`;
  const close = h("a", { class: "button", href: "#reports" }, "Back to all");
  if (!api.mayChange || one.state === "closed") return h("div", { class: "row tight" }, close);
  const triage = h("button", { class: "quiet", onclick: doing(async () => changed(await api.post(`${path}/triage`))) }, "Mark as being looked into");
  const end = h("button", { class: "main", onclick: () => closing(api, path).then((done) => done && changed(done)).catch(notice) }, "Close with an outcome");
  return h("div", { class: "row tight" }, end, one.state === "open" ? triage : null, close);
}

async function closing(api, path) {
  const outcome = h("textarea", { required: true, maxlength: 4000, rows: 4 });
  let closed = null;
  await ask({
    title: "Close this report",
    fields: [h("label", {}, "Outcome, as the reporter is told it", outcome)],
    action: "Close report",
  }, async () => {
    closed = await api.post(`${path}/close`, { outcome: outcome.value });
  });
  return closed;
}
