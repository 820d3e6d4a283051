/** Friends: who asks, who is here; add, accept, write, end, block. */

import { stranger } from "./account.js";
import { chatCard } from "./chat.js";
import { doing, field, h, notice, said } from "./dom.js";

const PLACES = { online: "online", lobby: "in a lobby", game: "in a game" };
const GROUPS = { incoming: "Asks you", friend: "Friends", outgoing: "You asked", blocked: "Blocked" };

export function friends(matchd) {
  const card = document.getElementById("friends-card");
  let stop = null;
  let chat = null;

  const begin = () => {
    stop?.abort();
    chat?.close();
    if (!matchd.account) return card.replaceChildren(stranger(matchd, "have friends"));
    stop = new AbortController();
    const groups = h("div");
    const { signal } = stop;
    const load = async () => {
      const all = await matchd.friends.list({ signal });
      groups.replaceChildren(...Object.keys(GROUPS).map((state) => group(all, state, actions)));
    };
    const refresh = () => load().catch(notice);
    chat = chatCard(matchd);
    const actions = { matchd, refresh, write: (one) => chat.open(`@${one.name}`) };
    const events = matchd.events();
    for (const name of ["friend.request", "friend.accepted", "friend.presence", "stale"]) {
      events.on(name, refresh, { signal });
    }
    refresh();
    return card.replaceChildren(adding(matchd, refresh), groups, chat.element);
  };
  matchd.on("change", begin);
  begin();
}

function adding(matchd, refresh) {
  const name = field("Name of a player", { maxlength: 330, required: true });
  const add = doing(async () => {
    const input = name.querySelector("input");
    await matchd.friends.add(input.value.trim());
    input.value = "";
    await refresh();
  });
  return h("form", { class: "card row", onsubmit: add }, name, h("button", { class: "main" }, "Add"));
}

function group(all, state, actions) {
  const found = all.filter((one) => one.state === state);
  if (found.length === 0) {
    return state === "friend" ? h("p", { class: "card soft" }, "No friends yet: add one by name.") : "";
  }
  return h("div", { class: "card" }, h("h2", {}, GROUPS[state]),
    h("ul", { class: "list" }, found.map((one) => line(one, actions))));
}

function line(one, { matchd, refresh, write }) {
  const button = (label, verb, kind = "quiet") => h("button", {
    class: kind,
    onclick: doing(async () => {
      await matchd.friends[verb](one.id);
      await refresh();
    }),
  }, label);
  const buttons = {
    incoming: [button("Accept", "add", "main"), button("Decline", "remove"), button("Block", "block")],
    friend: [h("button", { onclick: doing(() => write(one)) }, "Write"), button("Remove", "remove"), button("Block", "block")],
    outgoing: [button("Take back", "remove")],
    blocked: [button("Unblock", "unblock")],
  };
  const where = one.state === "friend" ? (PLACES[one.presence] ?? (one.online ? "online" : "offline")) : "";
  return h("li", {},
    h("span", { class: `dot ${one.online ? "good" : ""}`, "aria-hidden": "true" }),
    h("span", { class: "text" }, said(one.name ?? one.id), " ", h("span", { class: "soft" }, where)),
    h("div", { class: "row tight" }, buttons[one.state]));
}
