import type { Abortable, Listens } from "./emitter.js";
import type { MatchdError } from "./errors.js";

export interface QueueOptions extends Abortable {
  mode?: string;
  region?: string;
  properties?: Record<string, string | number | boolean | null>;
  /** The id of a lobby of one's own, whose connected members come along. */
  party?: string;
  onWaiting?(place: { position: number; size: number; etaSeconds: number | null }): void;
}

export interface GamePlayer {
  id: string;
  username: string;
  score: number;
  side: string;
  ready: boolean;
  connected: boolean;
}

export interface GameView {
  id: string;
  state: "waiting_for_players" | "waiting_for_ready" | "active" | "finished";
  mode: string;
  players: GamePlayer[];
}

export interface GameEvents {
  state: [GameView];
  start: [];
  move: [from: string, movement: any, seq: number];
  action: [from: string, action: string, data: any, seq: number];
  ready: [id: string];
  disconnected: [id: string, deadline: number];
  reconnected: [id: string];
  over: [{
    reason: string; winner: string | null; scores: Record<string, number>; requeued: boolean;
    position: number | null;
  }];
  /** What was just said was not done. */
  refused: [MatchdError];
  away: [];
  back: [];
  end: [MatchdError];
}

export class Game {
  private constructor();
  on: Listens<GameEvents>["on"];
  next: Listens<GameEvents>["next"];
  readonly id: string;
  /** One's own id among the players. */
  readonly me: string | null;
  readonly view: GameView | null;
  get state(): GameView["state"] | null;
  get players(): GamePlayer[];
  ready(): boolean;
  /** For the others, while the game is active; whether the socket was open. */
  move(movement: any): boolean;
  act(action: string, data?: any): boolean;
  /** Report the result: a number for each player's id. */
  finish(scores: Record<string, number>): boolean;
  resync(): boolean;
  close(): void;
}
