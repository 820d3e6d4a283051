/** Be a host: registered, in its room, echoing what players write. */

import { field, h, notice, said, stateLine, swap } from "./dom.js";
import { wayOf } from "./paths.js";

export function host(matchd) {
  const card = document.getElementById("host-card");
  const id = field("Name of this host", { name: "hostId", pattern: "[A-Za-z0-9_.:\\-]{1,128}", value: `web-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`, required: true });
  const region = field("Region", { maxlength: 64, placeholder: "the server's own" });
  const capacity = field("Players at once", { type: "number", min: 1, max: 16, value: 1, required: true });
  const token = field("Host secret or token", { type: "password", placeholder: "none, where the server is open" });
  const button = h("button", { class: "main" }, "Start hosting");
  const state = stateLine();
  const players = h("ul", { class: "list" });
  const value = (label) => label.querySelector("input").value.trim() || undefined;
  let session = null;
  let timer = null;

  const start = async () => {
    button.disabled = true;
    state.show("busy", "Registering…");
    const options = { hostId: value(id), region: value(region), token: value(token), capacity: Number(value(capacity)) };
    try {
      session = await matchd.hostSession(options);
    } catch (error) {
      notice(error);
      return over(error);
    } finally {
      button.disabled = false;
    }
    button.textContent = "Stop hosting";
    state.show("good", "Ready: players can be matched with this browser");
    timer = setInterval(look, 1000);
    session.on("player", (player) => welcome(player, look));
    session.on("trouble", (error) => state.show("bad", `The last heartbeat failed: ${error.message}`));
    session.on("beat", () => state.show("good", `Ready: ${session.players.length} of ${session.capacity} players`));
    session.on("end", (error) => over(error.code === "closed" ? null : error));
    return look();
  };

  const look = async () => {
    const rows = await Promise.all((session?.players ?? []).map(row));
    swap(players, ...rows);
  };

  const over = (error) => {
    clearInterval(timer);
    session = null;
    players.replaceChildren();
    button.textContent = "Start hosting";
    state.show(error ? "bad" : "", error ? error.message : "Not hosting");
  };

  const pressed = (event) => {
    event.preventDefault();
    if (session) session.close();
    else start();
  };
  card.replaceChildren(
    h("form", { onsubmit: pressed },
      h("div", { class: "row" }, id, region),
      h("div", { class: "row" }, capacity, token, button)),
    state.element, players);
  state.show("", "Not hosting");
}

function welcome(player, look) {
  player.channel?.addEventListener("message", ({ data }) => player.channel.send(data));
  player.on("end", look);
  look();
}

async function row(player) {
  const path = await player.path();
  const rtt = path?.rttMs === null || path === null ? "" : `, ${path.rttMs} ms`;
  return h("li", {},
    h("span", { class: "text" }, "Player ", said(player.bookingId?.slice(0, 8) ?? "without booking"),
      h("br"), h("span", { class: "soft" }, `${wayOf(path)}${rtt}`)),
    h("button", { class: "quiet", onclick: () => player.close() }, "Part"));
}
