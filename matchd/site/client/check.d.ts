/** What came of gathering candidates at one address of a STUN or TURN server. */
export interface ServerCheck {
  url: string;
  ok: boolean;
  ms: number;
  /** As which one is seen, or where one is relayed. */
  address: string | null;
  errorCode: number | null;
  explanation: string;
}
