// What a call costs by the price table, and the histogram of it: counted before queue and network, so
// that a comparison with what is stored shows what was lost on the way. Money that is summed up for
// people is the pipeline's, which is exact.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { ROOT_CONTEXT, SpanKind, metrics } = require("@opentelemetry/api");

const SHIPPED = join(__dirname, "../../llmcost_infra/pricing/compiled.json");
const CALLS = new Set(["chat", "text_completion", "generate_content", "embeddings"]);
const STANDARD = new Set(["auto", "default", "standard"]);
const BUCKETS = [0.00001, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 100];
const LABELS = [
  ["gen_ai.provider.name", ["gen_ai.provider.name", "gen_ai.system"]],
  ["gen_ai.response.model", ["gen_ai.response.model", "gen_ai.request.model"]],
  ["feature", ["feature"]],
  ["team", ["team"]],
]; // never the user: a series for each person would cost more than the calls

const ENVIRONMENT = "deployment.environment.name";
const TIER = ["openai.response.service_tier", "gen_ai.openai.response.service_tier"];

const first = (attributes, names) =>
  names.map((name) => attributes[name]).find((value) => value != null);

// Return USD, or undefined where nobody can say. Of OpenAI's shape: cached tokens are part of the input.
function usdOf(attributes, micros, table) {
  const sent = attributes["gen_ai.usage.input_tokens"];
  const back = attributes["gen_ai.usage.output_tokens"];
  if (sent == null || (!sent && !back)) return undefined; // no usage
  const rates = ratesOf(attributes, micros, sent, table);
  if (!rates || (back == null && rates.output)) return undefined;
  const read = attributes["gen_ai.usage.cache_read.input_tokens"] ?? 0;
  const classes = { input: sent - read, cache_read: read, output: back ?? 0 };
  const used = Object.entries(classes).filter(([, count]) => count);
  if (used.some(([name, count]) => count < 0 || !rates[name])) return undefined;
  return used.reduce((usd, [name, count]) => usd + count * Number(rates[name]), 0);
}

function ratesOf(attributes, micros, sent, table) {
  const said = first(attributes, LABELS[0][1]);
  const provider = table.aliases[said] ?? said;
  const model = String(first(attributes, LABELS[1][1]) ?? "");
  const name = model.startsWith(`${provider}/`) ? model.slice(provider.length + 1) : model;
  const found = table.models.find(([of, , ids]) => of === provider && new RegExp(ids).test(name));
  if (!found || found[3]) return undefined; // unknown, or sold by audio and images
  const row = found[4].findLast(([, from]) => from <= micros);
  if (!row || (row[2] !== null && micros >= row[2])) return undefined;
  const [, tiers] = row[4].findLast(([over]) => over === 0 || sent > over);
  const tier = String(first(attributes, TIER) || "default");
  return tiers[STANDARD.has(tier) ? "standard" : tier];
}

// Counts the calls that end.
class CostProcessor {
  constructor(path = process.env.LLMCOST_PRICES ?? SHIPPED) {
    try {
      this.table = JSON.parse(readFileSync(path, "utf8"));
    } catch (error) {
      const why = error.code ?? "not JSON";
      console.warn(`llmcost: no call is counted, there are no prices in ${path} (${why})`);
    }
  }
  onStart() {}
  onEnd(span) {
    try {
      this.count(span);
    } catch (error) {
      this.told ??= console.warn(`llmcost: a call is not counted (${error})`) ?? true;
    }
  }
  count({ attributes, kind, startTime, resource }) {
    if (!this.table || kind !== SpanKind.CLIENT) return;
    if (!CALLS.has(attributes["gen_ai.operation.name"])) return;
    const [seconds, nanos] = startTime;
    const usd = usdOf(attributes, seconds * 1e6 + Math.floor(nanos / 1e3), this.table);
    if (usd === undefined) return;
    const labels = LABELS.map(([label, names]) => [label, first(attributes, names)]);
    const named = Object.fromEntries(labels.filter(([, value]) => value));
    // All environments of an organization are one stream of metrics.
    const where = first(resource?.attributes ?? {}, [ENVIRONMENT, "deployment.environment"]);
    named[ENVIRONMENT] = where ?? "unknown";
    this.histogram ??= metrics.getMeter("llmcost").createHistogram("gen_ai.usage.cost_usd", {
      unit: "{USD}",
      description: "List price of a call to a model",
      advice: { explicitBucketBoundaries: BUCKETS },
    });
    this.histogram.record(usd, named, ROOT_CONTEXT);
  }
  async forceFlush() {}
  async shutdown() {}
}

module.exports = { CostProcessor, usdOf };
