/**
 * Profiles the process that it is preloaded into, between two SIGUSR2. A sample is taken every PROFILE_EVERY_US;
 * the profile goes to the file that PROFILE_TO names, and this process's id beside it.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';

const file = process.env.PROFILE_TO;
const interval = Number(process.env.PROFILE_EVERY_US);

const session = new Session();
session.connect();
let isOn = false;

process.on('SIGUSR2', () => {
  isOn = !isOn;
  if (isOn) {
    session.post('Profiler.enable');
    session.post('Profiler.setSamplingInterval', { interval });
    session.post('Profiler.start');
    return;
  }
  session.post('Profiler.stop', (error, result) => {
    writeFileSync(`${file}.part`, error ? '' : JSON.stringify(result.profile));
    renameSync(`${file}.part`, file);
  });
});

writeFileSync(`${file}.pid`, String(process.pid));
