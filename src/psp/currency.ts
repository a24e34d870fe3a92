import { z } from 'zod';
import { isCurrency } from '../domain/money';

/** An ISO 4217 code in any case, as upper case. */
export const currencySchema = z
  .string()
  .transform((code) => code.trim().toUpperCase())
  .refine(isCurrency, 'expected an ISO 4217 currency');
