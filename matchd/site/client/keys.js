/**
 * Key accounts: an Ed25519 key made here is the whole account, and nothing is stored on the server.
 * 32 random bytes, the seed, are all there is to keep; whoever has them is this player.
 */

import { MatchdError } from "./errors.js";

/** What stands before the 32 bytes of a seed in PKCS #8 (RFC 8410). */
const PKCS8 = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
const ALGORITHM = "Ed25519";

export class KeyAccount {
  #key;

  /** @private use `create` or `fromSeed` */
  constructor(key, seed, publicKey) {
    this.#key = key;
    /** The secret: 32 bytes. @type {Uint8Array} */
    this.seed = seed;
    /** The public key in base64: who the player is. @type {string} */
    this.publicKey = publicKey;
  }

  /** A new account. */
  static async create() {
    return KeyAccount.fromSeed(crypto.getRandomValues(new Uint8Array(32)));
  }

  /**
   * The account of a seed.
   * @param {Uint8Array} seed 32 bytes
   */
  static async fromSeed(seed) {
    if (seed.length !== 32) throw new MatchdError("invalid_request", "A seed has 32 bytes.");
    const pkcs8 = new Uint8Array([...PKCS8, ...seed]);
    const key = await subtle().importKey("pkcs8", pkcs8, ALGORITHM, true, ["sign"]);
    const { x } = await crypto.subtle.exportKey("jwk", key);
    const publicKey = x.replaceAll("-", "+").replaceAll("_", "/") + "=";
    return new KeyAccount(key, new Uint8Array(seed), publicKey);
  }

  /** Sign a text; in base64. */
  async sign(text) {
    const signature = await crypto.subtle.sign(ALGORITHM, this.#key, new TextEncoder().encode(text));
    return btoa(String.fromCharCode(...new Uint8Array(signature)));
  }

  /**
   * What friends paste to ask for friendship, whether the account is known to the server or not.
   * @param {string} name
   */
  friendCode(name) {
    const text = JSON.stringify({ name, publicKey: this.publicKey });
    return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  }
}

/** The proof of a key for `/auth/login` and for deleting the account (wire.md 4, version 2). */
export async function proofOf(http, key, username, signal) {
  const { challenge } = await http.ask("POST", "/auth/challenge", { body: {}, token: null, retry: true, signal });
  const lines = ["matchd-login-v2", http.base, key.publicKey, username, challenge];
  const signature = await key.sign(lines.join("\n"));
  return { public_key_b64: key.publicKey, username, challenge, signature_b64: signature, v: 2 };
}

function subtle() {
  if (globalThis.crypto?.subtle) return crypto.subtle;
  throw new MatchdError("no_crypto", "Keys need a secure page (https, or localhost).");
}
