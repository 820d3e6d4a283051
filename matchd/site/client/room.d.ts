import type { Abortable, Listens } from "./emitter.js";
import type { MatchdError } from "./errors.js";
import type { RoomPeer } from "./mesh.js";

export interface RoomOptions extends Abortable {
  /** Groups of so many, first come, first served (1 to 64). */
  next?: number;
  topology?: "mesh" | "client-server";
  /** Channels to each peer, in matchbox' order; one reliable channel, if not said. */
  channels?: Omit<RTCDataChannelInit, "negotiated" | "id">[];
  iceTransportPolicy?: RTCIceTransportPolicy;
}

export interface RoomEvents {
  /** Somebody is connected, with all channels open. */
  peer: [RoomPeer];
  left: [RoomPeer, MatchdError];
  /** The server is away; peers talk on. */
  away: [];
  back: [{ resumed: boolean }];
  /** The way to the server is lost for good, or the room was left. */
  end: [MatchdError];
}

export class Room {
  private constructor();
  on: Listens<RoomEvents>["on"];
  next: Listens<RoomEvents>["next"];
  readonly peerId: string | null;
  get peers(): RoomPeer[];
  whenPeers(count: number, options?: Abortable): Promise<RoomPeer[]>;
  broadcast(data: string | ArrayBuffer | ArrayBufferView): void;
  close(): void;
}
