/** Lobbies: the list as it changes, and the one that one is in. */

import { stranger } from "./account.js";
import { atMain, check, doing, field, h, notice, said, valueOf } from "./dom.js";
import { inside } from "./lobby.js";
import { listing } from "./listing.js";

/** Begin; `enter(where, {instead})` goes into a lobby, out of the one that one is in if told `instead`. */
export function lobbies(matchd) {
  const section = document.getElementById("lobbies");
  const mine = document.getElementById("lobby-mine");
  const doors = h("div");
  let list = null;
  let lobby = null;
  let left = null;

  const show = (entered) => {
    const view = inside(matchd, entered);
    const leave = () => {
      view.close();
      if (lobby !== entered) return;
      [lobby, left] = [null, entered.id];
      if (mine.contains(document.activeElement)) atMain();
      mine.replaceChildren();
      doors.hidden = false;
      list.renew();
    };
    lobby = entered;
    mine.replaceChildren(view.element);
    // Whatever was pressed to come here is gone.
    if (section.contains(document.activeElement)) mine.querySelector("h2").focus();
    doors.hidden = true;
    list.renew();
    entered.on("end", leave);
  };

  const join = async (where) => {
    const entered = await matchd.joinLobby(where);
    if (lobby?.id !== entered.id) show(entered);
  };

  const enter = async (where, { instead }) => {
    if (instead && lobby !== null) await lobby.leave();
    await join(where);
  };

  const begin = () => {
    list?.close();
    mine.replaceChildren();
    lobby = null;
    doors.hidden = false;
    list = listing(matchd, {
      row: (one) => entry(one, matchd.account && !lobby ? join : null),
      heard: (known) => {
        const own = matchd.account && known.find((one) => one.code !== undefined);
        // The list may still be of before one has left.
        if (own?.id !== left) left = null;
        if (own && lobby === null && left === null) join({ id: own.id }).catch(notice);
      },
    });
    doors.replaceChildren(...(matchd.account
      ? [creating(matchd, show), coded(join)]
      : [stranger(matchd, "make or join a lobby")]));
    document.getElementById("lobby-list").replaceChildren(doors, list.element);
  };
  matchd.on("change", begin);
  begin();
  return { enter };
}

function creating(matchd, enter) {
  const name = field("Name", { maxlength: 64, required: true });
  const game = field("Game", { maxlength: 64, required: true, value: "demo" });
  const players = field("Players", { type: "number", min: 2, max: 64, value: 4, required: true });
  const password = field("Password (none, if empty)", { maxlength: 256 });
  const hidden = check("Private");
  const make = doing(async (event) => {
    const made = await matchd.createLobby({
      ...{ name: valueOf(name), game: valueOf(game), maxPlayers: Number(valueOf(players)) },
      ...{ password: valueOf(password) || undefined, isPrivate: hidden.querySelector("input").checked },
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
  const enter = doing(() => join({ code: valueOf(code).trim() }));
  return h("form", { class: "card row", onsubmit: enter }, code, h("button", {}, "Join by code"));
}

function entry(lobby, join) {
  const isMine = lobby.code !== undefined;
  const marks = [
    ...[lobby.is_private && "private", lobby.is_private && !isMine && "you are invited"],
    ...[lobby.has_password && "with a password", isMine && "yours"],
  ];
  const places = [`${lobby.player_count} of ${lobby.max_players} players`, ...marks.filter(Boolean)].join(", ");
  return h("li", {},
    h("span", { class: "text" }, said(lobby.name), h("br"),
      h("span", { class: "soft" }, said(lobby.game_id), `, ${places}`)),
    join ? doorOf(lobby, join) : null);
}

function doorOf(lobby, join) {
  const full = lobby.player_count >= lobby.max_players;
  const password = lobby.has_password && !full
    ? h("input", { placeholder: "Password", "aria-label": `Password of ${lobby.name}`, maxlength: 256, autocomplete: "off", required: true })
    : null;
  const enter = doing(() => join({ id: lobby.id, password: password?.value }));
  return h("form", { class: "row tight", onsubmit: enter }, password,
    h("button", { disabled: full }, full ? "Full" : "Join"));
}
