/**
 * An account that is a key, and stored nowhere: whoever has the seed, the phrase it was made of, or the file
 * it was locked in, is this player.
 */
export class KeyAccount {
  private constructor();
  /** Of random bytes; one that is to be written down is made `fromPhrase(await newPhrase())`. */
  static create(): Promise<KeyAccount>;
  /** Twelve random words (BIP-39). */
  static newPhrase(): Promise<string>;
  /** A wrong phrase is refused (`invalid_phrase`). */
  static fromPhrase(phrase: string): Promise<KeyAccount>;
  /** What `backup` has locked. */
  static fromBackup(text: string, password: string): Promise<{ key: KeyAccount; more: any }>;
  /** 32 bytes. */
  static fromSeed(seed: Uint8Array): Promise<KeyAccount>;
  readonly seed: Uint8Array;
  /** In base64. */
  readonly publicKey: string;
  sign(text: string): Promise<string>;
  /** The seed and whatever else is to be kept, locked with a password. */
  backup(password: string, more?: any): Promise<string>;
  /** What friends paste to ask for friendship (`friends.addByCode`). */
  friendCode(name: string): string;
}
