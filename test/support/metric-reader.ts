/** The samples of a metrics page, by name and labels as they stand there. */
export async function readMetrics(opsUrl: string): Promise<ReadonlyMap<string, number>> {
  const page = await (await fetch(`${opsUrl}/metrics`)).text();
  const samples = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}
