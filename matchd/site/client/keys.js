/**
 * Key accounts: an Ed25519 key made here is the whole account, and nothing is stored on the server.
 * 32 bytes, the seed, are all there is to keep: as a phrase of twelve words, or in a file that is locked
 * with a password. Whoever has them is this player.
 */

import { lock, unlock } from "./backup.js";
import { bytesOf, fromBase64, subtle, toBase64 } from "./crypto.js";
import { MatchdError } from "./errors.js";
import { newPhrase, seedOf } from "./phrase.js";

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

  /** A new account of random bytes; one that is to be written down is made `fromPhrase(newPhrase())`. */
  static async create() {
    return KeyAccount.fromSeed(crypto.getRandomValues(new Uint8Array(32)));
  }

  /** Twelve random words, to be kept on paper. */
  static newPhrase() {
    return newPhrase();
  }

  /**
   * The account of a phrase; a wrong one is refused (`invalid_phrase`).
   * @param {string} phrase
   */
  static async fromPhrase(phrase) {
    return KeyAccount.fromSeed(await seedOf(phrase));
  }

  /**
   * What `backup` has locked: `{key, more}`.
   * @param {string} text
   * @param {string} password
   */
  static async fromBackup(text, password) {
    const { seed, more } = await unlock(text, password);
    return { key: await KeyAccount.fromSeed(fromBase64(seed)), more };
  }

  /**
   * The account of a seed.
   * @param {Uint8Array} seed 32 bytes
   */
  static async fromSeed(seed) {
    if (seed.length !== 32) throw new MatchdError("invalid_request", "A seed has 32 bytes.");
    const pkcs8 = new Uint8Array([...PKCS8, ...seed]);
    const key = await subtle().importKey("pkcs8", pkcs8, ALGORITHM, true, ["sign"]).catch((cause) => {
      throw new MatchdError("no_crypto", "This browser is too old for keys (Ed25519).", { cause });
    });
    const { x } = await crypto.subtle.exportKey("jwk", key);
    const publicKey = x.replaceAll("-", "+").replaceAll("_", "/") + "=";
    return new KeyAccount(key, new Uint8Array(seed), publicKey);
  }

  /** Sign a text; in base64. */
  async sign(text) {
    return toBase64(new Uint8Array(await crypto.subtle.sign(ALGORITHM, this.#key, bytesOf(text))));
  }

  /**
   * The seed, and with it whatever else is to be kept (`more`), locked with a password.
   * @param {string} password
   * @param {any} [more]
   */
  backup(password, more = null) {
    return lock({ seed: toBase64(this.seed), more }, password);
  }

  /**
   * What friends paste to ask for friendship, whether the account is known to the server or not.
   * @param {string} name
   */
  friendCode(name) {
    return friendCode({ name, publicKey: this.publicKey });
  }
}

/**
 * The friend code of a player's name and public key.
 * @param {{name: string, publicKey: string}} player
 */
export function friendCode({ name, publicKey }) {
  return toBase64(bytesOf(JSON.stringify({ name, publicKey })));
}

/**
 * The proof of a key for `/auth/login` and for deleting the account (wire.md 4, version 2). It names the
 * server's address and is good there alone, so it is made for nobody who goes by another one.
 */
export async function proofOf(http, key, username, signal) {
  const { challenge, origin } = await challengeOf(http, signal);
  const lines = ["matchd-login-v2", origin, key.publicKey, username, challenge];
  const signature = await key.sign(lines.join("\n"));
  return { public_key_b64: key.publicKey, username, challenge, signature_b64: signature, v: 2 };
}

/** A challenge, and the address that is to be signed; refused (`other_origin`) where it is not ours. */
export async function challengeOf(http, signal) {
  const answer = await http.ask("POST", "/auth/challenge", { body: {}, token: null, retry: true, signal });
  const { challenge, origin = http.base } = answer;
  if (new URL(origin).origin === http.base) return { challenge, origin };
  throw new MatchdError("other_origin", `Keys are for ${origin} alone: go there to use one.`, { details: answer });
}
