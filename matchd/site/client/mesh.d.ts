import type { Listens } from "./emitter.js";
import type { MatchdError } from "./errors.js";
import type { ConnectionState, Path } from "./path.js";

export interface RoomPeerEvents {
  state: [ConnectionState];
  message: [data: string | ArrayBuffer, channel: RTCDataChannel];
  end: [MatchdError];
}

export class RoomPeer {
  private constructor();
  on: Listens<RoomPeerEvents>["on"];
  next: Listens<RoomPeerEvents>["next"];
  readonly id: string;
  /** Null for guests. */
  readonly name: string | null;
  readonly account: string | null;
  readonly connection: RTCPeerConnection;
  readonly channel: RTCDataChannel;
  readonly channels: RTCDataChannel[];
  get state(): ConnectionState;
  /** Send over the first channel; whether it was open. */
  send(data: string | ArrayBuffer | ArrayBufferView): boolean;
  path(): Promise<Path | null>;
}
