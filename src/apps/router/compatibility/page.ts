import { markdownTable } from '../../../config/reference.js';
import { isOwn } from '../front/routes.js';
import { FOREIGN, fateOf } from './flags.js';
import { FOREIGN_ROUTES } from './routes.js';

/** docs/router-compatibility.md: what becomes of the flags and routes of other routers. */
export function compatibilityPage(): string {
  return [INTRODUCTION, ...Object.entries(FOREIGN).map(flagTable), ROUTES, routeTable(), ''].join(
    '\n\n',
  );
}

const INTRODUCTION = `# What other routers' command lines and clients find here

This page is generated (\`npm run docs\`), and a test starts the router with each of these flags and asks it for each of these routes.

A flag is **accepted** with the meaning that it has there, but for what the note says; taken **without effect**, with a log line, where it says nothing about HTTP workers; or **refused** before anything listens, with one line that says why: nothing that changes what happens is passed over in silence. Names with underscores are taken too, \`--flag=value\` and \`--flag value\` mean the same.

Workers named \`grpc://…\` are refused with a line that says so.`;

const ROUTES = `## Routes

What the router does not answer itself goes to a worker, whatever its method and path.`;

function flagTable([origin, flags]: [string, readonly string[]]): string {
  const rows = flags.map((flag) => {
    const { fate, note } = fateOf(flag);
    return [`\`--${flag}\``, fate, note];
  });
  return `## Flags: ${origin}\n\n${markdownTable(['Flag', 'Here', 'Note'], rows)}`;
}

function routeTable(): string {
  const rows = FOREIGN_ROUTES.map(({ method, path, shown, note }) => {
    const by = isOwn(method, path.split('?', 1)[0]!) ? 'the router' : 'a worker';
    return [`\`${method} ${shown ?? path}\``, by, note];
  });
  return markdownTable(['Route', 'Answered by', 'Note'], rows);
}
