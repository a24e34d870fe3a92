/** TikTok has the purchase already, and whoever wanted to send it again did not insist. The message says what a repetition does. */
export class AlreadySent extends Error {
  override readonly name = 'AlreadySent';
}
