/** deploy/kubernetes and deploy/monitoring, read as kubectl and Prometheus read them: shapes, names and links that no cluster is needed for. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { readByTemporal, variablesRead } from '../support/variables-read';

const root = join(__dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }).optional(),
  spec: z.unknown().optional(),
  data: z.unknown().optional(),
});

const manifests = files('deploy/kubernetes').flatMap((path) =>
  parseAllDocuments(read(path)).map((document) => {
    expect(document.errors).toEqual([]);
    return { path, ...manifestSchema.parse(document.toJSON()) };
  }),
);

const probe = z.looseObject({ httpGet: z.object({ path: z.string(), port: z.string() }) });
const podSchema = z.looseObject({
  securityContext: z.looseObject({ runAsNonRoot: z.literal(true), runAsUser: z.literal(1000) }),
  automountServiceAccountToken: z.literal(false),
  terminationGracePeriodSeconds: z.number().optional(),
  containers: z.tuple([
    z.looseObject({
      image: z.literal('tiktok-purchase-relay'),
      args: z.array(z.string()),
      env: z.array(z.strictObject({ name: z.string(), value: z.string() })),
      ports: z.array(z.object({ name: z.string(), containerPort: z.number() })).optional(),
      startupProbe: probe.optional(),
      readinessProbe: probe.optional(),
      livenessProbe: probe.optional(),
      lifecycle: z.object({ preStop: z.object({ exec: z.object({ command: z.array(z.string()) }) }) }).optional(),
      resources: z.object({
        requests: z.object({ cpu: z.string(), memory: z.string() }),
        limits: z.object({ memory: z.string() }),
      }),
      securityContext: z.strictObject({
        allowPrivilegeEscalation: z.literal(false),
        readOnlyRootFilesystem: z.literal(true),
        capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
      }),
    }),
  ]),
});

function podOf(kind: string, name: string) {
  const found = manifests.find((one) => one.kind === kind && one.metadata?.name === name);
  const spec = z.looseObject({ template: z.looseObject({ spec: podSchema, metadata: z.looseObject({}) }) }).parse(found?.spec);
  return spec.template.spec;
}

describe('deploy/kubernetes', () => {
  it('has each resource that its kustomizations name, and no other file', () => {
    for (const folder of ['deploy/kubernetes', 'deploy/kubernetes/keda', 'deploy/kubernetes/prometheus']) {
      const { resources } = z.looseObject({ resources: z.array(z.string()) }).parse(parse(read(`${folder}/kustomization.yaml`)));
      const there = readdirSync(join(root, folder)).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');
      expect([...resources].sort()).toEqual(there.sort());
    }
  });

  it.each([
    ['relay-web', 'web', 'http', 3000],
    ['relay-worker', 'worker', 'metrics', 9464],
  ])('%s is asked whether it lives and is ready, has time to end, and a budget', (name, command, port, number) => {
    const pod = podOf('Deployment', name);
    const [container] = pod.containers;
    expect(container).toMatchObject({
      args: [command],
      ports: [{ name: port, containerPort: number }],
      startupProbe: { httpGet: { path: '/healthz', port } },
      readinessProbe: { httpGet: { path: '/readyz', port } },
      livenessProbe: { httpGet: { path: '/healthz', port } },
    });
    expect(container.lifecycle?.preStop.exec.command[0]).toBe('sh');
    // Draining, 25 s for requests or 20 s for sends, and closing.
    expect(pod.terminationGracePeriodSeconds).toBe(60);
    const budget = manifests.find(({ kind, metadata }) => kind === 'PodDisruptionBudget' && metadata?.name === name);
    expect(budget?.spec).toMatchObject({ minAvailable: 1, selector: { matchLabels: { 'app.kubernetes.io/name': name } } });
    expect(manifests.some(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata?.name === name)).toBe(true);
    expect(manifests.some(({ kind, metadata }) => kind === 'ServiceMonitor' && metadata?.name === name)).toBe(true);
  });

  it('sets variables that the service reads, secrets by files alone', () => {
    const config = z.record(z.string(), z.string()).parse(manifests.find(({ kind }) => kind === 'ConfigMap')?.data);
    const pods = [podOf('Deployment', 'relay-web'), podOf('Deployment', 'relay-worker'), podOf('Job', 'relay-migrate')];
    const set = [
      ...Object.entries(config),
      ...pods.flatMap((pod) => pod.containers[0].env.map(({ name, value }) => [name, value] as const)),
    ];
    const known = new Set([
      ...(['web', 'worker', 'migrate'] as const).flatMap((kind) => variablesRead(kind)),
      ...readByTemporal,
      'METRICS_TOKEN',
    ]);
    for (const [name, value] of set) {
      expect([name, known.has(name.replace(/_FILE$/, ''))]).toEqual([name, true]);
      if (/SECRET|TOKEN|PASSWORD|KEYS|PEPPER|DATABASE_URL/.test(name)) expect(value).toMatch(/^\/run\/secrets\/relay\/[A-Z_]+$/);
    }
  });

  it('migrates in a Job, with the role that owns the tables', () => {
    expect(podOf('Job', 'relay-migrate').containers[0]).toMatchObject({
      args: ['migrate'],
      env: [{ name: 'DATABASE_URL_FILE', value: '/run/secrets/relay/MIGRATE_DATABASE_URL' }],
    });
  });

  it('scales the deployment of workers that there is', () => {
    expect(manifests.find(({ kind }) => kind === 'ScaledObject')?.spec).toMatchObject({
      scaleTargetRef: { name: 'relay-worker' },
      minReplicaCount: 2,
    });
  });
});

describe('the alerts of Prometheus', () => {
  const { groups } = z
    .strictObject({
      groups: z.array(
        z.strictObject({
          name: z.string(),
          rules: z.array(
            z.strictObject({
              alert: z.string().regex(/^Relay[A-Za-z]+$/),
              expr: z.string(),
              for: z.string().regex(/^\d+[mh]$/),
              labels: z.strictObject({ severity: z.enum(['page', 'warn', 'info']) }),
              annotations: z.strictObject({ summary: z.string(), runbook_url: z.string() }),
            }),
          ),
        }),
      ),
    })
    .parse(parse(read('deploy/monitoring/alerts.yaml')));
  const rules = groups.flatMap(({ rules }) => rules);
  const headings = [...read('docs/operations.md').matchAll(/^#{2,4} (.+)$/gm)].map(([, heading]) => heading!);

  it.each(rules)('$alert has its cure in docs/operations.md, where its link leads', ({ alert, annotations }) => {
    expect(headings).toContain(alert);
    expect(annotations.runbook_url.split('#')).toEqual([expect.stringMatching(/docs\/operations\.md$/), alert.toLowerCase()]);
  });

  it('are all that docs/operations.md has a cure for', () => {
    expect(headings.filter((heading) => /^Relay[A-Z]\w+$/.test(heading)).sort()).toEqual(rules.map(({ alert }) => alert).sort());
  });
});

function files(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => join(folder, file));
}
