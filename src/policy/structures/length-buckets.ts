/** What lengths are cut by until some are known: evenly up to here. */
const FIRST_MAXIMUM = 4096;

/** Lengths cut into ranges of equal work: as many characters of requests in each. */
export class LengthBuckets {
  /** Whole numbers, sorted; undefined until some are known. */
  private lengths: Float64Array | undefined;
  /** The upper ends of all ranges but the last one. */
  private cuts: number[] = [];

  /** @param lengths sorted; the cuts follow from them from now on */
  fit(lengths: Float64Array): void {
    this.lengths = lengths;
    this.cuts = [];
  }

  /**
   * @param count ranges that there are
   * @returns the first and the last range that hold this length: it may be the end of one or more of them
   */
  of(length: number, count: number): readonly [first: number, last: number] {
    if (this.cuts.length !== count - 1) this.cuts = this.cut(count);
    return [countBelow(this.cuts, length), countBelow(this.cuts, length + 1)];
  }

  private cut(count: number): number[] {
    const { lengths } = this;
    if (!lengths)
      return Array.from({ length: count - 1 }, (_, i) =>
        Math.round((FIRST_MAXIMUM * (i + 1)) / count),
      );
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const cuts: number[] = [];
    let sum = 0;
    for (const length of lengths) {
      sum += length;
      while (cuts.length < count - 1 && sum >= (total * (cuts.length + 1)) / count)
        cuts.push(length);
    }
    return cuts;
  }
}

/** @returns how many of these sorted numbers are below `limit` */
function countBelow(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
