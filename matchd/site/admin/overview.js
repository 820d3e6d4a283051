/** How it goes: live counters with charts, hosts by region, the nodes with their switch, TURN servers. */

import { doing, h, notice, said, swap } from "/page/dom.js";
import { ask } from "./ask.js";
import { figure } from "./figures.js";
import { History } from "./history.js";
import { ago, lines, state } from "./words.js";

const PERIOD = 2000;
/** Looks at the counters between two at what changes rarely. */
const RARELY = 5;

export function overview(api) {
  const figures = charts();
  const history = new History();
  const tiles = h("dl", { class: "tiles" });
  const regions = h("div");
  const [nodes, turn] = [nodesCard(api), turnCard(api)];
  const element = h("div", {}, h("h1", { id: "overview-title" }, "Overview"),
    h("p", { class: "lead" }, "How it goes now, and in the last five minutes while this page is open."),
    nodes.warning, tiles,
    h("div", { class: "figures" }, ...figures.elements,
      h("div", { class: "card" }, h("h2", {}, "Hosts by region"), regions), nodes.element, turn.element, checkCard(api)));
  const take = (now) => {
    const minute = history.take(now.at, now.here);
    figures.add(now, minute);
    tiles.replaceChildren(...numbers(now, minute));
    regions.replaceChildren(now.regions.length > 0 ? regionTable(now.regions) : h("p", { class: "soft" }, "There is no host."));
  };
  const load = following(api, element, async (isRare) => {
    if (isRare) await Promise.all([nodes.load(), turn.load()]);
    take(await api.get("counters"));
  });
  return { element, load };
}

/** Look again and again while it is on the page, at some things more rarely; what begins to. */
function following(api, element, look) {
  let timer = null;
  let looks = 0;
  const next = async () => {
    clearTimeout(timer);
    try {
      await look(looks++ % RARELY === 0);
    } catch (error) {
      notice(error);
    }
    clearTimeout(timer);
    if (element.isConnected && api.me !== null) timer = setTimeout(next, PERIOD);
  };
  return () => {
    looks = 0;
    return next();
  };
}

function charts() {
  const all = {
    hosts: figure("Hosts"),
    matches: figure("Matches"),
    play: figure("Games and queue"),
    sockets: figure("Sockets", "of this node"),
    waits: figure("Waiting times", "average of the last minute", "s"),
    minted: figure("TURN credentials minted", "in the last minute"),
    refused: figure("Errors by code", "in the last minute"),
  };
  const add = (now, minute) => {
    const { alive, free } = now.hosts;
    all.hosts.add({ free, busy: Math.max(0, alive - free), "not offered": total(now.regions) });
    all.matches.add({ connected: now.bookings.connected, held: now.bookings.held, "in line": now.waiting });
    all.play.add({ games: now.games, "in the queue": now.queued, lobbies: now.lobbies.waiting + now.lobbies.inProgress });
    all.sockets.add(now.here.sockets);
    all.waits.add({ "for a host": minute.wait, "for a game": minute.queueWait });
    all.minted.add(minute.minted);
    all.refused.add(minute.refused);
  };
  return { elements: Object.values(all).map((one) => one.element), add };
}

function numbers(now, minute) {
  const errors = Object.values(minute.refused).reduce((sum, one) => sum + one, 0);
  const faults = Object.values(minute.faults).reduce((sum, one) => sum + one, 0);
  return [
    tile("Hosts", now.hosts.alive, `${now.hosts.free} with a free slot`),
    tile("Matches", now.bookings.connected, `${now.bookings.held} held, ${now.waiting} in line`),
    tile("Games", now.games, `${now.queued} in the queue`),
    tile("Lobbies", now.lobbies.waiting + now.lobbies.inProgress, `${now.lobbies.inProgress} in progress`),
    tile("Connections", now.here.connections, "of this node"),
    tile("Accounts", now.accounts, "known here"),
    tile("Errors", errors, faults > 0 ? `${faults} our own: see the log` : "in the last minute", faults > 0),
  ];
}

const tile = (name, value, more, isBad = false) => h("div", { class: isBad ? "tile alarm" : "tile" },
  h("dt", {}, name), h("dd", { class: "number" }, value.toLocaleString()), h("dd", { class: "soft" }, more));

