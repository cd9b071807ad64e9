// What a call costs by the price table, and the histogram of it: counted before queue and network, so
// that a comparison with what is stored shows what was lost on the way. Money that is summed up for
// people is the pipeline's, which is exact.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { ROOT_CONTEXT, SpanKind, metrics } = require("@opentelemetry/api");

const SHIPPED = join(__dirname, "../../llmcost_infra/pricing/compiled.json");
const CALLS = new Set(["chat", "text_completion", "generate_content", "embeddings"]);
const STANDARD = new Set(["auto", "default"]);
const BUCKETS = [0.00001, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 100];
const LABELS = [
  ["gen_ai.provider.name", ["gen_ai.provider.name", "gen_ai.system"]],
  ["gen_ai.response.model", ["gen_ai.response.model", "gen_ai.request.model"]],
  ["feature", ["feature"]],
  ["team", ["team"]],
]; // never the user: a series for each person would cost more than the calls

const first = (attributes, names) => names.map((name) => attributes[name]).find((value) => value != null);

// Return USD, or undefined where nobody can say. Of OpenAI's shape: cached tokens are part of the input.
function usdOf(attributes, micros, table) {
  const provider = first(attributes, LABELS[0][1]);
  const model = String(first(attributes, LABELS[1][1]) ?? "");
  const tokens = tokensOf(attributes);
  const rates = tokens && ratesOf(table, { provider, model, micros, ...tokens.size }, attributes);
  if (!rates || (tokens.lacksOutput && rates.output)) return undefined;
  const used = Object.entries(tokens.classes).filter(([, count]) => count);
  if (used.some(([name, count]) => count < 0 || !rates[name])) return undefined;
  return used.reduce((usd, [name, count]) => usd + count * Number(rates[name]), 0);
}

function tokensOf(attributes) {
  const sent = attributes["gen_ai.usage.input_tokens"];
  const back = attributes["gen_ai.usage.output_tokens"];
  if (!sent && !back) return undefined; // no usage
  if (sent == null) return undefined;
  const read = attributes["gen_ai.usage.cache_read.input_tokens"] ?? 0;
  const classes = { input: sent - read, cache_read: read, output: back ?? 0 };
  return { classes, size: { sent }, lacksOutput: back == null };
}

function ratesOf(table, { provider, model, micros, sent }, attributes) {
  const asked = table.aliases[provider] ?? provider;
  const name = model.startsWith(`${asked}/`) ? model.slice(asked.length + 1) : model;
  const found = table.models.find(([of, , pattern]) => of === asked && new RegExp(pattern).test(name));
  if (!found || found[3]) return undefined; // unknown, or sold by audio and images
  const row = found[4].findLast(([, from]) => from <= micros);
  if (!row || (row[2] !== null && micros >= row[2])) return undefined;
  const [, tiers] = row[4].findLast(([over]) => over === 0 || sent > over);
  const tier = String(first(attributes, ["openai.response.service_tier", "gen_ai.openai.response.service_tier"]) ?? "");
  return tiers[tier === "" || STANDARD.has(tier) ? "standard" : tier];
}

// Counts the calls that end.
class CostProcessor {
  constructor(path = process.env.LLMCOST_PRICES ?? SHIPPED) {
    try {
      this.table = JSON.parse(readFileSync(path, "utf8"));
    } catch (error) {
      console.warn(`llmcost: no call is counted, there are no prices in ${path} (${error.code ?? "not JSON"})`);
    }
  }
  onStart() {}
  onEnd({ attributes, kind, startTime }) {
    if (!this.table || kind !== SpanKind.CLIENT || !CALLS.has(attributes["gen_ai.operation.name"])) return;
    const usd = usdOf(attributes, startTime[0] * 1e6 + Math.floor(startTime[1] / 1e3), this.table);
    if (usd === undefined) return;
    const labels = LABELS.map(([label, names]) => [label, first(attributes, names)]);
    this.histogram ??= metrics.getMeter("llmcost").createHistogram("gen_ai.usage.cost_usd", {
      unit: "{USD}",
      description: "List price of a call to a model",
      advice: { explicitBucketBoundaries: BUCKETS },
    });
    this.histogram.record(usd, Object.fromEntries(labels.filter(([, value]) => value)), ROOT_CONTEXT);
  }
  async forceFlush() {}
  async shutdown() {}
}

module.exports = { CostProcessor, usdOf };
