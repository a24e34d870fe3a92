/** Orders and invoices are both numbered from 1, so a money id names the kind as well as the number. */
export function orderMoneyId(id: string): string {
  return `order_${id}`;
}
