/**
 * What was counted in the last minute, from counters that only rise.
 *
 * Each node counts for itself, and begins anew when it starts; with several nodes behind one address the
 * answers come from one or the other. So each node's samples are compared with its own.
 */

const MINUTE = 60;

export class History {
  #samples = new Map();

  /** Take a sample of the counters (`here`) at a moment; what rose in the last minute, by the same names. */
  take(at, here) {
    const kept = (this.#samples.get(here.node) ?? []).filter((one) => one.at >= at - MINUTE);
    if (kept.length > 0 && here.requests < kept.at(-1).here.requests) kept.length = 0;
    kept.push({ at, here });
    this.#samples.set(here.node, kept);
    const former = kept[0].here;
    return {
      seconds: at - kept[0].at,
      finds: risen(former.finds, here.finds),
      minted: risen(former.minted, here.minted),
      refused: risen(former.refused, here.refused),
      faults: risen(former.faults, here.faults),
      wait: average(former.waits, here.waits),
      queueWait: average(former.queueWaits, here.queueWaits),
    };
  }
}

const risen = (former, now) => Object.fromEntries(Object.entries(now).map(([name, value]) => [name, value - (former[name] ?? 0)]));

/** How long those waited who have been served since. */
function average(former, now) {
  const count = now.count - former.count;
  return count > 0 ? (now.seconds - former.seconds) / count : null;
}
