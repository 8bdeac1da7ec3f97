import type { Histogram } from './histogram.js';

type Labels = Readonly<Record<string, string>>;

/** Writes metrics of vLLM in Prometheus' text format. */
export class Exposition {
  private readonly lines: string[] = [];
  private last = '';

  /** @param labels that all samples have: `engine="0",model_name="m"` */
  constructor(private readonly labels: string) {}

  counter(name: string, help: string, value: number, labels: Labels = {}): void {
    this.head(`vllm:${name}_total`, help, 'counter');
    this.lines.push(`vllm:${name}_total{${this.with(labels)}} ${value}`);
  }

  gauge(name: string, help: string, value: number, labels: Labels = {}): void {
    this.head(`vllm:${name}`, help, 'gauge');
    this.lines.push(`vllm:${name}{${this.with(labels)}} ${value}`);
  }

  histogram(name: string, help: string, value: Histogram): void {
    this.head(`vllm:${name}`, help, 'histogram');
    this.lines.push(...value.lines(`vllm:${name}`, this.labels));
  }

  text(): string {
    return `${this.lines.join('\n')}\n`;
  }

  /** Once a family, whose samples follow each other. */
  private head(family: string, help: string, type: string): void {
    if (family === this.last) return;
    this.last = family;
    this.lines.push(`# HELP ${family} ${help}`, `# TYPE ${family} ${type}`);
  }

  private with(labels: Labels): string {
    const more = Object.entries(labels).map(([name, value]) => `,${name}="${value}"`);
    return this.labels + more.join('');
  }
}
