import type { Provider } from '../../../operator/providers';
import type { Context } from '../../route';

/** Of each card of a provider's page. */
export interface ProviderProps {
  readonly ctx: Context;
  readonly provider: Provider;
}
