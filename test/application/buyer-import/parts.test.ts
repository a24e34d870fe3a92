import { Readable } from 'node:stream';
import { csvRecords } from '../../../src/application/buyer-import/records';
import { type ListPart, partsOf, UnreadableList } from '../../../src/application/buyer-import/parts';

async function cut(text: string, lines: number): Promise<readonly ListPart[]> {
  const parts: ListPart[] = [];
  for await (const part of partsOf(Readable.from([Buffer.from(text)]), lines)) parts.push(part);
  return parts;
}

describe('the parts of a list', () => {
  it('are lists with the columns that are needed, and know their lines', async () => {
    const parts = await cut('city;Date;User ID\nA;2025-01-01;u-1\n\n"B\nC";2025-01-02;"u;2"\nx;2025-01-03;u-3\n', 2);
    expect(parts.map(({ csv }) => csv)).toEqual([
      'user_id,first_purchase_at\nu-1,2025-01-01\n"u;2",2025-01-02\n',
      'user_id,first_purchase_at\nu-3,2025-01-03\n',
    ]);
    expect(parts.map(({ lineOf }) => [lineOf(2), lineOf(3)])).toEqual([
      [2, 4],
      [6, 3],
    ]);
  });

  it('say the same as the whole, whatever is in a value', async () => {
    const values = ['a"b', 'c,d', 'e;f', 'g\th', 'i\nj', ' k ', "l'm", ''];
    const text = `user_id,date\n${values.map((value) => `"${value.replaceAll('"', '""')}",2025-01-01`).join('\n')}\n`;
    const read: string[] = [];
    for (const { csv } of await cut(text, 3))
      for await (const record of csvRecords(Readable.from([Buffer.from(csv)])))
        if (record.kind === 'fields' && record.line > 1) read.push(record.fields[0] ?? '');
    expect(read).toEqual(values);
  });

  it('bring the lines that cannot be read, also where there are no others', async () => {
    const [part, ...more] = await cut('user_id,date\n"a"b,2025-01-01\n', 10);
    expect(more).toEqual([]);
    expect(part).toMatchObject({ lines: 0, problems: [{ line: 2, column: null }] });
  });

  it.each(['', 'a,b\n1,2\n'])('are none of a list without columns: %j', async (text) => {
    await expect(cut(text, 10)).rejects.toThrow(UnreadableList);
  });
});
