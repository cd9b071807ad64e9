// Keeps every span about a model, whatever becomes of the rest of its trace: a call that is not
// sampled is money that nobody sees.
const { trace } = require("@opentelemetry/api");
const {
  AlwaysOnSampler,
  ParentBasedSampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} = require("@opentelemetry/sdk-trace-base");

const SIGNS = ["gen_ai.", "openinference.", "traceloop.", "llm."];

// All other traces: the share that OTEL_TRACES_SAMPLER_ARG says, and children with their parents.
function othersOfEnvironment(share = Number(process.env.OTEL_TRACES_SAMPLER_ARG || 1)) {
  const known = share >= 0 && share <= 1;
  const root = known ? new TraceIdRatioBasedSampler(share) : new AlwaysOnSampler();
  return new ParentBasedSampler({ root });
}

class LlmSampler {
  constructor(others = othersOfEnvironment()) {
    this.others = others;
  }
  shouldSample(context, traceId, name, kind, attributes, links) {
    const about = Object.keys(attributes).some((key) => SIGNS.some((sign) => key.startsWith(sign)));
    if (!about) return this.others.shouldSample(context, traceId, name, kind, attributes, links);
    const traceState = trace.getSpanContext(context)?.traceState;
    return { decision: SamplingDecision.RECORD_AND_SAMPLED, traceState };
  }
  toString() {
    return `LlmSampler{${this.others}}`;
  }
}

module.exports = { LlmSampler };
