import { ConfigError, quote } from './config/config-error.js';
import type { Environment } from './config/environment.js';
import { exitOnConfigError } from './config/exit-on-config-error.js';
import { PROGRAMS } from './config/programs.js';
import { stopWhileStarting } from './config/stop-while-starting.js';
import { suggestion } from './config/suggestion.js';

interface Program {
  run(argv: string[], env: Environment): Promise<void>;
}

/** `tandem <program> --flags`; flags alone mean the sidecar. */
async function main([word, ...rest]: string[]): Promise<void> {
  const flagsAlone = word === undefined || word.startsWith('-');
  const name = flagsAlone ? 'sidecar' : word;
  if (!(PROGRAMS as readonly string[]).includes(name)) throw unknownProgram(name);
  const argv = word !== undefined && flagsAlone ? [word, ...rest] : rest;
  const program = (await import(`./apps/${name}/main.js`)) as Program;
  await program.run(argv, process.env);
}

function unknownProgram(name: string): ConfigError {
  const near = suggestion(name, PROGRAMS);
  const mend = near ? `did you mean ${near}?` : `give one of ${PROGRAMS.join(', ')}`;
  return new ConfigError(`unknown program ${quote(name)}: ${mend} (tandem PROGRAM --help)`);
}

stopWhileStarting();
await exitOnConfigError(() => main(process.argv.slice(2)));
