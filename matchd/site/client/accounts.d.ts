import type { Abortable } from "./emitter.js";
import type { KeyAccount } from "./keys.js";

export interface Account {
  id: string;
  name: string;
}

export interface Login extends Abortable {
  name?: string;
  password?: string;
  key?: KeyAccount;
  /** The name a key account shows. */
  username?: string;
  /** Tokens that came from elsewhere. */
  token?: string;
  refreshToken?: string;
  expiresIn?: number;
  /** How the account's page names this login. */
  device?: string;
}
