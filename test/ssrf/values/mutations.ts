import type { Random } from '../random.js';
import { lookAlike, otherIpv4 } from './spellings.js';

/** Changes a value in one way; `others` are values that it may be put together with. */
export type Mutation = (value: string, random: Random, others: readonly string[]) => string;

/** Where host and port part; a value without a port is all host. */
function split(value: string): [host: string, rest: string] {
  const at = value.lastIndexOf(':');
  return at < 0 ? [value, ''] : [value.slice(0, at), value.slice(at)];
}

const at = (value: string, random: Random): number => random.below(value.length + 1);

/** Everything but CR LF as a pair, which would begin another header line. */
function anyByte(random: Random): string {
  if (random.chance(0.6)) return String.fromCharCode(0x20 + random.below(0x5f));
  if (random.chance(0.6)) return String.fromCharCode(0x80 + random.below(0x80));
  return String.fromCharCode(random.pick([0, 1, 8, 9, 10, 11, 12, 13, 27, 31, 127]));
}

const insertByte: Mutation = (value, random) => {
  const i = at(value, random);
  return value.slice(0, i) + anyByte(random) + value.slice(i);
};

const deleteByte: Mutation = (value, random) => {
  const i = at(value, random);
  return value.slice(0, i) + value.slice(i + 1);
};

const replaceByte: Mutation = (value, random) => {
  const i = at(value, random);
  return value.slice(0, i) + anyByte(random) + value.slice(i + 1);
};

const repeatSlice: Mutation = (value, random) => {
  const i = at(value, random);
  return value.slice(0, i) + value.slice(random.below(i + 1));
};

const cut: Mutation = (value, random) => value.slice(0, at(value, random));

const changeCase: Mutation = (value, random) =>
  random.chance(0.5) ? value.toUpperCase() : value.replace(/[a-z]/, (one) => one.toUpperCase());

const scheme: Mutation = (value, random) =>
  random.pick(['http://', 'https://', 'HTTP://', 'hTTpS://', 'http://', 'https://']) + value;

const oddScheme: Mutation = (value, random) =>
  random.pick([
    'ftp://',
    'file://',
    'gopher://',
    '//',
    'http:',
    'http:/',
    'http:///',
    'http:\\\\',
    'http//',
    'ws://',
    'unix:',
    'http://http://',
    'http ://',
  ]) + value;

const userinfo: Mutation = (value, random, others) =>
  `${random.pick(['', 'u', 'u:p', ':', random.pick(others), split(value)[0], '%40'])}@${value}`;

const userinfoBehind: Mutation = (value, random, others) => `${value}@${random.pick(others)}`;

const tail: Mutation = (value, random, others) =>
  value +
  random.pick([
    '/',
    '/v1',
    '?',
    '?x=',
    '#',
    '\\',
    ';',
    '%00',
    '%0d%0a',
    '%20',
    '&',
    '|',
    "'",
    '"',
    '$x',
  ]) +
  random.pick(['', '', random.pick(others), `@${random.pick(others)}`]);

const spelling: Mutation = (value, random) => {
  const [host, rest] = split(value);
  return otherIpv4(host, random) + rest;
};

const zone: Mutation = (value, random) =>
  value.replace(']', `${random.pick(['%lo', '%25lo', '%eth0', '%1', '%', '%25'])}]`);

const brackets: Mutation = (value, random) => {
  const [host, rest] = split(value);
  const bare = host.replace(/[[\]]/g, '');
  const wrapped = random.pick([
    `[${host}]`,
    bare,
    `[${bare}`,
    `${bare}]`,
    `[[${bare}]]`,
    `[${bare}] `,
  ]);
  return wrapped + rest;
};

const port: Mutation = (value, random) => {
  const [host, rest] = split(value);
  const number = rest.slice(1);
  const other = random.pick([
    '',
    '0',
    '65536',
    '99999',
    '100000',
    `+${number}`,
    '-1',
    `0${number}`,
    `${number}0`,
    `${number} `,
    ` ${number}`,
    `${number}.0`,
    '8e3',
    '0x50',
    `${Number(number) + 65536}`,
    `${number}:${number}`,
    '1'.repeat(400),
  ]);
  return `${host}:${other}`;
};

const otherHost: Mutation = (value, random, others) =>
  split(random.pick(others))[0] + split(value)[1];

const list: Mutation = (value, random, others) => {
  const count = random.chance(0.1) ? 15 + random.below(4) : 1 + random.below(3);
  const parts = [value];
  for (let i = 0; i < count; i++) parts.push(random.chance(0.1) ? '' : random.pick(others));
  if (random.chance(0.2)) parts.reverse();
  return parts.join(random.pick([',', ', ', ' ,', ',\t', ',,', ' , ']));
};

const notAList: Mutation = (value, random, others) =>
  `${value}${random.pick([';', ' ', '\t', '|', '\n', '%2c', '&', '\u00b8'])}${random.pick(others)}`;

const blanks: Mutation = (value, random) =>
  random.pick([' ', '\t', '  ', '\t ', '\u00a0', '\u0085', '\u000b']) +
  value +
  random.pick(['', ' ', '\t\t', '\u00a0', '\u000c']);

const similar: Mutation = (value, random) => {
  const i = at(value, random);
  return value.slice(0, i) + lookAlike(value.charAt(i), random) + value.slice(i + 1);
};

const similarAll: Mutation = (value, random) =>
  [...value].map((char) => (/\d/.test(char) ? lookAlike(char, random) : char)).join('');

const dots: Mutation = (value, random) => {
  const [host, rest] = split(value);
  return (
    random.pick([`${host}.`, `.${host}`, host.replace('.', '..'), host.replace('.', '')]) + rest
  );
};

const percent: Mutation = (value, random) => {
  const i = at(value, random);
  const code = (value.charCodeAt(i) || 0).toString(16).padStart(2, '0');
  return `${value.slice(0, i)}%${code}${value.slice(i + 1)}`;
};

const long: Mutation = (value, random) =>
  random.pick(['a', 'a.', '0', '-', '[', ':', ',', 'x-']).repeat(1 + random.below(300)) + value;

/** Those that often leave a value good stand here more than once. */
export const MUTATIONS: readonly Mutation[] = [
  insertByte,
  deleteByte,
  replaceByte,
  repeatSlice,
  cut,
  changeCase,
  changeCase,
  scheme,
  scheme,
  scheme,
  oddScheme,
  userinfo,
  userinfoBehind,
  tail,
  spelling,
  spelling,
  zone,
  brackets,
  port,
  otherHost,
  otherHost,
  otherHost,
  list,
  list,
  list,
  list,
  list,
  notAList,
  blanks,
  blanks,
  similar,
  similarAll,
  dots,
  percent,
  long,
];
