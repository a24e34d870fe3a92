/** The search attributes that workflows are filtered by, for who creates them. */
import { searchAttributes } from '../../workflows/contract';

export type AttributeType = 'Keyword' | 'Bool';

/** Name → type, of all that `workflows/contract.ts` names. */
export const searchAttributeTypes: Readonly<Record<string, AttributeType>> = Object.fromEntries(
  Object.values(searchAttributes).map((name) => [name, name === searchAttributes.needsAttention ? 'Bool' : 'Keyword']),
);
