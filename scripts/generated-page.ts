import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';

/**
 * Writes a page that is made from the sources: Markdown, formatted as the repository has it. With `--check` among the arguments of the
 * process it only compares, and the process fails when the page in the repository is another.
 * `name` is its path under `docs/`, `command` what writes it.
 */
export function keepGeneratedPage(name: string, command: string, markdown: string): void {
  keep(name, command, markdown).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}

async function keep(name: string, command: string, markdown: string): Promise<void> {
  const path = join(__dirname, '../docs', name);
  const page = await format(markdown, { ...(await resolveConfig(path)), parser: 'markdown' });
  if (!process.argv.includes('--check')) return writeFile(path, page);
  if ((await readFile(path, 'utf8')) !== page) throw new Error(`docs/${name} is out of date: ${command}`);
}
