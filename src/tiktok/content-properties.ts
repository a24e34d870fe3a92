/** What was bought, as properties of an event: the same from browser and server. */
import type { Contents } from '../domain/contents';
import { decimalNumber } from '../domain/money';
import { withoutBlanks } from './without-blanks';

/** `currency` is null for an event of another currency, or of none: amounts would be taken for its. */
export function contentsIn({ items, predictedLtv }: Contents, currency: string | null) {
  return {
    contents: items.map(({ id, name, category, quantity, unitMinor }) =>
      withoutBlanks({
        content_id: id,
        content_name: name,
        content_category: category,
        quantity,
        price: currency === null || unitMinor === undefined ? undefined : decimalNumber(unitMinor, currency),
      }),
    ),
    content_ids: [...new Set(items.map(({ id }) => id))],
    num_items: items.reduce((sum, { quantity }) => sum + quantity, 0),
    predicted_ltv: currency === null ? undefined : predictedLtv,
  };
}
