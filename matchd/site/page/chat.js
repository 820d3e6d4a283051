/** Chat: one's rooms with what is unread, the one that is open, and a new one. */

import { doing, field, h, logOf, notice, said, swap } from "./dom.js";

const PAGE = 50;

/** Which room was open, for when the same player logs in again. */
let former = { account: null, room: null };

/** A card for a player; `open(room)` shows a room, `@name` being the direct line to a player. */
export function chatCard(matchd) {
  const rooms = h("div", { class: "row tight" });
  const title = h("h3", { hidden: true });
  const line = field("Write a message", { required: true, maxlength: 4000 });
  const form = h("form", { class: "row", hidden: true }, line, h("button", {}, "Send"));
  const place = h("div");
  const unread = new Map();
  let chat = null;
  let shown = null;
  let log = null;

  const list = () => swap(rooms, ...[...unread].map(([room, count]) => h("button", {
    ...{ class: "quiet", "aria-pressed": String(room === shown), "data-name": room },
    onclick: doing(() => open(room)),
  }, said(room), count > 0 ? ` (${count} unread)` : null)));

  const show = (message) => log.add(message.sender, message.deleted ? "(deleted)" : message.content);

  const open = async (room) => {
    const mine = logOf(`Messages in ${room}`);
    [shown, log] = [room, mine];
    former = { account: matchd.account?.id, room };
    unread.set(room, 0);
    list();
    title.replaceChildren(said(room));
    title.hidden = form.hidden = false;
    place.replaceChildren(mine.element);
    // A direct line begins with its first message.
    const isThere = chat.rooms.has(room);
    const { messages, last } = isThere ? await chat.history(room, { limit: PAGE }) : { messages: [], last: 0 };
    if (log !== mine) return;
    messages.forEach(show);
    if (last > 0) chat.read(room, last);
  };

  const heard = (message) => {
    const { room, seq, sender } = message;
    if (room === shown) {
      show(message);
      chat.read(room, seq);
    } else {
      const count = unread.get(room) ?? 0;
      unread.set(room, sender === matchd.account?.name ? count : count + 1);
    }
    list();
  };

  const begin = async () => {
    chat = await matchd.chat({ receipts: true });
    chat.on("message", heard);
    chat.on("end", notice);
    chat.on("joined", (room) => {
      unread.set(room, unread.get(room) ?? 0);
      list();
    });
    if (former.room !== null && former.account === matchd.account?.id) await open(former.room);
  };
  const ready = begin();
  ready.catch(notice);

  form.addEventListener("submit", doing(async () => {
    const input = line.querySelector("input");
    await chat.send(shown, input.value);
    input.value = "";
  }));
  const element = h("div", { class: "card" }, h("h2", {}, "Chat"), rooms, title, place, form,
    making(async (room, users) => {
      await chat.create(room, users);
      await open(room);
    }));
  const close = () => chat?.close();
  return { element, close, open: (room) => ready.then(() => open(room)) };
}

function making(create) {
  const name = field("Name of the room", { required: true, maxlength: 64 });
  const users = field("With (names, separated by commas)", {});
  const make = doing(async (event) => {
    const names = users.querySelector("input").value.split(",").map((one) => one.trim()).filter(Boolean);
    await create(name.querySelector("input").value.trim(), names);
    event.target.reset();
  });
  return h("details", {}, h("summary", {}, "Make a room"),
    h("form", { class: "row", onsubmit: make }, name, users, h("button", {}, "Make room")));
}