const total = (regions) => regions.reduce((sum, one) => sum + one.away, 0);

function regionTable(regions) {
  const head = ["Region", "Free", "Busy", "Not offered"].map((name) => h("th", { scope: "col" }, name));
  const rows = regions.map((one) => h("tr", {}, h("th", { scope: "row" }, said(one.region)),
    ...[one.free, one.busy, one.away].map((value) => h("td", {}, value.toLocaleString()))));
  return h("table", { class: "small" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
}

/** The nodes, each with its switch; and the line that warns while one is drained. */
function nodesCard(api) {
  const list = h("ul", { class: "list" });
  const all = h("div", { class: "row tight" });
  const warning = h("p", { class: "warning", role: "status", hidden: true });

  const show = (nodes) => {
    const drained = nodes.filter((one) => one.drained);
    const here = drained.some((one) => one.here);
    warning.hidden = drained.length === 0;
    warning.textContent = drained.length === nodes.length ? "No new matches are taken: every node is drained."
      : `${drained.length} of ${nodes.length} nodes take no new matches${here ? ", this one among them" : ""}.`;
    swap(list, ...nodes.map(line));
    swap(all, ...(api.mayChange && nodes.length > 1 ? [button("Drain all", true, { all: true }), button("End all drains", false, { all: true })] : []));
  };
  const line = (one) => h("li", {}, h("span", { class: "text" }, said(one.id), one.here ? h("span", { class: "soft" }, " (this one)") : null),
    one.drained ? state("bad", "drained") : state("good", "takes matches"),
    api.mayChange ? button(one.drained ? "End drain" : "Drain", !one.drained, { node: one.id }) : null);
  const button = (words, on, which) => h("button", {
    class: "quiet",
    "aria-label": which.node ? `${words} ${which.node}` : null,
    onclick: on ? () => confirm(which) : doing(async () => show(await api.post("drain", { on, ...which }))),
  }, words);
  const confirm = (which) => ask({
    title: which.all ? "Drain all nodes?" : `Drain node ${which.node}?`,
    text: which.all
      ? "Nobody will find a match or get into the queue. What is in progress goes on."
      : "It refuses new matches, and tells the proxy that it is not ready. What is in progress goes on.",
    action: "Drain",
  }, async () => show(await api.post("drain", { on: true, ...which })));
  const load = async () => show(await api.get("nodes"));
  const element = h("div", { class: "card" }, h("h2", {}, "Nodes"), list, all);
  return { element, warning, load };
}

function turnCard(api) {
  const list = h("ul", { class: "list" });
  const load = async () => {
    const servers = await api.get("turn");
    list.replaceChildren(...(servers.length > 0 ? servers.map(server) : [h("li", {}, "None is configured: only direct connections.")]));
  };
  return { element: h("div", { class: "card" }, h("h2", {}, "TURN servers"), list), load };
}

function server(one) {
  const about = one.weight === 0 ? "told to nobody (weight 0)" : !one.offered ? "left out of what players are told"
    : one.regions.length > 0 ? `for ${one.regions.join(", ")}` : "for every region";
  return h("li", {}, h("span", { class: "text" }, said(one.name), " ", h("span", { class: "soft" }, about),
    h("span", { class: "soft" }, lines(one.urls.map((url) => said(url))))), probed(one));
}

function probed({ probe, offered }) {
  if (probe === null) return state("", "not probed");
  const when = ago(probe.at);
  if (probe.ok) return state("good", `usable${probe.rttMs === undefined ? "" : `, ${probe.rttMs} ms`} (${when})`);
  const told = offered ? "players are still told of it" : "players are not told of it";
  return state("bad", `not usable: ${probe.cause ?? "no reason given"}; ${told} (${when})`);
}

function checkCard(api) {
  const verdict = h("p", { role: "status" }, "What must always hold (one player to a slot, and the like), looked at now.");
  const look = doing(async () => {
    verdict.textContent = "Looking…";
    const { ok, violations } = await api.get("check");
    verdict.replaceChildren(ok ? state("good", "All of it holds.") : state("bad", violations.join("; ")));
  });
  return h("div", { class: "card" }, h("h2", {}, "Invariants"), verdict, h("button", { class: "quiet", onclick: look }, "Check now"));
}
