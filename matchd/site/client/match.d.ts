import type { Abortable, Listens } from "./emitter.js";
import type { MatchdError } from "./errors.js";
import type { ChannelPlan, ConnectionState, Path } from "./path.js";

export interface FindOptions extends Abortable {
  /** This region or none. */
  region?: string;
  /** Measured regions, the nearest first. */
  regions?: { region: string; rttMs: number }[];
  anyRegion?: boolean;
  hostId?: string;
  game?: string;
  /** Seconds to wait in line where nobody is free; true: until aborted. */
  wait?: number | true;
  onWaiting?(place: { position: number; etaSeconds: number | null }): void;
  /** What to open; one channel "game", if not said. */
  channels?: ChannelPlan[];
  /** Add tracks and transceivers before the offer is made. */
  prepare?(connection: RTCPeerConnection): void;
  iceTransportPolicy?: RTCIceTransportPolicy;
  /** Milliseconds in which the connection has to come up; 45,000. */
  connectTimeout?: number;
}

export interface MatchEvents {
  state: [ConnectionState];
  /** The host says something beside the connection. */
  control: [action: string, payload: any];
  channel: [RTCDataChannel];
  /** The booking is over; a connection that works goes on until it breaks. */
  ended: [MatchdError];
  /** The way to the server is lost for good; a connection that works goes on. */
  signaling: [MatchdError];
  /** The connection is over. */
  end: [MatchdError];
}

export class Match {
  private constructor();
  on: Listens<MatchEvents>["on"];
  next: Listens<MatchEvents>["next"];
  readonly connection: RTCPeerConnection;
  /** The first of `channels`, open. */
  readonly channel: RTCDataChannel | null;
  readonly channels: RTCDataChannel[];
  readonly bookingId: string;
  readonly roomId: string;
  readonly hostId: string;
  readonly region: string;
  /** The credential of this booking: keep it secret. */
  readonly grant: string;
  get state(): ConnectionState;
  path(): Promise<Path | null>;
  control(action: string, payload?: any): boolean;
  /** Part: the booking is given back, the connection closed. */
  close(): Promise<void>;
}
