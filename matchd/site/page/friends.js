/** Friends: who asks, who is here; add, accept, write, end, block. */

import { stranger } from "./account.js";
import { chatCard } from "./chat.js";
import { doing, h, notice, said, swap } from "./dom.js";
import { adding, calledBefore, ownCode } from "./friendcode.js";

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
      swap(groups, ...Object.keys(GROUPS).map((state) => group(all, state, actions)));
    };
    const refresh = () => load().catch(notice);
    chat = chatCard(matchd);
    const actions = { matchd, refresh, write: (one) => chat.open(`@${one.name}`) };
    const events = matchd.events();
    for (const name of ["friend.request", "friend.accepted", "friend.presence", "stale"]) {
      events.on(name, refresh, { signal });
    }
    // Another part of this page has changed the list.
    addEventListener("friends", refresh, { signal });
    refresh();
    return card.replaceChildren(adding(matchd, refresh), groups, chat.element, ownCode(matchd));
  };
  matchd.on("change", begin);
  begin();
}

function group(all, state, actions) {
  const found = all.filter((one) => one.state === state);
  if (found.length === 0) {
    return state === "friend" ? h("p", { class: "card soft" }, "No friends yet: add one by name, or by a friend code.") : "";
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
  const where = !one.name ? "has not been here yet" : one.state === "friend" ? (PLACES[one.presence] ?? (one.online ? "online" : "offline")) : "";
  return h("li", {},
    h("span", { class: `dot ${one.online ? "good" : ""}`, "aria-hidden": "true" }),
    h("span", { class: "text" }, said(one.name ?? calledBefore(one.id) ?? one.id), " ", h("span", { class: "soft" }, where)),
    h("div", { class: "row tight" }, buttons[one.state]));
}
