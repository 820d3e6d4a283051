import type { Abortable, Listens } from "./emitter.js";
import type { MatchdError } from "./errors.js";
import type { ConnectionState, Path } from "./path.js";

export interface HostOptions extends Abortable {
  /** The host secret, or a host's token; none where the server takes everybody. */
  token?: string;
  hostId?: string;
  roomId?: string;
  region?: string;
  game?: string;
  gameInfo?: Record<string, any>;
  /** Players at once; 1, if not said. */
  capacity?: number;
  prepare?(connection: RTCPeerConnection, player: Player): void;
  iceTransportPolicy?: RTCIceTransportPolicy;
}

export interface HostEvents {
  /** Somebody is connected, with his channel open. */
  player: [Player];
  /** Somebody is in the room, and about to connect. */
  booked: [{ peer: string; bookingId: string | null }];
  beat: [Record<string, any>];
  /** A heartbeat failed; the next one comes. */
  trouble: [MatchdError];
  /** The server is about to stop. */
  drain: [];
  end: [MatchdError];
}

export class HostSession {
  private constructor();
  on: Listens<HostEvents>["on"];
  next: Listens<HostEvents>["next"];
  readonly hostId: string;
  readonly roomId: string;
  readonly capacity: number;
  get players(): Player[];
  /** Whether new players are taken ("idle") or not ("busy"). */
  setStatus(status: "idle" | "busy", options?: Abortable): Promise<void>;
  /** Say goodbye: out of the pool at once, all players end. */
  close(): Promise<void>;
}

export interface PlayerEvents {
  state: [ConnectionState];
  control: [action: string, payload: any];
  channel: [RTCDataChannel];
  end: [MatchdError];
}

export class Player {
  private constructor();
  on: Listens<PlayerEvents>["on"];
  next: Listens<PlayerEvents>["next"];
  readonly bookingId: string | null;
  readonly connection: RTCPeerConnection;
  /** The first channel the player has opened. */
  readonly channel: RTCDataChannel | null;
  get state(): ConnectionState;
  path(): Promise<Path | null>;
  control(action: string, payload?: any): boolean;
  close(): void;
}
