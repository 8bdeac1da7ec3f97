import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ClientUnderTest, Library } from '../check.js';
import { ANTHROPIC_CHECKS } from './anthropic.js';
import { CHAT_CHECKS } from './chat.js';
import type { CheckFunctions } from './check-functions.js';
import { COMPLETION_CHECKS } from './completions.js';
import { CONNECTION_CHECKS } from './connections.js';
import { ERROR_CHECKS } from './errors.js';
import { RESPONSE_CHECKS } from './responses.js';

const OPENAI_CHECKS: CheckFunctions = {
  ...COMPLETION_CHECKS,
  ...CHAT_CHECKS,
  ...RESPONSE_CHECKS,
  ...ERROR_CHECKS,
  ...CONNECTION_CHECKS,
};

/** The clients that run in this process. */
export function nodeClients(): ClientUnderTest[] {
  return [
    nodeClient('openai', 'openai', OPENAI_CHECKS),
    nodeClient('anthropic', '@anthropic-ai/sdk', ANTHROPIC_CHECKS),
  ];
}

function nodeClient(
  library: Library,
  packageName: string,
  functions: CheckFunctions,
): ClientUnderTest {
  return {
    library,
    language: 'Node',
    version: `${packageName} ${versionOf(packageName)}, Node ${process.versions.node}`,
    run: async (check, target) => {
      const run = functions[check];
      if (!run) throw new Error('this client has no such check');
      await run(target);
    },
    close: () => Promise.resolve(),
  };
}

function versionOf(packageName: string): string {
  const entry = createRequire(import.meta.url).resolve(packageName);
  const file = join(dirname(entry), 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
