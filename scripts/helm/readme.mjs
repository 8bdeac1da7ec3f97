import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

/**
 * A chart's README.md: what Chart.yaml says it is, what its ABOUT.md tells, and the table of its values.
 *
 * @param chart.folder URL of the chart
 * @param chart.described values as described-values.mjs gives them
 */
export async function readme({ chart, folder, described }) {
  const { description } = parse(await readFile(new URL('Chart.yaml', folder), 'utf8'));
  const about = await readFile(new URL('ABOUT.md', folder), 'utf8');
  const rows = described
    .filter(({ isGroup }) => !isGroup)
    .map((row) => `| \`${row.path.join('.')}\` | ${cell(row.value)} | ${row.description} |`);
  return [
    `# ${chart}`,
    `${description}. This page is generated from Chart.yaml, ABOUT.md and values.yaml (\`npm run docs\`).`,
    about.trim(),
    '## Values',
    ['| value | default | meaning |', '| --- | --- | --- |', ...rows].join('\n'),
    '',
  ].join('\n\n');
}

function cell(value) {
  return `\`${JSON.stringify(value).replaceAll('|', '\\|')}\``;
}
