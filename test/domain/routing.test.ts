import { belongingOf } from '../../src/domain/routing';

const quiz = { funnel: ['quiz'] };
const quizInGerman = { funnel: ['quiz', 'quiz-2'], country: ['de', 'at'] };

it.each([
  ['all is taken, whatever it says', null, { funnel: 'shop' }, 'here'],
  ['all is taken, also what says nothing', null, undefined, 'here'],
  ['its value', quiz, { funnel: 'quiz', other: 'x' }, 'here'],
  ['its value with spaces around', quiz, { funnel: ' quiz ' }, 'here'],
  ['one of several values', quizInGerman, { funnel: 'quiz-2', country: 'at' }, 'here'],
  ['another value', quiz, { funnel: 'shop' }, 'elsewhere'],
  ['a value that begins alike', quiz, { funnel: 'quiz-2' }, 'elsewhere'],
  ['a value in capitals', quiz, { funnel: 'Quiz' }, 'elsewhere'],
  ['one key right, the other wrong', quizInGerman, { funnel: 'quiz', country: 'fr' }, 'elsewhere'],
  ['one key wrong, the other absent', quizInGerman, { country: 'fr' }, 'elsewhere'],
  ['one key right, the other absent', quizInGerman, { funnel: 'quiz' }, 'not_said'],
  ['no metadata', quiz, undefined, 'not_said'],
  ['none of its keys', quiz, { user_id: 'u1' }, 'not_said'],
  ['its key in capitals', quiz, { Funnel: 'quiz' }, 'not_said'],
  ['an empty value', quiz, { funnel: '' }, 'not_said'],
  ['nothing but spaces', quiz, { funnel: '  ' }, 'not_said'],
  ['a key that every object has', { constructor: ['x'] }, {}, 'not_said'],
  ['a key that every object has, said', { constructor: ['x'] }, { constructor: 'x' }, 'here'],
] as const)('%s', (_, only, metadata, belonging) => {
  expect(belongingOf(only, metadata)).toBe(belonging);
});
