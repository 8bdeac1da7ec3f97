/** Takes log lines, each a JSON object with its line feed at the end. */
export interface LineSink {
  /** @param lines one, or several whole ones */
  write(lines: string): void;

  /** @returns when everything written so far is out; never rejects */
  flush(): Promise<void>;
}
