/** Accounts: the table, one account, banning it with a reason and an end, letting it in again. */

import { atMain, doing, field, h, notice, said } from "/page/dom.js";
import { ask } from "./ask.js";
import { Table } from "./table.js";
import { account, lines, moment, state, traced } from "./words.js";

const HOUR = 3600;
const ENDS = [["1 hour", HOUR], ["1 day", 24 * HOUR], ["7 days", 168 * HOUR], ["30 days", 720 * HOUR], ["for good", null]];

export function accounts(api) {
  const list = new Table(api, {
    noun: "accounts",
    label: "Accounts",
    hint: "Search by the beginning of a name, or an id",
    columns: [
      ["Name", (one) => account(one.id, one.name)],
      ["Id", (one) => traced(one.id)],
      ["Kind", (one) => one.kind],
      ["Since", (one) => moment(one.createdAt)],
      ["Last seen", (one) => moment(one.seenAt)],
      ["Ban", (one) => ban(one.ban)],
    ],
  });
  const shown = h("div");
  const element = h("div", {}, h("h1", { id: "accounts-title" }, "Accounts"),
    h("p", { class: "lead" }, "Who plays here, and who may not."), shown, list.element);

  const show = async (id) => {
    const one = await api.get(`accounts/${encodeURIComponent(id)}`);
    shown.replaceChildren(card(api, one, again));
  };
  const again = async (id) => {
    await show(id);
    await list.load();
    shown.querySelector("h2").focus();
  };
  const load = async (id) => {
    if (id) await show(id).catch((error) => {
      shown.replaceChildren(h("p", { class: "card", role: "alert" }, error.message));
      notice(error);
    });
    else clear(shown);
    await list.load();
  };
  return { element, load };
}

/** Take away the card; the keyboard does not go with it. */
export function clear(shown) {
  if (shown.contains(document.activeElement)) atMain();
  shown.replaceChildren();
}

function card(api, one, again) {
  const isBanned = one.ban?.holds;
  const change = isBanned
    ? h("button", { onclick: doing(async () => {
      await api.post(`accounts/${encodeURIComponent(one.id)}/unban`);
      await again(one.id);
    }) }, "Let in again")
    : h("button", { onclick: () => banning(api, one).then((done) => done && again(one.id)).catch(notice) }, "Ban");
  return h("div", { class: "card" }, h("h2", { tabindex: "-1" }, said(one.name)),
    h("dl", {}, ...facts(one).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    h("div", { class: "row tight" }, api.mayChange ? change : null,
      h("a", { class: "button", href: "#accounts" }, "Close")));
}

function facts(one) {
  const logins = one.logins.map((login) => h("span", {}, said(login.device || "a device without a name"), ", since ", moment(login.createdAt)));
  return [
    ["Id", traced(one.id)], ["Kind", one.kind], ["Since", moment(one.createdAt)], ["Last seen", moment(one.seenAt)],
    ["Ban", ban(one.ban)], ["Friends", String(one.friends)],
    ["Lobby", traced(one.lobby) || "none"], ["Game", traced(one.game) || "none"],
    ["Logins", logins.length > 0 ? lines(logins) : "none"],
  ].map(([name, value]) => [name, Array.isArray(value) ? h("div", {}, ...value) : value]);
}

function ban(one) {
  if (!one) return "none";
  const end = one.until ? h("span", {}, one.holds ? "until " : "was until ", moment(one.until), ": ") : "for good: ";
  return h("span", { class: "mark" }, h("span", { class: `dot ${one.holds ? "bad" : ""}`, "aria-hidden": "true" }), h("span", {}, end, said(one.reason)));
}

function banning(api, one) {
  const reason = field("Reason, as the player is told it", { required: true, maxlength: 200 });
  const end = h("select", {}, ...ENDS.map(([name, seconds]) => h("option", { value: seconds ?? "" }, name)), h("option", { value: "at" }, "until…"));
  const at = field("Until (your time)", { type: "datetime-local" });
  at.hidden = true;
  const input = at.querySelector("input");
  end.addEventListener("change", () => {
    at.hidden = end.value !== "at";
    input.required = !at.hidden;
  });
  const until = () => {
    if (end.value === "") return undefined;
    if (end.value === "at") return Math.floor(new Date(input.value).getTime() / 1000);
    return Math.floor(Date.now() / 1000) + Number(end.value);
  };
  return ask({
    title: `Ban ${one.name}?`,
    text: "Logins end and sockets close at once, on every node.",
    fields: [reason, h("label", {}, "How long", end), at],
    action: "Ban",
  }, () => api.post(`accounts/${encodeURIComponent(one.id)}/ban`, { reason: reason.querySelector("input").value, until: until() }));
}
