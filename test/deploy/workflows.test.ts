/** .github/workflows: what can be seen without running them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const folder = join(__dirname, '../../.github/workflows');
const step = z.strictObject({
  id: z.string().optional(),
  name: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.union([z.string(), z.boolean()])).optional(),
  env: z.record(z.string(), z.string()).optional(),
});
const workflow = z.looseObject({
  permissions: z.object({ contents: z.literal('read') }),
  jobs: z.record(z.string(), z.looseObject({ 'runs-on': z.string(), 'timeout-minutes': z.number(), steps: z.array(step) })),
});

describe.each(readdirSync(folder))('%s', (file) => {
  const { jobs } = workflow.parse(parse(readFileSync(join(folder, file), 'utf8')));
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it('runs what .ci/run does, and names exact versions of actions', () => {
    expect(steps.filter(({ run }) => run === '.ci/run')).toHaveLength(1);
    for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/@v\d+\.\d+\.\d+$|@[0-9a-f]{40}$/);
  });

  it('hands no credentials to what it checks out', () => {
    for (const { uses = '', with: options } of steps)
      if (uses.startsWith('actions/checkout@')) expect(options).toMatchObject({ 'persist-credentials': false });
  });

  it('puts nothing that others choose into a shell', () => {
    for (const { run = '' } of steps) expect(run).not.toMatch(/\$\{\{/);
  });
});

it('a release has a bill of materials, provenance and the digest of its image', () => {
  const release = readFileSync(join(folder, 'release.yml'), 'utf8');
  for (const part of ['npm sbom', 'provenance: mode=max', 'sbom: true', 'attest-build-provenance', 'outputs.digest'])
    expect(release).toContain(part);
});
