/** Takes traces across Temporal: from the signal to the activities, through the header that `workflows/trace-interceptors` hands on. */
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Tracing } from '../telemetry/tracing';
import { traceHeader } from '../../workflows/contract';

/** Puts the trace on signals. Headers are not sealed: it is a trace's id and a span's, nothing else. */
export function clientInterceptor(tracing: Tracing): WorkflowClientInterceptor {
  return {
    signalWithStart: (input, next) =>
      tracing.span(
        {
          name: `SignalWithStartWorkflow:${input.signalName}`,
          kind: 'client',
          attributes: { 'temporal.workflow.id': input.options.workflowId, 'temporal.workflow.type': input.workflowType },
        },
        (span) =>
          next({ ...input, headers: { ...input.headers, [traceHeader]: defaultPayloadConverter.toPayload(span.traceParent) } }),
      ),
  };
}

/** A span for each attempt of an activity that a traced signal led to. */
export function activityInterceptors(tracing: Tracing): ActivityInterceptorsFactory {
  return ({ info }) => ({
    inbound: {
      execute(input, next) {
        const header = input.headers[traceHeader];
        if (!header) return next(input);
        const { activityType, attempt, workflowExecution, taskQueue } = info;
        return tracing.span(
          {
            name: `RunActivity:${activityType}`,
            kind: 'consumer',
            parent: defaultPayloadConverter.fromPayload<string>(header),
            attributes: {
              'temporal.workflow.id': workflowExecution?.workflowId ?? '',
              'temporal.task_queue': taskQueue,
              'temporal.activity.attempt': attempt,
            },
          },
          () => next(input),
        );
      },
    },
  });
}
