import type { Registry } from 'prom-client';
import { Gauge } from 'prom-client';

/** Registers `relay_build_info`: 1, with the version as a label, so that a rollout can be watched. */
export function createBuildInfo(registry: Registry, version: string): void {
  const gauge = new Gauge({
    name: 'relay_build_info',
    help: 'The version of this process',
    labelNames: ['version', 'node'],
    registers: [registry],
  });
  gauge.set({ version, node: process.version }, 1);
}
