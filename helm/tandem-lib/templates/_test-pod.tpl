{{/*
The pod of `helm test`: asks an OpenAI API for its models and for a completion, and ends with 1 and a line that says what is
wrong. It has labels of its own, so that no pool and no Service takes it for one of theirs. In: root; image (repository, tag,
digest, pullPolicy); url; model (the name that requests ask for; without one, the first of the list); prefiller (host:port for
x-prefiller-host-port, or nothing); insecure (whether the certificate is not verified); key (secret and key of
what it sends as bearer token, or nothing); where it does something else, name (of the pod, after the release's) and script
(text of a module, which has the url as TARGET).
*/}}
{{- define "tandem.testPod" -}}
apiVersion: v1
kind: Pod
metadata:
  name: {{ include "tandem.fullname" .root }}-{{ .name | default "test" }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "tandem.test.labels" .root | nindent 4 }}
    app.kubernetes.io/managed-by: {{ .root.Release.Service }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  {{- with .root.Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext: {{- include "tandem.podSecurityContext" dict | nindent 4 }}
  containers:
    - name: test
      image: {{ include "tandem.image" (dict "image" .image "tag" .root.Chart.AppVersion) }}
      imagePullPolicy: {{ .image.pullPolicy }}
      command: [/nodejs/bin/node, --input-type=module, --eval]
      args:
        - |- {{- include "tandem.block" (dict "text" (.script | default (include "tandem.test.script" .)) "by" 10) }}
      env:
        - name: TARGET
          value: {{ .url | quote }}
        {{- with .model }}
        - name: MODEL
          value: {{ . | quote }}
        {{- end }}
        {{- with .prefiller }}
        - name: PREFILLER
          value: {{ . | quote }}
        {{- end }}
        {{- with .key }}
        - name: KEY
          valueFrom: { secretKeyRef: { name: {{ .secret }}, key: {{ .key }} } }
        {{- end }}
        {{- if .insecure }}
        # Its own Service, whose certificate need not hold this name.
        - name: NODE_TLS_REJECT_UNAUTHORIZED
          value: '0'
        {{- end }}
      resources:
        requests: { cpu: 50m, memory: 64Mi }
        # A quota may ask for both.
        limits: { cpu: 500m, memory: 128Mi }
      securityContext: {{- include "tandem.securityContext" dict | nindent 8 }}
{{- end -}}

{{- define "tandem.test.labels" -}}
app.kubernetes.io/name: {{ include "tandem.name" . | trunc 58 | trimSuffix "-" }}-test
app.kubernetes.io/instance: {{ .Release.Name | trunc 58 | trimSuffix "-" }}-test
app.kubernetes.io/component: test
{{- end -}}

{{- define "tandem.test.script" -}}
const { TARGET, MODEL, PREFILLER, KEY } = process.env;
const headers = KEY ? { authorization: `Bearer ${KEY}` } : {};

function fail(message) {
  console.error(message);
  process.exit(1);
}

async function ask(path, options) {
  const url = TARGET + path;
  const signal = AbortSignal.timeout(120_000);
  const answer = await fetch(url, { headers, ...options, signal }).catch((error) =>
    fail(`${url} does not answer: ${error.cause?.message || error.cause?.code || error.message}`),
  );
  const text = await answer.text();
  if (!answer.ok) fail(`${url} answers ${answer.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

const names = (await ask('/v1/models')).data.map(({ id }) => id);
const model = MODEL ?? names[0];
if (!names.includes(model)) fail(`${TARGET} serves ${names.join(', ')}, not ${model}`);
headers['content-type'] = 'application/json';
if (PREFILLER) headers['x-prefiller-host-port'] = PREFILLER;
const body = JSON.stringify({ model, prompt: 'The capital of France is', max_tokens: 4 });
const answer = await ask('/v1/completions', { method: 'POST', headers, body });
if (typeof answer.choices?.[0]?.text !== 'string') fail(`no completion: ${JSON.stringify(answer)}`);
console.log(`${model} answers${PREFILLER ? `, prefilled at ${PREFILLER}` : ''}: ${answer.choices[0].text}`);
{{- end -}}
