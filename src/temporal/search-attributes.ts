/** The search attributes that workflows are filtered by: created where the server lets us, asked for where it doesn't. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, type Connection, isGrpcServiceError } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { searchAttributes } from '../../workflows/contract';
import { searchAttributeTypes } from './search-attribute-types';

export interface WarningLogger {
  warn(fields: object, message: string): void;
}

/**
 * Adds those that are missing, and waits until they can be used. On a server that doesn't allow it (Temporal Cloud) it warns and names the ones to create: a
 * workflow that sets an unknown one would be stuck until it exists.
 */
export async function ensureSearchAttributes(client: Client, logger: WarningLogger): Promise<void> {
  const { connection } = client;
  const namespace = client.options.namespace;
  const missing = await missingAttributes(connection as Connection, namespace);
  if (missing.length === 0) return untilKnown(client);
  try {
    await (connection as Connection).operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(
        missing.map((name) => [name, indexedValueTypes[searchAttributeTypes[name] ?? 'Keyword']]),
      ),
    });
    await untilKnown(client);
  } catch (error) {
    // Another process of ours may have been first.
    if (isGrpcServiceError(error) && Number(error.code) === grpcAlreadyExists) return untilKnown(client);
    logger.warn(
      {
        namespace,
        missing: missing.map((name) => `${name}=${searchAttributeTypes[name] ?? 'Keyword'}`),
        reason: (error as Error).message,
      },
      'search attributes are missing and cannot be created here: create them by hand',
    );
  }
}

/**
 * A server learns of a new namespace's attributes seconds after they were added, and until then refuses every workflow that sets one. A
 * query by one of them is refused for as long.
 */
async function untilKnown(client: Client): Promise<void> {
  for (const startedAtMs = Date.now(); Date.now() - startedAtMs < longestWaitMs; await sleep(pauseMs)) {
    try {
      await client.workflow.count(`${searchAttributes.integration} = '-' and ${searchAttributes.needsAttention} = true`);
      return;
    } catch (error) {
      // Anything else is not about attributes: the start goes on, and says itself what is wrong.
      if (!isRefusedQuery(error)) return;
    }
  }
}

const longestWaitMs = 30_000;
const pauseMs = 250;

function isRefusedQuery(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  return [error, cause].some((one) => isGrpcServiceError(one) && Number(one.code) === grpcInvalidArgument);
}

const indexedValueTypes = {
  Keyword: temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  Bool: temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
} as const;
const grpcAlreadyExists = 6;
const grpcInvalidArgument = 3;

/** All of them when the server doesn't tell. */
async function missingAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const names = Object.keys(searchAttributeTypes);
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return names.filter((name) => customAttributes[name] === undefined);
  } catch {
    return names;
  }
}
