/** 4 bytes each. */
const MAX_TOKENS = 8 * 1024 * 1024;

/** The tokens of prompts that were seen lately, by a digest of what was asked: bounded in tokens. */
export class TokenCache {
  private readonly entries = new Map<string, Uint32Array>();
  private tokens = 0;

  constructor(private readonly limit = MAX_TOKENS) {}

  get(key: string): Uint32Array | undefined {
    const tokens = this.entries.get(key);
    if (!tokens) return undefined;
    // The last one in is the last one to go.
    this.entries.delete(key);
    this.entries.set(key, tokens);
    return tokens;
  }

  set(key: string, tokens: Uint32Array): void {
    if (tokens.length > this.limit || this.entries.has(key)) return;
    this.entries.set(key, tokens);
    this.tokens += tokens.length;
    for (const [oldest, { length }] of this.entries) {
      if (this.tokens <= this.limit) break;
      this.entries.delete(oldest);
      this.tokens -= length;
    }
  }
}
