import type { Advice } from './advice.js';
import type { Report } from './examine.js';

const MARKS = { ok: 'ok', no: '-', unknown: '?', fault: 'FAULT' } as const;

/** For people: a table a worker, then the flags to set. `?` is what could not be found out. */
export function asText(reports: readonly Report[], { flags, hints }: Advice): string {
  const lines: string[] = [];
  for (const { url, usable, findings } of reports) {
    lines.push(`${url}  ${usable ? 'can be used' : 'CANNOT be used'}`);
    const width = Math.max(...findings.map(({ check }) => check.length));
    for (const { check, state, detail } of findings) {
      lines.push(`  ${MARKS[state].padEnd(5)}  ${check.padEnd(width)}  ${detail}`);
    }
    lines.push('');
  }
  if (flags.length > 0) lines.push('Flags to set:', `  tandem router ${flags.join(' ')}`);
  for (const hint of hints) lines.push(`  ${hint}`);
  return `${lines.join('\n')}\n`;
}

/** For programs. */
export function asJson(workers: readonly Report[], { flags, hints }: Advice): string {
  const ok = workers.every(({ usable }) => usable);
  return `${JSON.stringify({ ok, workers, flags, hints }, null, 2)}\n`;
}
