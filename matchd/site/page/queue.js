/** The queue: how to join it, and the wait in it. */

import { field, h, stateLine } from "./dom.js";

/** Ask what to play; `join({mode})` is told. */
export function asking(words, join) {
  const mode = field("Mode", { maxlength: 64, required: true, value: "default" });
  const enter = (event) => {
    event.preventDefault();
    join({ mode: mode.querySelector("input").value.trim() });
  };
  const state = stateLine();
  state.show("", words);
  return h("div", {},
    h("form", { class: "row", onsubmit: enter }, mode, h("button", { class: "main" }, "Find a player")),
    state.element);
}

/** Stand in the queue until there is a game: `entered(game)`; or until not: `left(error)`, null by one's own will. */
export function waiting(matchd, options, { why, entered, left }) {
  const controller = new AbortController();
  const { signal } = controller;
  const state = stateLine();
  const tell = (place) => state.show("busy", placeOf(place, why));
  const leave = h("button", { class: "quiet", onclick: () => controller.abort() }, "Cancel");
  matchd.events().on("queue.position", (place) => place.queued && tell(place), { signal });
  state.show("busy", "Joining the queue…");
  matchd.joinQueue({ ...options, signal, onWaiting: tell }).then(entered, (error) => {
    left(signal.aborted ? null : error);
  }).finally(() => controller.abort());
  const element = h("div", {}, state.element, h("div", { class: "row tight" }, leave));
  return { element, close: () => controller.abort() };
}

function placeOf({ position, size, etaSeconds }, why) {
  const place = why ?? (size === 1 ? "Nobody else is waiting yet" : `You are at place ${position} of ${size}`);
  return etaSeconds === null ? place : `${place}, about ${lasting(etaSeconds)} to go`;
}

function lasting(seconds) {
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
