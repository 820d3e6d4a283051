/**
 * Server-sent events by fetch: with a token in a header, which EventSource cannot, and in Node too. It
 * comes back by itself where it was (`Last-Event-ID`), until its signal says that it is over.
 */

import { MatchdError } from "./errors.js";
import { Backoff, pause } from "./timing.js";

/**
 * Hand over each event (`heard`), and say when it is open, each time (`opened`), and when it is not
 * (`trouble`); returns only by throwing: the signal's reason, or a final refusal.
 */
export async function follow(http, path, { query, signal, opened, heard, trouble }) {
  const backoff = new Backoff(500, 20_000);
  let last = null;
  for (;;) {
    let least = 0;
    try {
      const headers = { Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) };
      const response = await http.open("GET", path, { query, headers, signal });
      opened();
      for await (const event of eventsIn(response.body)) {
        last = event.id;
        backoff.reset();
        heard(event);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof MatchdError && !error.temporary) throw error;
      trouble(error);
      least = (error.retryAfter ?? 0) * 1000;
    }
    await pause(backoff.next(least), signal);
  }
}

async function* eventsIn(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const data = /^data: ?(.*)$/m.exec(block);
        if (data) yield JSON.parse(data[1]);
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
