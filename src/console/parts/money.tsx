import { decimalFromMinor } from '../../domain/money';

export interface MoneyProps {
  /** In the currency's ISO 4217 minor unit. */
  readonly amountMinor: number | bigint;
  readonly currency: string;
}

/** `1,234.50 USD`: grouped by thousands, the currency smaller behind it. */
export function Money({ amountMinor, currency }: MoneyProps) {
  return <Amount amount={decimalFromMinor(amountMinor, currency)} currency={currency} />;
}

/** The same from a decimal string, as sums have it. */
export function Amount({ amount, currency }: { readonly amount: string; readonly currency: string }) {
  return (
    <span class="money">
      {grouped(amount)}
      <span class="currency"> {currency}</span>
    </span>
  );
}

/** A count, grouped by thousands. */
export function Count({ value }: { readonly value: number }) {
  return <span class="count">{grouped(String(value))}</span>;
}

/** `1 purchase`, `1,204 purchases`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(String(count))} ${count === 1 ? one : many}`;
}

/** A decimal number as it is read, `1234.5` as `1,234.5`. */
export function grouped(decimal: string): string {
  const [whole = '', fraction] = decimal.split('.');
  const withCommas = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? withCommas : `${withCommas}.${fraction}`;
}
