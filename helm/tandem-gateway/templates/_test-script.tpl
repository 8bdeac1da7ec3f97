{{/* Asks the picker whether it is ready, and whether it knows a model server. In: the chart's root. */}}
{{- define "tandem-gateway.testScript" -}}
const { TARGET } = process.env;

function fail(message) {
  console.error(message);
  process.exit(1);
}

async function ask(path) {
  const url = TARGET + path;
  const answer = await fetch(url, { signal: AbortSignal.timeout(30_000) }).catch((error) =>
    fail(`${url} does not answer: ${error.cause?.message || error.cause?.code || error.message}`),
  );
  const text = await answer.text();
  if (!answer.ok) fail(`${url} answers ${answer.status}: ${text.slice(0, 500)}`);
  return text;
}

await ask('/health/ready');
const metrics = await ask('/metrics');
const [, ready] = /^llm_d_epp_ready_endpoints(?:\{[^}]*\})? (\S+)$/m.exec(metrics) ?? [];
if (!(Number(ready) > 0)) {
  fail('the picker knows no model server: no pod of the InferencePool {{ include "tandem-gateway.poolName" . }} is ready');
}
console.log(`the picker knows ${ready} model servers`);
{{- end -}}
