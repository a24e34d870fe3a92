/** Orders and invoices are numbered from 1 each, so a payment is named by both its kind and its number. */
export function orderMoneyId(id: string): string {
  return `order_${id}`;
}

export function invoiceMoneyId(id: string): string {
  return `invoice_${id}`;
}
