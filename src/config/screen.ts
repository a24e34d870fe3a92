/** The abilities of the terminal, as far as the environment states them. */
import type { Environment } from './variables';

export interface ScreenCapabilities {
  /** False where text is to stay plain: no colour, no line that is written over. */
  readonly controlCodes: boolean;
}

/** NO_COLOR: https://no-color.org; TERM=dumb: a terminal that only prints. */
export function screenCapabilities(env: Environment): ScreenCapabilities {
  const { NO_COLOR: noColor = '', TERM: term = '' } = env;
  return { controlCodes: noColor === '' && term !== 'dumb' };
}
