/* Games of two paddles between two sides in one process, for test_paddles.py: what became of them, as one
   object. Argument: the folder of the page. */
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(`${process.argv[2]}/`);
const { Lockstep, isMemo, seedOf } = await import(new URL("lockstep.js", folder));
const { HEIGHT, RESIGN } = await import(new URL("paddles.js", folder));

const copy = (value) => JSON.parse(JSON.stringify(value));

/* The same numbers in every run. */
function dice(seed) {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % sides;
  };
}

/* Frames on their way from one side: they arrive in order, some later, some never. */
class Way {
  #frames = [];

  send(frame, due) {
    this.#frames.push([due, copy(frame)]);
  }

  arrived(now) {
    const due = this.#frames.filter(([at]) => at <= now);
    this.#frames = this.#frames.slice(due.length);
    return due.map(([, frame]) => frame);
  }
}

/* One game: `wishOf(side, state, roll)` plays it, `lag` is how many turns a frame takes at most. */
function play(name, wishOf, { lag = 0, lossy = false, turns = 20_000 } = {}) {
  const roll = dice(seedOf(name));
  const sides = [0, 1].map((side) => Lockstep.begin(side, seedOf(name)));
  const ways = [new Way(), new Way()];
  let now = 0;
  for (; now < turns && !sides.every((one) => one.state.over); now++) {
    for (const side of [0, 1]) {
      for (const frame of ways[1 - side].arrived(now)) {
        // Somebody who has lost his memo goes on by the other's.
        if (!sides[side].hear(frame, now * 50)) sides[side] = new Lockstep(side, copy(sides[1 - side].mirrored()));
      }
      // A reload now and then; in one of two cases nothing is left.
      if (lossy && roll(200) === 0) sides[side] = new Lockstep(side, copy(sides[side].memo()));
      if (lossy && roll(400) === 0) sides[side] = Lockstep.begin(side, seedOf(name));
      sides[side].say(wishOf(side, sides[side].state, roll), now * 50);
      sides[side].play();
      if (!lossy || roll(3) > 0) ways[side].send(sides[side].frame(), now + roll(lag + 1));
    }
  }
  const [left, right] = sides.map((one) => one.state);
  const agrees = JSON.stringify({ ...left, path: [] }) === JSON.stringify({ ...right, path: [] });
  return { agrees, scores: left.scores, turns: left.turn, waited: now - left.turn };
}

const still = () => HEIGHT / 2;
const wild = (side, state, roll) => roll(HEIGHT + 1);
const keen = (side, { ball }) => Math.max(0, Math.min(HEIGHT, ball.y));
const leftKeen = (side, state) => (side === 0 ? keen(side, state) : 0);

const far = play("far", wild, { lag: 6 });
const seen = {
  wild: Array.from({ length: 10 }, (one, at) => play(`wild ${at}`, wild, { lag: 5, lossy: true })).map((one) => one.agrees),
  won: play("won", leftKeen).scores,
  endless: play("endless", keen, { turns: 2000 }).scores,
  still: Math.max(...play("still", still).scores),
  resigned: play("resigned", (side, { turn }) => (side === 1 && turn > 10 ? RESIGN : 500)).scores,
  // Where frames take their time, both speak further ahead, instead of waiting at each turn.
  fluent: [far.agrees, far.waited < far.turns / 4],
};

const one = Lockstep.begin(0, 1);
const junk = [null, {}, { y: 7 }, { from: 0, wishes: "no", have: 0 }, { from: 0, wishes: [2000], have: 2 }, { from: -1, wishes: [], have: 0 }];
seen.junk = junk.every((frame) => one.hear(frame, 0)) && one.have === 2;
seen.gap = one.hear({ from: 9, wishes: [], have: 2 }, 0);
seen.ahead = one.hear({ from: 2, wishes: [], have: 9 }, 0);
const memo = copy(one.memo());
seen.memos = [memo, { ...memo, state: { ...memo.state, ball: null } }, { ...memo, theirs: [5000] }, null, "x"].map(isMemo);
console.log(JSON.stringify(seen));
