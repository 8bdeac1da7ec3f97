/** A Prometheus histogram of seconds. */
export class Histogram {
  private readonly counts: number[];
  private sum = 0;
  private count = 0;

  constructor(private readonly bounds: readonly number[]) {
    this.counts = bounds.map(() => 0);
  }

  observe(seconds: number): void {
    this.sum += seconds;
    this.count++;
    const index = this.bounds.findIndex((bound) => seconds <= bound);
    if (index >= 0) this.counts[index]!++;
  }

  /** @param labels `engine="0",model_name="m"` */
  lines(name: string, labels: string): string[] {
    let running = 0;
    const buckets = this.bounds.map((bound, index) => {
      running += this.counts[index]!;
      return `${name}_bucket{${labels},le="${bound}"} ${running}`;
    });
    return [
      ...buckets,
      `${name}_bucket{${labels},le="+Inf"} ${this.count}`,
      `${name}_count{${labels}} ${this.count}`,
      `${name}_sum{${labels}} ${this.sum}`,
    ];
  }
}
