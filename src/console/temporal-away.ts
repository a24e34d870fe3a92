import { isUnreachable } from '../http/unreachable';

/** What was asked of Temporal; null while it cannot be reached, so that a page can show the rest. @throws whatever else goes wrong. */
export async function nullIfAway<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (isUnreachable(error)) return null;
    throw error;
  }
}
