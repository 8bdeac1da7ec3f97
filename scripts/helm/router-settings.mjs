import { routerSettings } from '../../dist/apps/router/router.settings.js';

/** helm/tandem-router/files/settings.json: what the chart's templates must know of the router's settings. */
export function routerSettingsFile() {
  const { settings, inert } = routerSettings;
  const all = Object.entries(settings);
  const renamed = all.flatMap(([key, { aliases = [] }]) =>
    aliases.map((alias) => [typeof alias === 'string' ? alias : alias.name, key]),
  );
  return JSON.stringify({
    known: all.map(([key]) => key),
    live: all.filter(([, { live }]) => live).map(([key]) => key),
    renamed: Object.fromEntries(renamed),
    foreign: Object.fromEntries(inert.map(({ name, reason }) => [name, reason ?? 'leave it out'])),
  });
}
