/** The tables of hosts, bookings, rooms, lobbies, and of games with their queue. */

import { h, notice, said } from "/page/dom.js";
import { Table } from "./table.js";
import { account, ago, lines, moment, plainly, state, traced } from "./words.js";

export const hosts = (api) => plain(api, "Hosts", "Machines that players are matched with.", {
  noun: "hosts",
  hint: "Search by id, room, region, game or booking",
  columns: [
    ["Host", (one) => traced(one.hostId)],
    ["State", hostState],
    ["Region", (one) => said(one.region)],
    ["Game", (one) => said(one.game ?? "any")],
    ["Free slots", (one) => `${one.availableSlots} of ${one.capacity}`],
    ["Bookings", (one) => lines(one.bookings.map(traced))],
    ["Room", (one) => traced(one.roomId)],
    ["Heartbeat", (one) => ago(one.lastHeartbeat / 1000)],
  ],
});

export const bookings = (api) => plain(api, "Bookings", "Slots that are promised to players, the line, and what has just ended.", {
  noun: "bookings",
  hint: "Search by id, host, room, region, owner or state",
  columns: [
    ["Booking", (one) => traced(one.bookingId)],
    ["State", bookingState],
    ["Owner", (one) => owner(one.owner)],
    ["Host", (one) => traced(one.hostId)],
    ["Room", (one) => traced(one.roomId)],
    ["Region", (one) => said(one.region ?? "")],
    ["Ends by itself", (one) => moment(one.expiresAt)],
  ],
});

export const rooms = (api) => plain(api, "Rooms", "Where hosts and players exchange their offers.", {
  noun: "rooms",
  hint: "Search by room, host or booking",
  columns: [
    ["Room", (one) => traced(one.roomId)],
    ["Host", (one) => traced(one.hostId)],
    ["Host's socket", (one) => (one.hostHere ? state("good", "here") : state("", "away"))],
    ["Players", (one) => lines(one.players.map((player) => traced(player.bookingId) || "without a booking"))],
    ["Not vouched for", (one) => String(one.candidates)],
  ],
});

export const lobbies = (api) => plain(api, "Lobbies", "Where players meet before their game, the newest first.", {
  noun: "lobbies",
  hint: "Search by id, name, game, state or player",
  columns: [
    ["Lobby", (one) => traced(one.id)],
    ["Name", (one) => said(one.name)],
    ["Game", (one) => said(one.gameId)],
    ["State", (one) => (one.status === "Waiting" ? state("", "waiting") : state("good", "in progress"))],
    ["Who may come", (one) => (one.isPrivate ? "invited" : "anybody")],
    ["Players", (one) => lines(one.players.map((id) => (id === one.owner ? [account(id), " (owner)"] : account(id))).map(flat))],
    ["Connected", (one) => String(one.connected)],
  ],
});

export function games(api) {
  const list = plain(api, "Games", "What is played over this server, and what was just finished.", {
    noun: "games",
    hint: "Search by id, mode, state or player",
    columns: [
      ["Game", (one) => traced(one.id)],
      ["Mode", (one) => said(one.mode)],
      ["State", gameState],
      ["Since", (one) => moment(one.since)],
      ["Players", (one) => lines(one.players.map((player) => flat([account(player.id, player.name), ` (${doing(player)})`])))],
    ],
  });
  const queue = h("ul", { class: "list" });
  const load = async () => {
    const all = await api.get("queues").catch((error) => {
      notice(error);
      return [];
    });
    queue.replaceChildren(...(all.length > 0 ? all.map(line) : [h("li", {}, "Nobody waits.")]));
    await list.load();
  };
  list.element.append(h("div", { class: "card" }, h("h2", {}, "The queue"), queue));
  return { element: list.element, load };
}

function plain(api, title, lead, of) {
  const list = new Table(api, { label: title, ...of });
  const element = h("div", {}, h("h1", { id: `${of.noun}-title` }, title), h("p", { class: "lead" }, lead), list.element);
  return { element, load: () => list.load() };
}

const flat = (parts) => (Array.isArray(parts) ? h("span", {}, ...parts) : parts);

function hostState(one) {
  if (!one.offered) return state("bad", "not offered");
  return one.availableSlots > 0 ? state("good", "free") : state("busy still", "busy");
}

function bookingState(one) {
  const kinds = { held: "busy still", connected: "good", waiting: "" };
  const more = one.cause ? `: ${plainly(one.cause)}` : one.position ? `, at place ${one.position}` : "";
  return state(kinds[one.state] ?? "", `${one.state}${more}`);
}

function gameState(one) {
  const word = plainly(one.state);
  if (one.reason) return state("", `${word}: ${plainly(one.reason)}`);
  return state(one.state === "active" ? "good" : "busy still", word);
}

function doing(player) {
  if (player.forfeited) return "forfeited";
  if (!player.connected) return "away";
  return player.ready ? "ready" : "here";
}

const owner = (text) => (/^[ukx]_/.test(text) ? account(text) : said(text));

function line(one) {
  const waiting = `${one.waiting} waiting, the first since `;
  return h("li", {}, h("span", { class: "text" }, said(one.mode), " ", h("span", { class: "soft" }, said(JSON.stringify(one.properties)))),
    h("span", {}, waiting, moment(one.oldestSince)));
}
