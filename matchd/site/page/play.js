/** Find a host, see the connection come up, talk over it. */

import { connectionCheck } from "./check.js";
import { check, field, h, logOf, notice, stateLine } from "./dom.js";
import { pathView } from "./paths.js";

export function play(matchd) {
  const card = document.getElementById("play-card");
  const region = field("Region (any, if empty)", { name: "region", maxlength: 64 });
  const wait = check("Wait in line if nobody is free", { checked: true });
  const button = h("button", { class: "main" }, "Play");
  const state = stateLine();
  const room = h("div");
  let stop = null;

  const start = async () => {
    const controller = new AbortController();
    stop = () => controller.abort();
    button.textContent = "Stop";
    state.show("busy", "Looking for a host…");
    try {
      const match = await matchd.findMatch({
        ...{ region: region.querySelector("input").value.trim() || undefined, signal: controller.signal },
        wait: wait.querySelector("input").checked ? true : 0,
        onWaiting: ({ position }) => state.show("busy", `In line, at place ${position}`),
      });
      connected(match);
    } catch (error) {
      over(controller.signal.aborted ? null : error);
    }
  };

  const connected = (match) => {
    const talk = conversation(match.channel);
    const view = pathView(match);
    room.replaceChildren(view.element, ...talk);
    button.textContent = "Hang up";
    stop = () => match.close();
    state.show("good", `Connected to ${match.hostId} in ${match.region}`);
    match.on("state", (now) => {
      const words = now === "connected" ? `Connected to ${match.hostId}` : "The path broke; looking for another…";
      state.show(now === "connected" ? "good" : "busy", words);
    });
    match.on("end", (error) => {
      view.stop();
      over(error.code === "closed" ? null : error);
    });
  };

  const over = (error) => {
    stop = null;
    button.textContent = "Play";
    room.replaceChildren();
    state.show(error ? "bad" : "", error ? error.message : "Not connected");
    if (error && error.code !== "no_host") notice(error);
  };

  const pressed = (event) => {
    event.preventDefault();
    if (stop) stop();
    else start();
  };
  card.replaceChildren(h("form", { onsubmit: pressed }, h("div", { class: "row" }, region, wait, button)), state.element, room);
  card.after(connectionCheck(matchd));
  state.show("", "Not connected");
}

/** Write to the other side, read what it says. */
function conversation(channel) {
  const log = logOf("Messages");
  const line = field("Write to the host", { required: true, maxlength: 1000 });
  const send = (event) => {
    event.preventDefault();
    const input = line.querySelector("input");
    channel.send(input.value);
    log.add("you", input.value);
    input.value = "";
  };
  channel.addEventListener("message", ({ data }) => log.add("host", String(data)));
  return [log.element, h("form", { class: "row", onsubmit: send }, line, h("button", {}, "Send"))];
}
