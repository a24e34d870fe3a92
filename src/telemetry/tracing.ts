/**
 * Traces by OpenTelemetry, from a webhook to the sends that follow from it. Off without OTEL_EXPORTER_OTLP_ENDPOINT: then none of its
 * packages is loaded. Spans hold names, ids of orders, states and codes; nothing of a buyer, no bodies, no messages of errors.
 */
import type { Attributes, Span, SpanKind } from '@opentelemetry/api';

export interface TracingConfig {
  /** Of an OTLP receiver over HTTP, without `/v1/traces`. */
  readonly endpoint: string;
  readonly serviceName: string;
}

/** W3C Trace Context: `00-<trace id>-<span id>-<flags>`. https://www.w3.org/TR/trace-context/#traceparent-header */
export type TraceParent = string;

export interface SpanOptions {
  readonly name: string;
  /** `server` begins a trace of its own: strangers may send any trace context. */
  readonly kind: 'server' | 'client' | 'consumer';
  readonly attributes: Attributes;
  /** The span that caused this one, from another process. Absent: the one under way in this one. */
  readonly parent?: TraceParent;
}

export interface ActiveSpan {
  set(attributes: Attributes): void;
  /** For who continues the trace elsewhere. */
  readonly traceParent: TraceParent;
}

export interface Tracing {
  /** Runs `work` in a span, which ends with it; a rejection marks it as failed. */
  span<T>(options: SpanOptions, work: (span: ActiveSpan) => Promise<T>): Promise<T>;
  /** Sends what is left, within 5 s; resolves also where that failed. */
  stop(): Promise<void>;
}

/** Null where tracing is off. */
export async function startTracing(config: TracingConfig | null, version: string): Promise<Tracing | null> {
  if (config === null) return null;
  const [api, { AsyncLocalStorageContextManager }, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const exporter = new OTLPTraceExporter({ url: `${config.endpoint}/v1/traces` });
  const provider = new sdk.NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': config.serviceName, 'service.version': version }),
    spanProcessors: [new sdk.BatchSpanProcessor(exporter, { scheduledDelayMillis: 1_000, exportTimeoutMillis: 5_000 })],
  });
  const contexts = new AsyncLocalStorageContextManager().enable();
  const tracer = provider.getTracer('tiktok-purchase-relay', version);
  const kinds: Readonly<Record<SpanOptions['kind'], SpanKind>> = {
    server: api.SpanKind.SERVER,
    client: api.SpanKind.CLIENT,
    consumer: api.SpanKind.CONSUMER,
  };

  function parentOf({ kind, parent }: SpanOptions) {
    if (kind === 'server') return api.ROOT_CONTEXT;
    const remote = parent === undefined ? null : spanContextOf(parent);
    return remote ? api.trace.setSpanContext(api.ROOT_CONTEXT, { ...remote, isRemote: true }) : contexts.active();
  }

  return {
    async span(options, work) {
      const parent = parentOf(options);
      const span = tracer.startSpan(options.name, { kind: kinds[options.kind], attributes: options.attributes }, parent);
      try {
        return await contexts.with(api.trace.setSpan(parent, span), () => work(active(span)));
      } catch (error) {
        // Messages may repeat what a buyer or a provider sent.
        span.setStatus({ code: api.SpanStatusCode.ERROR });
        span.setAttribute('error.type', error instanceof Error ? error.name : 'unknown');
        throw error;
      } finally {
        span.end();
      }
    },
    async stop() {
      await provider.shutdown().catch(() => undefined);
      contexts.disable();
    },
  };
}

function active(span: Span): ActiveSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    set: (attributes) => void span.setAttributes(attributes),
    traceParent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
  };
}

/** Null for what is no trace context. */
function spanContextOf(parent: TraceParent): { traceId: string; spanId: string; traceFlags: number } | null {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(parent) ?? [];
  return traceId && spanId && flags ? { traceId, spanId, traceFlags: Number.parseInt(flags, 16) } : null;
}
