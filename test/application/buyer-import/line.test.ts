import { createHash } from 'node:crypto';
import { readHeader } from '../../../src/application/buyer-import/columns';
import { readDate } from '../../../src/application/buyer-import/date';
import { readLine } from '../../../src/application/buyer-import/line';

const nowMs = Date.parse('2026-11-01T12:00:00Z');
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

function columnsOf(header: string) {
  const reading = readHeader(header.split(','));
  if (reading.kind === 'refused') throw new Error(reading.message);
  return reading.columns;
}

function read(header: string, line: string) {
  return readLine(line.split(','), { columns: columnsOf(header), psps: ['paddle', 'stripe'], nowMs });
}

describe('the columns of a list', () => {
  it.each([
    ['user_id,email,first_purchase_at', { user_id: 0, email: 1, first_purchase_at: 2 }],
    ['Date,E-Mail,User ID', { user_id: 2, email: 1, first_purchase_at: 0 }],
    ['created_at,first_purchase_date,email_hash', { email_sha256: 2, first_purchase_at: 1 }],
    ['customer_id,psp,date', { customer_id: 0, psp: 1, first_purchase_at: 2 }],
  ])('%s', (header, columns) => expect(columnsOf(header)).toEqual(columns));

  it('counts what means nothing here', () => {
    expect(readHeader(['email', 'city', 'date', 'plan'])).toMatchObject({ kind: 'columns', ignored: 2 });
  });

  it.each([
    ['ada@example.com,2025-01-01', /no column names the buyers/],
    ['email,city', /no column says when/],
    ['email,email,date', /two columns are called email/],
    ['customer_id,date', /need a column psp/],
  ])('of %s are refused, and nothing of them is repeated', (header, message) => {
    const reading = readHeader(header.split(','));
    expect(reading).toEqual({ kind: 'refused', message: expect.stringMatching(message) as string });
    expect(JSON.stringify(reading)).not.toContain('ada@');
  });
});

describe('a line of a list', () => {
  it('names a buyer by all that it has', () => {
    expect(read('user_id,email,customer_id,psp,date', ' u-1 , Ada@Example.com,cus_1,Stripe,2025-03-31')).toEqual({
      kind: 'buyer',
      leftOut: 0,
      buyer: {
        userId: 'u-1',
        emailSha256: hashOf('ada@example.com'),
        customer: { psp: 'stripe', id: 'cus_1' },
        firstPurchaseAtMs: Date.parse('2025-03-31'),
      },
    });
  });

  it('has the hash of an e-mail in either column, in any case', () => {
    const hash = hashOf('ada@example.com');
    for (const header of ['email,date', 'email_sha256,date'])
      expect(read(header, `${hash.toUpperCase()},2025-03-31`)).toMatchObject({ buyer: { emailSha256: hash } });
  });

  it.each([
    ['user_id,email,date', 'guest,ada@example.com,2025-03-31', { userId: null, emailSha256: hashOf('ada@example.com') }],
    ['user_id,email,date', 'u-1,no e-mail,2025-03-31', { userId: 'u-1', emailSha256: null }],
    ['user_id,customer_id,psp,date', 'u-1,cus_1,adyen,2025-03-31', { userId: 'u-1', customer: null }],
    ['user_id,customer_id,psp,date', 'u-1,cus_1,,2025-03-31', { userId: 'u-1', customer: null }],
    ['user_id,email,date', '1.23457E+11,ada@example.com,2025-03-31', { userId: null }],
  ])('of %s as %s leaves out what names nobody', (header, line, buyer) => {
    expect(read(header, line)).toMatchObject({ kind: 'buyer', leftOut: 1, buyer });
  });

  it.each([
    ['user_id,email,date', ',,2025-03-31', null, 'names no buyer'],
    ['user_id,email,date', 'null,N/A,2025-03-31', 'email', 'is no e-mail address of a person'],
    ['user_id,date', '00000000-0000-0000-0000-000000000000,2025-03-31', 'user_id', 'is a placeholder'],
    ['user_id,date', '1.23457E+11,2025-03-31', 'user_id', 'a spreadsheet has shortened'],
    ['user_id,date', 'Jos\uFFFD,2025-03-31', 'user_id', 'UTF-8'],
    ['email_sha256,date', 'abc,2025-03-31', 'email_sha256', 'no SHA-256'],
    ['email_sha256,date', `${hashOf('')},2025-03-31`, 'email_sha256', 'hash of nothing'],
    [
      'email,email_sha256,date',
      `ada@example.com,${hashOf('eve@example.com')},2025-03-31`,
      'email_sha256',
      'not that of the e-mail',
    ],
    ['customer_id,psp,date', 'cus_1,adyen,2025-03-31', 'psp', 'is none of paddle, stripe'],
    ['user_id,date', 'u-1', 'first_purchase_at', 'is missing'],
  ])('of %s as %s is refused for its %s', (header, line, column, message) => {
    const reading = read(header, line);
    expect(reading).toEqual({
      kind: 'refused',
      problems: expect.arrayContaining([{ column, message: expect.stringContaining(message) as string }]) as unknown,
    });
    expect(JSON.stringify(reading)).not.toMatch(/ada@|Jos|cus_1/);
  });
});

describe('the date of a first purchase', () => {
  it.each([
    ['2025-03-31', '2025-03-31T00:00:00.000Z'],
    ['2025-03-31T14:05:06Z', '2025-03-31T14:05:06.000Z'],
    ['2025-03-31 14:05:06.123456+02', '2025-03-31T12:05:06.123Z'],
    ['2025-03-31 14:05:06 UTC', '2025-03-31T14:05:06.000Z'],
    ['2025-03-31 14:05', '2025-03-31T14:05:00.000Z'],
    ['2025-03-31T14:05:06-0330', '2025-03-31T17:35:06.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2026-11-01T12:00:00Z', '2026-11-01T12:00:00.000Z'],
  ])('%s is %s', (text, iso) => expect(readDate(text, nowMs)).toEqual({ value: Date.parse(iso) }));

  it.each([
    ['', 'is missing'],
    ['31.03.2025', 'no ISO 8601'],
    ['03/31/2025', 'no ISO 8601'],
    ['1743379200', 'no ISO 8601'],
    ['2025-3-1', 'no ISO 8601'],
    ['2025-02-30', 'that there is'],
    ['2025-13-01', 'that there is'],
    ['2025-03-31T25:00:00Z', 'that there is'],
    ['2026-11-01T12:00:01Z', 'in the future'],
    ['1970-01-01', 'before 1990'],
    ['0001-01-01 00:00:00', 'before 1990'],
  ])('%s is refused: %s', (text, words) => {
    expect(readDate(text, nowMs)).toEqual({ wrong: expect.stringContaining(words) as string });
  });
});
