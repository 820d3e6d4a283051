/** The lobby that one is in: who is ready, who is invited, and what is said among its members. */

import { doing, field, h, logOf, notice, said, swap } from "./dom.js";
import { inviting } from "./invitations.js";
import { wayOf } from "./paths.js";

/** The card of a lobby; `close` leaves its mesh. */
export function inside(matchd, lobby) {
  const title = h("h2", { tabindex: "-1" });
  const code = h("code");
  const players = h("ul", { class: "list" });
  const ready = h("button", { class: "main" });
  const begin = h("button", { onclick: doing(() => lobby.start()) }, "Start");
  const talk = meeting(lobby);
  const invite = inviting(matchd, lobby);
  const me = () => lobby.players.find((one) => one.is_you);
  const show = () => {
    title.replaceChildren(said(lobby.view.name), ` (${lobby.view.status === "Waiting" ? "waiting" : "in progress"})`);
    code.textContent = lobby.code ?? "";
    ready.textContent = me()?.ready ? "Not ready" : "Ready";
    ready.hidden = lobby.view.status !== "Waiting";
    begin.hidden = !lobby.view.is_owner || lobby.view.status !== "Waiting";
    swap(players, ...lobby.players.map((one) => member(lobby, one)));
    invite.show();
  };
  ready.addEventListener("click", doing(() => lobby.setReady(!me().ready)));
  lobby.on("change", show);
  show();
  const element = h("div", { class: "card" }, title,
    h("p", {}, "Friends come in by the code ", code), players,
    h("div", { class: "row tight" }, ready, begin, talk.button,
      h("button", { class: "quiet", onclick: doing(() => lobby.leave()) }, "Leave")),
    talk.element, invite.element);
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
      peer.path().then((path) => log.add(name, `is connected: ${wayOf(path).toLowerCase()}`));
      peer.on("message", (data) => log.add(name, String(data)));
    });
    room.on("end", (error) => {
      notice(error);
      form.hidden = true;
      button.hidden = false;
    });
    room.on("left", (peer) => log.add(peer.name ?? "somebody", "has left"));
  });
  const button = h("button", { onclick: connect }, "Connect");
  return { button, element: h("div", {}, log.element, form), close: () => room?.close() };
}
