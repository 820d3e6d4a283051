/** An account that is a key, and stored nowhere: whoever has the seed is this player. */
export class KeyAccount {
  private constructor();
  static create(): Promise<KeyAccount>;
  /** 32 bytes. */
  static fromSeed(seed: Uint8Array): Promise<KeyAccount>;
  readonly seed: Uint8Array;
  /** In base64. */
  readonly publicKey: string;
  sign(text: string): Promise<string>;
  /** What friends paste to ask for friendship (`friends.addByCode`). */
  friendCode(name: string): string;
}
