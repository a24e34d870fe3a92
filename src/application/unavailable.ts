/** Something that we need can't be reached now. Over HTTP: 503, try again; message and cause go into the log, not into the answer. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}
