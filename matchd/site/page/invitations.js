/** Invitations, wherever on the page one is: who invites to which lobby, to be accepted or not. */

import { atMain, doing, field, h, notice, said, swap, valueOf } from "./dom.js";

/** Listen while somebody is logged in; `enter(where)` goes into a lobby, out of another one if told `instead`. */
export function invitations(matchd, enter) {
  const place = document.getElementById("invitations");
  const shown = new Map();
  let stop = null;

  const remove = (id) => {
    const element = shown.get(id);
    if (element?.contains(document.activeElement)) atMain();
    element?.remove();
    shown.delete(id);
  };
  const arrived = ({ lobby, from }) => {
    remove(lobby.id);
    const element = invitation(lobby, from, enter, () => remove(lobby.id));
    shown.set(lobby.id, element);
    place.prepend(element);
  };
  const changed = ({ lobby }) => lobby.code !== undefined && remove(lobby.id);
  const begin = () => {
    stop?.abort();
    stop = new AbortController();
    const { signal } = stop;
    [...shown.keys()].forEach(remove);
    if (!matchd.account) return;
    const events = matchd.events();
    events.on("lobby.invited", arrived, { signal });
    events.on("lobby.changed", changed, { signal });
    events.on("lobby.removed", ({ lobbyId }) => remove(lobbyId), { signal });
    events.on("end", notice, { signal });
  };
  matchd.on("change", begin);
  begin();
}

function invitation(lobby, from, enter, remove) {
  const password = lobby.has_password
    ? h("input", { placeholder: "Password", "aria-label": "Password of the lobby", maxlength: 256, autocomplete: "off" }) : null;
  const accept = h("button", { class: "main" }, "Accept");
  let instead = false;
  accept.addEventListener("click", doing(async () => {
    try {
      await enter({ id: lobby.id, password: password?.value }, { instead });
      remove();
    } catch (error) {
      if (error.code !== "in_lobby") throw error;
      instead = true;
      accept.textContent = "Leave the other lobby and join";
    }
  }));
  return h("div", { class: "notice invitation", role: "group", "aria-label": "Invitation" },
    h("p", {}, said(from), " invites you to ", said(lobby.name), " (", said(lobby.game_id), ")."),
    password, accept,
    h("button", { class: "quiet", onclick: remove }, "Decline"));
}

/** For the owner of a lobby: friends to invite, those who are here first, or anybody by name. */
export function inviting(matchd, lobby) {
  const list = h("ul", { class: "list" });
  const done = h("p", { class: "soft", role: "status" });
  const name = field("Invite by name", { maxlength: 330, required: true });
  const named = doing(async () => {
    await invite(valueOf(name).trim(), valueOf(name).trim());
    name.querySelector("input").value = "";
  });
  const form = h("form", { class: "row", onsubmit: named }, name, h("button", {}, "Send invitation"));
  const element = h("details", { hidden: true }, h("summary", {}, "Invite players"), list, form, done);

  const invite = async (who, called) => {
    done.textContent = "";
    await lobby.invite([who]);
    done.replaceChildren(said(called), " is invited.");
  };
  const row = (friend) => h("li", {},
    h("span", { class: `dot ${friend.online ? "good" : ""}`, "aria-hidden": "true" }),
    h("span", { class: "text" }, said(friend.name), h("span", { class: "soft" }, friend.online ? " online" : " offline")),
    h("button", { "aria-label": `Invite ${friend.name}`, onclick: doing(() => invite(friend.id, friend.name)) }, "Invite"));
  const look = async () => {
    const friends = await matchd.friends.list({ state: "friend" });
    const inside = new Set(lobby.players.map((one) => one.id));
    const others = friends.filter((one) => one.name && !inside.has(one.id)).sort((one, other) => other.online - one.online);
    swap(list, ...others.map(row));
  };
  element.addEventListener("toggle", () => element.open && look().catch(notice));
  const show = () => {
    element.hidden = !lobby.view.is_owner;
    if (element.open) look().catch(notice);
  };
  return { element, show };
}
