import type { Abortable, Listens } from "./emitter.js";
import type { MatchdError } from "./errors.js";

/** Events by their type, as the README lists them; each of them also as `event`. */
export interface FeedEvents {
  event: [Record<string, any>];
  hello: [];
  /** What was read before has to be read again; also after the first hello. */
  stale: [];
  away: [];
  back: [];
  end: [MatchdError];
  [type: string]: any[];
}

export class EventFeed {
  private constructor();
  on: Listens<FeedEvents>["on"];
  next: Listens<FeedEvents>["next"];
  readonly features: string[];
  /** Resolves when the server has said hello. */
  ready(options?: Abortable): Promise<void>;
  close(): void;
}
