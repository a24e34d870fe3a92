/**
 * Hands the trace of the last signal on to the activities that follow from it: what came as a header goes out as a header, unread. It decides
 * nothing and waits for nothing, so that histories replay with it, with a trace and without. OpenTelemetry itself stays outside the sandbox.
 */
import type { Headers, WorkflowInterceptorsFactory } from '@temporalio/workflow';
import { traceHeader } from './contract';

export const interceptors: WorkflowInterceptorsFactory = () => {
  let trace: Headers[string] | undefined;
  return {
    inbound: [
      {
        execute(input, next) {
          trace ??= input.headers[traceHeader];
          return next(input);
        },
        handleSignal(input, next) {
          trace = input.headers[traceHeader];
          return next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) =>
          next(trace === undefined ? input : { ...input, headers: { ...input.headers, [traceHeader]: trace } }),
      },
    ],
  };
};
