/** How two peers reach each other. */
export interface Path {
  local: RTCIceCandidateType;
  remote: RTCIceCandidateType;
  direct: boolean;
  protocol: "udp" | "tcp";
  /** The TURN server that this side uses. */
  relay: { url: string | null; protocol: "udp" | "tcp" | "tls" | null } | null;
  rttMs: number | null;
  bytesSent: number;
  bytesReceived: number;
}

/** The path a connection uses now, or null. */
export function pathOf(connection: RTCPeerConnection): Promise<Path | null>;

export type ConnectionState = "connecting" | "connected" | "reconnecting";

export type ChannelPlan = { label: string } & RTCDataChannelInit;
