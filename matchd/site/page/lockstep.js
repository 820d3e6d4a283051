/**
 * Two browsers in step: each tells the other where it wants its paddle, turn by turn, and a turn is played
 * when the wishes of both are known. So both see the same game, whatever the way between them is like,
 * and nobody decides for the other. It knows of no socket and no clock.
 *
 * A frame says again all that the other has not confirmed: what was lost with a socket heals by itself.
 * `memo` is all that a browser has to know to go on after a reload. Who has lost even that is given it
 * by the other side (`mirrored`).
 */

import { MIDDLE, advance, isState, isWish, opening } from "./paddles.js";

/** Milliseconds that a turn lasts. */
export const TURN = 50;
/** Turns that one speaks ahead, at least and at most: what is said has to arrive before its turn. */
const LEAST = 2;
const MOST = 8;
/** How long a slow moment is remembered: half of it for 30 frames. */
const FADING = 0.98;
/** What a frame says at most. */
const FRAME = 64;

export class Lockstep {
  #side;
  #ours;
  #first;
  #taken;
  #theirs;
  #saidAt = new Map();
  #lead = LEAST;
  #trip = 0;

  /** `side`: 0 is left, 1 is right. */
  constructor(side, { state, first, ours, taken, theirs }) {
    this.#side = side;
    /** How things stand: see `paddles`. */
    this.state = { ...state, path: [] };
    // Our wishes from the turn `first` on, and up to which turn the other has them.
    this.#first = first;
    this.#ours = ours;
    this.#taken = taken;
    // The other's wishes from the turn that is next.
    this.#theirs = theirs;
  }

  /** The beginning; for the first turns nobody can have said anything. */
  static begin(side, seed) {
    const quiet = () => Array(LEAST).fill(MIDDLE);
    return new Lockstep(side, { state: opening(seed), first: 0, ours: quiet(), taken: LEAST, theirs: quiet() });
  }

  /** Turns for which we have the other's wishes. */
  get have() {
    return this.state.turn + this.#theirs.length;
  }

  get #said() {
    return this.#first + this.#ours.length;
  }

  /** Say where our paddle is to be, for as many turns as are due. */
  say(wish, now) {
    while (this.#said < this.state.turn + this.#lead) {
      this.#saidAt.set(this.#said, now);
      this.#ours.push(wish);
    }
  }

  /** Play the next turn, if it can be played; whether it was. */
  play() {
    const { turn } = this.state;
    if (this.state.over || this.#theirs.length === 0 || this.#said <= turn) return false;
    const pair = [this.#ours[turn - this.#first], this.#theirs.shift()];
    this.state = advance(this.state, this.#side === 0 ? pair : pair.reverse());
    this.#trim();
    return true;
  }

  /** What the other side is to be told. */
  frame() {
    const from = this.#taken;
    const at = from - this.#first;
    return { from, wishes: this.#ours.slice(at, at + FRAME), have: this.have };
  }

  /** Take what the other side says; false when the two can't be of one game any more. */
  hear(frame, now) {
    if (!isFrame(frame)) return true;
    const { from, wishes, have } = frame;
    if (from > this.have || have > this.#said) return false;
    // Nobody is further ahead than that.
    const fresh = wishes.slice(this.have - from, this.state.turn + 2 * MOST - from);
    this.#theirs.push(...fresh);
    if (have > this.#taken) this.#measure(have, now);
    this.#taken = Math.max(this.#taken, have);
    this.#trim();
    return true;
  }

  /** What to know to go on here. */
  memo() {
    return { state: this.state, first: this.#first, ours: this.#ours, taken: this.#taken, theirs: this.#theirs };
  }

  /** What the other side has to know to go on there. */
  mirrored() {
    const { turn } = this.state;
    return { state: this.state, first: turn, ours: this.#theirs, taken: this.have, theirs: this.#ours.slice(turn - this.#first) };
  }

  #trim() {
    const done = Math.min(this.state.turn, this.#taken) - this.#first;
    if (done <= 0) return;
    this.#ours.splice(0, done);
    this.#first += done;
  }

  /** The slower the way, the further ahead we speak. */
  #measure(have, now) {
    const trip = now - (this.#saidAt.get(have - 1) ?? now);
    for (const turn of this.#saidAt.keys()) if (turn < have) this.#saidAt.delete(turn);
    this.#trip = Math.max(trip, this.#trip * FADING);
    this.#lead = Math.max(LEAST, Math.min(MOST, Math.ceil(this.#trip / (2 * TURN)) + 1));
  }
}

/** Whether this can be a memo: it may be an old one, or come from somebody else. */
export function isMemo(memo) {
  const { state, first, taken, ours, theirs } = memo ?? {};
  const lists = [ours, theirs].every((one) => Array.isArray(one) && one.every(isWish));
  return lists && isState(state) && first <= taken && first <= state.turn && taken <= first + ours.length;
}

function isFrame(frame) {
  const { from, wishes, have } = frame ?? {};
  const counts = [from, have].every((one) => Number.isInteger(one) && one >= 0);
  return counts && Array.isArray(wishes) && wishes.length <= FRAME && wishes.every(isWish);
}

/** The same number on both sides. */
export function seedOf(text) {
  let seed = 2166136261;
  for (const letter of text) seed = Math.imul(seed ^ letter.codePointAt(0), 16777619) >>> 0;
  return seed;
}
