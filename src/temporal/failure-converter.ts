/**
 * Puts message and stack trace of failures into a payload, so that the codec seals them: an error may quote what it failed on.
 * Clients and workers load it by path, and the workflow bundle contains it, so it imports nothing else.
 */
import { DefaultFailureConverter } from '@temporalio/common';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
