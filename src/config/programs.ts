/** Programs of the executable; each is `apps/<name>/main.js` and loads nothing of the others. */
export const PROGRAMS = ['sidecar', 'router', 'picker', 'simulator', 'doctor'] as const;
