/**
 * Two browsers in step over `/ws/game`: what one wishes goes through the server (`player_move`), and both
 * play it (`lockstep`), a turn every 50 ms.
 *
 * Who comes back after a reload goes on by his memo, kept as the page goes. Who has none, or too old a one,
 * asks the other for it (`lost`, answered by `memo`); when both have none they begin anew. Both report the
 * same scores, which is what the server wants. To give up is a wish too: it happens at the same turn on both
 * sides.
 */

import { steadyPause } from "/client/steady.js";
import { Lockstep, TURN, isMemo, seedOf } from "./lockstep.js";
import { RESIGN } from "./paddles.js";
import { storage } from "./storage.js";

const KEY = "matchd-game";
const SECOND = 1000 / TURN;
/** Turns without the other's wishes, after which what is ours is said less often. */
const PATIENT = 10;

export class Duel {
  #game;
  #side;
  #wish;
  #changed;
  #lockstep = null;
  #asks = false;
  #resigns = false;
  #away = false;
  #ticks = 0;
  #stop = new AbortController();

  /** `wish()`: where our paddle is to be; `changed(played)`: a turn was played, or was not. */
  constructor(game, side, { wish, changed }) {
    this.#game = game;
    this.#side = side;
    this.#wish = wish;
    this.#changed = changed;
    /** Turns that had to be waited for. */
    this.missed = 0;
    this.#listen();
    this.#begin(game.state === "active");
    this.#run();
  }

  /** How things stand, or null before the beginning. */
  get state() {
    return this.#lockstep?.state ?? null;
  }

  resign() {
    this.#resigns = true;
  }

  /** Tell the server how it ended; who says it before the end gets no result. */
  report() {
    const [left, right] = this.state?.scores ?? [0, 0];
    const [first, second] = this.#game.players;
    const pointsOf = (one) => (one.side === "left" ? left : right);
    this.#game.finish({ [first.id]: pointsOf(first), [second.id]: pointsOf(second) });
  }

  close() {
    if (this.#stop.signal.aborted) return;
    this.#keep();
    this.#stop.abort();
  }

  #listen() {
    const { signal } = this.#stop;
    const on = (name, heard) => this.#game.on(name, heard, { signal });
    on("state", () => this.#back());
    on("away", () => { this.#away = true; });
    on("move", (from, frame) => this.#hear(frame));
    on("action", (from, action, data) => this.#act(action, data));
    addEventListener("pagehide", () => this.#keep(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.#keep(), { signal });
  }

  #back() {
    this.#away = false;
    if (this.#lockstep === null && !this.#asks) this.#begin(false);
  }

  /** `late`: it has begun before this page was there. */
  #begin(late) {
    if (this.#game.state !== "active") return;
    const memo = recall(this.#game);
    if (memo) this.#lockstep = new Lockstep(this.#side, memo);
    else if (late) this.#ask();
    else this.#anew();
  }

  #anew() {
    this.#asks = false;
    this.#lockstep = Lockstep.begin(this.#side, seedOf(this.#game.id));
  }

  #ask() {
    this.#asks = true;
    this.#game.act("lost");
  }

  #hear(frame) {
    if (this.#lockstep === null || this.#asks) return;
    if (!this.#lockstep.hear(frame, performance.now())) this.#ask();
  }

  #act(action, data) {
    if (action === "lost" && this.#asks) {
      this.#anew();
    } else if (action === "lost" && this.#lockstep !== null) {
      this.#game.act("memo", this.#lockstep.mirrored());
    } else if (action === "memo" && this.#asks && isMemo(data)) {
      this.#asks = false;
      this.#lockstep = new Lockstep(this.#side, data);
    }
  }

  async #run() {
    const { signal } = this.#stop;
    let due = performance.now();
    while (!signal.aborted) {
      const now = performance.now();
      due = Math.max(due + TURN, now);
      await steadyPause(due - now, signal).catch(() => {});
      if (!signal.aborted && this.#game.state === "active" && !this.#away) this.#tick();
    }
  }

  #tick() {
    this.#ticks += 1;
    const aSecond = this.#ticks % SECOND === 0;
    if (this.#asks) {
      if (aSecond) this.#ask();
      return;
    }
    const lockstep = this.#lockstep;
    lockstep.say(this.#resigns ? RESIGN : this.#wish(), performance.now());
    const played = lockstep.play();
    this.missed = played ? 0 : this.missed + 1;
    if (played || this.missed % PATIENT === 1) this.#game.move(lockstep.frame());
    if (lockstep.state.over && (played || aSecond)) this.report();
    this.#changed(played);
  }

  #keep() {
    if (this.#lockstep === null || this.#asks) return;
    try {
      storage()?.setItem(KEY, JSON.stringify({ id: this.#game.id, me: this.#game.me, memo: this.#lockstep.memo() }));
    } catch {
      // It is full: the other side knows it too.
    }
  }
}

/** What was kept of this game, if anything was. */
function recall(game) {
  try {
    const { id, me, memo } = JSON.parse(storage()?.getItem(KEY) ?? "{}");
    return id === game.id && me === game.me && isMemo(memo) ? memo : null;
  } catch {
    return null;
  }
}
