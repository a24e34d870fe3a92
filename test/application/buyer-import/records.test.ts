import { csvRecords, type CsvRecord } from '../../../src/application/buyer-import/records';

/** In parts of so many bytes, so that a part ends anywhere. */
async function* inParts(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string | Uint8Array, size = 7): Promise<readonly CsvRecord[]> {
  const records: CsvRecord[] = [];
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  for await (const record of csvRecords(inParts(bytes, size))) records.push(record);
  return records;
}

async function fields(text: string | Uint8Array, size?: number): Promise<readonly (readonly string[])[]> {
  return (await read(text, size)).map((record) => (record.kind === 'fields' ? record.fields : []));
}

describe('the lines of a list', () => {
  it.each([1, 2, 3, 7, 1_000])('are read the same in parts of %i bytes', async (size) => {
    const text = '\uFEFFuser_id;email\r\n1;"a;""b"""\r\n\r\n"line 1\r\nline 2";ä\r\nlast;';
    expect(await read(text, size)).toEqual([
      { kind: 'fields', line: 1, fields: ['user_id', 'email'] },
      { kind: 'fields', line: 2, fields: ['1', 'a;"b"'] },
      { kind: 'fields', line: 4, fields: ['line 1\nline 2', 'ä'] },
      { kind: 'fields', line: 6, fields: ['last', ''] },
    ]);
  });

  it.each([
    [
      'commas, and a semicolon in a value',
      'a,b\n1;2,3\n',
      [
        ['a', 'b'],
        ['1;2', '3'],
      ],
    ],
    [
      'tabs',
      'a\tb\tc\n1,2\t\t3',
      [
        ['a', 'b', 'c'],
        ['1,2', '', '3'],
      ],
    ],
    [
      'commas within quotes of the header',
      '"a,b,c";d\n1;2',
      [
        ['a,b,c', 'd'],
        ['1', '2'],
      ],
    ],
    ['one column', 'a\n1\n', [['a'], ['1']]],
    [
      'old line ends',
      'a,b\r1,2\r3,4',
      [
        ['a', 'b'],
        ['1', '2'],
        ['3', '4'],
      ],
    ],
  ])('are told apart by %s', async (_name, text, expected) => {
    expect(await fields(text)).toEqual(expected);
    expect(await fields(text, 1)).toEqual(expected);
  });

  it('are read in UTF-16, as Excel writes text', async () => {
    const text = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('a\tb\r\nä\t2\r\n', 'utf16le')]);
    expect(await fields(text, 1_000)).toEqual([
      ['a', 'b'],
      ['ä', '2'],
    ]);
  });

  it('are none of an empty list', async () => {
    expect(await read('')).toEqual([]);
    expect(await read('\n \r\n')).toEqual([]);
  });

  it('cost one line each where a quote is wrong', async () => {
    expect(await read('a,b\n"x"y,1\n2,in"side\n"open,3\n4,5\n')).toEqual([
      { kind: 'fields', line: 1, fields: ['a', 'b'] },
      { kind: 'broken', line: 2, message: 'a quote stands where none can stand' },
      { kind: 'fields', line: 3, fields: ['2', 'in"side'] },
      { kind: 'broken', line: 4, message: 'a quote is opened and not closed' },
      { kind: 'fields', line: 5, fields: ['4', '5'] },
    ]);
  });

  it('do not wait for the end of a quote in growing memory', async () => {
    const text = `a,b\n"open,1\n${'2,3\n'.repeat(1_000)}`;
    const records = await read(text, 1_000);
    expect(records).toHaveLength(1_002);
    expect(records[1]).toEqual({ kind: 'broken', line: 2, message: 'a quote is opened and not closed' });
  });

  it('are refused where one is endless', async () => {
    const records = await read(`a,b\n${'x'.repeat(500_000)}\n1,2\n`, 10_000);
    expect(records.map(({ kind }) => kind)).toEqual(['fields', 'broken', 'fields']);
  });

  it('end with the source: what broke off is no line', async () => {
    async function* cut(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a,b\n1,2\n3,');
      throw new Error('the connection ended');
    }
    const records: CsvRecord[] = [];
    const reading = (async () => {
      for await (const record of csvRecords(cut())) records.push(record);
    })();
    await expect(reading).rejects.toThrow('the connection ended');
    expect(records.map(({ line }) => line)).toEqual([1, 2]);
  });
});
