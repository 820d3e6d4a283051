/** Lobbies: the list as it changes, and the one that one is in. */

import { stranger } from "./account.js";
import { check, doing, field, h, logOf, notice, said } from "./dom.js";

const SHOWN = 100;

export function lobbies(matchd) {
  const list = document.getElementById("lobby-list");
  const mine = document.getElementById("lobby-mine");
  let watching = null;
  let lobby = null;

  const doors = h("div");
  let show = () => {};

  const enter = (entered) => {
    const view = inside(entered);
    const leave = () => {
      view.close();
      if (lobby !== entered) return;
      lobby = null;
      mine.replaceChildren();
      doors.hidden = false;
      show();
    };
    lobby = entered;
    mine.replaceChildren(view.element);
    doors.hidden = true;
    show();
    entered.on("end", leave);
  };

  const join = async (where) => {
    const entered = await matchd.joinLobby(where);
    if (lobby?.id !== entered.id) enter(entered);
  };

  const begin = () => {
    watching?.close();
    mine.replaceChildren();
    lobby = null;
    doors.hidden = false;
    const entries = h("ul", { class: "list" });
    const count = h("p", { class: "soft", role: "status" });
    const filter = field("Search", { type: "search", oninput: () => show() });
    let all = [];
    show = () => {
      const words = filter.querySelector("input").value.toLowerCase();
      const found = all.filter((one) => `${one.name} ${one.game_id}`.toLowerCase().includes(words));
      entries.replaceChildren(...found.slice(0, SHOWN).map((one) => entry(one, matchd.account && !lobby ? join : null)));
      const total = all.length === 1 ? "1 lobby" : `${all.length} lobbies`;
      count.textContent = words ? `${found.length} of ${total}` : total;
    };
    watching = matchd.lobbies.watch((known) => {
      all = known;
      show();
      const own = matchd.account && known.find((one) => one.code !== undefined);
      if (own && lobby === null) join({ id: own.id }).catch(notice);
    }, {
      onInvited: (one, from) => notice(new Error(`${from} invites you to ${one.name}.`)),
      onTrouble: (error) => { count.textContent = `The list is not up to date: ${error.message}`; },
    });
    doors.replaceChildren(...(matchd.account
      ? [creating(matchd, enter), coded(join)]
      : [stranger(matchd, "make or join a lobby")]));
    list.replaceChildren(doors, h("div", { class: "card" }, h("h2", {}, "Open lobbies"), filter, count, entries));
  };
  matchd.on("change", begin);
  begin();
}

function creating(matchd, enter) {
  const name = field("Name", { maxlength: 64, required: true });
  const game = field("Game", { maxlength: 64, required: true, value: "demo" });
  const players = field("Players", { type: "number", min: 2, max: 64, value: 4, required: true });
  const password = field("Password (none, if empty)", { maxlength: 256 });
  const hidden = check("Private");
  const value = (label) => label.querySelector("input").value;
  const make = doing(async (event) => {
    const made = await matchd.createLobby({
      ...{ name: value(name), game: value(game), maxPlayers: Number(value(players)) },
      ...{ password: value(password) || undefined, isPrivate: hidden.querySelector("input").checked },
    });
    event.target.reset();
    enter(made);
  });
  return h("details", { class: "card" }, h("summary", {}, "Make a lobby"),
    h("form", { onsubmit: make },
      h("div", { class: "row" }, name, game, players),
      h("div", { class: "row" }, password, hidden, h("button", { class: "main" }, "Make"))));
}

function coded(join) {
  const code = field("Code of a friend's lobby", { maxlength: 32, required: true });
  const enter = doing(() => join({ code: code.querySelector("input").value.trim() }));
  return h("form", { class: "card row", onsubmit: enter }, code, h("button", {}, "Join by code"));
}

function entry(lobby, join) {
  const full = lobby.player_count >= lobby.max_players;
  const password = lobby.has_password && join ? h("input", { placeholder: "Password", "aria-label": "Password" }) : null;
  const enter = doing(() => join({ id: lobby.id, password: password?.value }));
  const places = `${lobby.player_count} of ${lobby.max_players} players${lobby.is_private ? ", private" : ""}`;
  return h("li", {},
    h("span", { class: "text" }, said(lobby.name), h("br"),
      h("span", { class: "soft" }, said(lobby.game_id), `, ${places}`)),
    password,
    join ? h("button", { disabled: full, onclick: enter }, full ? "Full" : "Join") : null);
}

function inside(lobby) {
  const title = h("h2");
  const code = h("code");
  const players = h("ul", { class: "list" });
  const ready = h("button", { class: "main" });
  const begin = h("button", { onclick: doing(() => lobby.start()) }, "Start");
  const talk = meeting(lobby);
  const me = () => lobby.players.find((one) => one.is_you);
  const show = () => {
    title.replaceChildren(said(lobby.view.name), ` (${lobby.view.status === "Waiting" ? "waiting" : "in progress"})`);
    code.textContent = lobby.code ?? "";
    ready.textContent = me()?.ready ? "Not ready" : "Ready";
    ready.hidden = lobby.view.status !== "Waiting";
    begin.hidden = !lobby.view.is_owner || lobby.view.status !== "Waiting";
    players.replaceChildren(...lobby.players.map((one) => member(lobby, one)));
  };
  ready.addEventListener("click", doing(() => lobby.setReady(!me().ready)));
  lobby.on("change", show);
  show();
  const element = h("div", { class: "card" }, title,
    h("p", {}, "Friends come in by the code ", code), players,
    h("div", { class: "row tight" }, ready, begin, talk.button,
      h("button", { class: "quiet", onclick: doing(() => lobby.leave()) }, "Leave")),
    talk.element);
  return { element, close: talk.close };
}

function member(lobby, one) {
  const marks = [one.is_owner && "owner", one.connected && "connected", one.is_you && "you"].filter(Boolean);
  const kick = lobby.view.is_owner && !one.is_you;
  return h("li", {},
    h("span", { class: `dot ${one.ready ? "good" : ""}`, "aria-hidden": "true" }),
    h("span", { class: "text" }, said(one.name), " ",
      h("span", { class: "soft" }, [one.ready ? "ready" : "not ready", ...marks].join(", "))),
    kick ? h("button", { class: "quiet", onclick: doing(() => lobby.kick(one.id)) }, "Put out") : null);
}

/** The members, connected to each other: what one writes goes from browser to browser. */
function meeting(lobby) {
  const log = logOf("Messages of the lobby");
  const line = field("Write to all who are connected", { required: true, maxlength: 1000 });
  const form = h("form", { class: "row", hidden: true }, line, h("button", {}, "Send"));
  let room = null;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const input = line.querySelector("input");
    room.broadcast(input.value);
    log.add("you", input.value);
    input.value = "";
  });
  const connect = doing(async () => {
    room = await lobby.connect();
    form.hidden = false;
    button.hidden = true;
    room.on("peer", (peer) => {
      const name = peer.name ?? "somebody";
      log.add(name, "is connected");
      peer.on("message", (data) => log.add(name, String(data)));
    });
    room.on("end", notice);
    room.on("left", (peer) => log.add(peer.name ?? "somebody", "has left"));
  });
  const button = h("button", { onclick: connect }, "Connect");
  return { button, element: h("div", {}, log.element, form), close: () => room?.close() };
}
