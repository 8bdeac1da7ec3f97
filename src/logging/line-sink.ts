/** Takes log lines, each a JSON object with its line feed at the end. */
export interface LineSink {
  write(line: string): void;

  /** @returns when everything written so far is out; never rejects */
  flush(): Promise<void>;
}
