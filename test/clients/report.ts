import { CHECKS } from './checks.js';
import type { Result } from './suite.js';

/** @returns a table for each library: a row a check, a column a language; then what failed */
export function renderReport(results: readonly Result[]): string {
  const libraries = [...new Set(results.map(({ client }) => client.library))];
  const tables = libraries.map((library) =>
    renderTable(results.filter(({ client }) => client.library === library)),
  );
  const failures = results.filter(({ failure }) => failure !== undefined);
  const details = failures.map(
    ({ client, check, failure }) =>
      `FAILED ${client.library} (${client.language}), ${check}: ${failure}`,
  );
  const passed = results.length - failures.length;
  return [...tables, ...details, `${passed} passed, ${failures.length} failed`].join('\n\n');
}

function renderTable(results: readonly Result[]): string {
  const clients = [...new Set(results.map(({ client }) => client))];
  const cell = (check: string, client: Result['client']): string => {
    const result = results.find((one) => one.check === check && one.client === client);
    if (!result) return '-';
    return `${result.failure === undefined ? 'ok' : 'FAILED'} ${Math.round(result.milliseconds)} ms`;
  };
  const names = CHECKS[clients[0]!.library].map(({ name }) => name);
  const rows = names
    .filter((name) => results.some(({ check }) => check === name))
    .map((name) => [name, ...clients.map((client) => cell(name, client))]);
  const header = [clients[0]!.library, ...clients.map(({ version }) => version)];
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((text, column) => text.padEnd(widths[column]!))
      .join('   ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('   ');
  return [line(header), rule, ...rows.map(line)].join('\n');
}
