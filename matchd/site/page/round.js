/** One game of two paddles, as it is seen and played: from the two players' coming to the result. */

import { Duel } from "./duel.js";
import { h, said, stateLine } from "./dom.js";
import { Field } from "./field.js";

const SIDES = ["left", "right"];
/** Turns without the other's wishes, until that is said, and until one may end the game for it. */
const SLOW = 20;
const TOO_SLOW = 300;
const HELP = `Move with the up and down arrow keys (or W and S) while the field is selected, with the mouse over \
it, or with a finger on it. Who first has 5 points wins.`;

/** A game. `ended(words, error)` hears what has come of it, and why where it is no result. */
export class Round {
  #game;
  #ended;
  #field;
  #duel;
  #stop = new AbortController();
  #away = false;
  #deadline = null;
  #resigned = false;
  #event;
  #shown = [];
  #state = stateLine();
  #points = SIDES.map(() => h("strong", {}, "0"));
  #ready = h("button", { class: "main", hidden: true, onclick: () => this.#game.ready() }, "Ready");
  #leave = h("button", { class: "quiet", onclick: () => this.#giveUp() });
  #break = h("button", { class: "quiet", onclick: () => this.#duel.report() }, "End it without a result");

  constructor(game, ended) {
    this.#game = game;
    this.#ended = ended;
    const side = Math.max(0, SIDES.indexOf(this.#me?.side));
    this.#event = `Your paddle is on the ${SIDES[side]}`;
    this.#field = new Field(side, "game-help");
    this.element = this.#build();
    const changed = (played) => this.#turn(played);
    this.#duel = new Duel(game, side, { wish: () => this.#field.wish(), changed });
    this.#listen();
    if (this.#duel.state) this.#score(this.#duel.state);
    this.#show();
  }

  close() {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#duel.close();
    this.#field.close();
    this.#game.close();
  }

  get #me() {
    return this.#game.players.find((one) => one.id === this.#game.me);
  }

  get #other() {
    return this.#game.players.find((one) => one.id !== this.#game.me);
  }

  #nameOf(side) {
    return this.#game.players.find((one) => one.side === SIDES[side])?.username ?? "";
  }

  #build() {
    const names = [0, 1].map((side) => said(this.#nameOf(side), { class: "name" }));
    const [left, right] = this.#points;
    return h("div", {},
      h("p", { class: "scores", role: "status", "aria-atomic": "true" }, names[0], left, " : ", right, names[1]),
      this.#field.element, this.#state.element,
      h("div", { class: "row tight" }, this.#ready, this.#leave, this.#break),
      h("p", { class: "soft", id: "game-help" }, HELP));
  }

  #listen() {
    const { signal } = this.#stop;
    const on = (name, heard) => this.#game.on(name, (...args) => {
      heard(...args);
      if (!signal.aborted) this.#show();
    }, { signal });
    on("state", () => { this.#away = false; });
    on("start", () => this.focus());
    on("ready", () => {});
    on("disconnected", (id, deadline) => { this.#deadline = deadline; });
    on("reconnected", () => { this.#deadline = null; });
    on("away", () => { this.#away = true; });
    on("over", (result) => this.#finish(resultOf(result, this.#me, this.#other), null, result));
    on("end", (error) => this.#finish(this.#judge(error), error));
  }

  /** Put the keyboard where it is needed: at the button, then at the field, whose keys move the paddle. */
  focus() {
    const wanted = this.#game.state === "active" ? this.#field.element : this.#ready;
    wanted.focus({ preventScroll: true });
  }

  #finish(words, error, result) {
    this.close();
    this.#ended({ words, error, result, other: this.#other?.username ?? "" });
  }

  /** The last word was lost with a socket; both sides know the score. */
  #judge(error) {
    const { state } = this.#duel;
    if (!state?.over) return error.message;
    const [left, right] = state.scores;
    const scores = Object.fromEntries(this.#game.players.map((one) => [one.id, one.side === "left" ? left : right]));
    const winner = left === right ? null : this.#game.players.find((one) => scores[one.id] === Math.max(left, right)).id;
    return resultOf({ reason: "finished", winner, scores }, this.#me, this.#other);
  }

  #turn(played) {
    const { state } = this.#duel;
    if (played) this.#field.show(state);
    const scored = this.#score(state);
    if (scored !== undefined) this.#event = `Point for ${this.#nameOf(scored)}`;
    this.#show();
  }

  /** Show the score; which side has more than was shown before. */
  #score({ scores }) {
    const scored = [0, 1].find((side) => scores[side] > Number(this.#points[side].textContent));
    this.#points.forEach((one, side) => {
      if (one.textContent !== String(scores[side])) one.textContent = scores[side];
    });
    return scored;
  }

  #giveUp() {
    if (this.#game.state === "active") {
      this.#resigned = true;
      this.#duel.resign();
      this.#show();
    } else {
      this.#finish("You have left the game", null);
    }
  }

  #show() {
    const active = this.#game.state === "active";
    const isAsked = this.#game.state === "waiting_for_ready" && !this.#me.ready;
    const appears = isAsked && this.#ready.hidden;
    this.#ready.hidden = !isAsked;
    if (appears) this.focus();
    this.#leave.textContent = active ? "Give up" : "Leave";
    this.#leave.hidden = this.#resigned;
    this.#break.hidden = this.#duel.missed < TOO_SLOW || !this.#other.connected;
    this.#field.element.classList.toggle("active", active);
    const shown = this.#words();
    if (String(shown) === String(this.#shown)) return;
    this.#shown = shown;
    this.#state.show(...shown);
  }

  #words() {
    const { username, connected } = this.#other;
    if (this.#away) return ["busy", "The connection is lost; coming back…"];
    if (this.#game.state === "waiting_for_players") return ["busy", `Waiting for ${username} to come`];
    if (this.#game.state === "waiting_for_ready") {
      return this.#me.ready ? ["busy", `Waiting for ${username} to be ready`] : ["good", `${username} is here: get ready`];
    }
    if (!connected) return ["busy", `${username} is away, and has until ${timeOf(this.#deadline)} to come back`];
    if (this.#duel.state?.over) return ["busy", "Waiting for the result"];
    if (this.#resigned) return ["busy", "You give up"];
    return this.#duel.missed > SLOW ? ["busy", `Waiting for ${username}…`] : ["good", this.#event];
  }
}

/** What has come of a game, in words. */
function resultOf({ reason, winner, scores, requeued }, me, other) {
  const name = other?.username ?? "The other";
  const won = winner === me?.id;
  switch (reason) {
    case "finished":
      if (winner === null) return "Nobody wins: it is a draw";
      return `${won ? "You win" : `${name} wins`}, ${Math.max(...Object.values(scores))} to ${Math.min(...Object.values(scores))}`;
    case "player_disconnected":
      if (winner === null) return "Everybody has left: nobody wins";
      return won ? `${name} has left: you win` : `You were away for too long: ${name} wins`;
    case "disputed":
      return "The two sides do not agree how it ended: nobody wins";
    default:
      return requeued ? `${name} was not there in time` : "You were not there in time";
  }
}

const timeOf = (seconds) => (seconds === null ? "soon" : new Date(seconds * 1000).toLocaleTimeString());
