/** Arrays of numbers, one an endpoint, which are used again: a decision makes none. */
export class ScoreBuffers {
  private scores: Float64Array[] = [];
  private totals: Float64Array[] = [];
  private scoreMemory = new ArrayBuffer(0);
  private totalMemory = new ArrayBuffer(0);

  /** @returns an array of that length, holding anything */
  scoresOf(length: number): Float64Array {
    this.fit(length);
    return (this.scores[length] ??= new Float64Array(this.scoreMemory, 0, length));
  }

  /** @returns an array of that length, holding zeros */
  totalsOf(length: number): Float64Array {
    this.fit(length);
    return (this.totals[length] ??= new Float64Array(this.totalMemory, 0, length)).fill(0);
  }

  private fit(length: number): void {
    const bytes = length * Float64Array.BYTES_PER_ELEMENT;
    if (bytes <= this.scoreMemory.byteLength) return;
    this.scoreMemory = new ArrayBuffer(2 * bytes);
    this.totalMemory = new ArrayBuffer(2 * bytes);
    this.scores = [];
    this.totals = [];
  }
}
