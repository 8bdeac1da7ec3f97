/**
 * Preloaded into the sidecar: answers every DNS query of the process from a table and notes it.
 *
 * SSRF_DNS_TABLE is JSON: name → list of answers, one after the other, the last one for ever; an answer is a list of
 * addresses. Other names do not exist. SSRF_DNS_LOG is a file that gets a line a query.
 */
import { appendFileSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';

const require = createRequire(import.meta.url);
const dns = require('node:dns');
const table = JSON.parse(process.env.SSRF_DNS_TABLE ?? '{}');
const asked = new Map();

function addressesOf(how, name) {
  const text = String(name);
  appendFileSync(process.env.SSRF_DNS_LOG, `${how} ${text}\n`);
  // The system's look-up gives an address back as it is.
  if (isIP(text) !== 0 && how === 'lookup') return [text];
  const key = text.toLowerCase();
  const answers = Object.hasOwn(table, key) ? table[key] : [];
  const count = asked.get(key) ?? 0;
  asked.set(key, count + 1);
  return answers[Math.min(count, answers.length - 1)] ?? [];
}

function notFound(name) {
  const error = new Error(`getaddrinfo ENOTFOUND ${name}`);
  return Object.assign(error, { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: name });
}

const familyOf = (address) => (address.includes(':') ? 6 : 4);

async function lookup(name, options = {}) {
  const all = addressesOf('lookup', name).map((address) => ({
    address,
    family: familyOf(address),
  }));
  await new Promise((resolve) => setImmediate(resolve));
  if (all.length === 0) throw notFound(name);
  return typeof options === 'object' && options?.all ? all : all[0];
}

function lookupCallback(name, options, callback = options) {
  const given = typeof options === 'function' ? {} : options;
  lookup(name, given).then(
    (found) => {
      if (Array.isArray(found)) callback(null, found);
      else callback(null, found.address, found.family);
    },
    (error) => callback(error),
  );
}

const resolveMethods = (object) =>
  Object.getOwnPropertyNames(object).filter((key) => /^(resolve|reverse$)/.test(key));

for (const object of [dns.promises, dns.promises.Resolver.prototype]) {
  for (const key of resolveMethods(object)) {
    object[key] = async (name) => {
      const found = addressesOf(key, name);
      if (found.length === 0) throw notFound(name);
      return found;
    };
  }
}
for (const object of [dns, dns.Resolver.prototype]) {
  for (const key of resolveMethods(object)) {
    object[key] = (name, ...rest) => {
      const found = addressesOf(key, name);
      setImmediate(rest.at(-1), found.length === 0 ? notFound(name) : null, found);
    };
  }
}
dns.lookup = lookupCallback;
dns.promises.lookup = lookup;
syncBuiltinESMExports();
