import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { adapters, manifests } from '../../src/psp';
import { variablesOf } from '../../src/psp/manifest';

const root = join(__dirname, '../..');

describe('the manifests', () => {
  it('are one for each folder, which is named as its provider is', () => {
    const folders = readdirSync(join(root, 'src/psp'), { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
    expect(manifests.map(({ name }) => name)).toEqual(folders.sort());
    expect(Object.keys(adapters).sort()).toEqual(folders);
  });

  it('share no variable', () => {
    const names = manifests.flatMap(variablesOf).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(manifests.map((manifest) => [manifest.name, manifest] as const))('%s is plain data', (_name, manifest) => {
    expect(JSON.parse(JSON.stringify(manifest))).toEqual(manifest);
  });

  it.each(manifests.map((manifest) => [manifest.name, manifest] as const))(
    '%s has a page that says the same',
    (_name, manifest) => {
      const { page } = manifest.links;
      expect(existsSync(join(root, page))).toBe(true);
      const text = readFileSync(join(root, page), 'utf8');
      expect(text).toContain(manifest.webhookSecrets.name);
      // Pages shorten a run of events to their ends: `subscription.created`, `.updated`.
      for (const event of manifest.events) expect(text).toMatch(new RegExp(event.split(/[._]/).at(-1) ?? event));
    },
  );

  it.each(manifests.map(({ name }) => [name]))('%s is loaded without its adapter', (name) => {
    const source = readFileSync(join(root, 'src/psp', name, 'manifest.ts'), 'utf8');
    const imported = [...source.matchAll(/from '([^']+)'/g)].map(([, path]) => path);
    expect(new Set(imported)).toEqual(new Set(['../manifest']));
  });
});
