/**
 * Lints snippets, as if each stood at its path, with the repository's own configuration; reads and writes JSON.
 * A process of its own, since ESLint imports its configuration in a way that Jest's module system doesn't allow.
 */
import { text } from 'node:stream/consumers';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

// The walls need no types, and the files are not on disk, where the compiler would look for them.
const eslint = new ESLint({ overrideConfig: [tseslint.configs.disableTypeChecked] });
const results = [];
for (const { path, code } of JSON.parse(await text(process.stdin))) {
  const [result] = await eslint.lintText(code, { filePath: path });
  results.push(result.messages.map(({ ruleId, message }) => `${ruleId}: ${message}`));
}
console.log(JSON.stringify(results));
