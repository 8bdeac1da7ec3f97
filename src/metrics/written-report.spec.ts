import { describe, expect, it } from '@jest/globals';
import { PickerMetrics } from './picker.metrics.js';
import { WrittenReport } from './written-report.js';

/** A page as what it says, line by line; blank lines say nothing. */
function linesOf(page: string): string[] {
  return page.split('\n').filter((line) => line !== '');
}

describe(WrittenReport.name, () => {
  it('says what prom-client says, but for series of which nothing is known', async () => {
    const metrics = new PickerMetrics('1');
    const model = 'a "quoted"\\\nname, {weird}';
    const record = metrics.requestStarted({
      ...{ model, targetModel: 't', fairnessId: 'ü', priority: -1, bytes: 5, receivedAt: 0 },
    });
    record.decided();
    record.answered(200);
    record.firstByte(1);
    record.ended(2, true, 3, { prompt: 1, completion: 2, cached: 0, isStream: true });
    metrics
      .requestStarted({
        ...{ model: 'b', targetModel: 'b', fairnessId: '', priority: 0, bytes: 5, receivedAt: 0 },
      })
      .refused(429);
    const report = new WrittenReport(metrics.registry);
    const written = linesOf(await report.text());
    const theirs = linesOf(await metrics.registry.metrics());
    const said = new Set(written);
    const left = theirs.filter((line) => !said.has(line));
    expect(left.length).toBeGreaterThan(0);
    for (const line of left) expect(line).toMatch(/ 0$/);
    expect(written.filter((line) => !theirs.includes(line))).toEqual([]);
    expect(report.contentType).toBe(metrics.registry.contentType);
  });

  it('tells of the process too', async () => {
    const metrics = new PickerMetrics('1');
    metrics.collectProcessMetrics();
    const page = await new WrittenReport(metrics.registry).text();
    expect(page).toMatch(/^process_cpu_seconds_total \S+$/m);
    expect(page).toMatch(/^nodejs_eventloop_lag_seconds \S+$/m);
    expect(page).not.toContain('\n\n');
  });
});
