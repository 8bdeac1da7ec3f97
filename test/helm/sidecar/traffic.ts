const BODY = (tokens: number): string =>
  JSON.stringify({ model: 'tiny', prompt: 'Who saw it go?', max_tokens: tokens, stream: true });

/** Streams that follow each other, each at the pod that is in rotation when it begins. */
export class Traffic {
  good = 0;
  /** Streams under way, by the pod that they are at. */
  readonly inFlight = new Map<string, number>();
  readonly failures: string[] = [];
  private isOver = false;
  private readonly loops: Promise<void>[];

  /** @param target gives the pod's URL and who prefills @param tokens how long each stream is */
  constructor(
    private readonly target: () => { readonly url: string; readonly prefiller: string },
    clients: number,
    private readonly tokens: number,
  ) {
    this.loops = Array.from({ length: clients }, () => this.run());
  }

  /** @returns when all that was begun has ended */
  async end(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.loops);
  }

  private async run(): Promise<void> {
    while (!this.isOver) {
      const { url, prefiller } = this.target();
      this.count(url, 1);
      const failure = await once(url, prefiller, this.tokens).catch((error: unknown) =>
        String(error),
      );
      this.count(url, -1);
      if (failure === undefined) this.good++;
      else this.failures.push(failure);
    }
  }

  private count(url: string, by: number): void {
    this.inFlight.set(url, (this.inFlight.get(url) ?? 0) + by);
  }
}

/** @returns what is wrong with the answer */
async function once(url: string, prefiller: string, tokens: number): Promise<string | undefined> {
  const headers = { 'content-type': 'application/json', 'x-prefiller-host-port': prefiller };
  const options = { method: 'POST', headers, body: BODY(tokens) };
  const answer = await fetch(`${url}/v1/completions`, options);
  const text = await answer.text();
  const isWhole = answer.status === 200 && text.endsWith('data: [DONE]\n\n');
  return isWhole ? undefined : `${answer.status} ${text.slice(-200)}`;
}
