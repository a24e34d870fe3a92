/** What a process prints when it can't go on. */
import { failureText } from '../../src/app/failure-text';

it.each([
  ['an error that an operator can act on', new Error('port 8080 is in use'), 'port 8080 is in use'],
  ['a text', 'no room', 'no room'],
  ['nothing', undefined, 'undefined'],
])('of %s it is the message', (_what, error, text) => {
  expect(failureText(error)).toBe(text);
});

it.each([new TypeError('x is not a function'), new RangeError('too deep'), new ReferenceError('y'), new SyntaxError('z')])(
  'of a bug it has the stack: %s',
  (error) => {
    expect(failureText(error)).toContain(error.message);
    expect(failureText(error)).toContain('failure-text.test.ts');
  },
);
