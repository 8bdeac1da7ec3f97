import { ConfigError } from '../../config/config-error.js';
import type { Environment } from '../../config/environment.js';
import { answerHelp } from '../../config/help.js';
import { loadSettings } from '../../config/load-settings.js';
import { parseEndpointUrl } from '../../endpoint/endpoint-url.js';
import { adviceFor } from './advice.js';
import { asker } from './ask.js';
import { doctorSettings } from './doctor.settings.js';
import { examine } from './examine.js';
import { asJson, asText } from './print.js';

/** `tandem doctor`: asks all workers at once, prints, and ends with 0 where each can be used, with 1 where not. */
export async function run(argv: string[], env: Environment): Promise<void> {
  if (answerHelp(doctorSettings, argv)) return;
  const { config } = loadSettings(doctorSettings, { argv, env });
  const { workerUrls, apiKey, timeoutSecs, json } = config;
  if (workerUrls.length === 0) throw new ConfigError('--worker-urls: name at least one worker');
  const urls = workerUrls.map((url) => {
    const address = parseEndpointUrl(url);
    if (typeof address === 'string') throw new ConfigError(`--worker-urls: ${address}`);
    return address.url;
  });
  const reports = await Promise.all(
    urls.map((url) => examine(url, asker(url, apiKey, timeoutSecs))),
  );
  const advice = adviceFor(reports);
  const code = reports.every(({ usable }) => usable) ? 0 : 1;
  // Connections that wait for a next request would keep the process for a while.
  const text = json ? asJson(reports, advice) : asText(reports, advice);
  await new Promise<void>((resolve) => process.stdout.write(text, () => resolve()));
  process.exit(code);
}
